"""Functions that the project's migrations make: how many arguments they take."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.history import replayed
from pgtrigger_codegen.lint.facts.project_files import (
    migration_texts,
    sql_files,
    text_of,
)
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql


class OwnFunctions:
    """Asks the migrations of one analysis; their texts are read when a call is to be judged."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._counts: dict[str, list[range] | None] = {}

    def refuse(self, name: str, arguments: int) -> bool:
        """Whether all functions of that name take another number of arguments."""
        if name not in self._counts:
            self._counts[name] = self._find(name)
        counts = self._counts[name]
        return counts is not None and all(arguments not in count for count in counts)

    @functools.cached_property
    def _texts(self) -> tuple[str, ...]:
        migrations = migration_texts(self._analysis.project.first_party_apps)
        return (*(text for _, text in migrations), *map(text_of, sql_files(self._analysis)))

    def _find(self, name: str) -> list[range] | None:
        """By function, the numbers that it takes; None where not all of them are known."""
        state = replayed(self._analysis)
        made = {item.name for names in state.functions.values() for item in names} if state else ()
        if name not in made:
            return None
        counts: list[range] = []
        for text in self._texts:
            for count in _counts(name, text) if name in text else ():
                if count is None:
                    return None
                counts.append(count)
        return counts or None


def _counts(name: str, text: str) -> Iterator[range | None]:
    written = rf"\bFUNCTION\s+(?:\w+\s*\.\s*)?{re.escape(name)}\b(?P<arguments>\s*\([^$]*?\)\s*)?"
    pattern = re.compile(rf"(?P<verb>\w+)\s+{written}(?P<after>\w*)", re.IGNORECASE)
    for match in pattern.finditer(text):
        if match["verb"].upper() in ("CREATE", "REPLACE"):
            known = match["arguments"] and match["after"].upper() == "RETURNS"
            yield _count(match["arguments"]) if known else None


def _count(arguments: str) -> range | None:
    try:
        (node,) = parse_sql(f"CREATE FUNCTION f{arguments} RETURNS int LANGUAGE sql AS ''")
    except (SqlSyntaxError, ValueError):
        return None
    parameters = [item["FunctionParameter"] for item in node["CreateFunctionStmt"]["parameters"]]
    taken = [one for one in parameters if one.get("mode") not in _GIVEN]
    least = sum("defexpr" not in one and not _is_variadic(one) for one in taken)
    return range(least, 101 if any(map(_is_variadic, taken)) else len(taken) + 1)


_GIVEN = frozenset({"FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"})


def _is_variadic(parameter: Node) -> bool:
    return parameter.get("mode") == "FUNC_PARAM_VARIADIC"
