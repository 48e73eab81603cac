"""Stage migrations: operations put into a migration file that somebody else wrote.

What stands in the file stays as it is, comments and layout included: text is only added, at
places that Python's own parser tells.
"""

from __future__ import annotations

import ast
import bisect
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.writing.literal import string_literal
from pgtrigger_codegen.migrations.writing.migration_class import (
    LayoutError,
    migration_class,
    plain_list,
)


class Threads(Struct, frozen=True):
    """Operations to add, as blocks of text, by the place of an operation in the file.

    Attributes:
        before, after: Of that operation.
    """

    before: Mapping[int, Sequence[str]]
    after: Mapping[int, Sequence[str]]


def weave(
    source: str,
    threads: Threads,
    dependencies: Sequence[Key] = (),
    run_before: Sequence[Key] = (),
) -> str:
    """The file with the operations, dependencies and `run_before` added.

    Raises:
        LayoutError: The operations or dependencies are not a plain list, or what the added
            ones need is not imported.
    """
    module = ast.parse(source)
    migration = migration_class(module)
    text = _Text(source)
    insertions: list[tuple[int, str]] = []
    elements: ast.List | None = None
    if places := [*threads.before, *threads.after]:
        if not _imports_migrations(module):
            raise LayoutError("it does not say `from django.db import migrations`")
        elements = plain_list(migration, "operations")
        if max(places) >= len(elements.elts):
            raise LayoutError("its operations are not all in the list of class Migration")
        for index, blocks in threads.before.items():
            insertions.append(text.before(elements.elts[index], blocks))
        for index, blocks in threads.after.items():
            insertions.append(text.after(elements.elts[index], blocks))
    if dependencies:
        insertions.append(_listed(text, plain_list(migration, "dependencies"), dependencies))
    if run_before and _assigned(migration, "run_before"):
        insertions.append(_listed(text, plain_list(migration, "run_before"), run_before))
    elif run_before:
        lines = ["    run_before = [", *_keys(run_before), "    ]"]
        insertions.append(text.above_or_below(_anchor(migration), lines))
    woven = text.with_insertions(insertions)
    if elements:
        _require_same(elements, woven, threads)
    return woven


def _keys(keys: Sequence[Key]) -> list[str]:
    return [f"        ({string_literal(app)}, {string_literal(name)})," for app, name in keys]


def _listed(text: _Text, listed: ast.List, keys: Sequence[Key]) -> tuple[int, str]:
    lines = _keys(keys)
    return text.after(listed.elts[-1], lines) if listed.elts else text.inside(listed, lines)


def _assigned(migration: ast.ClassDef, attribute: str) -> ast.stmt | None:
    for statement in migration.body:
        targets = (
            statement.targets
            if isinstance(statement, ast.Assign)
            else [statement.target]
            if isinstance(statement, ast.AnnAssign)
            else []
        )
        if any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            return statement
    return None


def _anchor(migration: ast.ClassDef) -> tuple[ast.stmt, bool]:
    """The statement next to which `run_before` belongs, and whether below it."""
    if dependencies := _assigned(migration, "dependencies"):
        return dependencies, True
    return _assigned(migration, "operations") or migration.body[0], False


def _imports_migrations(module: ast.Module) -> bool:
    return any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "django.db"
        and any(name.name == "migrations" and name.asname is None for name in statement.names)
        for statement in module.body
    )


def _require_same(before: ast.List, woven: str, threads: Threads) -> None:
    """Refuse a layout in which what was there would become something else."""
    try:
        after = plain_list(migration_class(ast.parse(woven)), "operations").elts
    except SyntaxError as error:
        raise LayoutError("its operations are laid out in an unusual way") from error
    expected: list[ast.expr | None] = []
    for index, element in enumerate(before.elts):
        expected += [None] * len(threads.before.get(index, ()))
        expected.append(element)
        expected += [None] * len(threads.after.get(index, ()))
    if len(after) != len(expected) or any(
        there and ast.dump(there) != ast.dump(element)
        for there, element in zip(expected, after, strict=True)
    ):
        raise LayoutError("its operations are laid out in an unusual way")


_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Between an expression and the comma or parenthesis that belongs to it.
_BLANKS = r"(?:\s|\\\r?\n|#[^\r\n]*+)*+"


class _Text:
    """A file's text by the positions of its syntax."""

    def __init__(self, source: str) -> None:
        self.source = source
        # Python's lines: `str.splitlines` ends them at form feeds and the like as well.
        self.lines = _LINE.findall(source)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def before(self, element: ast.expr, blocks: Sequence[str]) -> tuple[int, str]:
        """Where to add blocks before an element, and the comments on the lines above it."""
        start, _ = self._extent(element)
        line = bisect.bisect_right(self.starts, start) - 1
        if self.source[self.starts[line] : start].strip():
            return start, "".join(f"\n{block}" for block in blocks) + f"\n{' ' * 8}"
        while line and self.lines[line - 1].lstrip().startswith("#"):
            line -= 1
        return self.starts[line], "".join(f"{block}\n" for block in blocks)

    def after(self, element: ast.expr, blocks: Sequence[str]) -> tuple[int, str]:
        """Where to add blocks behind an element, its comma and the comment on its line."""
        _, end = self._extent(element)
        comma = re.compile(rf"{_BLANKS},").match(self.source, end)
        added = "".join(f"\n{block}" for block in blocks)
        if comma:
            end = comma.end()
        else:
            added = f",{added}"
        rest = re.compile(r"[ \t]*(#[^\r\n]*)?(?=[\r\n])").match(self.source, end)
        if rest and comma:
            return rest.end(), added
        if rest:
            # The comma belongs before the comment.
            return end, f"{added}\n{' ' * 8}" if rest.group(1) else added
        return end, f"{added}\n{' ' * 4}" if self._closes(end) else f"{added}\n{' ' * 8}"

    def inside(self, empty: ast.List, blocks: Sequence[str]) -> tuple[int, str]:
        """Where to add blocks to an empty list."""
        start = self._offset(empty.lineno, empty.col_offset) + 1
        return start, "".join(f"\n{block}" for block in blocks) + f"\n{' ' * 4}"

    def above_or_below(
        self, anchor: tuple[ast.stmt, bool], lines: Sequence[str]
    ) -> tuple[int, str]:
        """Where to add lines next to a statement of the class."""
        statement, below = anchor
        added = "\n".join(lines)
        if not below:
            return self.starts[statement.lineno - 1], f"{added}\n\n"
        assert statement.end_lineno is not None
        end = self.starts[statement.end_lineno]
        return (end, f"{added}\n") if self.source[end - 1 : end] == "\n" else (end, f"\n{added}")

    def with_insertions(self, insertions: Sequence[tuple[int, str]]) -> str:
        """The text with all of them, those at one place in the order given."""
        newline = "\r\n" if "\r\n" in self.source else "\n"
        text, end = "", 0
        for place, added in sorted(insertions, key=lambda insertion: insertion[0]):
            text += self.source[end:place] + added.replace("\n", newline)
            end = place
        return text + self.source[end:]

    def _extent(self, element: ast.expr) -> tuple[int, int]:
        """Where an element begins and ends, the parentheses around it included."""
        assert element.end_lineno is not None
        assert element.end_col_offset is not None
        start = self._offset(element.lineno, element.col_offset)
        end = self._offset(element.end_lineno, element.end_col_offset)
        while closing := re.compile(rf"{_BLANKS}\)").match(self.source, end):
            end = closing.end()
            start = self._opening(start)
        return start, end

    def _opening(self, start: int) -> int:
        """The parenthesis before a place, of which only blanks and comments divide it."""
        found = self.source.rindex("(", 0, start)
        while not re.fullmatch(rf"{_BLANKS}", self.source[found + 1 : start]):
            found = self.source.rindex("(", 0, found)
        return found

    def _closes(self, end: int) -> bool:
        return self.source[end:].lstrip().startswith("]")

    def _offset(self, line: int, column: int) -> int:
        """Columns count bytes."""
        text = self.lines[line - 1]
        return self.starts[line - 1] + len(text.encode()[:column].decode())
