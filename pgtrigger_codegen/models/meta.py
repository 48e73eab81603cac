"""`Meta` of model classes, by Django's own rules of inheritance.

A class without a `Meta` of its own takes that of its first abstract base (by MRO, plain mixins
included); one with its own inherits what its `Meta` names as bases. A concrete base hands down
nothing that matters here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pgtrigger_codegen.evaluator.values.classes import mro_of, own_names
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown

MISSING = object()


def own_meta(model: ModelClass) -> Any:
    """The `Meta` in the class's own body, or None."""
    return model.namespace.get("Meta")


def effective_meta(model: ModelClass) -> Any:
    """The `Meta` that Django reads the options from: own, inherited, None, or `Unknown`."""
    if (own := own_meta(model)) is not None:
        return own
    for cls in model.mro()[1:]:
        if isinstance(cls, Unknown):
            return cls
        if isinstance(cls, ModelClass):
            if is_abstract(cls) is not False and own_meta(cls) is not None:
                return own_meta(cls)
        elif "Meta" in (names := own_names(cls)):
            return names["Meta"]  # of a plain mixin; Django's `Model` itself has none
    return None


def is_abstract(model: ModelClass) -> bool | Unknown:
    """Whether the class is abstract by its own `Meta`."""
    return model.abstract


def option(model: ModelClass, name: str) -> Any:
    """An option of `Meta` as Django sees it; `MISSING` when it is not given."""
    if name in model.assigned:
        return model.assigned[name]
    return _option(effective_meta(model), name)


def given_options(model: ModelClass, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Those of several options that are given; the `Meta` is looked for once."""
    meta = effective_meta(model)
    for name in names:
        value = model.assigned[name] if name in model.assigned else _option(meta, name)
        if value is not MISSING:
            yield name, value


def _option(meta: Any, name: str) -> Any:
    if meta is None:
        return MISSING
    return meta if isinstance(meta, Unknown) else meta_option(meta, name)


def has_option(model: ModelClass, name: str) -> bool:
    """Whether an option of `Meta` is given, known or not."""
    if name in model.assigned:
        return True
    meta = effective_meta(model)
    return not isinstance(meta, Unknown) and any(name in own_names(cls) for cls in mro_of(meta))


def meta_option(meta: Any, name: str) -> Any:
    """An option by the MRO of a `Meta` class."""
    for cls in mro_of(meta):
        if isinstance(cls, Unknown):  # one of its bases is not known
            return cls
        names = own_names(cls)
        if name in names:
            return names[name]
    return MISSING


def own_options(meta: Any) -> Mapping[str, Any]:
    """What a `Meta` itself says; one that a call makes may be no class, or not known."""
    return own_names(meta) or getattr(meta, "__dict__", {})
