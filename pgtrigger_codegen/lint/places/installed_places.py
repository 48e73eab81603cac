"""Finds the place of a body's text that a migration installs.

The SQL of a `RunSQL` is found again without regard to whitespace, which is what `dedent` and
indentation change: in the migration's own literals, in other migrations of the app, in any module
of the project and in its `.sql` files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.history import operation_span
from pgtrigger_codegen.lint.facts.project_files import first_party_files, sql_files, text_of
from pgtrigger_codegen.migrations.reading.operation_sql import operation_sql
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key, MigrationReader
from pgtrigger_codegen.source.literals import Char, literal_runs, string_literals
from pgtrigger_codegen.source.module import SourceSyntaxError, read_module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body_facts import TextRange


def installed_span(analysis: Analysis, trigger: BodyTrigger, place: TextRange | None) -> Span:
    """Where a stretch of the body stands, else the operation, else the migration's first line."""
    if trigger.migration is None:
        return trigger.span
    if place is not None:
        wanted = _Wanted(trigger, place)
        for text in wanted.texts:
            for path in _files(analysis, trigger.migration):
                if (found := wanted.in_file(path, text)) is not None:
                    return found
    return _operation(analysis, trigger.migration, trigger.func) or trigger.span


def characters(text: str) -> list[Char]:
    """A file's text in the way of a literal's."""
    return [
        Char(character, number, column, column + 1)
        for number, line in enumerate(text.split("\n"), start=1)
        for column, character in enumerate(line + "\n", start=1)
    ]


class _Text(NamedTuple):
    """Text without whitespace, and how far into the text the place is."""

    text: str
    offset: int


class _Wanted:
    """A place in a body, as texts that can be looked for, the surest first."""

    def __init__(self, trigger: BodyTrigger, place: TextRange) -> None:
        func, statement = trigger.func, trigger.statement or ""
        self._line = max((line.strip() for line in func.split("\n")), key=len)
        before, wanted = _compact(func[: place.start]), _compact(func[place.start : place.end])
        first_line = _compact(func[place.start : place.end].partition("\n")[0])
        self._size = max(len(first_line or wanted), 1)
        # The statement has the function's name, which tells bodies of the same text apart.
        start = _compact(statement).find(_compact(func))
        self.texts = [_Text(_compact(statement), start + len(before))] if start >= 0 else []
        self.texts.append(_Text(_compact(func), len(before)))

    def in_file(self, path: Path, wanted: _Text) -> Span | None:
        """The place by one of the texts."""
        text = text_of(path)
        if not self._line or self._line not in text:
            return None
        for chars in _literals(path) if path.suffix == ".py" else [characters(text)]:
            if (found := self._in_characters(str(path), chars, wanted)) is not None:
                return found
        return None

    def _in_characters(self, path: str, chars: Sequence[Char], wanted: _Text) -> Span | None:
        visible = [char for char in chars if not char.text.isspace()]
        start = "".join(char.text for char in visible).find(wanted.text)
        if start < 0:
            return None
        found = visible[start + wanted.offset : start + wanted.offset + self._size]
        on_line = [char for char in found if char.line == found[0].line]
        first, last = on_line[0], on_line[-1]
        return Span(path, first.line, first.column, first.line, last.end_column)


def _compact(text: str) -> str:
    return "".join(text.split())


def _literals(path: Path) -> Iterator[list[Char]]:
    try:
        module = read_module(path.stem, path, is_package=False, first_party=True)
    except (SourceSyntaxError, OSError):
        return
    for node in string_literals(module.tree):
        yield from literal_runs(module, node)


def _files(analysis: Analysis, migration: Key) -> Iterator[Path]:
    """Where the text may stand, the likeliest first."""
    reader = MigrationReader(analysis.project.apps, analysis.load_migration)
    yield reader.path(migration)
    for name in reversed(reader.names(migration[0])):
        if name != migration[1]:
            yield reader.path((migration[0], name))
    yield from first_party_files(analysis)
    yield from sql_files(analysis)


def _operation(analysis: Analysis, key: Key, func: str) -> Span | None:
    """The operation whose SQL has the body."""
    reader = MigrationReader(analysis.project.apps, analysis.load_migration)
    migration = reader.read(key)
    if not isinstance(migration, EvaluatedMigration):
        return None
    operations = migration.operations
    for index, operation in enumerate(operations if isinstance(operations, Sequence) else ()):
        if any(_compact(func) in _compact(text) for text in operation_sql(operation)):
            return operation_span(analysis, key, index)
    return None
