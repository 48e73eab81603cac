"""Stage sql: the types of what operators give, and operators that PostgreSQL does not have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeGuard

from pgtrigger_codegen.sql import builtins, coercion, constant_faults, patterns
from pgtrigger_codegen.sql.coercion import ROW, UNKNOWN, Type, in_words
from pgtrigger_codegen.sql.literals import invalid_literal
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.names_in_sight import Columns, NamesInSight
from pgtrigger_codegen.sql.not_unique import CAST_HELP, is_not_unique
from pgtrigger_codegen.sql.parser import Node, strings

CONSTANT_HELP = "Write the constant as its type has it"


class OperatorTypes(NamesInSight, ABC):
    """Reads operations, and collects their errors."""

    def __init__(
        self,
        variables: Mapping[str, str],
        rows: Mapping[str, Columns],
        columns_of: Callable[[QualifiedName], Columns | None],
        names: frozenset[str] | None = None,
    ) -> None:
        super().__init__(variables, rows, columns_of, names)
        self._maybe = 0
        self._row_wanted = False

    @abstractmethod
    def type_of(self, tree: object) -> Type:
        """The type of an expression; None where it is not known."""

    def _operation(self, node: Node) -> Type:
        sides = (node.get("lexpr"), node.get("rexpr"))
        with self._rows_wanted(any(isinstance(side, dict) and "RowExpr" in side for side in sides)):
            left, right = map(self.type_of, sides)
        kind, name = node["kind"], strings(node["name"])
        if len(name) != 1 or name[0] == "":
            return None  # OPERATOR(schema.name)
        if _are_rows(sides) and name[0] in _OF_ROWS:
            left_row, right_row = (side["RowExpr"].get("args", []) for side in sides)
            self._pairs(name[0], left_row, right_row, node)
            return "bool"
        match kind:
            case (
                "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE" | "AEXPR_DISTINCT" | "AEXPR_NOT_DISTINCT"
            ):
                if "lexpr" not in node:
                    left = ""
                self._constants(name[0], left, right, node)
                result = self._operator(name[0], left, right, node)
                return result if kind == "AEXPR_OP" else "bool"
            case "AEXPR_IN":
                self._list(name[0], left, node)
                return "bool"
            case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN":
                for item in node["rexpr"].get("List", {}).get("items", ()):
                    kind_of_item = self._silently(item)
                    self._operator("<=", left, kind_of_item, node)
                    self._constant_side("<=", left, kind_of_item, node, item)
                return "bool"
            case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
                self._of_array(name[0], left, right, node)
                return "bool"
            case "AEXPR_NULLIF":
                self._operator("=", left, right, node)
                self._constant_side("=", left, right, node, node.get("rexpr"))
                return "text" if left == UNKNOWN else left
        return None

    def _of_array(self, name: str, left: Type, right: Type, node: Node) -> None:
        """ANY and ALL."""
        if right and right.endswith("[]"):
            self._operator(name, left, right[:-2], node)
        elif (text := constant_faults.text_of(node.get("rexpr"))) is not None:
            wanted = left if left not in (None, UNKNOWN, ROW) else "text"
            if (message := invalid_literal(f"{wanted}[]", text)) is not None:
                self.refuse(message, node, CONSTANT_HELP)
        elif right not in (None, UNKNOWN, ROW) and builtins.category(right or "") != "A":
            self.refuse(_NO_ARRAY, node, "Give an array, or compare with the value itself")

    def _pairs(self, name: str, left: list[Node], right: list[Node], node: Node) -> None:
        """Two rows, whose values are compared one by one."""
        if any("A_Star" in str(item) for item in (*left, *right)):
            return
        if len(left) != len(right):
            message = "unequal number of entries in row expressions"
            self.refuse(message, node, "Give both rows as many values")
            return
        count = len(self.faults)
        for one, other in zip(left, right, strict=True):
            if len(self.faults) == count:
                self._operator(name, self._silently(one), self._silently(other), node)

    def _equals(self, left: Type, right: Type, *sides: Node) -> None:
        """`=` where no operator is written, as in CASE."""
        node = {"lexpr": sides[0], "rexpr": sides[1], "kind": "AEXPR_OP"}
        ((_, place),) = sides[1].items()
        node["location"] = place.get("location", 0)
        self._operator("=", left, right, node)
        self._constant_side("=", left, right, node, sides[1])

    def _list(self, name: str, left: Type, node: Node) -> None:
        """The values of IN; the first that does not fit is enough."""
        count = len(self.faults)
        for item in node["rexpr"].get("List", {}).get("items", ()):
            kind_of_item = self._silently(item)
            if len(self.faults) == count:
                self._operator(name, left, kind_of_item, node)
                self._constant_side("=", left, kind_of_item, node, item)

    def _constants(self, name: str, left: Type, right: Type, node: Node) -> None:
        if node["kind"] in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
            name = "="
        self._constant_side(name, left, right, node, node.get("rexpr"))
        if (
            not (self._maybe or any(self.scopes))
            and "lexpr" in node
            and constant_faults.divides_by_zero(name, left, node["rexpr"])
        ):
            self.refuse("division by zero", node, "Divide by something else")
        pattern = constant_faults.text_of(node.get("rexpr")) if name in patterns.OPERATORS else None
        if pattern is not None and (message := patterns.invalid_pattern(pattern)) is not None:
            self.refuse(message, node, patterns.PATTERN_HELP)

    def _constant_side(self, name: str, left: Type, right: Type, node: Node, other: object) -> None:
        """Refuses a literal that is no value of the type of the other side."""
        sides = (node.get("lexpr"), other)
        if (message := constant_faults.of_comparison(name, left, right, sides)) is not None:
            self.refuse(message, node, CONSTANT_HELP)

    def _silently(self, tree: object) -> Type:
        """A type that was asked for already."""
        count = len(self.faults)
        found = self.type_of(tree)
        del self.faults[count:]
        return found

    def _operator(self, name: str, left: Type, right: Type, node: Node) -> Type:
        if left in ("", UNKNOWN) and right == UNKNOWN and self._is_undecided(name, left):
            operands = f"unknown {name} unknown" if left else f"{name} unknown"
            self.refuse(f"operator is not unique: {operands}", node, CAST_HELP)
            return None
        exists, result = coercion.operation(name, left, right)
        if not exists or name in _OPERATORS_ELSEWHERE:
            operands = f"{in_words(left)} {name}" if left else name
            self.refuse(
                f"operator does not exist: {operands} {in_words(right)}",
                node,
                "Join texts with `||`"
                if name == "+" and not {"text", "varchar"}.isdisjoint((left, right))
                else _OPERATORS_ELSEWHERE.get(name, "Cast one side to the type of the other"),
            )
        return result

    def _is_undecided(self, name: str, left: Type) -> bool:
        """Whether several operators of a name take literals, those of extensions or not."""
        size = 2 if left else 1
        known = [one for one in builtins.operators(name) if (one.arguments[0] != "") == bool(left)]
        candidates = [one._replace(arguments=one.arguments[-size:]) for one in known]
        return is_not_unique(candidates, [UNKNOWN] * size)

    @contextmanager
    def _rows_wanted(self, are_wanted: bool) -> Iterator[None]:
        """Lets queries give several columns: a row is compared with them, or takes them."""
        before, self._row_wanted = self._row_wanted, are_wanted
        yield
        self._row_wanted = before


def _are_rows(sides: tuple[Any, Any]) -> TypeGuard[tuple[Node, Node]]:
    return all(isinstance(side, dict) and "RowExpr" in side for side in sides)


_NO_ARRAY = "op ANY/ALL (array) requires array on right side"
_OF_ROWS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_OPERATORS_ELSEWHERE = {
    "!": "Write NOT",
    "**": "PostgreSQL raises to a power with `^`",
    "==": "PostgreSQL compares with `=`",
    "===": "PostgreSQL compares with `=`",
    "!==": "PostgreSQL compares with `<>`",
    "=~": "PostgreSQL matches regular expressions with `~`",
}
