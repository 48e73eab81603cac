"""Stage models: rendered models as plain facts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import NOT_PROVIDED

from pgtrigger_codegen.evaluator.django.fields import Poison
from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.python.imports.module_names import is_found
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import External, Unknown
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.facts import ModelFact, Models, UnplacedModel
from pgtrigger_codegen.models.made import created_names
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.registry import NotInstalled
from pgtrigger_codegen.models.relevance import imported_names, root_name
from pgtrigger_codegen.models.table_names import written_table_name
from pgtrigger_codegen.source.span import Span


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
        return frozenset(
            label
            for label, model in self._index.items()
            if _unread(owner_of(model)) is not None and label in self
        )

    @functools.cached_property
    def baseless(self) -> tuple[str, ...]:
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


_MOST_KEYS = 5
_NUMBERS = frozenset(
    "AutoField BigAutoField BigIntegerField BooleanField DecimalField FloatField IntegerField"
    " PositiveBigIntegerField PositiveIntegerField PositiveSmallIntegerField SmallAutoField"
    " SmallIntegerField".split()
)


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
        unread=_unread(owner),
        unknown_base=_unknown_base(owner),
        missing_package=_missing_package(reader, owner),
        generated=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if getattr(field, "generated", False)
        ),
        cascades=tuple(_cascades(concrete)),
        virtual=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if getattr(field, "generated", False) and field.db_persist is False
        ),
        numbers=tuple(
            field.column
            for field in concrete._meta.local_concrete_fields
            if not field.null and _is_number(field)
        ),
        required=tuple(filter(None, map(_required_column, concrete._meta.local_concrete_fields))),
        types=tuple(filter(None, map(_column_type, concrete._meta.local_concrete_fields))),
        choices=tuple(filter(None, map(_choices, concrete._meta.local_concrete_fields))),
        field_columns=tuple(
            (field.name, field.column)
            for field in concrete._meta.local_concrete_fields
            if not isinstance(field, StandInField)
        ),
        parents=_parents(concrete),
        swapped_by=options.swapped if isinstance(options.swapped, str) else None,
    )


def _cascades(concrete: Any) -> Iterator[tuple[str, str]]:
    for field in concrete._meta.local_concrete_fields:
        relation: Any = getattr(field, "remote_field", None)
        target = getattr(getattr(relation, "model", None), "_meta", None)  # a string if unresolved
        if target is None or not getattr(field, "db_constraint", False):
            continue
        if _is_left_to_the_database(relation.on_delete):
            yield field.column, target.label


def _is_number(field: Any) -> bool:
    """Whether a column holds numbers, or keys of a model whose keys are numbers."""
    field = _key_field(field)
    known = field is not None and not isinstance(field, StandInField)
    return known and field.get_internal_type() in _NUMBERS


def _key_field(field: Any) -> Any:
    """The field whose values a relation's column holds, else the field itself; None in doubt."""
    for _ in range(_MOST_KEYS):
        relation: Any = getattr(field, "remote_field", None)
        target = getattr(getattr(relation, "model", None), "_meta", None)
        if target is None or relation.field_name is None:
            break
        try:
            field = target.get_field(relation.field_name)
        except FieldDoesNotExist:
            return None
    return field


def _required_column(field: Any) -> str | None:
    """The column of a field of Django's that the database fills in no way."""
    is_given = (
        field.null
        or getattr(field, "generated", False)
        or field.db_default is not NOT_PROVIDED
        or field.get_internal_type() in _COUNTED
        or not _is_djangos(field)
    )
    return None if is_given else str(field.column)


def _column_type(field: Any) -> tuple[str, str] | None:
    """Column and type, for the classes of fields whose values are checked."""
    name = _type(field)
    return None if name is None else (str(field.column), name)


def _type(field: Any) -> str | None:
    """The type of a field's column; None where the field's class is not Django's."""
    if not _is_djangos(field):
        return None
    if field.remote_field is not None:
        field = _key_field(field)
        if field is None or not _is_djangos(field) or field.remote_field is not None:
            return None
    if getattr(field, "generated", False):
        return _type(field.output_field)
    kind = field.get_internal_type()
    if kind == "ArrayField":
        base = _type(field.base_field)
        return f"{base}[]" if base else None
    name = _TYPES.get(kind)
    if name == "character varying":
        length = field.max_length
        name = f"character varying({length})" if isinstance(length, int) else name
    return name


def _choices(field: Any) -> tuple[str, tuple[str, ...]] | None:
    """Column and choices, as texts, of a field that has any."""
    if not getattr(field, "choices", None) or not _is_djangos(field):
        return None
    values = [value for value, _ in field.flatchoices]
    if not all(isinstance(value, str | int) for value in values):
        return None
    texts = (str.__str__(value) if isinstance(value, str) else str(int(value)) for value in values)
    return str(field.column), tuple(texts)


def _is_djangos(field: Any) -> bool:
    return type(field).__module__.startswith(("django.db.models.", "django.contrib.postgres."))


_COUNTED = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})
_TYPES = {
    "BooleanField": "boolean",
    "CharField": "character varying",
    "SlugField": "character varying",
    "FileField": "character varying",
    "FilePathField": "character varying",
    "ImageField": "character varying",
    "TextField": "text",
    "SmallIntegerField": "smallint",
    "PositiveSmallIntegerField": "smallint",
    "IntegerField": "integer",
    "PositiveIntegerField": "integer",
    "BigIntegerField": "bigint",
    "PositiveBigIntegerField": "bigint",
    "AutoField": "integer",
    "BigAutoField": "bigint",
    "SmallAutoField": "smallint",
    "DecimalField": "numeric",
    "FloatField": "double precision",
    "DateField": "date",
    "DateTimeField": "timestamp with time zone",
    "TimeField": "time",
    "DurationField": "interval",
    "UUIDField": "uuid",
    "JSONField": "jsonb",
    "BinaryField": "bytea",
    "SearchVectorField": "tsvector",
    "GenericIPAddressField": "inet",
}


def _is_left_to_the_database(on_delete: object) -> bool:
    """Whether it is `DB_CASCADE`, which Django has since 6.1 and packages had before."""
    if isinstance(on_delete, Poison):
        unknown = on_delete.unknown
        return isinstance(unknown, External) and unknown.dotted.endswith(".DB_CASCADE")
    return getattr(on_delete, "__name__", "") == "DB_CASCADE"


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
        if is_certain and isinstance(label, str) and is_described(label):
            continue
        if not is_certain and app.label not in made:
            made[app.label] = created_names(app)
        if is_certain or model.name.lower() in made[app.label]:
            yield UnplacedModel(
                name=model.name,
                app_label=app.label,
                first_party=app.first_party,
                unread=_unread(model) or unknown.reason,
                unknown_base=unknown.span or model.span,
                missing_package=_missing_package(reader, model),
                span=model.span,
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
            return f"what is done to `{cls.name}` is not known: {cls.doubts[0].reason}"
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
