"""Stage sql: conditions of a body that the event decides (`TG_OP = 'DELETE'`, `OLD IS NULL`).

SQL's logic has three values, and a fourth is needed here: what cannot be told in advance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.sql.definition import Definition, Event
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings, walk


class Open:
    """A value that cannot be told."""

    def __repr__(self) -> str:
        return "OPEN"


OPEN = Open()
Value = bool | str | None | Open
"""None is NULL."""

CONTEXT = frozenset(
    {
        "tg_op",
        "tg_when",
        "tg_level",
        "tg_table_name",
        "tg_relname",
        "tg_table_schema",
        "tg_name",
        "tg_nargs",
        "tg_argv",
        "tg_relid",
    }
)


class Conditions(Struct, frozen=True):
    """Evaluates conditions for one trigger.

    Attributes:
        table: The name of its table.
        shadowed: Names of variables, which hide those that PL/pgSQL defines.
    """

    definition: Definition
    table: str
    shadowed: frozenset[str] = frozenset()

    def value(self, query: str, event: Event) -> Value:
        """A condition's value when that event fires the trigger."""
        tree = expression(query)
        return OPEN if tree is None else self._value(tree, event)

    def tells_events_apart(self, query: str, events: Mapping[Event, Any]) -> bool:
        """Whether its value may depend on the event in ways that are not followed here.

        A condition that asks only for columns of a row that all the events have does not.
        """
        if len(events) < 2:
            return False
        tree = expression(query)
        if tree is None:
            return True
        for key, value in walk(tree):
            if key in ("FuncCall", "SubLink"):
                return True
            if key == "ColumnRef":
                row = (strings(value["fields"]) or ("",))[0]
                missing = {"new": "DELETE", "old": "INSERT"}.get(row)
                if missing is None or missing in events or "TRUNCATE" in events:
                    return True
        return False

    def _value(self, tree: Node, event: Event) -> Value:
        kind, node = next(iter(tree.items()))
        match kind:
            case "A_Const":
                return _constant(node)
            case "TypeCast":
                return self._value(node["arg"], event)
            case "ColumnRef":
                return self._column(node, event)
            case "BoolExpr":
                return self._connected(node, event)
            case "NullTest":
                return self._null_test(node, event)
            case "A_Expr":
                return self._operation(node, event)
            case _:
                return OPEN

    def _column(self, node: Node, event: Event) -> Value:
        names = strings(node["fields"])
        if not names:
            return OPEN
        if names[0] == "new":
            return None if event in ("DELETE", "TRUNCATE") else OPEN
        if names[0] == "old":
            return None if event in ("INSERT", "TRUNCATE") else OPEN
        if len(names) > 1 or names[0] in self.shadowed:
            return OPEN
        match names[0]:
            case "tg_op":
                return event
            case "tg_when":
                return self.definition.timing
            case "tg_level":
                return "ROW" if self.definition.is_row_level else "STATEMENT"
            case "tg_table_name" | "tg_relname":
                return self.table
            case _:
                return OPEN

    def _null_test(self, node: Node, event: Event) -> Value:
        value = self._value(node["arg"], event)
        wanted = node.get("nulltesttype", "IS_NULL") == "IS_NULL"
        if not isinstance(value, Open):
            return bool((value is None) == wanted)
        column = node["arg"].get("ColumnRef", {})
        if wanted and strings(column.get("fields")) in (("new",), ("old",)):
            return False  # a row that exists has a primary key; IS NOT NULL asks for all columns
        return OPEN

    def _connected(self, node: Node, event: Event) -> Value:
        values = [self._value(arg, event) for arg in node["args"]]
        match node["boolop"]:
            case "NOT_EXPR":
                return not values[0] if isinstance(values[0], bool) else values[0]
            case "AND_EXPR":
                decisive, other = False, True
            case _:
                decisive, other = True, False
        if any(value is decisive for value in values):
            return decisive
        if any(isinstance(value, Open | str) for value in values):
            # NULL does as well as false for a condition, unless it is negated around.
            return OPEN
        return None if None in values else other

    def _operation(self, node: Node, event: Event) -> Value:
        operator = "".join(strings(node.get("name")))
        left = self._value(node["lexpr"], event) if "lexpr" in node else OPEN
        if node["kind"] == "AEXPR_IN":
            items = node["rexpr"].get("List", {}).get("items", [])
            values = [self._value(item, event) for item in items]
            found = _is_in(left, values)
            return found if operator == "=" or not isinstance(found, bool) else not found
        right = self._value(node["rexpr"], event) if "rexpr" in node else OPEN
        if node["kind"] in ("AEXPR_LIKE", "AEXPR_ILIKE"):
            return _is_like(left, right, operator)
        if node["kind"] in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
            if isinstance(left, Open) or isinstance(right, Open):
                return OPEN
            return bool((left != right) == (node["kind"] == "AEXPR_DISTINCT"))
        if node["kind"] != "AEXPR_OP" or operator not in ("=", "<>", "!=", "<", ">", "<=", ">="):
            return OPEN
        if left is None or right is None:
            return None
        if isinstance(left, Open) or isinstance(right, Open) or operator in ("<", ">", "<=", ">="):
            return OPEN
        return (left == right) == (operator == "=")


def mentions_context(query: str) -> bool:
    """Whether an expression asks for what the trigger's variables tell (`TG_OP`)."""
    lower = query.lower()
    return any(name in lower for name in CONTEXT)


def _is_in(left: Value, values: list[Value]) -> Value:
    if left is None:
        return None
    if isinstance(left, Open):
        return OPEN
    if any(type(value) is type(left) and value == left for value in values):
        return True
    if any(isinstance(value, Open) for value in values):
        return OPEN
    return None if None in values else False


def _is_like(text: Value, pattern: Value, operator: str) -> Value:
    if text is None or pattern is None:
        return None
    if not isinstance(text, str) or not isinstance(pattern, str) or "\\" in pattern:
        return OPEN
    wildcards = {"%": ".*", "_": "."}
    expression = "".join(wildcards.get(sign, re.escape(sign)) for sign in pattern)
    flags = re.DOTALL | (re.IGNORECASE if "*" in operator else 0)
    return bool(re.fullmatch(expression, text, flags)) != operator.startswith("!")


def _constant(node: Node) -> Value:
    if node.get("isnull"):
        return None
    if "sval" in node:
        text = node["sval"].get("sval", "")
        return text if isinstance(text, str) else OPEN
    if "boolval" in node:
        return bool(node["boolval"].get("boolval", False))
    return OPEN


def count_of_values(query: str) -> int:
    """How many values an expression gives: more than one is an error; 1 in doubt."""
    if "," not in query:
        return 1
    try:
        targets = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"]
    except (SqlSyntaxError, KeyError, IndexError):
        return 1
    has_star = any(key == "A_Star" for key, _ in walk(targets))
    return 1 if has_star else len(targets)


def expression(query: str) -> Node | None:
    """An expression's tree; None where it is more than that, or does not parse."""
    try:
        statements = parse_sql(f"SELECT {query}")
        targets: list[Node] = statements[0]["SelectStmt"]["targetList"]
        tree: Node = targets[0]["ResTarget"]["val"]
    except (SqlSyntaxError, KeyError, IndexError):
        return None
    plain = len(targets) == 1 and set(statements[0]["SelectStmt"]) <= {
        "targetList",
        "limitOption",
        "op",
    }
    return tree if plain else None
