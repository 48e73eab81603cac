"""The statements of a trigger's function, planned by the server."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.sql.body import Body, BodyUnread, read_body
from pgtrigger_codegen.sql.body_facts import Query, TextRange
from pgtrigger_codegen.sql.body_targets import statements_of, tables_named
from pgtrigger_codegen.sql.lexer import code_tokens
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.absence import (
    NO_UNIQUE,
    UNDEFINED_TABLE,
    UnmodelledSource,
    doubt,
)
from pgtrigger_codegen.verification.checking import check_function
from pgtrigger_codegen.verification.handling import catching
from pgtrigger_codegen.verification.reading import BodyReader
from pgtrigger_codegen.verification.room import RefusedStatement, Room
from pgtrigger_codegen.verification.schema import Schema
from pgtrigger_codegen.verification.scopes import (
    EXPLAIN,
    NotKnown,
    StatementScope,
    transition_tables,
)

_PLANNED = frozenset({"DeleteStmt", "InsertStmt", "MergeStmt", "SelectStmt", "UpdateStmt"})
_MAKES = re.compile(r"\b(create|alter|drop)\b", re.IGNORECASE)
_MAKING = ("CREATE", "ALTER", "DROP")
_CALL = re.compile(r"\A\s*CALL\s+", re.IGNORECASE)
_LABEL = re.compile(r"<<\s*\"?(\w+)\"?\s*>>")
_WRONG_KIND = "42809"
_NO_ARRAY = re.compile(r"array_ndims\((.+)\) does not exist")

# What planning alone can find: what the server says of a value at run time would depend on
# variables, which are all NULL here.
_BY_PLANNING = frozenset(
    {"0A000", "22001", "22003", "22007", "22008", "22012", "2201B", "22P02", "22P03", "428C9"}
)
_AMBIGUOUS = "42702"
_SYNTAX_AND_ACCESS = "42"


class Planned(Struct, frozen=True):
    """The results of planning a function's statements.

    Attributes:
        faults: Statements that fail whenever control gets there.
        doubts: Why others could not be judged, in words, each with its place.
        warnings: What plpgsql_check says besides.
    """

    faults: tuple[ServerFault, ...] = ()
    doubts: tuple[ServerFault, ...] = ()
    warnings: tuple[ServerFault, ...] = ()


def plan_body(
    room: Room,
    schema: Schema,
    trigger: CompiledTrigger,
    source: UnmodelledSource,
    reader: BodyReader,
) -> Planned:
    """Plan all statements of a trigger's own function that control can reach."""
    body = read_body(trigger.parts)
    if isinstance(body, BodyUnread):
        return Planned(doubts=(ServerFault(trigger.uri, "unproven", body.reason),))
    if not isinstance(body, Body):
        return Planned()  # no function of its own, or one that was not taken
    planner = _Planner(room, schema, trigger, body, source)
    with room.undone():
        found = tuple(planner.faults())
    certain = [fault for fault in found if fault.kind == "statement"]
    messages = {fault.message for fault in certain}
    certain += [one for one in reader.faults(trigger, body) if one.message not in messages]
    places = {fault.place for fault in certain}
    doubts = [
        fault
        for fault in dict.fromkeys(found)
        if fault.kind == "unproven" and (fault.place is None or fault.place not in places)
    ]
    known = {fault.message for fault in (*certain, *doubts)}
    warnings = check_function(room, trigger, body, known) if room.has_checker else ()
    return Planned(tuple(dict.fromkeys(certain)), tuple(doubts), tuple(warnings))


class _Planner:
    def __init__(
        self,
        room: Room,
        schema: Schema,
        trigger: CompiledTrigger,
        body: Body,
        source: UnmodelledSource,
    ) -> None:
        self._room = room
        self._schema = schema
        self._trigger = trigger
        self._body = body
        self._source = source

    def faults(self) -> Iterator[ServerFault]:
        if self._makes_tables():
            yield self._unproven("the function makes or changes tables itself", None)
            return
        for statement in transition_tables(self._body, self._trigger.table).values():
            if (refused := self._room.attempt(statement)) is not None:
                yield self._unproven(refused.message, None)
                return
        scope = StatementScope(self._body, self._trigger.table, self._trigger.parts.declare)
        different = {
            (one.text, one.place, one.prefix, one.caught): one
            for one in self._body.queries
            if not one.is_composed  # quoted values have no type, and parameters have one
        }
        for query in different.values():
            yield from self._of_query(scope, query)
        yield from self._of_columns(scope)
        for execute in self._body.dynamic:
            if not execute.constant:
                yield self._unproven("SQL that is made at run time is not known", execute.place)

    def _makes_tables(self) -> bool:
        """Whether it runs statements that may make what others need."""
        if any(query.text.lstrip().upper().startswith(_MAKING) for query in self._body.queries):
            return True
        made = any(not execute.constant for execute in self._body.dynamic)
        return made and _MAKES.search(self._trigger.parts.func) is not None

    def _of_columns(self, scope: StatementScope) -> Iterator[ServerFault]:
        """Columns of NEW and OLD, those that are assigned to included."""
        asked: dict[tuple[str, str], RefusedStatement | None] = {}
        for use in self._body.uses:
            if use.column is None:
                continue
            key = (use.row, use.column)
            if key not in asked:
                asked[key] = self._room.plan(scope.column_block(*key))
            if (refused := asked[key]) is None:
                continue
            if (handled := _handled(use.caught, refused)) is not None:
                yield self._unproven(handled, use.place)
            elif self._body.copies_context and any(path.doubtful for path in use.state.values()):
                yield self._unproven(refused.message, use.place)
            elif (reason := self._doubt(None, refused)) is not None:
                yield self._unproven(reason, use.place)
            else:
                yield ServerFault(self._trigger.uri, "statement", refused.message, use.place)

    def _of_query(self, scope: StatementScope, query: Query) -> Iterator[ServerFault]:
        kinds = [kind for kind, _ in statements_of(query)]
        if kinds == ["CallStmt"] and not query.is_dynamic:
            yield from self._of_call(scope, query)
            return
        if not (query.is_dynamic and not kinds) and (len(kinds) != 1 or kinds[0] not in _PLANNED):
            word = query.text.split(maxsplit=1)[0].upper() if query.text.strip() else "nothing"
            yield self._unproven(f"`{word}` is not planned by PostgreSQL", query.place)
            return
        try:
            if query.parameters and self._room.plan(scope.parameters_block(query)) is not None:
                return  # what is wrong there is told by itself
            refused = self._room.plan(scope.block(query))
            if refused is not None and (label := self._label(refused.message)) is not None:
                refused = self._room.plan(scope.block(query, label))
        except NotKnown as reason:
            yield self._unproven(str(reason), query.place)
            return
        if refused is None and query.must_be_array:
            yield from self._of_array(scope, query)
        yield from self._of_refusal(query, refused)

    def _of_array(self, scope: StatementScope, query: Query) -> Iterator[ServerFault]:
        """Of what FOREACH goes through: PL/pgSQL looks at its type only when it runs."""
        asked = replace(query, text=f"pg_catalog.array_ndims({query.text})")
        refused = self._room.plan(scope.block(asked))
        if refused is not None and (match := _NO_ARRAY.search(refused.message)) is not None:
            message = f"FOREACH expression must yield an array, not type {match[1]}"
            yield ServerFault(self._trigger.uri, "statement", message, query.place)

    def _of_call(self, scope: StatementScope, query: Query) -> Iterator[ServerFault]:
        """Of a CALL, which EXPLAIN does not take: the same name and arguments, as a function."""
        as_function = replace(query, text=_CALL.sub("", query.text), prefix="SELECT ")
        try:
            refused = self._room.plan(scope.block(as_function))
        except NotKnown as reason:
            yield self._unproven(str(reason), query.place)
            return
        if refused is None:
            name = as_function.text.partition("(")[0].strip()
            message = f"{name} is a function, and not a procedure"
            yield ServerFault(self._trigger.uri, "statement", message, query.place)
        elif refused.sqlstate != _WRONG_KIND:
            refused.message = refused.message.replace("function ", "procedure ", 1)
            yield from self._of_refusal(query, refused)

    def _of_refusal(self, query: Query, refused: RefusedStatement | None) -> Iterator[ServerFault]:
        if refused is None:
            return
        if (handled := _handled(query.caught, refused)) is not None:
            yield self._unproven(handled, query.place)
        elif (reason_ := self._doubt(query, refused)) is not None:
            yield self._unproven(reason_, query.place)
        else:
            place = _place(query, refused)
            yield ServerFault(self._trigger.uri, "statement", refused.message, place)

    def _doubt(self, query: Query | None, refused: RefusedStatement) -> str | None:
        state = refused.sqlstate
        by_planning = state in _BY_PLANNING or state.startswith(_SYNTAX_AND_ACCESS)
        if not by_planning and "format()" not in refused.message:
            return refused.message
        if "FROM-clause entry" in refused.message and self._may_be_label(refused.message):
            return f"{refused.message}, where that may be the label of a block or a cursor"
        if state == _AMBIGUOUS and not self._is_in_sight(refused):
            return f"{refused.message}, where that is in sight"
        if (reason := doubt(state, refused.message, self._source)) is not None:
            return reason
        if state == UNDEFINED_TABLE and any(not item.constant for item in self._body.dynamic):
            return f"{refused.message}, and the function runs SQL that is made at run time"
        named = tables_named(query) if query is not None else ()
        for name in (table_reference(self._trigger.table), *named):
            creation = self._schema.by_table.get(name.name)
            if creation is None:
                continue
            if not creation.managed:
                return f"{refused.message}, and Django does not make table {name}"
            if creation.unknown_fields and state.startswith(_SYNTAX_AND_ACCESS):
                fields = ", ".join(creation.unknown_fields)
                return f"{refused.message}, and fields of {name} are not known: {fields}"
            if state == NO_UNIQUE and not creation.has_all_unique:
                return f"{refused.message}, and not all constraints of {name} are known"
        return None

    def _label(self, message: str) -> str | None:
        """The name before a dot, where it labels a block: the function's does so, too."""
        name = message.split('"')[1] if "FROM-clause entry" in message and '"' in message else ""
        parts = self._trigger.parts
        labels = {label.lower() for label in _LABEL.findall(parts.declare + parts.func)}
        return name if name in {parts.pgid.lower(), *labels} else None

    def _may_be_label(self, message: str) -> bool:
        """Whether a name before a dot labels a block or a cursor."""
        name = message.split('"')[1] if '"' in message else ""
        return self._label(message) is not None or name in self._body.variables

    def _is_in_sight(self, refused: RefusedStatement) -> bool:
        """Whether the variable of that name is in sight throughout the body."""
        name = refused.message.split('"')[1] if '"' in refused.message else ""
        return name in self._body.outer_variables or name not in self._body.variables

    def _unproven(self, reason: str, place: TextRange | None) -> ServerFault:
        return ServerFault(self._trigger.uri, "unproven", reason, place)


def _handled(caught: Iterable[str], refused: RefusedStatement) -> str | None:
    """Why a failure may be intended: a handler around the statement catches its error."""
    name = catching(caught, refused.sqlstate)
    return None if name is None else f"{refused.message}, which WHEN {name.upper()} catches"


def _place(query: Query, refused: RefusedStatement) -> TextRange | None:
    """The token that the server points at, else the statement."""
    if query.place is None or refused.position is None:
        return query.place
    offset = refused.position - len(EXPLAIN) - len(query.prefix)
    if not 0 <= offset < len(query.text):
        return query.place
    tokens = code_tokens(query.text[offset:])
    size = len(tokens[0].text) if tokens else 1
    start = query.place.start + offset
    return TextRange(start, min(start + size, query.place.end))
