"""`collapse`: options → analysis → run of migrations → files → exit code."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_notices,
    pass_target,
    writing,
)
from pgtrigger_codegen.cli.write_files import Change, write_files
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.migrations.changes.operations import describe
from pgtrigger_codegen.migrations.collapse.collapsing import collapse as collapse_run
from pgtrigger_codegen.migrations.collapse.files import (
    CollapsedFile,
    CollapsedFiles,
    RunFiles,
    collapsed_files,
)
from pgtrigger_codegen.migrations.collapse.outcome import Apart, Collapse, Rewritten
from pgtrigger_codegen.migrations.collapse.runs import find_run
from pgtrigger_codegen.migrations.planning.preconditions import require_readable_migrations
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.project.git import is_committed
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.original_text import OriginalText
from pgtrigger_codegen.source.wording import counted


@click.command()
@click.argument("app_label", metavar="APP")
@click.argument("first", metavar="FROM")
@click.argument("last", metavar="[TO]", required=False)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if there is work to do.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show the changes.")
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; list the operations that would be merged."
)
@click.option(
    "--force",
    is_flag=True,
    help="Also rewrite migrations that are committed, or that the database has run.",
)
@click.option("--dsn", help="Ask this database which migrations it has run.")
@click.option(
    "--database",
    "alias",
    metavar="ALIAS",
    help="Ask this database of the settings which migrations it has run.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the outcome is printed.",
)
@pass_target
@click.pass_context
def collapse(
    context: click.Context,
    target: Target,
    *,
    app_label: str,
    first: str,
    last: str | None,
    check: bool,
    show_diff: bool,
    dry_run: bool,
    force: bool,
    dsn: str | None,
    alias: str | None,
    output_format: str,
) -> None:
    """Merge the operations on each trigger, in migrations not yet released.

    Rewrites the migrations of APP between FROM and TO (or its last), given by their names or how
    these begin: a trigger that is added and then changed is added as it is in the end, and one
    that is added and removed is gone. A file in which nothing is left is removed.
    """
    writes = not (check or show_diff or dry_run)
    if writes:
        context.with_resource(writing(target))
    analysis = analyze_target(target)
    outcome = _outcome(analysis, app_label, first, last, force=force)
    applied = _applied(analysis, app_label, dsn, alias) if dsn or alias else None
    refusal = None if force else _refusal(outcome, applied)
    outcome.echo_notes()
    outcome.echo_applied(applied or frozenset())
    if writes:
        if refusal:
            raise refusal
        write_files(analysis.project.root, outcome.changes())
    elif refusal:
        click.echo(f"note: writing this would be refused: {refusal}", err=True)
    if output_format == "json":
        document = outcome.as_json(with_content=not writes)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif show_diff:
        click.echo("".join(outcome.diff()), nl=False)
    else:
        click.echo("\n".join(outcome.as_text(written=writes)))
    context.exit(1 if check and outcome.files.files else 0)


class _Outcome(Struct, frozen=True):
    """The files to write, and the output to print."""

    analysis: Analysis
    app_label: str
    files: CollapsedFiles
    collapse: Collapse
    obstacles: tuple[tuple[Path, str], ...]

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
        for apart in self.collapse.apart:
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
        for rewritten in self.collapse.rewritten:
            yield f"  {_describe(rewritten)}"
        for file in self.files.files:
            yield f"  {self._path(file.path)}{_fate(file)}"

    def as_json(self, *, with_content: bool) -> dict[str, Any]:
        return {
            "collapsed": [_rewritten_as_json(item) for item in self.collapse.rewritten],
            "apart": [
                {
                    "uri": item.name,
                    "migrations": [_name(item.first.migration), _name(item.second.migration)],
                    "reason": item.reason,
                }
                for item in self.collapse.apart
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


def _outcome(
    analysis: Analysis, app_label: str, first: str, last: str | None, *, force: bool
) -> _Outcome:
    project = analysis.project
    reader = MigrationReader(project.apps, analysis.load_migration)
    own = [label for label, app in project.apps.items() if app.first_party]
    for label in own:
        require_readable_migrations(project, project.apps[label])
    run = find_run(reader, own, app_label, first, last)
    files = RunFiles.read(run)
    declared = {
        trigger.uri: project.display_path(trigger.span.path) for trigger in analysis.triggers
    }
    collapsed = collapse_run(run, declared, files.lists)
    changed = collapsed_files(files, collapsed, lambda path: force or is_committed(path) is False)
    obstacles = tuple(
        (run.graph.migrations[key].path, reason) for key, reason in files.obstacles.items()
    )
    return _Outcome(analysis, app_label, changed, collapsed, obstacles)


def _applied(
    analysis: Analysis, app_label: str, dsn: str | None, alias: str | None
) -> frozenset[str]:
    """The app's migrations that the database has run."""
    from pgtrigger_codegen.database.address import find_address
    from pgtrigger_codegen.database.applied import applied_migrations
    from pgtrigger_codegen.database.connection import Timeouts, connect, describe

    address = find_address(
        dsn=dsn,
        alias=alias,
        settings=analysis.project.settings,
        assumptions=analysis.assumptions,
        environment=os.environ,
    )
    with connect(address, Timeouts(), os.environ) as connection:
        click.echo(f"note: {describe(connection, address)}", err=True)
        with connection.reading():
            return applied_migrations(connection, app_label)


def _refusal(outcome: _Outcome, applied: frozenset[str] | None) -> CodegenError | None:
    """Why the files must not be changed: they may have run somewhere, or have.

    Args:
        applied: What a database has run; None where none was asked.
    """
    for file in outcome.files.files:
        name = _name(file.key)
        if applied and file.key[1] in applied:
            return CodegenError(
                f"migration {name} has run on the database",
                help="migrate the database back to before this migration, or begin with a later "
                "one; or pass --force, if every database has run all of these migrations or none",
            )
        committed = is_committed(file.path)
        if committed is None and applied is None:
            return CodegenError(
                f"it is not known whether migration {name} is committed: the project is not in a "
                "git repository",
                help="ask the database with --database or --dsn; or pass --force, if the migration "
                "has run nowhere else",
            )
        if committed:
            return CodegenError(
                f"migration {name} is committed, and may have run elsewhere",
                help="begin with a later migration; or pass --force, if every database has run all "
                "of these migrations or none",
            )
    return None


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
        "migrations": list(dict.fromkeys(_name(place.migration) for place in rewritten.origins)),
    }


def _name(key: tuple[str, str]) -> str:
    return ".".join(key)


_SIGNS = {"add": "+", "remove": "-", "alter": "~", "rename": "~"}
