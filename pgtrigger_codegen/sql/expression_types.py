"""Stage sql: the types of expressions, and PostgreSQL's type errors.

Types are told where they are certain: of literals, casts, built-in functions and operators,
variables, and columns of tables that are known. Where a type is not known, nothing is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pgtrigger_codegen.sql import builtins, coercion, constant_faults
from pgtrigger_codegen.sql.calls import (
    CallFault,
    call_fault,
    has_aggregate,
    has_window,
    is_aggregate,
    is_window_function,
    missing,
    own_call,
    unknown_type_fault,
)
from pgtrigger_codegen.sql.coercion import ROW, UNKNOWN, Type, in_words
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.names_in_sight import Columns
from pgtrigger_codegen.sql.operator_types import CONSTANT_HELP, OperatorTypes
from pgtrigger_codegen.sql.parser import Node, strings


class ExpressionTypes(OperatorTypes, ABC):
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
            self.refuse(message, node, CONSTANT_HELP)
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
        self._of_aggregates(node)
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

    def _of_aggregates(self, node: Node) -> None:
        """What may not stand in an aggregate, and a window function without its window."""
        arguments = node.get("args", ())
        if is_window_function(node):
            name = strings(node["funcname"])[-1]
            message = f"window function {name} requires an OVER clause"
            self.refuse(message, node, "Write OVER (…) behind it")
        elif is_aggregate(node):
            if has_window(arguments):
                message = "aggregate function calls cannot contain window function calls"
                self.refuse(message, node, _INNER_QUERY)
            # In a query within, the inner one may be of the query around it.
            elif has_aggregate(arguments, of_rows=self.is_within):
                self.refuse("aggregate function calls cannot be nested", node, _INNER_QUERY)

    def _takes_no_row(self, node: Node, given: list[Type]) -> bool:
        """Whether a row is given to a built-in function of values, and is no column's name."""
        *schema, name = strings(node["funcname"])
        fields = node["args"][0].get("ColumnRef", {}).get("fields") if given == [ROW] else None
        row = self._rows.get(".".join(strings(fields)))
        known = builtins.functions(name)
        if not row or schema or name in row or not known or builtins.is_type(name):
            return False
        return not coercion.fitting(known, given) and "func_variadic" not in node

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

    def _null_test(self, node: Node) -> Type:
        self.type_of(node["arg"])
        return "bool"

    def _boolean_test(self, node: Node) -> Type:
        self.condition(node["arg"], node["booltesttype"].replace("_", " "))
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
        subject = self.type_of(node.get("arg"))
        self._maybe += 1
        types, values = [], []
        for item in node["args"]:
            when = item["CaseWhen"]
            if "arg" in node:
                self._equals(subject, self.type_of(when["expr"]), node["arg"], when["expr"])
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
            self.refuse(message, node, CONSTANT_HELP)
        return coercion.common(types)

    def _value_function(self, node: Node) -> Type:
        return _VALUE_FUNCTIONS.get(node["op"].removeprefix("SVFOP_").removesuffix("_N"))

    def _array(self, node: Node) -> Type:
        items = node.get("elements", [])
        types = [self.type_of(item) for item in items]
        found = self._common(types, "ARRAY", node, items)
        return f"{found}[]" if found and found != ROW and not found.endswith("[]") else None

    def _indirection(self, node: Node) -> Type:
        """`tags[1]`, `data['key']`, `tags[2:3]`; all else of a row is not known."""
        found = self.type_of(node["arg"])
        for item in node["indirection"]:
            indices = item.get("A_Indices")
            if indices is None:
                return None
            self.type_of(indices)
            if found is None:
                continue
            if found.endswith("[]"):
                found = found if "is_slice" in indices else found[:-2]
            elif found not in ("json", "jsonb") and builtins.category(found) in _WITHOUT_PARTS:
                message = (
                    f"cannot subscript type {in_words(found)} because it does not support"
                    " subscripting"
                )
                self.refuse(message, node["arg"].get("ColumnRef", node), _SUBSTRING)
                return None
            elif found != "jsonb":
                return None
        # Of an array with several dimensions, it may be an element or an array.
        return found if found == "jsonb" or len(node["indirection"]) == 1 else None

    def _collated(self, node: Node) -> Type:
        return self.type_of(node["arg"])

    def _row(self, node: Node) -> Type:
        self.type_of(node.get("args"))
        return ROW

    def _several(self, node: Node) -> Type:
        """`(a, b) = (SELECT …)` in an UPDATE."""
        ((kind, source),) = node["source"].items()
        with self._rows_wanted(True):
            count = len(self.faults)
            self.type_of(node["source"])
            if node["colno"] > 1:
                del self.faults[count:]  # they were found with the first column
                return None
        given = len(source.get("args", ())) if kind == "RowExpr" else None
        if kind not in ("RowExpr", "SubLink"):
            message = (
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression"
            )
            self.refuse(message, source, _AS_MANY)
        elif given is not None and given != node["ncolumns"]:
            self.refuse("number of columns does not match number of values", source, _AS_MANY)
        return None

    def _sublink(self, node: Node) -> Type:
        tested = self.type_of(node.get("testexpr"))
        with self._rows_wanted(False):
            types = [
                # What a query gives has a type.
                "text" if given == UNKNOWN else given
                for given in self.select(node["subselect"]["SelectStmt"])
            ]
        match node.get("subLinkType"):
            case "EXPR_SUBLINK":
                if len(types) > 1 and not self._row_wanted:
                    self.refuse("subquery must return only one column", node, "Select one value")
                return types[0] if len(types) == 1 else None
            case "ANY_SUBLINK" if len(types) > 1 and "RowExpr" not in node.get("testexpr", {}):
                self.refuse("subquery has too many columns", node, "Select one column")
            case "ANY_SUBLINK" | "ALL_SUBLINK" if len(types) == 1:
                operator = strings(node.get("operName")) or ("=",)
                if len(operator) == 1:
                    self._operator(operator[0], tested, types[0], node)
            case "ARRAY_SUBLINK":
                if len(types) > 1:
                    self.refuse("subquery must return only one column", node, "Select one value")
                given = types[0] if len(types) == 1 else None
                return f"{given}[]" if given not in (None, UNKNOWN, ROW) else None
        return "bool"

    @abstractmethod
    def select(self, node: Node) -> list[Type]:
        """The types of the columns that a query gives."""


# PostgreSQL's categories of dates, numbers, texts, and the like; `json` is of none of them.
_WITHOUT_PARTS = frozenset("BDINST")
_SUBSTRING = "Ask for a part of a text with `substr(…)`"
_AS_MANY = "Give a value for each column"
_INNER_QUERY = "Ask for the inner one in a query in FROM"
_ROW_HELP = "Give the row as `to_jsonb(…)`, or one of its columns"
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
    "NullTest": ExpressionTypes._null_test,
    "BooleanTest": ExpressionTypes._boolean_test,
    "CoalesceExpr": ExpressionTypes._coalesce,
    "MinMaxExpr": ExpressionTypes._extreme,
    "CaseExpr": ExpressionTypes._case,
    "SQLValueFunction": ExpressionTypes._value_function,
    "A_ArrayExpr": ExpressionTypes._array,
    "A_Indirection": ExpressionTypes._indirection,
    "CollateClause": ExpressionTypes._collated,
    "RowExpr": ExpressionTypes._row,
    "MultiAssignRef": ExpressionTypes._several,
    "SubLink": ExpressionTypes._sublink,
}
