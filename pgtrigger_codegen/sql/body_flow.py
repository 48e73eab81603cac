"""Stage sql: follows a body's statements, for each event that fires the trigger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.sql.body_actions import ACTIONS, StatementActions
from pgtrigger_codegen.sql.body_conditions import Open, mentions_context
from pgtrigger_codegen.sql.body_facts import (
    Condition,
    Taken,
)
from pgtrigger_codegen.sql.body_failures import (
    refused_bound,
    refused_constant,
)
from pgtrigger_codegen.sql.body_paths import (
    Branching,
    Path,
    State,
    depending_on,
    join,
    uncertain,
)
from pgtrigger_codegen.sql.body_tree import (
    always_enters,
    cannot_fail,
    declared_defaults,
    declared_queries,
    is_dummy,
    parameters_of,
    text_of,
)
from pgtrigger_codegen.sql.builtins import types_by_name
from pgtrigger_codegen.sql.parser import Node

_BOUNDS = frozenset({"lower", "upper", "step"})


class Flow(StatementActions):
    """One walk through a function's tree, along the ways that control can take."""

    def follow(self) -> None:
        """Walks through the body, once."""
        state: State = {event: Path() for event in self._definition.events}
        for prefix, query in declared_queries(self._function, self._text.first_line):
            self.uses.query(query, None, state, prefix=prefix)
        for datum, text in declared_defaults(self._function, self._text.first_line):
            if (refused := refused_constant(datum, text)) is not None:
                self._fail(refused, None, state)
            name = datum["PLpgSQL_var"].get("refname", "")
            self.taken.append(Taken(text, None, False, "variable", name))
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
        handler = _CONTROL.get(kind)
        if handler is not None:
            return handler(self, node, state)
        return ACTIONS.get(kind, StatementActions._plain)(self, node, state)

    def _block(self, node: Node, state: State, *, outermost: bool) -> State:
        exceptions = node.get("exceptions", {}).get("PLpgSQL_exception_block")
        if exceptions is not None:
            self.uses.handlers.append(frozenset(_caught(exceptions)))
        body = list(node.get("body", ()))
        if outermost and body and is_dummy(body[-1]):
            body.pop()
        label = node.get("label")
        self._exits.append((label, []))
        after = self._sequence(body, state)
        if exceptions is not None:
            self.uses.handlers.pop()
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
            self.conditions.append(Condition(query, place, self.uses.handled))
            self._take(query, place, state, "boolean")

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

    def _foreach(self, node: Node, state: State) -> State:
        """FOREACH: of a slice the loop variable is an array, and of an element it is none."""
        variable = self._function["datums"][node["varno"]].get("PLpgSQL_var", {})
        written = variable.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
        if "slice" not in node and written.endswith("]"):
            self._fail("FOREACH loop variable must not be of an array type", None, state)
        elif "slice" in node and written.rpartition(".")[2].strip('"') in types_by_name():
            self._fail("FOREACH ... SLICE loop variable must be of an array type", None, state)
        return self._counted_loop(node, state, is_array=True)

    def _counted_loop(
        self, node: Node, state: State, *, dynamic: bool = False, is_array: bool = False
    ) -> State:
        """WHILE, FOR, FOREACH: may end at once, or, when the body returns, may never."""
        if "cond" in node:
            self._condition(node["cond"], state)
        for name in ("lower", "upper", "step", "query", "expr", "argquery"):
            if name in node and "PLpgSQL_expr" in node[name]:
                place = self.uses.expression(
                    node[name], state, dynamic=dynamic, parameters=parameters_of(node)
                )
                if is_array:
                    self.uses.must_be_array(text_of(node[name]), place, state)
                if name in _BOUNDS or name == "expr":
                    text = text_of(node[name])
                    self._take(text, place, state, "array" if name == "expr" else "integer")
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


_CONTROL: dict[str, Callable[[Flow, Any, State], State]] = {
    "PLpgSQL_stmt_if": Flow._if,
    "PLpgSQL_stmt_case": Flow._case,
    "PLpgSQL_stmt_loop": Flow._loop,
    "PLpgSQL_stmt_while": Flow._counted_loop,
    "PLpgSQL_stmt_fori": Flow._counted_loop,
    "PLpgSQL_stmt_fors": Flow._counted_loop,
    "PLpgSQL_stmt_forc": Flow._counted_loop,
    "PLpgSQL_stmt_dynfors": Flow._dynamic_loop,
    "PLpgSQL_stmt_foreach_a": Flow._foreach,
    "PLpgSQL_stmt_exit": Flow._exit,
}


def _caught(exceptions: Node) -> Iterator[str]:
    """The names of the conditions that a block's handlers catch."""
    for item in exceptions["exc_list"]:
        for condition in item["PLpgSQL_exception"].get("conditions", ()):
            yield condition["PLpgSQL_condition"]["condname"]
