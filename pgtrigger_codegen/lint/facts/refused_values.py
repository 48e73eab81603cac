"""Values that a table of a model refuses, whenever they are given to it.

Models know which columns take no NULL, and what Django's defaults are: values that Django gives,
and that an INSERT of a trigger's function has to give itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction

from pgtrigger_codegen.lint.facts.bodies import BodyTrigger, certain_queries
from pgtrigger_codegen.lint.facts.conflict_targets import unmatched_target
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.definitions import table_owner
from pgtrigger_codegen.lint.facts.history import replayed
from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.lint.facts.raw_names import made_by_hand
from pgtrigger_codegen.lint.facts.tables import ModelTables
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_conditions import expression
from pgtrigger_codegen.sql.body_facts import Query
from pgtrigger_codegen.sql.body_faults import Fault
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.coercion import internal_name
from pgtrigger_codegen.sql.literals import invalid_literal, out_of_range
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.parser import Node, strings, walk
from pgtrigger_codegen.sql.statements import relation_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class RefusedValues:
    """Finds them in the functions of one analysis."""

    def __init__(self, context: LintContext) -> None:
        self._context = context
        self._analysis = context.analysis
        self._tables = ModelTables(context.analysis)
        self._texts = ProjectTexts(context.analysis)
        self._filled: dict[QualifiedName, frozenset[str] | None] = {}

    def faults(self, trigger: BodyTrigger, body: Body) -> Iterator[Fault]:
        """What fails whenever it runs, in PostgreSQL's words."""
        for query in certain_queries(body):
            for kind, node in statements_of(query) if not query.prefix else ():
                if kind in ("InsertStmt", "UpdateStmt"):
                    yield from self._of_statement(kind, node, query)
                elif (message := _in_use(kind, node, trigger, body)) is not None:
                    yield Fault(message, query.place, _IN_USE)
        model = self._tables.owner_of(trigger)
        if model is not None and model.managed and not body.dynamic:
            yield from _of_rows(body, dict(model.types))

    def in_condition(self, trigger: CompiledTrigger) -> Iterator[str]:
        """Why constants in a trigger's condition are no values of the columns' types."""
        model = table_owner(self._analysis, trigger)
        text = trigger.parts.condition.strip()
        if "'" not in text or model is None or not model.managed:
            return
        types = dict(model.types)
        for key, node in walk(expression(text[len("WHEN") :])):
            compares = key == "A_Expr" and node["kind"] == "AEXPR_OP"
            if compares and (message := _incomparable(node, types)) is not None:
                yield message

    def of_search_vector(self, trigger: CompiledTrigger) -> Iterator[Fault]:
        """Why `tsvector_update_trigger` fails for the columns that it is given."""
        match = _SEARCH_VECTOR.fullmatch(trigger.parts.execute.strip())
        model = table_owner(self._analysis, trigger) if match else None
        if match is None or model is None or not model.managed:
            return
        types = dict(model.types)
        vector, _, *documents = (one.strip().strip('"') for one in match["columns"].split(","))
        if types.get(vector, "tsvector") != "tsvector":
            yield Fault(f'column "{vector}" is not of tsvector type', None, _VECTOR)
        for column in documents:
            if types.get(column, "text").partition("(")[0] not in ("text", "character varying"):
                yield Fault(f'column "{column}" is not of a character type', None, _DOCUMENT)

    def _of_statement(self, kind: str, node: Node, query: Query) -> Iterator[Fault]:
        table = in_search_path(relation_name(node["relation"]))
        model = self._tables.owner(table)
        if model is None or model.columns is None or not model.managed:
            return
        types = dict(model.types)
        for column, value in _given(kind, node):
            if column in model.generated and "SetToDefault" not in value:
                yield Fault(_COMPUTED[kind].format(column), query.place, _GENERATED)
                continue
            if message := _refused(types.get(column), value):
                yield Fault(message, query.place)
            is_null = value.get("A_Const", {}).get("isnull", False)
            if kind == "UpdateStmt" and is_null and column in model.required:
                yield Fault(_null(column, table), query.place)
        if kind == "InsertStmt":
            if (fault := unmatched_target(node, model, self._texts)) is not None:
                yield Fault(fault.message, query.place, fault.help)
            missing = list(self._missing(node, table, model))
            if missing:
                message = _null(missing[0], table)
                also = "".join(f', and so does "{column}"' for column in missing[1:])
                yield Fault(message + also, query.place)

    def _missing(self, node: Node, table: QualifiedName, model: ModelFact) -> Iterator[str]:
        """Required columns that an INSERT leaves out, or sets to NULL or to their default."""
        listed = [item["ResTarget"]["name"] for item in node.get("cols", ())]
        if not listed and "selectStmt" in node:
            return  # all columns in their order, as far as there are values
        if not set(listed) <= {*(model.columns or ())}:
            return  # for `unknown-table`: a required one may be misspelt
        rows = _rows(node)
        nothing = {
            column
            for row in rows
            for column, value in zip(listed, row, strict=False)
            if "SetToDefault" in value or value.get("A_Const", {}).get("isnull")
        }
        filled = self._filled_by_triggers(table, model)
        for column in model.required:
            if (column not in listed or column in nothing) and filled is not None:
                by_hand = made_by_hand(self._analysis, model.app_label, column)
                if column not in filled and not by_hand:
                    yield column

    def _filled_by_triggers(self, table: QualifiedName, model: ModelFact) -> frozenset[str] | None:
        """Columns that triggers of that table may set before a row is written; None for any."""
        if table not in self._filled:
            self._filled[table] = self._find_filled(table, model)
        return self._filled[table]

    def _find_filled(self, table: QualifiedName, model: ModelFact) -> frozenset[str] | None:
        analysis = self._analysis
        if model.unread is not None or model.label in analysis.models.doubtful:
            return None
        read = {owner.uri: body for owner, body in self._context.bodies()}
        columns: set[str] = set()
        declared = set()
        for trigger in (*analysis.triggers, *analysis.foreign_triggers):
            declared.add(trigger_key(trigger))
            if in_search_path(table_name(trigger.table)) != table:
                continue
            if trigger.parts.when != "BEFORE" or "INSERT" not in trigger.parts.operation:
                continue
            written = _written(read.get(trigger.uri))
            if written is None:
                return None
            columns |= written
        state = replayed(analysis)
        for key in state.triggers if state else ():
            if key[0] == table and key not in declared:
                return None
        return frozenset(columns)


def _null(column: str, table: QualifiedName) -> str:
    return (
        f'null value in column "{column}" of relation "{table.name}" violates not-null constraint'
    )


_COMPUTED = {
    "InsertStmt": 'cannot insert a non-DEFAULT value into column "{}"',
    "UpdateStmt": 'column "{}" can only be updated to DEFAULT',
}
_GENERATED = "Leave it out: the database computes it"
_IN_USE = "Take it out: the statement that fires the trigger works on that table"


def _in_use(kind: str, node: Node, trigger: BodyTrigger, body: Body) -> str | None:
    """Why a statement cannot have the table to itself that the trigger is on."""
    if kind == "TruncateStmt":
        word, relations = "TRUNCATE", [item["RangeVar"] for item in node.get("relations", ())]
    elif kind == "AlterTableStmt":
        word, relations = "ALTER TABLE", [node["relation"]]
    else:
        return None
    own = in_search_path(table_name(trigger.table))
    named = {in_search_path(relation_name(relation)) for relation in relations}
    if own not in named or body.definition.is_constraint:
        return None  # a constraint trigger may fire when its statement is over
    return f'cannot {word} "{own.name}" because it is being used by active queries in this session'


_SEARCH_VECTOR = re.compile(r"tsvector_update_trigger\((?P<columns>.*)\)", re.DOTALL)
_VECTOR = "Name a `SearchVectorField`"
_DOCUMENT = "Name fields of texts; for others, write a trigger with `to_tsvector`"


def _written(body: Body | None) -> set[str] | None:
    """The columns of NEW that a function sets; None where it may set any."""
    if body is None or any(item.value == "other" for item in body.returns):
        return None
    uses = [use for use in body.uses if use.row == "NEW" and use.written]
    if any(use.column is None for use in uses):
        return None
    return {use.column for use in uses if use.column is not None}


def _rows(node: Node) -> list[list[Node]]:
    select = node.get("selectStmt", {}).get("SelectStmt", {})
    rows = [row["List"]["items"] for row in select.get("valuesLists", ())]
    if not rows and select.get("op", "SETOP_NONE") == "SETOP_NONE":
        rows = [[item["ResTarget"]["val"] for item in select.get("targetList", ())]]
    return [row for row in rows if not any(key == "A_Star" for key, _ in walk(row))]


def _given(kind: str, node: Node) -> Iterator[tuple[str, Node]]:
    if kind == "InsertStmt":
        columns = [item["ResTarget"]["name"] for item in node.get("cols", ())]
        for row in _rows(node):
            yield from zip(columns, row, strict=False)
    else:
        for item in node.get("targetList", ()):
            target = item["ResTarget"]
            if "name" in target and "indirection" not in target and "val" in target:
                yield target["name"], target["val"]


def _of_rows(body: Body, types: Mapping[str, str]) -> Iterator[Fault]:
    for assignment in body.assignments:
        tree = None if assignment.in_handled_block else expression(assignment.text)
        if tree and (message := _refused(types.get(assignment.column), tree)):
            yield Fault(message, assignment.place)


_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})


def _incomparable(node: Node, types: Mapping[str, str]) -> str | None:
    """Why a column of NEW or OLD cannot be compared with that constant."""
    operator = "".join(strings(node["name"]))
    if operator not in _COMPARISONS or "lexpr" not in node:
        return None
    for column, constant in ((node["lexpr"], node["rexpr"]), (node["rexpr"], node["lexpr"])):
        if not isinstance(column, dict) or not isinstance(constant, dict):
            continue
        names = strings(column.get("ColumnRef", {}).get("fields"))
        if len(names) != 2 or names[0] not in ("new", "old") or names[1] not in types:
            continue
        type_name = types[names[1]]
        value = constant.get("A_Const", {})
        if "sval" in value and "varying" not in type_name:
            return _refused(type_name, constant)
    return None


_NUMERIC = re.compile(r"numeric\((?P<digits>\d+), *(?P<decimals>\d+)\)")


def _overflow(type_name: str, number: str) -> str | None:
    """Why a number has too many digits before the point for a column of numbers."""
    match = _NUMERIC.fullmatch(type_name)
    if match is None or not re.fullmatch(r"\d+(\.\d*)?", number):
        return None
    decimals = int(match["decimals"])
    rounded = round(Fraction(number.rstrip(".")) * 10**decimals)
    return "numeric field overflow" if rounded >= 10 ** int(match["digits"]) else None


def _refused(type_name: str | None, value: Node) -> str | None:
    """Why a literal is no value of that type."""
    constant = value.get("A_Const", {})
    if type_name is None or not constant:
        return None
    internal = internal_name(type_name)
    number = constant.get("fval", {}).get("fval", "") or str(
        constant.get("ival", {}).get("ival", "")
    )
    if number:
        return out_of_range(internal or "", number) or _overflow(type_name, number)
    if "sval" not in constant:
        return None
    literal = constant["sval"].get("sval", "")
    length = re.fullmatch(r"character varying\((\d+)\)", type_name)
    if length and len(literal.rstrip(" ")) > int(length[1]):
        return f"value too long for type {type_name}"
    return invalid_literal(internal, literal) if internal else None
