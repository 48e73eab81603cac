"""Stage models: models that may exist, and whose table is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pgtrigger_codegen.evaluator.python.imports.module_names import is_found
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.facts import UnplacedModel
from pgtrigger_codegen.models.made import created_names
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.registry import NotInstalled
from pgtrigger_codegen.models.relevance import imported_names, root_name
from pgtrigger_codegen.source.span import Span


def unplaced_models(
    reader: ModelReader, is_described: Callable[[str], bool]
) -> Iterator[UnplacedModel]:
    """The models of which not even the table is known.

    A class that has nothing of a model but a base that is not known (it may be a manager, or a
    view) is one if the app's migrations make a model of its name.
    """
    made: dict[str, frozenset[str]] = {}
    for model in reader.registry.classes:
        unknown = registry.unknown_base(model)
        if unknown is None or meta.is_abstract(model) is True:
            continue
        app = reader.registry.app_of_module(model.module.name)
        label = reader.registry.label(model)
        if app is None or isinstance(label, NotInstalled):
            continue
        is_certain = registry.is_model(model)
        if not is_certain and not _may_derive_from_a_model(model):
            continue
        if is_certain and isinstance(label, str) and is_described(label):
            continue
        if not is_certain and app.label not in made:
            made[app.label] = created_names(app)
        if is_certain or model.name.lower() in made[app.label]:
            yield UnplacedModel(
                name=model.name,
                app_label=app.label,
                first_party=app.first_party,
                unread=unread(model) or unknown.reason,
                unknown_base=unknown.span or model.span,
                missing_package=missing_package(reader, model),
                span=model.span,
            )


def _may_derive_from_a_model(model: ModelClass) -> bool:
    """Whether a base is not known, and not only why Python could not make a class of known ones."""
    known = [cls.broken for cls in model.mro() if isinstance(cls, ModelClass) and cls.broken]
    return any(all(base is not one for one in known) for base in model.unknown_bases())


def missing_package(reader: ModelReader, model: ModelClass) -> str | None:
    """The package that an unknown base comes from, when nothing of it was found."""
    for cls in model.mro():
        if not isinstance(cls, ModelClass):
            continue
        for base, node in zip(cls.bases, cls.node.bases, strict=False):
            roots = set(root_name(node)) if isinstance(base, Unknown) else set()
            for bound, source in imported_names(cls.module) if roots else ():
                top = source.partition(".")[0]
                if bound in roots and top and not is_found(reader.interpreter, top):
                    return top
    return None


def unknown_base(model: ModelClass) -> Span | None:
    unknown = registry.unknown_base(model)
    return None if unknown is None else unknown.span or model.span


def unread(model: ModelClass) -> str | None:
    if (unknown := registry.unknown_base(model)) is not None:
        return f"a base of `{model.name}` is not known: {unknown.reason}"
    for cls in model.mro():
        if isinstance(cls, ModelClass) and cls.doubts:
            return f"what is done to `{cls.name}` is not known: {cls.doubts[0].reason}"
    return None
