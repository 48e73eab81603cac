"""Stage models: rendered models as plain facts."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from pgtrigger_codegen.evaluator.imports import is_found
from pgtrigger_codegen.evaluator.stand_in import StandInField
from pgtrigger_codegen.evaluator.values import ModelClass, ThroughModel, Unknown
from pgtrigger_codegen.models import registry
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.relevance import imported_names, root_name
from pgtrigger_codegen.source.span import Span


class ModelFacts(Mapping[str, ModelFact]):
    """The facts of a project's models by label, collected when one is first asked for.

    `show` asks for none, and describing a model renders it.
    """

    def __init__(self, reader: ModelReader) -> None:
        self._reader = reader

    @functools.cached_property
    def _facts(self) -> dict[str, ModelFact]:
        return {fact.label: fact for fact in describe_models(self._reader)}

    def __getitem__(self, label: str) -> ModelFact:
        return self._facts[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


def describe_models(reader: ModelReader) -> Iterator[ModelFact]:
    """The models that can be rendered, and the default through models of their fields."""
    for model in reader.registry.concrete_models():
        fact = describe_model(reader, model)
        if fact is None:
            continue
        yield fact
        for name in _default_through_fields(reader, model):
            through = describe_model(reader, ThroughModel(model, name, fact.span))
            if through is not None:
                yield through


def _default_through_fields(reader: ModelReader, model: ModelClass) -> Iterator[str]:
    """Many-to-many fields of the model, inherited from abstract bases too, without `through=`."""
    rendered = reader.renderer.render(model)
    if isinstance(rendered, Unknown):
        return
    for field in rendered._meta.local_many_to_many:
        through = getattr(field.remote_field.through, "_meta", None)  # a string if unresolved
        if through is not None and through.auto_created:
            yield field.name


def describe_model(reader: ModelReader, model: ModelClass | ThroughModel) -> ModelFact | None:
    """One model, or None when it cannot be rendered."""
    rendered = reader.renderer.render(model)
    if isinstance(rendered, Unknown):
        return None
    options = rendered._meta
    concrete: Any = options.concrete_model
    if concrete is None:
        return None
    through = _through(model)
    owner = model.owner if isinstance(model, ThroughModel) else model
    app = reader.registry.app_of(owner)
    return ModelFact(
        app_label=options.app_label,
        name=options.object_name or "",
        table=options.db_table,
        concrete_model=concrete._meta.label,
        first_party=not isinstance(app, Unknown) and app.first_party,
        managed=bool(options.managed),
        proxy_of=_proxy_of(rendered),
        through_field=_through_field(reader, through) if through is not None else None,
        columns=_columns(options),
        span=(model.span or owner.span) if isinstance(model, ThroughModel) else model.span,
        unread=_unread(owner),
        unknown_base=_unknown_base(owner),
        missing_package=_missing_package(reader, owner),
        generated=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if getattr(field, "generated", False)
        ),
        field_columns=tuple(
            (field.name, field.column)
            for field in concrete._meta.local_concrete_fields
            if not isinstance(field, StandInField)
        ),
        parents=_parents(concrete),
        swapped_by=options.swapped if isinstance(options.swapped, str) else None,
    )


def _missing_package(reader: ModelReader, model: ModelClass) -> str | None:
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


def _unknown_base(model: ModelClass) -> Span | None:
    unknown = registry.unknown_base(model)
    return None if unknown is None else unknown.span or model.span


def _parents(concrete: Any) -> tuple[str, ...]:
    """Those above the parents too: a rendered model has only its parents in `_meta.parents`."""
    parents: dict[str, None] = {}
    pending = [*concrete._meta.parents]
    while pending:
        parent = pending.pop(0)._meta.concrete_model
        parents[parent._meta.label] = None
        pending.extend(parent._meta.parents)
    return tuple(parents)


def _unread(model: ModelClass) -> str | None:
    if (unknown := registry.unknown_base(model)) is not None:
        return f"a base of `{model.name}` is not known: {unknown.reason}"
    for cls in model.mro():
        if isinstance(cls, ModelClass) and cls.doubts:
            return f"a decorator of `{cls.name}` is not known: {cls.doubts[0].reason}"
    return None


def _through(model: ModelClass | ThroughModel) -> ThroughModel | None:
    if isinstance(model, ThroughModel):
        return model
    concrete = registry.concrete_model(model)
    return concrete if isinstance(concrete, ThroughModel) else None


def _through_field(reader: ModelReader, through: ThroughModel) -> str | None:
    label = reader.registry.label(through.owner)
    return f"{label}.{through.field_name}" if isinstance(label, str) else None


def _proxy_of(rendered: Any) -> str | None:
    if not rendered._meta.proxy:
        return None
    parent = rendered.__bases__[0]
    label = parent._meta.label
    return label if isinstance(label, str) else None


def _columns(options: Any) -> tuple[str, ...] | None:
    if any(isinstance(field, StandInField) for field in options.local_fields):
        return None
    return tuple(field.column for field in options.concrete_model._meta.local_concrete_fields)
