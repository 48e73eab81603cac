"""The tables that an operation of a migration touches, by its models and its SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.migrations.operations import RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from msgspec import Struct

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.migrations.reading.sql_texts import sql_texts
from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name

# The attributes by which Django's operations and django-pgtrigger's name their models.
_OF_MODELS = ("model_name", "name", "old_name", "new_name")
_OF_LIBRARIES = ("django.", "pgtrigger.")


class Extent(Struct, frozen=True):
    """What an operation may change.

    Attributes:
        names: Tables, and other names that its SQL has, as PostgreSQL folds them.
        is_known: Whether that is all.
    """

    names: frozenset[str] = frozenset()
    is_known: bool = True


def extent(operation: object, app_label: str, *states: ProjectState) -> Extent:
    """The extent of an operation.

    Args:
        states: Django's, before and after the operation.
    """
    match operation:
        case RunSQL():
            texts = list(sql_texts(operation.sql))
            known = [text for text in texts if isinstance(text, str)]
            names = frozenset(name for text in known for name in _words(text))
            tables = {
                table
                for state in states
                for label, model in state.models.items()
                for table in tables_of(label, model)
            }
            # Without the words of SQL itself, of which few have an underscore.
            own = frozenset(name for name in names if "_" in name or name in tables)
            return Extent(own, is_known=len(known) == len(texts))
        case SeparateDatabaseAndState():
            both = [*operation.state_operations, *operation.database_operations]
            return _union(extent(each, app_label, *states) for each in both)
        case Operation() if type(operation).__module__.startswith(_OF_LIBRARIES):
            return Extent(frozenset(_tables(operation, app_label, states)))
        case _:
            return Extent(is_known=False)


def tables_of(label: tuple[str, str], model: ModelState) -> Iterator[str]:
    """The names of a model's table, and of those of its fields to many."""
    table = model.options.get("db_table") or "_".join(label)
    yield table_reference(str(table)).name
    for name, field in model.fields.items():
        if getattr(field, "many_to_many", False):
            yield str(getattr(field, "db_table", None) or f"{table}_{name}")


def _words(sql: str) -> Iterator[str]:
    """All names in some SQL, those within its strings and bodies included."""
    for token in code_tokens(sql):
        if token.kind in (Kind.WORD, Kind.QUOTED_NAME):
            yield folded_name(token)
        elif token.kind in (Kind.STRING, Kind.DOLLAR_STRING) and len(token.text) > 2:
            cut = token.text.strip("'$")
            yield from _words(cut) if token.kind is Kind.DOLLAR_STRING else cut.split()


def _tables(operation: Operation, app_label: str, states: Iterable[ProjectState]) -> Iterator[str]:
    labels = {
        (app_label, value.lower())
        for attribute in _OF_MODELS
        if isinstance(value := getattr(operation, attribute, None), str)
    }
    for label in labels:
        for state in states:
            if label in state.models:
                yield from tables_of(label, state.models[label])


def _union(extents: Iterable[Extent]) -> Extent:
    names: set[str] = set()
    is_known = True
    for one in extents:
        names |= one.names
        is_known &= one.is_known
    return Extent(frozenset(names), is_known=is_known)
