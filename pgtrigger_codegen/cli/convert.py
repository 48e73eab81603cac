"""`convert`: options → analysis → conversion → files → exit code."""

from __future__ import annotations

import difflib
import json
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
from pgtrigger_codegen.cli.work_tree import require_clean
from pgtrigger_codegen.migrations.conversion.converter import (
    convert as convert_migrations,
)
from pgtrigger_codegen.migrations.conversion.outcome import (
    Conversion,
    ConvertedFile,
    ConvertedOperation,
    Remark,
)
from pgtrigger_codegen.project.settings_edit import SettingsEdit, runsql_mode_edit
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.original_text import OriginalText
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.transaction.write_files import Change, write_files


@click.command()
@click.argument("app_labels", nargs=-1, metavar="[APP]...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if there is work to do.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing; show the changes.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list what would be converted.")
@click.option(
    "--allow-dirty", is_flag=True, help="Convert even if the work tree has uncommitted changes."
)
@click.option("--settings", "edit_settings", is_flag=True, help="Also edit the settings.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the outcome is printed.",
)
@pass_target
@click.pass_context
def convert(
    context: click.Context,
    target: Target,
    *,
    app_labels: tuple[str, ...],
    check: bool,
    show_diff: bool,
    dry_run: bool,
    allow_dirty: bool,
    edit_settings: bool,
    output_format: str,
) -> None:
    """Turn django-pgtrigger's operations in migrations into RunSQL.

    Rewrites the migration files of each APP (or of all apps), so that Django's state holds no
    triggers any more and nothing in any database changes. All or nothing: with a single
    operation that cannot be converted, no file is changed.
    """
    writes = not (check or show_diff or dry_run)
    if writes:
        context.with_resource(writing(target))
    analysis = analyze_target(target)
    assert analysis.sites is not None
    conversion = convert_migrations(
        analysis.project,
        analysis.load_migration,
        analysis.sites,
        app_labels,
        analysis.config.databases,
        analysis.allow_migrate,
    )
    outcome = _Outcome(analysis, conversion, runsql_mode_edit(analysis.project), edit_settings)
    writes = writes and not conversion.obstacles
    if writes:
        changes = outcome.changes()
        if not allow_dirty:
            require_clean(analysis.project.root, [change.path for change in changes])
        write_files(analysis.project.root, changes)
    outcome.echo_remarks()
    if output_format == "json":
        document = outcome.as_json(written=writes, with_content=not writes)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif show_diff:
        click.echo("".join(outcome.diff()), nl=False)
    else:
        click.echo("\n".join(outcome.as_text(written=writes)))
    if conversion.obstacles:
        context.exit(2)
    context.exit(1 if check and outcome.pending else 0)


class _Outcome(Struct, frozen=True):
    """The files to write, and the output to print.

    Attributes:
        settings_edit: What turns django-pgtrigger's own migrations off; None when they are.
        edits_settings: Whether that is to be written as well.
    """

    analysis: Analysis
    conversion: Conversion
    settings_edit: SettingsEdit | None
    edits_settings: bool

    @property
    def pending(self) -> bool:
        """Whether there is anything to change."""
        return bool(self.conversion.files or (self.edits_settings and self.settings_edit))

    def changes(self) -> list[Change]:
        """Every file to write, with the line ends that the file has."""
        changes = [
            Change(file.path, OriginalText.read(file.path).with_text(file.after).encode())
            for file in self.conversion.files
        ]
        if self.edits_settings and (edit := self.settings_edit):
            changes.append(Change(edit.path, edit.content))
        return changes

    def echo_remarks(self) -> None:
        """Say on standard error what stands in the way, and what else is to be known."""
        echo_notices(self.analysis)
        for remark in self.conversion.notes:
            click.echo(f"note: {one_line(f'{self._place(remark)}: {remark.reason}')}", err=True)
        for remark in self.conversion.obstacles:
            click.echo(one_line(f"{self._place(remark)}: {remark.reason}"), err=True)
        if self.conversion.obstacles:
            obstacles = counted(len(self.conversion.obstacles), "operation")
            click.echo(
                f"error: {obstacles} cannot be converted; no file was changed\n"
                "  help: rewrite these by hand as RunSQL or as a literal AddTrigger or "
                "RemoveTrigger, or convert the other apps by naming them",
                err=True,
            )

    def as_text(self, *, written: bool) -> Iterator[str]:
        if not self.conversion.files:
            yield "Nothing to convert" if not self.conversion.obstacles else "Nothing converted"
        for file in self.conversion.files:
            verb = "Converted" if written else "Would convert"
            yield f"{verb} {self._path(file.path)}"
            yield from (f"    {_describe(operation)}" for operation in file.operations)
        if self.conversion.obstacles:
            return
        yield from self._left_to_do(written=written)

    def as_json(self, *, written: bool, with_content: bool) -> dict[str, Any]:
        return {
            "converted": [self._file_as_json(file, with_content) for file in self.conversion.files],
            "obstacles": [self._remark_as_json(remark) for remark in self.conversion.obstacles],
            "notes": [self._remark_as_json(remark) for remark in self.conversion.notes],
            "left": self._left_as_json(written=written),
            "pending": self.pending and not written,
        }

    def diff(self) -> Iterator[str]:
        changes = [(file.path, file.before, file.after) for file in self.conversion.files]
        if self.edits_settings and (edit := self.settings_edit):
            changes.append((edit.path, edit.before, edit.after))
        for path, before, after in changes:
            name = one_line(self._path(path))
            yield from difflib.unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"a/{name}",
                f"b/{name}",
            )

    def _left_to_do(self, *, written: bool) -> Iterator[str]:
        edit = self.settings_edit
        if edit is None:
            return
        where = self._path(edit.path)
        if self.edits_settings:
            yield f"{'Set' if written else 'Would set'} PGTRIGGER_MIGRATIONS = False in {where}"
        else:
            yield (
                f"Left to do: set PGTRIGGER_MIGRATIONS = False in {where} (--settings does it); "
                "otherwise Django's makemigrations would add the same triggers again"
            )

    def _left_as_json(self, *, written: bool) -> list[dict[str, Any]]:
        edit = self.settings_edit
        if edit is None or (written and self.edits_settings):
            return []
        return [{"setting": "PGTRIGGER_MIGRATIONS", "value": False, "path": self._path(edit.path)}]

    def _file_as_json(self, file: ConvertedFile, with_content: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "app": file.app_label,
            "path": self._path(file.path),
            "operations": [
                {
                    "kind": operation.kind,
                    "uri": operation.uri,
                    "line": operation.span.line,
                    "column": operation.span.column,
                }
                for operation in file.operations
            ],
        }
        if with_content:
            entry["content"] = file.after
        return entry

    def _remark_as_json(self, remark: Remark) -> dict[str, Any]:
        span = remark.span
        return {
            "path": self._path(span.path),
            "line": span.line,
            "column": span.column,
            "reason": remark.reason,
        }

    def _place(self, remark: Remark) -> str:
        return f"{self._path(remark.span.path)}:{remark.span.line}:{remark.span.column}"

    def _path(self, path: str | Path) -> str:
        return self.analysis.project.display_path(path)


def _describe(operation: ConvertedOperation) -> str:
    match operation.kind:
        case "add":
            return f"+ Add trigger {operation.uri}"
        case "remove":
            return f"- Remove trigger {operation.uri}"
        case "state":
            return f"  Trigger {operation.uri}: no longer in Django's state"
        case "reverse":
            return (
                f"  Trigger {operation.uri}: dropped with its model, and created again in reverse"
            )
