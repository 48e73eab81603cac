"""Stage sql: follows a body's statements, for each event that fires the trigger."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.sql.body_conditions import CONTEXT, Conditions, Open, mentions_context
from pgtrigger_codegen.sql.body_cursors import misused_cursors
from pgtrigger_codegen.sql.body_facts import (
    Assignment,
    Condition,
    Failure,
    ReturnStatement,
    TextRange,
)
from pgtrigger_codegen.sql.body_failures import (
    missing_parameter,
    refused_bound,
    refused_constant,
    refused_target,
    unknown_condition,
)
from pgtrigger_codegen.sql.body_paths import (
    Branching,
    Path,
    State,
    assigned,
    depending_on,
    join,
    uncertain,
)
from pgtrigger_codegen.sql.body_text import BodyText
from pgtrigger_codegen.sql.body_tree import (
    LOOPS,
    always_enters,
    cannot_fail,
    copies_context,
    declared,
    declared_defaults,
    declared_queries,
    is_dummy,
    miscounted,
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
_BOUNDS = frozenset({"lower", "upper", "step"})
_PREDEFINED = frozenset({"found", "sqlstate", "sqlerrm"})


class Flow:
    """One walk through a function's tree.

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
        self.failures: list[Failure] = []
        self.falls_off: State = {}
        self._function = function
        self._text = text
        self._definition = definition
        own = frozenset(declared(function, "PLpgSQL_var"))
        self._conditions = Conditions(definition, table, own - _PREDEFINED)
        records = declared(function, "PLpgSQL_rec", "PLpgSQL_row")
        self.variables = own | _PREDEFINED | CONTEXT | {*records}
        self.copies_context = copies_context(function)
        self.has_loop = any("body" in value for key, value in walk(function) if key in LOOPS)
        self._exits: list[tuple[str | None, list[State]]] = []
        self._conditions_met = 0
        self._misused_cursors = misused_cursors(function)

    def follow(self) -> None:
        """Walks through the body, once."""
        state: State = {event: Path() for event in self._definition.events}
        for prefix, query in declared_queries(self._function, self._text.first_line):
            self.uses.query(query, None, state, prefix=prefix)
        for datum, text in declared_defaults(self._function, self._text.first_line):
            if (refused := refused_constant(datum, text)) is not None:
                self._fail(refused, None, state)
        self.falls_off = self._statement(self._function["action"], state, outermost=True)

    def _sequence(self, statements: list[Node] | None, state: State) -> State:
        for statement in statements or ():
            state = self._statement(statement, state)
        return state

    def _statement(self, statement: Node, state: State, *, outermost: bool = False) -> State:
        kind, node = next(iter(statement.items()))
        self._text.go_to_line(node.get("lineno"))
        self.uses.order += 1
        if kind == "PLpgSQL_stmt_block":
            return self._block(node, state, outermost=outermost)
        handler = _HANDLERS.get(kind, Flow._plain)
        return handler(self, node, state)

    def _block(self, node: Node, state: State, *, outermost: bool) -> State:
        exceptions = node.get("exceptions", {}).get("PLpgSQL_exception_block")
        self.uses.handled += exceptions is not None
        body = list(node.get("body", ()))
        if outermost and body and is_dummy(body[-1]):
            body.pop()
        label = node.get("label")
        self._exits.append((label, []))
        after = self._sequence(body, state)
        self.uses.handled -= exceptions is not None
        if exceptions is not None:
            failed = depending_on(state, self._number())
            if all(map(cannot_fail, body)):
                failed = uncertain(failed)
            for item in exceptions["exc_list"]:
                action = item["PLpgSQL_exception"].get("action")
                self.uses.in_handler += 1
                after = join(after, self._sequence(action, failed))
                self.uses.in_handler -= 1
        _, left = self._exits.pop()
        for exit_state in left:
            after = join(after, exit_state)
        return after

    def _if(self, node: Node, state: State) -> State:
        branches = [(node["cond"], node.get("then_body"))]
        for item in node.get("elsif_list", ()):
            elsif = item["PLpgSQL_if_elsif"]
            branches.append((elsif["cond"], elsif.get("stmts")))
        branching = Branching(self._number())
        rest = state
        open_conditions = 0
        goes_on = False
        for condition, statements in branches:
            query = condition["PLpgSQL_expr"]["query"]
            self._condition(condition, rest)
            taken, rest, is_open = self._split(query, rest, branching.number)
            open_conditions += is_open
            ended = self._sequence(statements, taken)
            goes_on = goes_on or bool(ended) or not taken
            branching.add(taken, ended)
        if "else_body" not in node and open_conditions > 1 and not goes_on:
            # `IF a THEN RETURN … ELSIF NOT a THEN RETURN …` may leave nothing over.
            rest = uncertain(rest)
        branching.add(rest, self._sequence(node.get("else_body"), rest))
        return branching.after()

    def _case(self, node: Node, state: State) -> State:
        case_of = None
        if "t_expr" in node:
            case_of = node["t_expr"]["PLpgSQL_expr"]["query"]
            self.uses.expression(node["t_expr"], state)
        branching = Branching(self._number())
        rest = state
        for item in node.get("case_when_list", ()):
            when = item["PLpgSQL_case_when"]
            query = when["expr"]["PLpgSQL_expr"]["query"]
            self._condition(when["expr"], rest)
            if case_of is not None:
                query = re.sub(r'\A"__Case__Variable_\d+__"', f"({case_of})", query)
            taken, rest, _ = self._split(query, rest, branching.number)
            branching.add(taken, self._sequence(when.get("stmts"), taken))
        # Without ELSE, a CASE that no WHEN fits raises an exception.
        ended = self._sequence(node.get("else_stmts"), rest) if node.get("have_else") else {}
        branching.add(rest, ended)
        return branching.after()

    def _condition(self, expression: Node, state: State) -> None:
        """Notes a condition of IF, CASE, WHILE or EXIT."""
        place = self.uses.expression(expression, state)
        if state:
            query = expression["PLpgSQL_expr"]["query"]
            self.conditions.append(Condition(query, place, self.uses.handled > 0))

    def _split(self, query: str, state: State, number: int) -> tuple[State, State, bool]:
        """The states in which a condition holds and in which it does not."""
        taken, rest = {}, {}
        is_open = False
        doubtful = (
            self.copies_context
            or mentions_context(query)
            or self._conditions.tells_events_apart(query, state)
        )
        for event, path in state.items():
            value = self._conditions.value(query, event)
            if isinstance(value, Open | str):
                is_open = True
                doubts = path.doubts | {number} if doubtful else path.doubts
                met = path.conditions | {number}
                taken[event] = rest[event] = replace(path, conditions=met, doubts=doubts)
            elif value is True:
                taken[event] = path
            else:
                rest[event] = path
        return taken, rest, is_open

    def _number(self) -> int:
        self._conditions_met += 1
        return self._conditions_met

    def _loop(self, node: Node, state: State) -> State:
        """LOOP: only an EXIT leads behind it."""
        self._exits.append((node.get("label"), []))
        self._sequence(node.get("body"), depending_on(state, self._number()))
        _, left = self._exits.pop()
        after: State = {}
        for exit_state in left:
            after = join(after, exit_state)
        return after

    def _dynamic_loop(self, node: Node, state: State) -> State:
        return self._counted_loop(node, state, dynamic=True)

    def _counted_loop(self, node: Node, state: State, *, dynamic: bool = False) -> State:
        """WHILE, FOR, FOREACH: may end at once, or, when the body returns, may never."""
        if "cond" in node:
            self._condition(node["cond"], state)
        for name in ("lower", "upper", "step", "query", "expr", "argquery"):
            if name in node and "PLpgSQL_expr" in node[name]:
                place = self.uses.expression(node[name], state, dynamic=dynamic)
                refused = refused_bound(text_of(node[name])) if name in _BOUNDS else None
                if refused is not None:
                    self._fail(refused, place, state)
                    break
        for parameter in node.get("params", ()):
            self.uses.expression(parameter, state)
        before = len(self.returns)
        self._exits.append((node.get("label"), []))
        ended = self._sequence(node.get("body"), depending_on(state, self._number()))
        _, left = self._exits.pop()
        after = state
        if (len(self.returns) > before or not ended) and always_enters(node):
            after = uncertain(state)
        for exit_state in left:
            after = join(after, exit_state)
        return after

    def _exit(self, node: Node, state: State) -> State:
        taken, rest = state, state
        if "cond" in node:
            self._condition(node["cond"], state)
            taken = rest = depending_on(state, self._number())
        else:
            rest = {}
        if node.get("is_exit"):
            label = node.get("label")
            for name, left in reversed(self._exits):
                if label is None or name == label:
                    left.append(taken)
                    break
        return rest

    def _return(self, node: Node, state: State) -> State:
        keyword = self._text.find_word("RETURN")
        query = node.get("expr", {}).get("PLpgSQL_expr", {}).get("query", "")
        value = self.uses.expression(node["expr"], state, is_return=True) if query else None
        place = TextRange(keyword.start, value.end) if keyword and value else keyword
        if state:
            self.returns.append(ReturnStatement(returned(query), place, state, query))
        return {}

    def _raise(self, node: Node, state: State) -> State:
        for parameter in node.get("params", ()):
            self.uses.expression(parameter, state)
        for option in node.get("options", ()):
            self.uses.nested(option, state)
        if (unknown := unknown_condition(node.get("options", []))) is not None:
            self._fail(unknown, self._text.find_word("RAISE"), state)
        if set(node) <= {"lineno", "elog_level"} and not self.uses.in_handler:
            self._fail(
                "RAISE without parameters cannot be used outside an exception handler",
                self._text.find_word("RAISE"),
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
        if (refused := refused_constant(datum, text[start:])) is not None:
            self._fail(refused, place, state)
        is_whole = "[" not in text[:start]  # and no element of an array
        if target and target[0] == "NEW" and target[1] and is_whole and state:
            inner = TextRange(place.start + start, place.end) if place else None
            handled = self.uses.handled > 0
            self.assignments.append(Assignment(target[1], text[start:], inner, handled))
        return assigned(state) if target and target[0] == "NEW" else state

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
        return after

    def _fail(
        self, message: str, place: TextRange | None, state: State, *, loses: bool = False
    ) -> None:
        if state:
            handled = self.uses.handled > 0
            self.failures.append(Failure(message, place, handled, loses))

    def _execute(self, node: Node, state: State) -> State:
        before = len(self.uses.queries)
        self.uses.expression(node["query"], state, dynamic=True)
        for query in self.uses.queries[before:]:
            message = missing_parameter(query.text, len(node.get("params", ())))
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


_HANDLERS: dict[str, Callable[[Flow, Any, State], State]] = {
    "PLpgSQL_stmt_if": Flow._if,
    "PLpgSQL_stmt_case": Flow._case,
    "PLpgSQL_stmt_loop": Flow._loop,
    "PLpgSQL_stmt_while": Flow._counted_loop,
    "PLpgSQL_stmt_fori": Flow._counted_loop,
    "PLpgSQL_stmt_fors": Flow._counted_loop,
    "PLpgSQL_stmt_forc": Flow._counted_loop,
    "PLpgSQL_stmt_dynfors": Flow._dynamic_loop,
    "PLpgSQL_stmt_foreach_a": Flow._counted_loop,
    "PLpgSQL_stmt_exit": Flow._exit,
    "PLpgSQL_stmt_return": Flow._return,
    "PLpgSQL_stmt_raise": Flow._raise,
    "PLpgSQL_stmt_assign": Flow._assign,
    "PLpgSQL_stmt_perform": Flow._perform,
    "PLpgSQL_stmt_call": Flow._call,
    "PLpgSQL_stmt_commit": Flow._commit,
    "PLpgSQL_stmt_rollback": Flow._rollback,
    "PLpgSQL_stmt_open": Flow._cursor,
    "PLpgSQL_stmt_fetch": Flow._cursor,
    "PLpgSQL_stmt_close": Flow._cursor,
    "PLpgSQL_stmt_getdiag": Flow._diagnostics,
    "PLpgSQL_stmt_execsql": Flow._statement_of_sql,
    "PLpgSQL_stmt_dynexecute": Flow._execute,
}
