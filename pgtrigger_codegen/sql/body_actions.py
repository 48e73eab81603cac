"""Stage sql: follows single statements of a body: what they use, set, and fail on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pgtrigger_codegen.sql.body_conditions import CONTEXT, Conditions, count_of_values
from pgtrigger_codegen.sql.body_cursors import misused_cursors
from pgtrigger_codegen.sql.body_facts import (
    Assignment,
    Condition,
    Failure,
    Query,
    ReturnStatement,
    Taken,
    TextRange,
)
from pgtrigger_codegen.sql.body_failures import (
    missing_parameter,
    refused_constant,
    refused_target,
    repeated_option,
    unknown_condition,
)
from pgtrigger_codegen.sql.body_paths import (
    State,
    assigned,
    uncertain,
)
from pgtrigger_codegen.sql.body_text import BodyText
from pgtrigger_codegen.sql.body_tree import (
    LOOPS,
    copies_context,
    declared,
    miscounted,
    name_and_field,
    parameters_of,
    targets,
    text_of,
)
from pgtrigger_codegen.sql.body_uses import Uses, returned, without_target
from pgtrigger_codegen.sql.body_variables import typed_variables
from pgtrigger_codegen.sql.definition import Definition
from pgtrigger_codegen.sql.parser import Node, walk

_ERROR_LEVEL = 21
# Functions known to return; any other may exist to raise an exception.
_RETURNING = re.compile(
    r"\A\s*SELECT\s+(pg_catalog\s*\.\s*)?(pg_notify|set_config|pg_advisory\w*|nextval|setval"
    r"|pg_sleep)\s*\(",
    re.IGNORECASE,
)
_PREDEFINED = frozenset({"found", "sqlstate", "sqlerrm"})


class StatementActions:
    """The notes of a walk, and how it treats statements that contain no other statement.

    Args:
        table: The name of the trigger's table, for `TG_TABLE_NAME`.

    Attributes:
        uses: What the expressions of the body use.
        falls_off: What is left at the end of the body.
        variables: Names of the function's own, those that PL/pgSQL defines included.
    """

    def __init__(self, function: Node, text: BodyText, definition: Definition, table: str) -> None:
        self.typed_variables = typed_variables(function)
        self.uses = Uses(function, text, self.typed_variables)
        self.returns: list[ReturnStatement] = []
        self.conditions: list[Condition] = []
        self.assignments: list[Assignment] = []
        self.taken: list[Taken] = []
        self.failures: list[Failure] = []
        self.falls_off: State = {}
        self._function = function
        self._text = text
        self._definition = definition
        own = frozenset(declared(function, "PLpgSQL_var"))
        self._conditions = Conditions(definition, table, own - _PREDEFINED)
        records = declared(function, "PLpgSQL_rec", "PLpgSQL_row")
        self.variables = own | _PREDEFINED | CONTEXT | {*records}
        self.copies_context = copies_context(function, text.text)
        nodes = walk(function) if "loop" in text.text.lower() else ()
        self.has_loop = any("body" in value for key, value in nodes if key in LOOPS)
        self._exits: list[tuple[str | None, list[State]]] = []
        self._conditions_met = 0
        self._misused_cursors = misused_cursors(function)

    def _return(self, node: Node, state: State) -> State:
        keyword = self._text.find_word("RETURN")
        query = node.get("expr", {}).get("PLpgSQL_expr", {}).get("query", "")
        value = self.uses.expression(node["expr"], state, is_return=True) if query else None
        place = TextRange(keyword.start, value.end) if keyword and value else keyword
        if state:
            self.returns.append(ReturnStatement(returned(query), place, state, query))
        return {}

    def _raise(self, node: Node, state: State) -> State:
        place = self._text.find_word("RAISE")
        for parameter in node.get("params", ()):
            self.uses.expression(parameter, state)
        for option in node.get("options", ()):
            self.uses.nested(option, state)
        if (unknown := unknown_condition(node.get("options", []))) is not None:
            self._fail(unknown, place, state)
        if (twice := repeated_option(node)) is not None:
            self._fail(twice, place, state)
        if set(node) <= {"lineno", "elog_level"} and not self.uses.in_handler:
            self._fail(
                "RAISE without parameters cannot be used outside an exception handler",
                place,
                state,
            )
        return {} if node.get("elog_level", _ERROR_LEVEL) >= _ERROR_LEVEL else state

    def _assign(self, node: Node, state: State) -> State:
        target = self.uses.row_of(node.get("varno", 0))  # FOUND is number 0
        place = self.uses.expression(node["expr"], state, written=target is not None)
        variable = self._function["datums"][node.get("varno", 0)].get("PLpgSQL_var", {})
        self.uses.text_given(variable.get("refname", ""), without_target(text_of(node["expr"])))
        text = text_of(node["expr"])
        start = len(text) - len(without_target(text))
        datum = self._function["datums"][node.get("varno", 0)]
        is_whole = "[" not in text[:start]  # and no element of an array
        refused = refused_constant(datum, text[start:]) if is_whole else None
        if refused is not None:
            self._fail(refused, place, state)
        name, field = name_and_field(self._function["datums"], node.get("varno", 0))
        inner = TextRange(place.start + start, place.end) if place else None
        handled, value = self.uses.handled, text[start:]
        if (count := count_of_values(value)) > 1:
            self._fail(f"assignment source returned {count} columns", place, state)
        elif name and state:
            within = _OF_FIELD.match(text[:start])
            subfield = within["name"] if within is not None else None
            self.taken.append(
                Taken(
                    value,
                    inner,
                    handled,
                    "variable",
                    name,
                    field,
                    is_element=not is_whole,
                    subfield=subfield,
                )
            )
        if target and target[0] == "NEW" and target[1] and is_whole and state:
            self.assignments.append(Assignment(target[1], value, inner, handled))
        return assigned(state) if target and target[0] == "NEW" else state

    def _assert(self, node: Node, state: State) -> State:
        place = self.uses.expression(node["cond"], state)
        self._take(text_of(node["cond"]), place, state, "boolean")
        return self._plain({key: node[key] for key in node if key != "cond"}, state)

    def _take(
        self,
        text: str,
        place: TextRange | None,
        state: State,
        wanted: Literal["boolean", "integer", "array"],
    ) -> None:
        """Notes what a value has to be."""
        if (count := count_of_values(text)) > 1:
            self._fail(f"query returned {count} columns", place, state)
        elif state:
            self.taken.append(Taken(text, place, self.uses.handled, wanted))

    def _perform(self, node: Node, state: State) -> State:
        self.uses.expression(node["expr"], state, perform="PERFORM")
        query = node["expr"]["PLpgSQL_expr"]["query"]
        if "(" not in query or _RETURNING.match(query):
            return state
        return uncertain(state)

    def _cursor(self, node: Node, state: State) -> State:
        if (misuse := self._misused_cursors.get(node.get("lineno", 0))) is not None:
            self._fail(misuse.message, self._text.find_word(misuse.keyword), state)
        return self._plain(node, state)

    def _diagnostics(self, node: Node, state: State) -> State:
        if node.get("is_stacked") and not self.uses.in_handler:
            message = "GET STACKED DIAGNOSTICS cannot be used outside an exception handler"
            self._fail(message, self._text.find_word("GET"), state)
        return self._plain(node, state)

    def _plain(self, node: Node, state: State) -> State:
        """Any other statement: expressions, and variables that it sets."""
        before = len(self.uses.rows)
        self.uses.nested({key: value for key, value in node.items() if key != "target"}, state)
        found = {(use.row, use.column) for use in self.uses.rows[before:] if use.written}
        for number in targets(node):
            if (target := self.uses.row_of(number)) is not None:
                if target not in found:
                    self.uses.use(target[0], target[1], None, state, written=True)
                state = assigned(state) if target[0] == "NEW" else state
        return state

    def _statement_of_sql(self, node: Node, state: State) -> State:
        before = len(self.uses.queries)
        after = self._plain(node, state)
        if not node.get("into"):
            self.uses.drop_results(before)
        elif len(self.uses.queries) > before:
            query = self.uses.queries[before]
            if (
                message := miscounted(query.text, node["target"], self._function["datums"])
            ) is not None:
                self._fail(message, query.place, state, loses=True)
            refused = refused_target(query.text, node["target"], self._function["datums"])
            if refused is not None:
                self._fail(refused, query.place, state)
            self._take_results(node["target"], query, state)
        return after

    def _take_results(self, target: Node, query: Query, state: State) -> None:
        """Notes what INTO gives the results to, where these are as many as the variables."""
        fields = target.get("PLpgSQL_row", {}).get("fields", ())
        for number, item in enumerate(fields if state else ()):
            name, field = name_and_field(self._function["datums"], item.get("varno", 0))
            self.taken.append(
                Taken(
                    query.text,
                    query.place,
                    self.uses.handled,
                    "variable",
                    name,
                    field,
                    number=number,
                )
            )

    def _fail(
        self, message: str, place: TextRange | None, state: State, *, loses: bool = False
    ) -> None:
        if state:
            handled = self.uses.handled
            self.failures.append(Failure(message, place, handled, loses))

    def _execute(self, node: Node, state: State) -> State:
        before = len(self.uses.queries)
        self.uses.expression(node["query"], state, dynamic=True, parameters=parameters_of(node))
        for query in self.uses.queries[before:]:
            message = missing_parameter(query.text, len(query.parameters))
            if query.is_dynamic and message is not None:
                self._fail(message, query.place, state)
        for parameter in node.get("params", ()):
            self.uses.expression(parameter, state)
        return self._plain({"target": node.get("target", {})}, state)

    def _commit(self, node: Node, state: State) -> State:
        return self._transaction("COMMIT", state)

    def _rollback(self, node: Node, state: State) -> State:
        return self._transaction("ROLLBACK", state)

    def _transaction(self, statement: str, state: State) -> State:
        self.uses.query(statement, self._text.find_word(statement), state)
        return state

    def _call(self, node: Node, state: State) -> State:
        state = self._plain(node, state)
        return uncertain(state)


# `NEW.place.city :=`
_OF_FIELD = re.compile(r"\s*\w+\s*\.\s*\w+\s*\.\s*(?P<name>\w+)\s*:?=")


ACTIONS: Mapping[str, Callable[[StatementActions, Any, State], State]] = {
    "PLpgSQL_stmt_return": StatementActions._return,
    "PLpgSQL_stmt_raise": StatementActions._raise,
    "PLpgSQL_stmt_assert": StatementActions._assert,
    "PLpgSQL_stmt_assign": StatementActions._assign,
    "PLpgSQL_stmt_perform": StatementActions._perform,
    "PLpgSQL_stmt_call": StatementActions._call,
    "PLpgSQL_stmt_commit": StatementActions._commit,
    "PLpgSQL_stmt_rollback": StatementActions._rollback,
    "PLpgSQL_stmt_open": StatementActions._cursor,
    "PLpgSQL_stmt_fetch": StatementActions._cursor,
    "PLpgSQL_stmt_close": StatementActions._cursor,
    "PLpgSQL_stmt_getdiag": StatementActions._diagnostics,
    "PLpgSQL_stmt_execsql": StatementActions._statement_of_sql,
    "PLpgSQL_stmt_dynexecute": StatementActions._execute,
}
