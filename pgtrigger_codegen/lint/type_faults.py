"""Statements that PostgreSQL refuses because of the types in them, or of functions not there.

What migrations make by hand (columns, functions, casts, operators, extensions) is read as text, and
only once there is something to report.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.bodies import BodyTrigger, certain_queries, transition_tables
from pgtrigger_codegen.lint.project_texts import ProjectTexts
from pgtrigger_codegen.lint.tables import Tables
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Place, Query
from pgtrigger_codegen.sql.body_faults import Fault
from pgtrigger_codegen.sql.body_targets import statements_of
from pgtrigger_codegen.sql.calls import CallFault
from pgtrigger_codegen.sql.coercion import internal_name
from pgtrigger_codegen.sql.expression_types import Columns
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.statement_types import StatementTypes


class TypeFaults:
    """Finds them in the functions of one analysis."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._tables = Tables(analysis)
        self._columns: dict[str, Columns] = {}
        self._texts = ProjectTexts(analysis)

    def faults(self, trigger: BodyTrigger, body: Body) -> Iterator[Fault]:
        """What fails whenever it runs, in PostgreSQL's words."""
        for query, fault in self._found(trigger, body):
            if not self._is_by_hand(fault):
                yield Fault(
                    fault.message,
                    _place(query, fault),
                    fault.help,
                    is_certain=fault.extension is None,
                )

    def _found(self, trigger: BodyTrigger, body: Body) -> Iterator[tuple[Query, CallFault]]:
        queries = list(certain_queries(body))
        if not queries:
            return  # to describe a model takes its time
        own = self._of_model(self._tables.owner_of(trigger))
        rows = {"new": own or {}, "old": own or {}}
        for typed in body.typed_variables:
            columns = self._of_table(typed.table) if typed.column is None else None
            if columns is not None:  # else it is a type of single values
                rows[typed.name] = columns
        variables = self._variables(body)
        tables = dict.fromkeys(transition_tables(trigger, body), own)
        for query in queries:
            for kind, node in statements_of(query):
                types = StatementTypes(variables, rows, functools.partial(self._in_sight, tables))
                for fault in types.read(kind, node):
                    yield query, fault

    def _variables(self, body: Body) -> Mapping[str, str]:
        """The types of variables as written, and those of the columns that they are taken from."""
        columns = [item for item in body.typed_variables if item.column is not None]
        if not columns:
            return body.declared_types
        types = dict(body.declared_types)
        for item in columns:
            if types.get(item.name):
                known = self._of_table(item.table) or {}
                types[item.name] = known.get(item.column or "") or ""
        return types

    def _in_sight(
        self, transition: Mapping[str, Columns | None], table: QualifiedName
    ) -> Columns | None:
        if table.schema is None and table.name in transition:
            return transition[table.name]
        return self._of_table(table)

    def _of_table(self, table: QualifiedName) -> Columns | None:
        return self._of_model(self._tables.owner(table))

    def _of_model(self, model: ModelFact | None) -> Columns | None:
        """The columns of a model's table with their types; None where not all are known."""
        if model is None or model.columns is None or not model.managed:
            return None
        if model.label not in self._columns:
            types = dict(model.types)
            self._columns[model.label] = {
                name: internal_name(types[name]) if name in types else None
                for name in model.columns
            }
        return self._columns[model.label]

    def _is_by_hand(self, fault: CallFault) -> bool:
        """Whether SQL of the project's own may make what is wrong right."""
        if fault.extension is not None:
            return self._texts.mention(_extension(fault.extension))
        if fault.function is not None and self._texts.mention(_function(fault.function)):
            return True
        return self._texts.mention(_CASTS) or any(
            self._texts.mention(_column_type(column)) for column in sorted(fault.columns)
        )


def _place(query: Query, fault: CallFault) -> Place | None:
    """The call or the operator; of a call by a name that SQL has no word for, the statement."""
    return query.place_at(fault.location, fault.size) if fault.size else query.place


def _function(name: str) -> str:
    return rf"\bFUNCTION\b[^(;]*\b{re.escape(name)}\b"


def _extension(name: str) -> str:
    operation = _OPERATIONS.get(name)
    return re.escape(name) + (rf"|\b{operation}\b" if operation else "")


def _column_type(name: str) -> str:
    return rf"\bALTER\s+(COLUMN\s+)?[\\\"]*{re.escape(name)}\b[^,;]*\bTYPE\b"


_CASTS = r"\bCREATE\s+(CAST|OPERATOR)\b"
# Django's own operations, by the extension that they install.
_OPERATIONS = {
    "citext": "CITextExtension",
    "hstore": "HStoreExtension",
    "pg_trgm": "TrigramExtension",
    "pgcrypto": "CryptoExtension",
    "unaccent": "UnaccentExtension",
}
