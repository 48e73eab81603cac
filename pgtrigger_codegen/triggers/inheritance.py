"""Stage triggers: triggers of abstract bases that some models, or all, do not inherit."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.facts import AbstractTriggers, LostTriggers
from pgtrigger_codegen.models.registry import ModelRegistry
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed
from pgtrigger_codegen.triggers.declaration import declared_triggers


def lost_triggers(models: ModelRegistry) -> Iterator[LostTriggers]:
    """Every first-party class that loses triggers of an abstract base."""
    for model in models.classes:
        if model.module.first_party and registry.is_model(model):
            yield from _lost_by(model)


def inherited_classes(models: ModelRegistry) -> Iterator[Span]:
    """Names of the classes that concrete models derive from."""
    for model in models.classes:
        if meta.is_abstract(model) is not True:
            for cls in model.mro()[1:]:
                if isinstance(cls, ModelClass) and cls.module.first_party:
                    yield cls.span


def abstract_triggers(models: ModelRegistry) -> Iterator[AbstractTriggers]:
    """Every first-party abstract class with triggers of its own."""
    for model in models.classes:
        if not model.module.first_party or meta.is_abstract(model) is not True:
            continue
        own = meta.own_meta(model)
        if own is None or not _names_triggers(own):
            continue
        declared = declared_triggers(model)
        if not isinstance(declared, list) or not declared:
            continue
        names = (getattr(trigger, "name", None) for trigger in declared)
        written = tuple(name for name in names if isinstance(name, str))
        yield AbstractTriggers(model.name, written, model.span)


def uninherited(
    abstract: Iterable[AbstractTriggers], inherited: Collection[Span]
) -> Iterator[AbstractTriggers]:
    """Those of abstract classes that no concrete model derives from."""
    return (triggers for triggers in abstract if triggers.span not in inherited)


def _lost_by(model: ModelClass) -> Iterator[LostTriggers]:
    own = meta.own_meta(model)
    if own is not None and _names_triggers(own):
        return  # says itself which triggers it has
    kept = declared_triggers(model)
    if kept is not meta.MISSING and not isinstance(kept, list):
        return
    present = {identity(trigger) for trigger in kept} if isinstance(kept, list) else set()
    for base, node in zip(model.bases, model.node.bases, strict=False):
        if not isinstance(base, ModelClass) or meta.is_abstract(base) is not True:
            continue
        inherited = declared_triggers(base)
        if not isinstance(inherited, list) or not _are_written(base):
            continue
        lost = [trigger for trigger in inherited if identity(trigger) not in present]
        if lost:
            yield LostTriggers(
                model=model.name,
                base=unparsed(node),
                triggers=tuple(str(getattr(trigger, "name", "?")) for trigger in lost),
                cause="other-base" if own is None else "own-meta",
                span=_meta_span(model) if own is not None else model.span,
                base_span=base.span,
                meta_bases=_meta_bases(model),
                keeps_others=isinstance(kept, list),
            )


def _names_triggers(own: Any) -> bool:
    """Whether a `Meta`, or a plain class it derives from, sets `triggers` for this model."""
    return "triggers" in meta.own_options(own)


def _are_written(base: ModelClass) -> bool:
    """Whether triggers stand in the `Meta` that a class has, and were not put there by a hook."""
    for cls in base.mro():
        node = _meta_node(cls) if isinstance(cls, ModelClass) else None
        for child in walk(node) if node is not None else ():
            stored = isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)
            if stored and getattr(child, "id", None) == "triggers":
                return True
    return False


def _meta_node(model: ModelClass) -> ast.ClassDef | None:
    for node in model.node.body:
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            return node
    return None


def _meta_span(model: ModelClass) -> Any:
    node = _meta_node(model)
    return model.module.name_span(node) if node is not None else model.span


def _meta_bases(model: ModelClass) -> tuple[str, ...]:
    node = _meta_node(model)
    return tuple(unparsed(base) for base in node.bases) if node is not None else ()
