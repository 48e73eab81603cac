"""Finds statements that PostgreSQL refuses because of types or missing functions.

What migrations make by hand (columns, functions, casts, operators, extensions) is read as text, and
only once there is something to report.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger, certain_queries, transition_tables
from pgtrigger_codegen.lint.facts.definitions import table_owner
from pgtrigger_codegen.lint.facts.own_functions import OwnFunctions
from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.lint.facts.raw_names import made_by_hand
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_conditions import expression
from pgtrigger_codegen.sql.body_facts import Query, Taken, TextRange
from pgtrigger_codegen.sql.body_faults import Fault
from pgtrigger_codegen.sql.body_targets import parsed, statements_of
from pgtrigger_codegen.sql.calls import CallFault, has_aggregate, missing, unknown_type_fault
from pgtrigger_codegen.sql.coercion import ROW, UNKNOWN, Type, in_words, internal_name, type_node
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.names_in_sight import (
    Columns,
    DerivedColumns,
    TableColumns,
    columns_named,
)
from pgtrigger_codegen.sql.parser import Node
from pgtrigger_codegen.sql.statement_types import StatementTypes
from pgtrigger_codegen.sql.taken_types import refused
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class TypeFaults:
    """Finds them in the functions of one analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._tables = ModelTables(analysis)
        self._columns: dict[str, Columns] = {}
        self._texts = ProjectTexts(analysis)
        self._own_functions = OwnFunctions(analysis)

    def faults(self, trigger: BodyTrigger, body: Body) -> Iterator[Fault]:
        """What fails whenever it runs, in PostgreSQL's words."""
        for query, fault in self._found(trigger, body):
            if not self._is_by_hand(trigger.app_label, fault):
                yield Fault(
                    fault.message,
                    _place(query, fault),
                    fault.help,
                    is_certain=fault.extension is None,
                )

    def _found(self, trigger: BodyTrigger, body: Body) -> Iterator[tuple[Query, CallFault]]:
        queries = list(certain_queries(body))
        for written in dict.fromkeys(body.declared_types.values()):
            node = type_node(written) if written and internal_name(written) is None else None
            if node is not None and (unknown := unknown_type_fault(node)) is not None:
                yield _NOWHERE, unknown
        if not queries:
            return  # to describe a model takes its time
        own = self._of_model(self._tables.owner_of(trigger))
        rows = self._rows(own, body)
        variables = self._variables(body, rows)
        in_sight = functools.partial(
            self._in_sight, dict.fromkeys(transition_tables(trigger, body), own)
        )
        names = _names(trigger, body)
        rows.update(self._unassigned(body))
        rows.update(self._records(body, StatementTypes(variables, rows, in_sight)))
        for query in queries:
            for kind, node in statements_of(query):
                if query.is_dynamic:
                    types = StatementTypes({}, {}, in_sight, frozenset())
                else:
                    types = StatementTypes(variables, rows, in_sight, names)
                for fault in types.read(kind, node):
                    yield query, fault
                for name, given, _ in types.own_calls:
                    if self._own_functions.refuse(name, len(given)):
                        yield query, CallFault(missing(name, given), _OWN, 0)

    def _rows(self, own: Columns | None, body: Body) -> dict[str, Columns]:
        """The columns of NEW, OLD, and variables of a table's row type."""
        rows: dict[str, Columns] = {"new": own or {}, "old": own or {}}
        for typed in body.typed_variables:
            columns = self._of_table(typed.table) if typed.column is None else None
            if columns is not None:  # else it is a type of single values
                rows[typed.name] = columns
        return rows

    def values(self, trigger: BodyTrigger, body: Body) -> Iterator[Fault]:
        """Values that are not of the type that a condition, a loop or a variable takes."""
        if not body.taken:
            return
        own = self._of_model(self._tables.owner_of(trigger))
        rows = self._rows(own, body)
        types = StatementTypes(self._variables(body, rows), rows, self._of_table)
        for taken in body.taken:
            if taken.in_handled_block:
                continue
            tree, given = _value(taken, types)
            if tree is None or types.faults:  # which are told by themselves
                continue
            if taken.field is not None:
                columns = rows.get(taken.name, {})
                target = columns.get(taken.field)
                is_new = taken.name in ("new", "old")  # for another rule
                if taken.subfield is not None and target is not None and target != ROW:
                    message = (
                        f'cannot assign to field "{taken.subfield}" of column "{taken.field}", '
                        f"whose type {in_words(target)} has no fields"
                    )
                    yield Fault(message, taken.place, _NO_FIELDS)
                    continue
                if columns and not is_new and taken.field not in columns:
                    message = f'record "{taken.name}" has no field "{taken.field}"'
                    if not made_by_hand(self._analysis, trigger.app_label, taken.field):
                        yield Fault(message, taken.place, f"It has {', '.join(columns)}")
                    continue
            else:
                is_outer = taken.name in body.outer_variables
                written = types.variables.get(taken.name, "") if is_outer else ""
                target = internal_name(written)
            found = refused(taken, tree, given, target)
            if found is None:
                continue
            names = frozenset(columns_named(tree)) | {taken.field or ""}
            fault = CallFault(found.message, found.help, 0, names)
            if not self._is_by_hand(trigger.app_label, fault):
                yield Fault(found.message, taken.place, found.help, depends=not found.is_certain)

    def returns(self, trigger: BodyTrigger, body: Body) -> Iterator[Fault]:
        """What a trigger's function cannot return."""
        others = [item for item in body.returns if item.value == "other"]
        own = self._of_model(self._tables.owner_of(trigger)) if others else None
        for item in others:
            tree = expression(item.text)
            rows = {"new": own or {}, "old": own or {}}
            types = StatementTypes(self._variables(body, rows), rows, _none)
            given = types.type_of(tree)
            if given not in (None, ROW) and not _NULL.search(item.text):
                yield Fault(_NO_ROW, item.place, "Return NEW, OLD or NULL")
            elif own is not None and body.definition.is_row_level:
                for typed in body.typed_variables:
                    if typed.column is None and typed.name == item.text.strip().lower():
                        other = self._of_table(typed.table)
                        if other is not None and _differ(own, other):
                            yield Fault(_OTHER_ROW, item.place, "Return NEW, OLD or NULL")

    def condition_faults(self, trigger: CompiledTrigger) -> Iterator[CallFault]:
        """What PostgreSQL refuses in a trigger's condition, as it creates the trigger."""
        text = trigger.parts.condition.strip()
        if not _BY_HAND.search(text):
            return  # Django wrote it, and knows the types
        tree = expression(text[len("WHEN") :])
        own = self._of_model(table_owner(self._analysis, trigger))
        if tree is None or own is None:
            return
        types = StatementTypes({}, {"new": own, "old": own}, _none)
        types.condition(tree, "WHEN")
        if has_aggregate(tree):
            message = "aggregate functions are not allowed in trigger WHEN conditions"
            yield CallFault(message, "Ask in the function instead", 0)
        for fault in types.faults:
            if not self._is_by_hand(trigger.app_label, fault):
                yield fault

    def _records(self, body: Body, types: StatementTypes) -> Iterator[tuple[str, Columns]]:
        """The fields of records, where all that gives them rows is known."""
        for name in dict.fromkeys(source.name for source in body.record_sources):
            queries = [source.query for source in body.record_sources if source.name == name]
            given = [_rows_of(query, types) for query in queries]
            if name in body.variables and None not in given:
                yield (
                    name,
                    DerivedColumns(
                        (column, given_type if len(given) == 1 else None)
                        for columns in given
                        for column, given_type in (columns or {}).items()
                    ),
                )

    def _unassigned(self, body: Body) -> Iterator[tuple[str, Columns]]:
        """Records that no statement gives a row to."""
        given = {source.name for source in body.record_sources}
        for name, written in body.declared_types.items():
            if written.strip().lower() == "record" and name not in given:
                yield name, DerivedColumns()

    def _variables(self, body: Body, rows: Mapping[str, Columns]) -> Mapping[str, str]:
        """The types of variables as written, and of those that are taken from something else."""
        types = dict(body.declared_types)
        for item in body.typed_variables:
            if item.column is not None and types.get(item.name):
                known = self._of_table(item.table) or {}
                types[item.name] = known.get(item.column) or ""
        if body.case_subjects:
            reader = StatementTypes(types, rows, _none)
            for name, subject in body.case_subjects.items():
                given = reader.type_of(expression(subject))
                types[name] = "text" if given == UNKNOWN else given or ""
        return types

    def _in_sight(
        self, transition: Mapping[str, Columns | None], table: QualifiedName
    ) -> Columns | None:
        if table.schema is None and table.name in transition:
            return transition[table.name]
        return self._of_table(table)

    def _of_table(self, table: QualifiedName) -> Columns | None:
        return self._of_model(self._tables.owner(table))

    def _of_model(self, model: ModelFact | None) -> Columns | None:
        """The columns of a model's table with their types; None where not all are known."""
        if model is None or model.columns is None or not model.managed:
            return None
        if model.label not in self._columns:
            types = dict(model.types)
            columns = TableColumns(
                (name, internal_name(types[name]) if name in types else None)
                for name in model.columns
            )
            columns.unique = frozenset(model.unique)
            self._columns[model.label] = columns
        return self._columns[model.label]

    def _is_by_hand(self, app_label: str, fault: CallFault) -> bool:
        """Whether SQL of the project's own may make what is wrong right."""
        if fault.column is not None:
            if self._tables.owner(QualifiedName(None, fault.column)) is not None:
                return True  # a table's name is that of a type, too
            return made_by_hand(self._analysis, app_label, fault.column)
        if fault.extension is not None:
            return self._texts.mention(_extension(fault.extension))
        if fault.function is not None and self._texts.mention(_function(fault.function)):
            return True
        return self._texts.mention(_CASTS) or any(
            self._texts.mention(_column_type(column)) for column in sorted(fault.columns)
        )


_LABEL = re.compile(r"<<\s*\"?(\w+)\"?\s*>>")
# Django quotes every name, and writes functions in capitals.
_BY_HAND = re.compile(r"\b(old|new)\s*\.\s*[a-z_]|\b[a-z_]+\s*\(", re.IGNORECASE)
_NULL = re.compile(r"\bNULL\b", re.IGNORECASE)
_NOWHERE = Query("", None, {}, in_handled_block=False)
_OWN = "Give as many arguments as the function takes that a migration makes"
_NO_FIELDS = "Write brackets for a key of `jsonb` or an element of an array: NEW.data['key'] := …"
_NO_ROW = "cannot return non-composite value from function returning composite type"
_OTHER_ROW = "returned row structure does not match the structure of the triggering table"


def _names(trigger: BodyTrigger, body: Body) -> frozenset[str] | None:
    """What of the function's own may stand before a point, where that is known."""
    if trigger.declared is None:
        return None  # the function may have any name
    parts = trigger.declared.parts
    labels = _LABEL.findall(parts.declare + parts.func)
    return body.variables | frozenset(map(str.lower, (*labels, parts.pgid)))


def _none(table: QualifiedName) -> None:
    """No table is in sight of an expression."""


def _differ(own: Columns, other: Columns) -> bool:
    """Whether rows of one table are certainly none of the other's."""
    pairs = zip(own.values(), other.values(), strict=False)
    return len(own) != len(other) or any(one and two and one != two for one, two in pairs)


def _rows_of(query: str | None, types: StatementTypes) -> DerivedColumns | None:
    statements = parsed(query) if query is not None else ()
    return types.rows_of(statements[0]) if len(statements) == 1 else None


def _value(taken: Taken, types: StatementTypes) -> tuple[Node | None, Type]:
    """The tree and the type of what a statement takes; no tree where it cannot be told."""
    types.faults.clear()
    if taken.number is None:
        tree = expression(taken.text)
        return tree, None if tree is None else types.type_of(tree)
    statements = parsed(taken.text)
    given = types.results_of(statements[0]) if len(statements) == 1 else []
    is_known = taken.number < len(given)
    return (statements[0], given[taken.number]) if is_known else (None, None)


def _place(query: Query, fault: CallFault) -> TextRange | None:
    """The call or the operator; of a call by a name that SQL has no word for, the statement."""
    return query.place_at(fault.location, fault.size) if fault.size else query.place


def _function(name: str) -> str:
    return rf"\bFUNCTION\b[^(;]*\b{re.escape(name)}\b"


def _extension(name: str) -> str:
    operation = _OPERATIONS.get(name)
    # Followed by a bracket it is a call of the function that is called like the extension.
    return rf"\b{re.escape(name)}\b(?!\s*\()" + (rf"|\b{operation}\b" if operation else "")


def _column_type(name: str) -> str:
    return rf"\bALTER\s+(COLUMN\s+)?[\\\"]*{re.escape(name)}\b[^,;]*\bTYPE\b"


_CASTS = r"\bCREATE\s+(CAST|OPERATOR)\b"
# Django's own operations, by the extension that they install.
_OPERATIONS = {
    "citext": "CITextExtension",
    "hstore": "HStoreExtension",
    "pg_trgm": "TrigramExtension",
    "pgcrypto": "CryptoExtension",
    "unaccent": "UnaccentExtension",
}
