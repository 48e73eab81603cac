"""Stage sql: the types of expressions, and what PostgreSQL refuses because of them.

Types are told where they are certain: of literals, casts, built-in functions and operators,
variables, and columns of tables that are known. Where a type is not known, nothing is refused.
"""

from __future__ import annotations

import difflib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from msgspec.structs import replace

from pgtrigger_codegen.sql import builtins, coercion
from pgtrigger_codegen.sql.calls import CallFault, call_fault, own_call
from pgtrigger_codegen.sql.coercion import ROW, UNKNOWN, Type, in_words
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, strings, walk

Columns = Mapping[str, Type]
"""Types by column, all of a table's; None for one that is not known."""


class DerivedColumns(dict[str, Type]):
    """Those of a query's result: it has no others."""


class ExpressionTypes(ABC):
    """Reads expressions, and collects what is wrong with them.

    Args:
        variables: Types, as written, of the names that are the function's own; empty in doubt.
        rows: By name of a row (`new`), the types of its columns.
        columns_of: The types of a table's columns; None for a table that is not known.

    Attributes:
        scopes: What FROM brings into sight: columns by the table's name, from the outermost.
        by_result: In how many clauses at once names of results come first, as in ORDER BY.
        own_calls: Calls of functions that are not built in, with the types of the arguments.
        readers: What reads each kind of node.
        faults: In the order of the text.
    """

    readers: ClassVar[Mapping[str, Callable[[Any, Any], Type]]]

    def __init__(
        self,
        variables: Mapping[str, str],
        rows: Mapping[str, Columns],
        columns_of: Callable[[QualifiedName], Columns | None],
    ) -> None:
        self.faults: list[CallFault] = []
        self._variables = variables
        self._rows = rows
        self.columns_of = columns_of
        self.scopes: list[dict[str, Columns | None]] = []
        self.by_result = 0
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

    def refuse(self, message: str, node: Node, help: str) -> None:
        self._note(CallFault(message, help, 0), node)

    def _note(self, fault: CallFault, node: Node) -> None:
        columns = {
            name
            for key, value in walk(node)
            if key == "ColumnRef"
            for name in strings(value["fields"])[-1:]
        }
        self.faults.append(
            replace(fault, location=max(node.get("location", 0), 0), columns=frozenset(columns))
        )

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
        if target is not None and not coercion.castable(target, given):
            self.refuse(
                f"cannot cast type {in_words(given)} to {in_words(target)}",
                node,
                "Write an expression of the type that is needed",
            )
        return target

    def _column(self, node: Node) -> Type:
        names = strings(node["fields"])
        if len(names) != len(node["fields"]):
            return None
        if len(names) == 1:
            return self._bare(names[0], node)
        if len(names) != 2:
            return None
        for scope in reversed(self.scopes):
            if names[0] in scope:
                return self._field(scope[names[0]], names, node)
        if not self._rows and names[0] in ("new", "old"):  # run by EXECUTE
            self.refuse(
                f'missing FROM-clause entry for table "{names[0]}"',
                node,
                "Pass values with USING: what EXECUTE runs sees neither rows nor variables",
            )
        return self._field(self._rows.get(names[0]), names, node)

    @property
    def own_names(self) -> frozenset[str]:
        """The names of the function's own variables and rows."""
        return frozenset((*self._variables, *self._rows))

    def _field(self, columns: Columns | None, names: tuple[str, ...], node: Node) -> Type:
        row, name = names
        if isinstance(columns, DerivedColumns) and name not in columns:
            message = (
                f'record "{row}" has no field "{name}"'
                if columns is self._rows.get(row)
                else f"column {row}.{name} does not exist"
            )
            self._miss(message, name, columns, node)
        return columns.get(name) if columns else None

    def _bare(self, name: str, node: Node) -> Type:
        if name in self._rows:
            return ROW
        is_variable = name in self._variables
        for scope in reversed(self.scopes):
            found = [columns[name] for columns in scope.values() if columns and name in columns]
            if None in scope.values() or name in scope or found:
                return found[0] if len(found) == 1 and not is_variable else None
        relations = [columns for scope in self.scopes for columns in scope.values()]
        is_derived = any(isinstance(one, DerivedColumns) for one in relations)
        if is_derived and not is_variable and not self.by_result:
            known = {column for columns in relations for column in columns or ()}
            self._miss(f'column "{name}" does not exist', name, known, node)
        return coercion.internal_name(self._variables.get(name, ""))

    def _miss(self, message: str, name: str, known: Iterable[str], node: Node) -> None:
        """A column that results do not have; a function may stand for one."""
        if name in _SYSTEM_COLUMNS or builtins.functions(name):
            return
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        help = f"Did you mean `{close[0]}`?" if close else f"Its columns are {', '.join(names)}"
        self._note(CallFault(message, help, 0, column=name), node)

    def _call(self, node: Node) -> Type:
        given = [self.type_of(argument) for argument in node.get("args", ())]
        for key, value in node.items():
            if key not in ("args", "funcname"):
                self.type_of(value)
        fault, result = call_fault(node, given)
        if fault is not None:
            self._note(fault, node)
        elif result is None and (name := own_call(node)) is not None:
            self.own_calls.append((name, tuple(given), node))
        return result

    def _operation(self, node: Node) -> Type:
        left, right = self.type_of(node.get("lexpr")), self.type_of(node.get("rexpr"))
        kind, name = node["kind"], strings(node["name"])
        if len(name) != 1 or name[0] == "":
            return None  # OPERATOR(schema.name)
        match kind:
            case (
                "AEXPR_OP" | "AEXPR_LIKE" | "AEXPR_ILIKE" | "AEXPR_DISTINCT" | "AEXPR_NOT_DISTINCT"
            ):
                if "lexpr" not in node:
                    left = ""
                result = self._operator(name[0], left, right, node)
                return result if kind == "AEXPR_OP" else "bool"
            case "AEXPR_IN":
                for item in node["rexpr"].get("List", {}).get("items", ()):
                    self._operator(name[0], left, self._silently(item), node)
                return "bool"
            case "AEXPR_BETWEEN" | "AEXPR_NOT_BETWEEN":
                for item in node["rexpr"].get("List", {}).get("items", ()):
                    self._operator("<=", left, self._silently(item), node)
                return "bool"
            case "AEXPR_OP_ANY" | "AEXPR_OP_ALL":
                if right and right.endswith("[]"):
                    self._operator(name[0], left, right[:-2], node)
                return "bool"
            case "AEXPR_NULLIF":
                self._operator("=", left, right, node)
                return left
        return None

    def _silently(self, tree: object) -> Type:
        """A type that was asked for already."""
        count = len(self.faults)
        found = self.type_of(tree)
        del self.faults[count:]
        return found

    def _operator(self, name: str, left: Type, right: Type, node: Node) -> Type:
        exists, result = coercion.operation(name, left, right)
        if not exists:
            self.refuse(
                f"operator does not exist: {in_words(left)} {name} {in_words(right)}",
                node,
                "Join texts with `||`"
                if name == "+" and not {"text", "varchar"}.isdisjoint((left, right))
                else "Cast one side to the type of the other",
            )
        return result

    def _boolean(self, node: Node) -> Type:
        word = node["boolop"].partition("_")[0]
        for argument in node["args"]:
            self.condition(argument, word)
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
        return self._common([self.type_of(arg) for arg in node["args"]], "COALESCE", node)

    def _extreme(self, node: Node) -> Type:
        word = node["op"].removeprefix("IS_")
        return self._common([self.type_of(arg) for arg in node["args"]], word, node)

    def _case(self, node: Node) -> Type:
        self.type_of(node.get("arg"))
        types = []
        for item in node["args"]:
            when = item["CaseWhen"]
            if "arg" in node:
                self.type_of(when["expr"])
            else:
                self.condition(when["expr"], "CASE/WHEN")
            types.append(self.type_of(when["result"]))
        if "defresult" in node:
            types.insert(0, self.type_of(node["defresult"]))
        return self._common(types, "CASE", node)

    def _common(self, types: list[Type], word: str, node: Node) -> Type:
        if (pair := coercion.unmatched(types)) is not None:
            self.refuse(
                f"{word} types {in_words(pair[0])} and {in_words(pair[1])} cannot be matched",
                node,
                "Give all of its values one type",
            )
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

    def _sublink(self, node: Node) -> Type:
        tested = self.type_of(node.get("testexpr"))
        types = self.select(node["subselect"]["SelectStmt"])
        match node.get("subLinkType"):
            case "EXPR_SUBLINK":
                return types[0] if len(types) == 1 else None
            case "ANY_SUBLINK" if len(types) == 1 and "operName" not in node:
                self._operator("=", tested, types[0], node)
            case "ARRAY_SUBLINK":
                return None
        return "bool"

    @abstractmethod
    def select(self, node: Node) -> list[Type]:
        """The types of the columns that a query gives."""


_SYSTEM_COLUMNS = frozenset({"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
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
    "ColumnRef": ExpressionTypes._column,
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
    "SubLink": ExpressionTypes._sublink,
}
