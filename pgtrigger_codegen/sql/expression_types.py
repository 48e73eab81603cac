"""Stage sql: the types of expressions, and PostgreSQL's type errors.

Types are told where they are certain: of literals, casts, built-in functions and operators,
variables, and columns of tables that are known. Where a type is not known, nothing is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from pgtrigger_codegen.sql import builtins, coercion, constant_faults, patterns
from pgtrigger_codegen.sql.calls import CallFault, call_fault, missing, own_call, unknown_type_fault
from pgtrigger_codegen.sql.coercion import ROW, UNKNOWN, Type, in_words
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.names_in_sight import Columns, NamesInSight
from pgtrigger_codegen.sql.parser import Node, strings


class ExpressionTypes(NamesInSight, ABC):
    """Reads expressions, and collects their errors.

    Attributes:
        own_calls: Calls of functions that are not built in, with the types of the arguments.
        readers: What reads each kind of node.
    """

    readers: ClassVar[Mapping[str, Callable[[Any, Any], Type]]]

    def __init__(
        self,
        variables: Mapping[str, str],
        rows: Mapping[str, Columns],
        columns_of: Callable[[QualifiedName], Columns | None],
        names: frozenset[str] | None = None,
    ) -> None:
        super().__init__(variables, rows, columns_of, names)
        self.own_calls: list[tuple[str, tuple[Type, ...], Node]] = []
        self._maybe = 0
        self._row_wanted = False

    def type_of(self, tree: object) -> Type:
        """The type of an expression; None where it is not known."""
        if isinstance(tree, list):
            for item in tree:
                self.type_of(item)
            return None
        if not isinstance(tree, dict):
            return None
        if len(tree) == 1:
            ((kind, node),) = tree.items()
            reader = self.readers.get(kind)
            if reader is not None:
                return reader(self, node)
        for value in tree.values():
            self.type_of(value)
        return None

    def _constant(self, node: Node) -> Type:
        if "ival" in node:
            return "int4"
        if "fval" in node:
            text = node["fval"]["fval"]
            return "int8" if text.isdigit() and len(text) < 19 else "numeric"
        if "bsval" in node:
            return "bit"
        return "bool" if "boolval" in node else UNKNOWN

    def _cast(self, node: Node) -> Type:
        given = self.type_of(node["arg"])
        target = coercion.type_of_name(node["typeName"])
        if (message := constant_faults.of_cast(target, node["arg"])) is not None:
            self.refuse(message, node, _CONSTANT)
        elif target is None and (fault := unknown_type_fault(node["typeName"])) is not None:
            self.note(fault, node)
        elif target is not None and not coercion.castable(target, given):
            self.refuse(
                f"cannot cast type {in_words(given)} to {in_words(target)}",
                node,
                "Write an expression of the type that is needed",
            )
        return target

    def _call(self, node: Node) -> Type:
        given = [self.type_of(argument) for argument in node.get("args", ())]
        for key, value in node.items():
            if key not in ("args", "funcname"):
                self.type_of(value)
        fault, result = call_fault(node, given)
        if fault is not None:
            self.note(fault, node)
        elif result is None and self._takes_no_row(node, given):
            function = strings(node["funcname"])[-1]
            fault = CallFault(missing(function, given), _ROW_HELP, 0, function=function)
            self.note(fault, node)
        elif result is None and (name := own_call(node)) is not None:
            self.own_calls.append((name, tuple(given), node))
        return result

    def _takes_no_row(self, node: Node, given: list[Type]) -> bool:
        """Whether a row is given to a built-in function of values, and is no column's name."""
        *schema, name = strings(node["funcname"])
        fields = node["args"][0].get("ColumnRef", {}).get("fields") if given == [ROW] else None
        row = self._rows.get(".".join(strings(fields)))
        known = builtins.functions(name)
        if not row or schema or name in row or not known or builtins.is_type(name):
            return False
        return not coercion.fitting(known, given) and "func_variadic" not in node

    def _operation(self, node: Node) -> Type:
        sides = (node.get("lexpr"), node.get("rexpr"))
        with self._rows_wanted(any(isinstance(side, dict) and "RowExpr" in side for side in sides)):
            left, right = map(self.type_of, sides)
        kind, name = node["kind"], strings(node["name"])
        if len(name) != 1 or name[0] == "":
            return None  # OPERATOR(schema.name)
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
                if right and right.endswith("[]"):
                    self._operator(name[0], left, right[:-2], node)
                elif right not in (None, UNKNOWN, ROW) and builtins.category(right or "") != "A":
                    self.refuse(_NO_ARRAY, node, "Give an array, or compare with the value itself")
                return "bool"
            case "AEXPR_NULLIF":
                self._operator("=", left, right, node)
                self._constant_side("=", left, right, node, node.get("rexpr"))
                return left
        return None

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
            self.refuse(message, node, _CONSTANT)

    def _silently(self, tree: object) -> Type:
        """A type that was asked for already."""
        count = len(self.faults)
        found = self.type_of(tree)
        del self.faults[count:]
        return found

    def _operator(self, name: str, left: Type, right: Type, node: Node) -> Type:
        exists, result = coercion.operation(name, left, right)
        if not exists or name in _OPERATORS_ELSEWHERE:
            self.refuse(
                f"operator does not exist: {in_words(left)} {name} {in_words(right)}",
                node,
                "Join texts with `||`"
                if name == "+" and not {"text", "varchar"}.isdisjoint((left, right))
                else _OPERATORS_ELSEWHERE.get(name, "Cast one side to the type of the other"),
            )
        return result

    def _boolean(self, node: Node) -> Type:
        word = node["boolop"].partition("_")[0]
        self._maybe += 1  # whether the parts are evaluated depends on each other
        for argument in node["args"]:
            self.condition(argument, word)
        self._maybe -= 1
        return "bool"

    def condition(self, tree: object, what: str) -> None:
        """What has to be true or false."""
        found = self.type_of(tree)
        if found not in (None, UNKNOWN, "bool") and isinstance(tree, dict):
            ((_, node),) = tree.items()
            self.refuse(
                f"argument of {what} must be type boolean, not type {in_words(found)}",
                node,
                "Compare the value with something",
            )

    def _test(self, node: Node) -> Type:
        for value in node.values():
            self.type_of(value)
        return "bool"

    def _coalesce(self, node: Node) -> Type:
        self._maybe += 1
        types = [self.type_of(arg) for arg in node["args"]]
        self._maybe -= 1
        return self._common(types, "COALESCE", node, node["args"])

    def _extreme(self, node: Node) -> Type:
        word = node["op"].removeprefix("IS_")
        types = [self.type_of(arg) for arg in node["args"]]
        return self._common(types, word, node, node["args"])

    def _case(self, node: Node) -> Type:
        self.type_of(node.get("arg"))
        self._maybe += 1
        types, values = [], []
        for item in node["args"]:
            when = item["CaseWhen"]
            if "arg" in node:
                self.type_of(when["expr"])
            else:
                self.condition(when["expr"], "CASE/WHEN")
            types.append(self.type_of(when["result"]))
            values.append(when["result"])
        if "defresult" in node:
            types.insert(0, self.type_of(node["defresult"]))
            values.append(node["defresult"])
        self._maybe -= 1
        return self._common(types, "CASE", node, values)

    def _common(self, types: list[Type], word: str, node: Node, values: list[Node]) -> Type:
        if (pair := coercion.unmatched(types)) is not None:
            self.refuse(
                f"{word} types {in_words(pair[0])} and {in_words(pair[1])} cannot be matched",
                node,
                "Give all of its values one type",
            )
        elif (message := constant_faults.of_alternatives(types, values)) is not None:
            self.refuse(message, node, _CONSTANT)
        return coercion.common(types)

    def _value_function(self, node: Node) -> Type:
        return _VALUE_FUNCTIONS.get(node["op"].removeprefix("SVFOP_").removesuffix("_N"))

    def _array(self, node: Node) -> Type:
        types = [self.type_of(item) for item in node.get("elements", ())]
        found = coercion.common(types)
        return f"{found}[]" if found and found != ROW and not found.endswith("[]") else None

    def _row(self, node: Node) -> Type:
        self.type_of(node.get("args"))
        return ROW

    @contextmanager
    def _rows_wanted(self, are_wanted: bool) -> Iterator[None]:
        """Lets queries give several columns: a row is compared with them, or takes them."""
        before, self._row_wanted = self._row_wanted, are_wanted
        yield
        self._row_wanted = before

    def _several(self, node: Node) -> Type:
        """`(a, b) = (SELECT …)` in an UPDATE."""
        with self._rows_wanted(True):
            self.type_of(node["source"])
        return None

    def _sublink(self, node: Node) -> Type:
        tested = self.type_of(node.get("testexpr"))
        with self._rows_wanted(False):
            types = self.select(node["subselect"]["SelectStmt"])
        match node.get("subLinkType"):
            case "EXPR_SUBLINK":
                if len(types) > 1 and not self._row_wanted:
                    self.refuse("subquery must return only one column", node, "Select one value")
                return types[0] if len(types) == 1 else None
            case "ANY_SUBLINK" if len(types) > 1 and "RowExpr" not in node.get("testexpr", {}):
                self.refuse("subquery has too many columns", node, "Select one column")
            case "ANY_SUBLINK" if len(types) == 1 and "operName" not in node:
                self._operator("=", tested, types[0], node)
            case "ARRAY_SUBLINK":
                return None
        return "bool"

    @abstractmethod
    def select(self, node: Node) -> list[Type]:
        """The types of the columns that a query gives."""


_ROW_HELP = "Give the row as `to_jsonb(…)`, or one of its columns"
_NO_ARRAY = "op ANY/ALL (array) requires array on right side"
_CONSTANT = "Write the constant as its type has it"
_OPERATORS_ELSEWHERE = {
    "**": "PostgreSQL raises to a power with `^`",
    "==": "PostgreSQL compares with `=`",
    "===": "PostgreSQL compares with `=`",
    "!==": "PostgreSQL compares with `<>`",
}
_VALUE_FUNCTIONS = {
    "CURRENT_DATE": "date",
    "CURRENT_TIME": "timetz",
    "CURRENT_TIMESTAMP": "timestamptz",
    "LOCALTIME": "time",
    "LOCALTIMESTAMP": "timestamp",
    "CURRENT_ROLE": "name",
    "CURRENT_USER": "name",
    "USER": "name",
    "SESSION_USER": "name",
    "CURRENT_CATALOG": "name",
    "CURRENT_SCHEMA": "name",
}

EXPRESSIONS: Mapping[str, Callable[[Any, Any], Type]] = {
    "A_Const": ExpressionTypes._constant,
    "TypeCast": ExpressionTypes._cast,
    "ColumnRef": ExpressionTypes.column,
    "FuncCall": ExpressionTypes._call,
    "A_Expr": ExpressionTypes._operation,
    "BoolExpr": ExpressionTypes._boolean,
    "NullTest": ExpressionTypes._test,
    "BooleanTest": ExpressionTypes._test,
    "CoalesceExpr": ExpressionTypes._coalesce,
    "MinMaxExpr": ExpressionTypes._extreme,
    "CaseExpr": ExpressionTypes._case,
    "SQLValueFunction": ExpressionTypes._value_function,
    "A_ArrayExpr": ExpressionTypes._array,
    "RowExpr": ExpressionTypes._row,
    "MultiAssignRef": ExpressionTypes._several,
    "SubLink": ExpressionTypes._sublink,
}
