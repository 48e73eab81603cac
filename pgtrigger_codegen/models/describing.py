"""Stage models: rendered models as plain facts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import CASCADE

from pgtrigger_codegen.evaluator.django.fields import Poison
from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import External, Refusal, Unknown
from pgtrigger_codegen.models import registry
from pgtrigger_codegen.models.columns import (
    choices,
    column_type,
    default_text,
    is_number,
    may_be_unique,
    required_column,
)
from pgtrigger_codegen.models.constraints import constraint_facts
from pgtrigger_codegen.models.facts import ModelFact, Models, TableCreation, UnplacedModel
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.table_names import written_table_name
from pgtrigger_codegen.models.unplaced import missing_package, unknown_base, unplaced_models, unread


class ReadModels(Models):
    """The models that a reader has read, each described when it is first asked for."""

    def __init__(self, reader: ModelReader) -> None:
        super().__init__()
        self._reader = reader
        self._described: dict[str, ModelFact | None] = {}
        self._indexed = -1
        self._labels: dict[str, ModelClass | ThroughModel] = {}

    def __getitem__(self, label: str) -> ModelFact:
        if label not in self._described:
            model = self._index.get(label)
            self._described[label] = None if model is None else describe_model(self._reader, model)
        fact = self._described[label]
        if fact is None:
            raise KeyError(label)
        return fact

    def __iter__(self) -> Iterator[str]:
        return (label for label in self._index if self.get(label) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @functools.cached_property
    def tables(self) -> Mapping[str, str]:
        tables: dict[str, str] = {}
        for label, model in self._index.items():
            if (table := self._table(model)) is not None:
                tables.setdefault(table, label)
        return tables

    @functools.cached_property
    def doubtful(self) -> frozenset[str]:
        # In most projects there is none, and no index is needed to know that.
        models = self._reader.registry.concrete_models()
        if all(unread(model) is None for model in models):
            return frozenset()
        return frozenset(
            label
            for label, model in self._index.items()
            if unread(owner_of(model)) is not None and label in self
        )

    @functools.cached_property
    def baseless(self) -> tuple[str, ...]:
        models = self._reader.registry.concrete_models()
        if all(registry.unknown_base(model) is None for model in models):
            return ()
        return tuple(
            label
            for label, model in self._index.items()
            if registry.unknown_base(owner_of(model)) is not None and label in self
        )

    @functools.cached_property
    def unplaced(self) -> tuple[UnplacedModel, ...]:
        return tuple(unplaced_models(self._reader, lambda label: label in self))

    @functools.cached_property
    def through_proxies(self) -> tuple[str, ...]:
        return tuple(
            label
            for label, model in self._index.items()
            if isinstance(model, ModelClass) and _through(model) is not None and label in self
        )

    def creation(self, label: str, server_version: int) -> TableCreation | str:
        from pgtrigger_codegen.models.creation import creation

        model = self._index.get(label)
        if model is None:
            return super().creation(label, server_version)
        found = creation(self._reader, model, server_version)
        return found.reason if isinstance(found, Unknown) else found

    @property
    def _index(self) -> dict[str, ModelClass | ThroughModel]:
        """Models, and the default through models of their fields."""
        known = len(self._reader.registry.classes)
        if known != self._indexed:
            self._labels, self._indexed = self._made_index(), known
        return self._labels

    def _made_index(self) -> dict[str, ModelClass | ThroughModel]:
        index: dict[str, ModelClass | ThroughModel] = {}
        for model in self._reader.registry.concrete_models():
            label = self._reader.registry.label(model)
            if isinstance(label, str):
                index[label] = model
                for through in self._reader.through_models(model):
                    index[f"{label}_{through.field_name}"] = through
        return index

    def _table(self, model: ModelClass | ThroughModel) -> str | None:
        """The table of a model that has one of its own, as Django names it.

        From what is written where that says it all, for a rendered model costs much more.
        """
        if isinstance(model, ModelClass):
            if registry.is_proxy(model) is not False:
                return None
            table = written_table_name(model, self._reader.registry)
            return None if isinstance(table, Unknown) else table
        rendered = self._reader.renderer.render(model)
        return None if isinstance(rendered, Unknown) else str(rendered._meta.db_table)


def owner_of(model: ModelClass | ThroughModel) -> ModelClass:
    """The class that is written in source: a through model has none of its own."""
    return model.owner if isinstance(model, ThroughModel) else model


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
    owner = owner_of(model)
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
        unread=unread(owner),
        unknown_base=unknown_base(owner),
        missing_package=missing_package(reader, owner),
        generated=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if getattr(field, "generated", False)
        ),
        cascades=tuple(_cascades(concrete, _is_left_to_the_database)),
        django_cascades=tuple(_cascades(concrete, _is_done_by_django)),
        virtual=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if getattr(field, "generated", False) and field.db_persist is False
        ),
        numbers=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if not field.null and is_number(field)
        ),
        required=tuple(filter(None, map(required_column, concrete._meta.local_concrete_fields))),
        unique=tuple(
            str(field.column)
            for field in concrete._meta.local_concrete_fields
            if may_be_unique(field)
        ),
        constraints=constraint_facts(model, concrete),
        types=tuple(filter(None, map(column_type, concrete._meta.local_concrete_fields))),
        choices=tuple(filter(None, map(choices, concrete._meta.local_concrete_fields))),
        defaults=tuple(filter(None, map(default_text, concrete._meta.local_concrete_fields))),
        field_columns=tuple(
            (field.name, field.column)
            for field in concrete._meta.local_concrete_fields
            if not isinstance(field, StandInField)
        ),
        parents=_parents(concrete),
        swapped_by=_swapped_by(options),
    )


def _swapped_by(options: Any) -> str | None:
    """The model that stands in for one; None as well where the setting is not known any more."""
    try:
        swapped = options.swapped
    except Refusal:
        return None
    return swapped if isinstance(swapped, str) else None


def _cascades(concrete: Any, is_meant: Callable[[Any], bool]) -> Iterator[tuple[str, str]]:
    for field in concrete._meta.local_concrete_fields:
        relation: Any = getattr(field, "remote_field", None)
        target = getattr(getattr(relation, "model", None), "_meta", None)  # a string if unresolved
        if target is not None and is_meant(field):
            yield field.column, target.label


def _is_done_by_django(field: Any) -> bool:
    return field.remote_field.on_delete is CASCADE


def _is_left_to_the_database(field: Any) -> bool:
    """Whether it is `DB_CASCADE`, which Django has since 6.1 and packages had before."""
    if not getattr(field, "db_constraint", False):
        return False
    on_delete = field.remote_field.on_delete
    if isinstance(on_delete, Poison):
        unknown = on_delete.unknown
        return isinstance(unknown, External) and unknown.dotted.endswith(".DB_CASCADE")
    return getattr(on_delete, "__name__", "") == "DB_CASCADE"


def _parents(concrete: Any) -> tuple[str, ...]:
    """Those above the parents too: a rendered model has only its parents in `_meta.parents`."""
    parents: dict[str, None] = {}
    pending = [*concrete._meta.parents]
    while pending:
        parent = pending.pop(0)._meta.concrete_model
        parents[parent._meta.label] = None
        pending.extend(parent._meta.parents)
    return tuple(parents)


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
