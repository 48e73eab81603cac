"""The output of `collapse`: files to write, text, JSON, differences."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import echo_notices
from pgtrigger_codegen.migrations.changes.operations import describe
from pgtrigger_codegen.migrations.collapse.files import CollapsedFile, CollapsedFiles
from pgtrigger_codegen.migrations.collapse.outcome import Apart, Rewritten
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.original_text import OriginalText
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.transaction.write_files import Change


class Outcome(Struct, frozen=True):
    """The files to write, and the output to print."""

    analysis: Analysis
    app_label: str
    files: CollapsedFiles
    rewritten: tuple[Rewritten, ...] = ()
    apart: tuple[Apart, ...] = ()
    obstacles: tuple[tuple[Path, str], ...] = ()

    def changes(self) -> list[Change]:
        """Every file to write, with the line ends that the file has, and every file to remove."""
        changes = [
            Change(file.path, OriginalText.read(file.path).with_text(file.after).encode())
            for file in self.files.files
            if file.after is not None
        ]
        if self.files.leaf:
            marker = self.files.files[0].path.parent / "max_migration.txt"
            if marker.is_file():
                changes.append(Change(marker, f"{self.files.leaf[1]}\n".encode()))
        removed = [Change(file.path, None) for file in self.files.files if file.after is None]
        return [*changes, *removed]

    def echo_notes(self) -> None:
        """Say on standard error what stays as it is, and what to look after."""
        echo_notices(self.analysis)
        for path, reason in self.obstacles:
            note = one_line(f"{self._path(path)} is left alone: {reason}")
            click.echo(f"note: {note}", err=True)
        for apart in self.apart:
            click.echo(f"note: {one_line(self._apart(apart))}", err=True)
        if self.files.files:
            click.echo(
                "note: before you collapse them, migrate each database that has run only some of "
                "these migrations to the last of them, or back to before the first: python "
                f"manage.py migrate {self.app_label}",
                err=True,
            )

    def echo_applied(self, applied: frozenset[str]) -> None:
        """Warn of a database that would be left half way."""
        names = [file.key[1] for file in self.files.files]
        left = [name for name in names if name not in applied]
        if left and len(left) < len(names):
            click.echo(
                f"warning: this database has run some of these migrations, but not {left[0]}: "
                "operations that move into a migration that it has run will never run there; "
                "migrate the database first",
                err=True,
            )

    def as_text(self, *, written: bool) -> Iterator[str]:
        if not self.files.files:
            yield "Nothing to collapse"
            return
        yield f"{'Collapsed' if written else 'Would collapse'} migrations of {self.app_label!r}:"
        for rewritten in self.rewritten:
            yield f"  {_describe(rewritten)}"
        for file in self.files.files:
            yield f"  {self._path(file.path)}{_fate(file)}"

    def as_json(self, *, with_content: bool) -> dict[str, Any]:
        return {
            "collapsed": [_rewritten_as_json(item) for item in self.rewritten],
            "apart": [
                {
                    "uri": item.name,
                    "migrations": [
                        migration_name(item.first.migration),
                        migration_name(item.second.migration),
                    ],
                    "reason": item.reason,
                }
                for item in self.apart
            ],
            "files": [self._file_as_json(file, with_content) for file in self.files.files],
            "pending": with_content and bool(self.files.files),
        }

    def diff(self) -> Iterator[str]:
        for file in self.files.files:
            name = one_line(self._path(file.path))
            yield from difflib.unified_diff(
                file.before.splitlines(keepends=True),
                (file.after or "").splitlines(keepends=True),
                f"a/{name}",
                "/dev/null" if file.after is None else f"b/{name}",
            )

    def _file_as_json(self, file: CollapsedFile, with_content: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "app": file.key[0],
            "path": self._path(file.path),
            "removed": file.after is None,
            "operations": [
                {"kind": operation.kind, "uri": operation.trigger.uri}
                for operation in file.operations
            ],
        }
        if with_content:
            entry["content"] = file.after
        return entry

    def _apart(self, apart: Apart) -> str:
        first, second = apart.first.migration[1], apart.second.migration[1]
        return f"{apart.name}: {first} and {second} stay apart: {apart.reason}"

    def _path(self, path: Path) -> str:
        return self.analysis.project.display_path(path)


def _describe(rewritten: Rewritten) -> str:
    count = counted(len(rewritten.origins), "operation")
    if rewritten.operation is None:
        return f"  Trigger {rewritten.name}: {count} removed, because nothing is left to do"
    return f"{_SIGNS[rewritten.operation.kind]} {describe(rewritten.operation)}, from {count}"


def _fate(file: CollapsedFile) -> str:
    if file.after is None:
        return " (removed: nothing is left in it)"
    return f" (left without operations: {file.kept})" if file.kept else ""


def _rewritten_as_json(rewritten: Rewritten) -> dict[str, Any]:
    return {
        "uri": rewritten.name,
        "kind": rewritten.operation.kind if rewritten.operation else None,
        "migrations": list(
            dict.fromkeys(migration_name(place.migration) for place in rewritten.origins)
        ),
    }


def migration_name(key: tuple[str, str]) -> str:
    """A migration as it is spoken of."""
    return ".".join(key)


_SIGNS = {"add": "+", "remove": "-", "alter": "~", "rename": "~"}
