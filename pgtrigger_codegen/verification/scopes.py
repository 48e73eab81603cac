"""Turns a statement of a trigger's function into PL/pgSQL that plans it and does not run it.

PL/pgSQL plans a statement when control gets there, and EXPLAIN is a statement of its own. So an
anonymous block that declares what the function declares, and explains the statement, lets the
server look every name up by PL/pgSQL's own rules: NEW and OLD are rows of the trigger's table, and
variables have their types. All of them are NULL, and nothing of the project's runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_facts import Query, RecordSource
from pgtrigger_codegen.sql.body_variables import TYPES_OF_CONTEXT
from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name
from pgtrigger_codegen.sql.names import dollar_quote, quote_literal, quote_name, quote_table

# `found` is declared in an anonymous block as well.
_CONTEXT = {name: written for name, written in TYPES_OF_CONTEXT.items() if name != "found"}
_ROWS = ("new", "old")
_RECORD = "record"
_ALIAS = re.compile(r"\b(\w+)\s+ALIAS\s+FOR\s+(\w+)\s*;", re.IGNORECASE)
_OPTION = re.compile(r"#variable_conflict\s+\w+", re.IGNORECASE)
EXPLAIN = "EXPLAIN "


class NotKnown(Exception):
    """The reason why a statement cannot be planned here, in words."""


class StatementScope:
    """The names that are visible to a function's statements.

    Args:
        table: The trigger's, as a model names it.
        declare: The function's declarations as written.
    """

    def __init__(self, body: Body, table: str, declare: str) -> None:
        self._types: dict[str, str] = {
            **_CONTEXT,
            **{name: _written(written) for name, written in body.unique_types.items()},
        }
        self._table = table
        self._options = "".join(f"{option}\n" for option in _OPTION.findall(declare))
        self._aliases = {
            name.lower(): original.lower()
            for name, original in _ALIAS.findall(declare)
            if self._types.get(original.lower(), _RECORD) != _RECORD or original.lower() in _ROWS
        }
        self._unknown = body.variables - {*self._types, *_ROWS, *self._aliases, "found"}
        self._subjects = body.case_subjects
        self._sources: dict[str, list[RecordSource]] = {}
        for source in body.record_sources:
            self._sources.setdefault(source.name, []).append(source)

    def block(self, query: Query, label: str = "") -> str:
        """The block that explains a statement.

        Args:
            label: The name by which the statement calls the block that declares its variables.

        Raises:
            NotKnown: The statement names a variable whose type is not known.
        """
        if query.is_dynamic:
            return self._dynamic(query) if query.parameters else EXPLAIN + query.sql
        sql = self._with_subjects(query.sql)
        return self._with_records(sql, _loop(sql), label)

    def parameters_block(self, query: Query) -> str:
        """The block that explains the expressions after USING.

        Raises:
            NotKnown: They name a variable whose type is not known.
        """
        sql = f"SELECT {', '.join(f'({one})' for one in query.parameters)}"
        return self._with_records(sql, _loop(sql))

    def _dynamic(self, query: Query) -> str:
        """EXECUTE, whose parameters have the types of the expressions, and no values."""
        text = quote_literal(EXPLAIN + query.sql)
        values = ", ".join(f"(SELECT ({one}) WHERE FALSE)" for one in query.parameters)
        loop = f"    FOR {_PLAN} IN EXECUTE {text} USING {values}\n    LOOP\n    END LOOP;"
        return self._with_records(" ".join(query.parameters), loop)

    def _with_records(self, sql: str, loop: str, label: str = "") -> str:
        """The block, with the records that some SQL names."""
        records = self._records(sql)
        given = "".join(f"{self._given(name)}\n" for name in records)
        return self._do(records, f"{given}{loop}", label)

    def _with_subjects(self, sql: str) -> str:
        """With the subject of a CASE in the place of the variable that is to hold that."""
        for name, subject in self._subjects.items():
            sql = sql.replace(f'"{name}"', f"({subject})")
        return sql

    def column_block(self, row: str, column: str) -> str:
        """The block that explains how a column of NEW or OLD is read."""
        return self._do((), _loop(f"SELECT {row.lower()}.{quote_name(column)}"))

    def _do(self, records: Iterable[str], statements: str, label: str = "") -> str:
        declared = "".join(f"    {line};\n" for line in self._declarations(frozenset(records)))
        labelled = f"<<{quote_name(label)}>>\n" if label else ""
        body = f"\n{self._options}{labelled}DECLARE\n{declared}BEGIN\n{statements}\nEND\n"
        return f"DO {dollar_quote(body)}"

    def _declarations(self, records: frozenset[str]) -> Iterator[str]:
        row = quote_table(self._table)
        yield from (f"{name} {row}" for name in _ROWS)
        for name, written in self._types.items():
            if written != _RECORD or name in records:
                yield f"{quote_name(name)} {written}"
        for name, original in self._aliases.items():
            yield f"{quote_name(name)} ALIAS FOR {quote_name(original)}"
        yield f"{_PLAN} {_RECORD}"

    def _records(self, sql: str) -> list[str]:
        """The records that a statement names, those first that others are made from."""
        names = _words(sql)
        if unknown := sorted(names & self._unknown):
            raise NotKnown(f"the type of `{unknown[0]}` is not known")
        found: list[str] = []
        for name in sorted(names):
            if self._types.get(name) == _RECORD:
                for inner in self._records_of(name, ()):
                    if inner not in found:
                        found.append(inner)
        return found

    def _records_of(self, name: str, outer: tuple[str, ...]) -> Iterator[str]:
        query = self._source(name)
        if name in outer:
            raise NotKnown(f"the fields of `{name}` are not known")
        names = _words(query)
        if unknown := sorted(names & self._unknown):
            raise NotKnown(f"the type of `{unknown[0]}` is not known")
        for inner in sorted(names - {name}):
            if self._types.get(inner) == _RECORD:
                yield from self._records_of(inner, (*outer, name))
        yield name

    def _source(self, name: str) -> str:
        """The one statement that gives a record its fields."""
        queries = {source.query for source in self._sources.get(name, ())}
        query = next(iter(queries)) if len(queries) == 1 else None
        if query is None or not query.lstrip(" (\n\t").upper().startswith(("SELECT", "WITH")):
            raise NotKnown(f"the fields of `{name}` are not known")
        return query

    def _given(self, name: str) -> str:
        return (
            f"    SELECT * INTO {quote_name(name)} FROM (\n{self._source(name)}\n) AS given "
            "WHERE FALSE;"
        )


def _written(name: str) -> str:
    """A type as SQL: the parser quotes names of its own that are words of SQL there."""
    return re.sub(r'^pg_catalog\."(\w+)"', r"\1", name.strip())


_PLAN = "pgtrigger_codegen_plan"


def _loop(sql: str) -> str:
    return f"    FOR {_PLAN} IN {EXPLAIN}{sql}\n    LOOP\n    END LOOP;"


def _words(sql: str) -> frozenset[str]:
    return frozenset(
        folded_name(token)
        for token in code_tokens(sql)
        if token.kind in (Kind.WORD, Kind.QUOTED_NAME)
    )


def transition_tables(body: Body, table: str) -> Mapping[str, str]:
    """By name, what makes a stand-in for each transition table."""
    return {
        item.name: f"CREATE TEMPORARY TABLE {quote_name(item.name)} (LIKE {quote_table(table)})"
        for item in body.definition.transition_tables
    }
