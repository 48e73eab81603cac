"""The tables that the triggers need, made from the models.

Each table is made by itself, so that one which cannot be made costs only those that need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.models.facts import Models, TableCreation
from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name
from pgtrigger_codegen.sql.names import quote_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.room import Refused, Room

# By the name of a type, the extension that brings it. All of them are PostgreSQL's own or well
# known, and none of them lets a role do anything outside of its database.
EXTENSIONS: Mapping[str, str] = {
    "citext": "citext",
    "cube": "cube",
    "earth": "earthdistance",
    "geography": "postgis",
    "geometry": "postgis",
    "halfvec": "vector",
    "hstore": "hstore",
    "lquery": "ltree",
    "ltree": "ltree",
    "ltxtquery": "ltree",
    "raster": "postgis_raster",
    "sparsevec": "vector",
    "vector": "vector",
}

_UNDEFINED_OBJECT = "42704"


class Schema(Struct, frozen=True):
    """The tables of the project, as far as they could be made.

    Attributes:
        creations: Those that are there, by the label of the model.
        missing: Why the others are not, by label.
    """

    creations: Mapping[str, TableCreation]
    missing: Mapping[str, str]

    @property
    def by_table(self) -> Mapping[str, TableCreation]:
        """Those that are there, by the name of the table."""
        return {table_reference(one.table).name: one for one in self.creations.values()}


def make_schema(
    room: Room,
    models: Models,
    triggers: Iterable[CompiledTrigger],
    say: Callable[[str], None],
) -> Schema:
    """Make the tables of triggers, of their functions, and those that foreign keys lead to."""
    wanted: dict[str, TableCreation] = {}
    missing: dict[str, str] = {}
    pending = list(_labels(models, triggers))
    while pending:
        label = pending.pop()
        if label in wanted or label in missing:
            continue
        creation = models.creation(label, room.version)
        if isinstance(creation, str):
            missing[label] = creation
            continue
        wanted[label] = creation
        pending.extend(creation.refers_to)
    made: dict[str, TableCreation] = {}
    for number, (label, creation) in enumerate(sorted(wanted.items()), start=1):
        say(f"Making tables: {number} of {len(wanted)}")
        reason = _make(room, creation)
        if reason is None:
            made[label] = creation
        else:
            missing[label] = reason
        room.keep()
    for creation in made.values():
        for statement in creation.deferred:
            # A key to a table that is missing: nothing that is proven here depends on it.
            room.attempt(statement)
        room.keep()
    return Schema(made, missing)


def _labels(models: Models, triggers: Iterable[CompiledTrigger]) -> Iterable[str]:
    """Models of the triggers' tables, and of all tables that their SQL may name."""
    by_name: dict[str, str] = {}
    for table, label in models.tables.items():
        by_name[table_reference(table).name] = label
    for trigger in triggers:
        yield trigger.concrete_model
        parts = trigger.parts
        for text in (parts.declare, parts.func, parts.condition):
            yield from (by_name[word] for word in _words(text) if word in by_name)


def _words(sql: str) -> set[str]:
    """All names in some SQL; those in strings too, which EXECUTE may run."""
    words = set()
    for token in code_tokens(sql):
        if token.kind in (Kind.WORD, Kind.QUOTED_NAME):
            words.add(folded_name(token))
        elif len(token.text) > 2:
            words.update(token.text.replace('"', " ").replace("'", " ").replace(".", " ").split())
    return words


def _make(room: Room, creation: TableCreation) -> str | None:
    """Makes a table, or says why it cannot be made."""
    reference = table_reference(creation.table)
    if reference.schema is not None:
        room.attempt(f"CREATE SCHEMA IF NOT EXISTS {quote_name(reference.schema)}")
    refused = room.attempt(creation.statement)
    if refused is not None and refused.sqlstate == _UNDEFINED_OBJECT:
        for extension in _extensions(creation.statement):
            room.keep()
            if not room.extend(extension):
                return f"extension {extension} is missing"
        refused = room.attempt(creation.statement)
    return None if refused is None else _table_reason(creation, refused)


def _table_reason(creation: TableCreation, refused: Refused) -> str:
    return f"table {creation.table} cannot be made: {refused.message}"


def _extensions(statement: str) -> list[str]:
    words = {token.text.lower() for token in code_tokens(statement) if token.kind is Kind.WORD}
    return sorted({EXTENSIONS[word] for word in words if word in EXTENSIONS})
