"""Stage sql: the effects of a trigger's PL/pgSQL body, as facts for the linter.

The parser gives the tree; `body_text` tells where its expressions stand; here the statements are
followed in order, for each event that fires the trigger, as far as conditions can be told from
the event (`IF TG_OP = 'DELETE'`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.sql.body_conditions import CONTEXT
from pgtrigger_codegen.sql.body_error import BodyError, locate_error, unnoticed_error
from pgtrigger_codegen.sql.body_facts import (
    Assignment,
    Condition,
    Dynamic,
    Failure,
    Query,
    RecordSource,
    ReturnStatement,
    RowUse,
    Taken,
)
from pgtrigger_codegen.sql.body_flow import Flow
from pgtrigger_codegen.sql.body_paths import Path
from pgtrigger_codegen.sql.body_records import as_record
from pgtrigger_codegen.sql.body_text import BodyText, aliases, create_function, first_line
from pgtrigger_codegen.sql.body_tree import record_sources
from pgtrigger_codegen.sql.body_variables import (
    TypedVariable,
    case_subjects,
    declared_types,
    outer_variables,
    typed_variable,
    unique_types,
)
from pgtrigger_codegen.sql.definition import Definition, Event, read_definition
from pgtrigger_codegen.sql.names import QualifiedName, called_function, table_name
from pgtrigger_codegen.sql.parser import SqlSyntaxError, SqlTooDeep, parse_function
from pgtrigger_codegen.sql.remembered import remembered
from pgtrigger_codegen.sql.render import uses_own_function
from pgtrigger_codegen.triggers.compiled import TriggerParts


class BodyUnread(Struct, frozen=True):
    """A body that PostgreSQL may accept, and that is not followed here.

    Attributes:
        reason: Why not.
    """

    reason: str


class Body(Struct, frozen=True):
    """The effects of a body.

    Attributes:
        falls_off: The events for which control can reach the end without a RETURN.
        conditions: What is asked on the way, in order.
        taken: Values that statements take, and what they have to be.
        assignments: What columns of NEW are set to.
        failures: What fails or loses values where control gets to it.
        record_sources: What gives the fields of variables of type `record`.
        has_loop: Whether statements may run again after later ones.
        copies_context: Whether the body keeps `TG_OP` or the like in a variable, so that
            conditions may depend on the event in ways that are not followed.
        variables: Names of the function's own, those that PL/pgSQL defines included.
        outer_variables: Those of them that are in sight throughout the body.
        typed_variables: Variables of a table's row type, or of the type of a column.
        declared_types: Types by variable, as written; empty where that is not certain.
        case_subjects: What the variables hold that CASE statements compare with.
        unique_types: Types of the variables whose names are declared once, wherever they are.
    """

    definition: Definition
    returns: tuple[ReturnStatement, ...]
    uses: tuple[RowUse, ...]
    dynamic: tuple[Dynamic, ...]
    queries: tuple[Query, ...]
    falls_off: Mapping[Event, Path]
    conditions: tuple[Condition, ...]
    taken: tuple[Taken, ...]
    assignments: tuple[Assignment, ...]
    failures: tuple[Failure, ...]
    record_sources: tuple[RecordSource, ...]
    has_loop: bool
    copies_context: bool
    variables: frozenset[str]
    outer_variables: frozenset[str]
    typed_variables: tuple[TypedVariable, ...]
    declared_types: Mapping[str, str]
    unique_types: Mapping[str, str]
    case_subjects: Mapping[str, str]

    @property
    def decides_write(self) -> bool:
        """Whether what the function returns is what is written, or not written."""
        return self.definition.timing == "BEFORE" and self.definition.is_row_level

    def is_read_after(self, assigned: RowUse) -> bool:
        """Whether a later statement may read what is assigned there."""
        return any(
            use.row == assigned.row
            and not use.written
            and (use.order > assigned.order or self.has_loop)
            and (use.column is None or assigned.column in (None, use.column))
            for use in self.uses
        )


@remembered
def read_body(parts: TriggerParts) -> Body | BodyError | BodyUnread | None:
    """The facts of the trigger's own function, or what is wrong with its syntax.

    None when the trigger calls another function, or its definition does not parse.
    """
    definition = read_definition(parts)
    if not isinstance(definition, Definition) or not uses_own_function(parts):
        return None
    if called_function(parts.execute).schema is not None:
        return None  # one of that name in another schema may have another body
    return body_facts(definition, table_name(parts.table), parts.declare, parts.func)


def body_facts(
    definition: Definition, table: QualifiedName, declare: str, func: str
) -> Body | BodyError | BodyUnread:
    """The facts of a function, or what is wrong with its syntax.

    Args:
        declare: What stands before BEGIN.
        func: What stands between BEGIN and END; places count from its beginning.
    """
    # Of many triggers of one class only the names differ, and few ask for that of their table.
    asked = _ASKS_FOR_TABLE.search(declare) or _ASKS_FOR_TABLE.search(func)
    try:
        return _followed(definition, table.name if asked else "", declare, func)
    except SqlTooDeep as error:
        return BodyUnread(error.message)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # A tree of a shape that is new here. One body's must not cost the findings of all others.
        return BodyUnread(f"the parser's tree has an unknown shape ({type(error).__name__})")


_ASKS_FOR_TABLE = re.compile(r"tg_(table_name|relname)", re.IGNORECASE)


@functools.lru_cache(maxsize=4096)
def _followed(definition: Definition, table: str, declare: str, func: str) -> Body | BodyError:
    try:
        function = parse_function(create_function(declare, func))
    except SqlTooDeep:
        raise
    except SqlSyntaxError as error:
        if (known := _with_context(declare, error.message)) is not None:
            return _followed(definition, table, known, func)
        records = as_record(declare, func, error.message)
        if records is not None:
            *texts, written = records
            return _without_record(_followed(definition, table, *texts), error.message, written)
        return locate_error(declare, func, error.message)
    if (unnoticed := unnoticed_error(function, func)) is not None:
        return unnoticed
    flow = Flow(function, BodyText(func, first_line(declare)), definition, table)
    flow.follow()
    outer = outer_variables(function, declare)
    return Body(
        definition=definition,
        returns=tuple(flow.returns),
        uses=tuple(flow.uses.rows),
        dynamic=tuple(flow.uses.dynamic),
        queries=tuple(flow.uses.queries),
        falls_off=flow.falls_off,
        conditions=tuple(flow.conditions),
        taken=tuple(flow.taken),
        assignments=tuple(flow.assignments),
        failures=tuple(flow.failures),
        record_sources=record_sources(function),
        has_loop=flow.has_loop,
        copies_context=flow.copies_context,
        variables=flow.variables | aliases(declare) | aliases(func),
        outer_variables=outer,
        typed_variables=flow.typed_variables,
        declared_types=declared_types(function, outer),
        unique_types=unique_types(function),
        case_subjects=case_subjects(function) if "case" in func.lower() else {},
    )


def _without_record(body: Body | BodyError, message: str, written: str) -> Body | BodyError:
    """The body of a variable of a row type, whose fields are there whatever gives it rows."""
    if isinstance(body, BodyError):
        return body
    name = message.removeprefix('"').partition(".")[0]
    typed = typed_variable(name, written) if name in body.outer_variables else None
    return replace(
        body,
        typed_variables=(*body.typed_variables, *([typed] if typed else ())),
        record_sources=tuple(one for one in body.record_sources if one.name != name),
        declared_types={**body.declared_types, name: ""},
        unique_types={
            each: written if each == name else other for each, other in body.unique_types.items()
        },
    )


_UNKNOWN = re.compile(r'\A"(\w+)" is not a known variable\Z')


def _with_context(declare: str, message: str) -> str | None:
    """The section with a variable that every trigger function has, and may assign to.

    The parser knows `TG_OP` and the like in expressions alone.
    """
    match = _UNKNOWN.match(message)
    name = match.group(1) if match else ""
    if name not in CONTEXT or re.search(rf"\b{name}\b", declare, re.IGNORECASE):
        return None
    return f"{declare or 'DECLARE'} {name} {'text[]' if name == 'tg_argv' else 'text'};"
