"""Stage sql: resolves the names in an expression: variables, rows, columns of tables.

Types are told where they are certain. Where a type is not known, nothing is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from pgtrigger_codegen.sql import builtins, coercion
from pgtrigger_codegen.sql.calls import CallFault
from pgtrigger_codegen.sql.coercion import ROW, Type
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, strings, walk

Columns = Mapping[str, Type]
"""Types by column, all of a table's; None for one that is not known."""


class DerivedColumns(dict[str, Type]):
    """Those of a query's result: it has no others."""


class TableColumns(dict[str, Type]):
    """Those of a model's table.

    Attributes:
        unique: Columns that identify a row, each by itself.
    """

    unique: frozenset[str] = frozenset()


class Sight(dict[str, Columns | None]):
    """What one FROM brings into sight: columns by the table's name; None where not known.

    Attributes:
        merged: Columns that USING makes one of two.
        is_natural: Whether a join merges whatever both sides have.
        is_partial: Whether it is seen from within FROM, where not all of it is in view.
        target: The table that is changed, as long as FROM is read, which does not see it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.merged: set[str] = set()
        self.is_natural = False
        self.is_partial = False
        self.target: str | None = None

    def holders(self, column: str) -> list[str]:
        """The tables that certainly have a column, where it is not one of them all."""
        if self.is_natural or self.is_partial or column in self.merged:
            return []
        return [name for name, columns in self.items() if columns and column in columns]


class NamesInSight:
    """Resolves names, and collects their errors.

    Args:
        variables: Types, as written, of the names that are the function's own; empty in doubt.
        rows: By name of a row (`new`), the types of its columns.
        columns_of: The types of a table's columns; None for a table that is not known.
        names: What of the function's own may stand before a point; None where not all is known.

    Attributes:
        variables: As given.
        scopes: What FROM brings into sight: columns by the table's name, from the outermost.
        hidden: What stands beside a query in FROM that is not LATERAL, from the outermost.
        by_result: Whether names of results come first, as for a name alone in ORDER BY.
        faults: In the order of the text.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        rows: Mapping[str, Columns],
        columns_of: Callable[[QualifiedName], Columns | None],
        names: frozenset[str] | None = None,
    ) -> None:
        self.faults: list[CallFault] = []
        self.variables = variables
        self._rows = rows
        self._names = names
        self.columns_of = columns_of
        self.scopes: list[Sight] = []
        self.hidden: list[Sight] = []
        self.by_result = False

    def column(self, node: Node) -> Type:
        """The type of a column, a variable or a row; None where it is not known."""
        names = strings(node["fields"])
        if len(names) != len(node["fields"]):
            return None
        if len(names) == 1:
            return self._bare(names[0], node)
        if len(names) == 3 and names[0] in self._rows:
            message = f'missing FROM-clause entry for table "{names[1]}"'
            help = "A column has no columns: select from the table that it refers to"
            self.refuse(message, node, help)
        if len(names) != 2:
            return None
        for scope in reversed(self.scopes):
            if names[0] in scope and scope.target != names[0]:
                return self._field(scope[names[0]], names, node)
        for hidden in reversed((*self.hidden, *self.scopes)):
            if names[0] in hidden and names[0] not in self.own_names:
                message = f'invalid reference to FROM-clause entry for table "{names[0]}"'
                self.refuse(message, node, _LATERAL if hidden.target != names[0] else _TARGET)
                return None
        message = f'missing FROM-clause entry for table "{names[0]}"'
        if not self._rows and names[0] in ("new", "old"):  # run by EXECUTE
            help = "Pass values with USING: what EXECUTE runs sees neither rows nor variables"
            self.refuse(message, node, help)
        elif self._is_nothing(*names):
            self.refuse(message, node, "Name a table of FROM, by its alias where it has one")
        return self._field(self._rows.get(names[0]), names, node)

    def _is_nothing(self, name: str, column: str) -> bool:
        """Whether a name before a column is that of nothing in sight, where all is known."""
        if coercion.internal_name(self.variables.get(name, "")) not in (None, ROW):
            # A single value has no fields; a block may be named like a variable in it.
            return column not in self.variables and not any("" in scope for scope in self.scopes)
        return (
            self._names is not None
            and name not in self._names
            and name not in self._rows
            and any(self.scopes)
            and not any("" in scope for scope in self.scopes)
        )

    @property
    def own_names(self) -> frozenset[str]:
        """The names of the function's own variables and rows."""
        return frozenset((*self.variables, *self._rows))

    def _field(self, columns: Columns | None, names: tuple[str, ...], node: Node) -> Type:
        row, name = names
        if isinstance(columns, DerivedColumns) and name not in columns:
            if not columns and columns is self._rows.get(row):
                self.refuse(f'record "{row}" is not assigned yet', node, "Give it a row first")
                return None
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
        is_variable = name in self.variables
        for scope in reversed(self.scopes):
            found = [columns[name] for columns in scope.values() if columns and name in columns]
            if None in scope.values() or name in scope or found:
                if not is_variable:
                    self._of_several(name, scope, node)
                return found[0] if len(found) == 1 and not is_variable else None
        relations = [columns for scope in self.scopes for columns in scope.values()]
        is_derived = any(isinstance(one, DerivedColumns) for one in relations)
        if is_derived and not is_variable and not self.by_result:
            known = {column for columns in relations for column in columns or ()}
            self._miss(f'column "{name}" does not exist', name, known, node)
        return coercion.internal_name(self.variables.get(name, ""))

    def _of_several(self, name: str, scope: Sight, node: Node) -> None:
        """A column of two of a query's tables; those of models alone are for another rule."""
        holders = scope.holders(name)
        derived = any(isinstance(scope[holder], DerivedColumns) for holder in holders)
        if len(holders) > 1 and derived and not self.by_result and name not in scope:
            help = " or ".join(f"`{holder}.{name}`" for holder in holders)
            self.refuse(f'column reference "{name}" is ambiguous', node, f"Write {help}")

    def _miss(self, message: str, name: str, known: Iterable[str], node: Node) -> None:
        """A column that results do not have; a function may stand for one."""
        if name in _SYSTEM_COLUMNS or coercion.fitting(builtins.functions(name), [ROW]):
            return
        names = sorted(known)
        close = difflib.get_close_matches(name, names, n=1)
        help = f"Did you mean `{close[0]}`?" if close else f"Its columns are {', '.join(names)}"
        self.note(CallFault(message, help, 0, column=name), node)

    @property
    def is_within(self) -> bool:
        """Whether a query stands in one with tables, whose columns it may use."""
        return any(self.scopes[:-1])

    def refuse(self, message: str, node: Node, help: str) -> None:
        """Keeps what is wrong with a node."""
        self.note(CallFault(message, help, 0), node)

    def note(self, fault: CallFault, node: Node) -> None:
        """Keeps a fault, with its place and the columns whose types count."""
        columns = frozenset(columns_named(node))
        self.faults.append(
            replace(fault, location=max(node.get("location", 0), 0), columns=columns)
        )


def columns_named(tree: Node) -> Iterator[str]:
    """The names, without those before a point, of columns in an expression."""
    for key, value in walk(tree):
        if key == "ColumnRef":
            yield from strings(value["fields"])[-1:]


_LATERAL = "Write LATERAL before the query that names it"
_TARGET = "FROM does not see the table that is changed: compare with it in WHERE"
_SYSTEM_COLUMNS = frozenset({"ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
