"""Models as plain facts."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.source.span import Span


class ConstraintFact(Struct, frozen=True):
    """What `Meta`, or a key of several columns, demands of a table's rows.

    Attributes:
        kind: `unique`: a constraint; `index`: a unique index, which is no constraint; `check`;
            `other`: one of a class that is not Django's own, or excludes rows.
        name: None where Django makes it up.
        columns: Those that are unique together; none where expressions are.
        is_partial: Whether it holds only among rows that meet a condition.
        is_deferrable: Whether it may be looked at as late as at the end of the transaction.
    """

    kind: Literal["unique", "index", "check", "other"]
    name: str | None
    columns: tuple[str, ...] = ()
    is_partial: bool = False
    is_deferrable: bool = False


class ModelFact(Struct, frozen=True):
    """One concrete or proxy model, or a default many-to-many through model.

    Attributes:
        name: The object name (`Order`, `User_groups`).
        table: `_meta.db_table` as Django has it.
        concrete_model: `app_label.ModelName` of the model that owns the table.
        first_party: Whether the model's app belongs to the project.
        proxy_of: `app_label.ModelName` of the model that a proxy stands for, else None.
        through_field: `app_label.Model.field` when the table is that of a default
            many-to-many through model (for its proxies too), else None.
        columns: Columns of the table in field order; None when not all can be known.
        span: The class's name in its `class` statement (of the many-to-many field for a
            default through model).
        unread: Why the model may have triggers that were not found, None when it was read
            completely.
        unknown_base: Where the base stands that is not known, None without one.
        missing_package: The package of that base, when it was not found at all.
        generated: Columns that the database computes, in field order.
        virtual: Those of them that it computes when they are read (`db_persist=False`).
        numbers: Columns of numbers that are never NULL.
        required: Columns that an INSERT has to give a value: neither NULL nor a default of the
            database is there for them. Defaults of Django's are not in the database.
        unique: Columns that are keys, or are or may be unique by themselves.
        constraints: What is demanded of the table's rows besides; None where not all is known.
        types: Types of columns in PostgreSQL's words, where Django's own field classes say so.
        choices: Columns whose fields have choices, with these as texts.
        defaults: Columns whose fields have a text for a default, with that.
        cascades: Columns whose rows the database deletes along with what they refer to
            (`DB_CASCADE`), with the label of that model.
        django_cascades: The same for those that Django deletes (`CASCADE`).
        field_columns: Names of the local fields that have a column, with it, in field order.
        parents: Labels of the models whose tables hold inherited fields (multi-table
            inheritance), the nearest first.
        swapped_by: Label of the model that a setting (`AUTH_USER_MODEL`) puts in this one's
            place, else None.
    """

    app_label: str
    name: str
    table: str
    concrete_model: str
    first_party: bool
    managed: bool
    proxy_of: str | None
    through_field: str | None
    columns: tuple[str, ...] | None
    span: Span
    unread: str | None = None
    unknown_base: Span | None = None
    missing_package: str | None = None
    generated: tuple[str, ...] = ()
    virtual: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    constraints: tuple[ConstraintFact, ...] | None = None
    types: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()
    cascades: tuple[tuple[str, str], ...] = ()
    django_cascades: tuple[tuple[str, str], ...] = ()
    field_columns: tuple[tuple[str, str], ...] = ()
    parents: tuple[str, ...] = ()
    swapped_by: str | None = None

    @property
    def label(self) -> str:
        return f"{self.app_label}.{self.name}"


class UnplacedModel(Struct, frozen=True):
    """A model class with an unknown base, whose table is therefore unknown.

    Attributes:
        name: The class's name.
        app_label: Of the app whose module the class is in.
        first_party: Whether the class stands in the project's own code.
        unread: Why triggers of it may not have been found.
        unknown_base: Where the base stands that is not known.
        missing_package: The package of that base, when it was not found at all.
        span: The class's name in its `class` statement.
    """

    name: str
    app_label: str
    first_party: bool
    unread: str
    unknown_base: Span
    missing_package: str | None
    span: Span

    @property
    def label(self) -> str:
        """What Django most likely calls it: an unknown base may say otherwise."""
        return f"{self.app_label}.{self.name}"


class TableCreation(Struct, frozen=True):
    """The SQL that makes a model's table.

    Attributes:
        table: `_meta.db_table` as Django has it.
        statement: `CREATE TABLE`.
        deferred: Foreign keys and unique constraints, for when all tables are there.
        refers_to: Labels of the models that the foreign keys lead to.
        unknown_fields: Names of fields that are left out, since their columns are not known.
        has_all_unique: Whether all unique constraints of the model are there.
        managed: Whether Django makes the table at all.
    """

    table: str
    statement: str
    deferred: tuple[str, ...]
    refers_to: tuple[str, ...]
    unknown_fields: tuple[str, ...] = ()
    has_all_unique: bool = True
    managed: bool = True


class Models(Mapping[str, ModelFact]):
    """The facts about a project's models by label, and questions about all of them at once.

    Describing a model costs a hundred times what finding it does. Whoever wants one model asks
    for it by its label; whoever wants to know something of all asks one of the questions here.

    Attributes:
        tables: By `db_table`: the label of a model that has it, for a proxy that of its model.
        doubtful: Labels of models that may have more triggers than those that were read.
        baseless: Labels of models that have a base which is not known.
        unplaced: Models that are missing here, since a base may give them an app and a table.
        through_proxies: Labels of proxies of default through models.
    """

    def __init__(self, facts: Iterable[ModelFact] = ()) -> None:
        self._by_label = {fact.label: fact for fact in facts}

    def __getitem__(self, label: str) -> ModelFact:
        return self._by_label[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_label)

    def __len__(self) -> int:
        return len(self._by_label)

    @functools.cached_property
    def tables(self) -> Mapping[str, str]:
        return {fact.table: fact.concrete_model for fact in self.values()}

    @functools.cached_property
    def doubtful(self) -> frozenset[str]:
        return frozenset(label for label, fact in self.items() if fact.unread is not None)

    @functools.cached_property
    def baseless(self) -> tuple[str, ...]:
        return tuple(label for label, fact in self.items() if fact.unknown_base is not None)

    @property
    def unplaced(self) -> tuple[UnplacedModel, ...]:
        return ()

    def creation(self, label: str, server_version: int) -> TableCreation | str:
        """What makes the table of a model, or why that is not known, in words.

        Args:
            server_version: Of PostgreSQL, as in 180001.
        """
        return f"model `{label}` was not read"

    @functools.cached_property
    def through_proxies(self) -> tuple[str, ...]:
        return tuple(label for label, fact in self.items() if fact.proxy_of and fact.through_field)


class LostTriggers(Struct, frozen=True):
    """A model class whose `Meta` drops the triggers of an abstract base.

    Attributes:
        model: The class's name.
        base: Name of the abstract base whose triggers do not arrive.
        triggers: Names of the triggers lost, as far as they are known.
        cause: `own-meta` when the class has a `Meta` that does not derive from the base's,
            `other-base` when it has none and inherits the `Meta` of an earlier base.
        span: The name in `class Meta`, or the class's name when it has no `Meta`.
        base_span: The name of the base in its `class` statement.
        meta_bases: Expressions that the class's `Meta` already derives from, as text.
        keeps_others: Whether that `Meta` has the triggers of another base, so that to derive it
            from one more brings nothing.
    """

    model: str
    base: str
    triggers: tuple[str, ...]
    cause: Literal["own-meta", "other-base"]
    span: Span
    base_span: Span
    meta_bases: tuple[str, ...]
    keeps_others: bool = False


class ProvidedModel(Struct, frozen=True):
    """A model that a library makes for a call in the source.

    Attributes:
        label: `app_label.ModelName`.
        first_party_app: Whether its app is the project's, so that its table can be migrated.
        declared_in_project: Whether the call stands in the project's own code.
        target: Label of the model that the call is for, where there is one.
        library: Top-level package of the library.
        span: The call.
    """

    label: str
    app_label: str
    first_party_app: bool
    declared_in_project: bool
    target: str | None
    library: str
    span: Span


class MissingProvider(Struct, frozen=True):
    """A library that registers triggers, and that has no usable provider.

    Attributes:
        library: Top-level package of the library.
        distribution: What to install beside pgtrigger-codegen, whose provider needs it; None when
            there is no provider for the library.
        span: Where a module of the project first imports it.
        too_old: "2.9 is older than 3.0" where the provider is not for the project's release.
    """

    library: str
    distribution: str | None
    span: Span
    too_old: str | None = None

    @property
    def reason(self) -> str:
        """Why the library's triggers are not found."""
        if self.too_old:
            return f"{self.distribution} {self.too_old}"
        if self.distribution:
            return f"{self.distribution} is not installed beside pgtrigger-codegen"
        return "it has no provider"


class AbstractTriggers(Struct, frozen=True):
    """An abstract model with triggers that no model inherits from.

    Attributes:
        model: The class's name.
        triggers: Names of its triggers, as far as they are known.
        span: The class's name in its `class` statement.
    """

    model: str
    triggers: tuple[str, ...]
    span: Span
