"""The output of `makemigrations`: files to write, text, JSON, annotations for GitHub."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.lint_output import repository_path_of
from pgtrigger_codegen.lint.reporters.github import annotation
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation, describe
from pgtrigger_codegen.migrations.planning.plan import AppPlan, MigrationFile, Plan
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.transaction.write_files import Change

NOT_CERTAIN = "No changes were found, but not all of the source could be read"
"""What stands in the place of "No changes detected" where that is not certain."""


class Outcome(Struct, frozen=True):
    """The output of `makemigrations`, as text or JSON.

    Attributes:
        shows_content: Whether the files' contents are part of it, nothing having been written.
    """

    analysis: Analysis
    plan: Plan
    shows_content: bool

    @property
    def changes(self) -> list[Change]:
        """Every file to write, once: two apps can add to the same one."""
        changes = {
            path: Change(path, content.encode(), path == file.path and file.woven is None)
            for app in self.plan.apps
            for file in app.files
            for path, content in file.files.items()
        }
        return list(changes.values())

    def as_json(self) -> dict[str, Any]:
        left = self.plan.apps if self.shows_content else [a for a in self.plan.apps if not a.files]
        return {
            "written": [
                self._file_as_json(app, file, operations)
                for app, file, operations in self._listed()
                if file or self.shows_content
            ],
            "pending": any(app.is_pending for app in left),
        }

    def as_text(self, *, with_content: bool) -> Iterator[str]:
        if not self.plan.pending:
            yield NOT_CERTAIN if self.plan.incomplete else "No changes detected"
        last = None
        for app, file, operations in self._listed():
            if app is not last:
                yield f"Migrations for {app.app_label!r}:"
            last = app
            added = ""
            if file and file.woven:
                added = " (operations added)" if operations else " (run_before added)"
            yield f"  {self._path(file) or '(not written)'}{added}"
            for operation in operations:
                yield f"    {_SIGNS[operation.kind]} {describe(operation)}"
            if with_content and file:
                yield from ("", file.content)

    def paths(self, folder: Path) -> Iterator[str]:
        """Each migration once: relative to the folder where it is below, as Django prints it."""
        found = dict.fromkeys(file.path for app in self.plan.apps for file in app.files)
        for path in found:
            below = path.is_relative_to(folder)
            yield one_line(str(path.relative_to(folder) if below else path))

    def _listed(
        self,
    ) -> Iterator[tuple[AppPlan, MigrationFile | None, tuple[TriggerOperation, ...]]]:
        """Every file with its operations; None for operations that cannot be written."""
        for app in self.plan.apps:
            for file in app.files:
                yield app, file, file.operations
            if app.operations and not app.files:
                yield app, None, app.operations

    def _file_as_json(
        self, app: AppPlan, file: MigrationFile | None, operations: Iterable[TriggerOperation]
    ) -> dict[str, Any]:
        entry = {
            "app": app.app_label,
            "path": self._path(file),
            "operations": [
                {"kind": operation.kind, "uri": operation.trigger.uri} for operation in operations
            ],
        }
        if self.shows_content:
            entry["content"] = file.content if file else None
        return entry

    def _path(self, file: MigrationFile | None) -> str | None:
        return self.analysis.project.display_path(file.path) if file else None


_SIGNS = {"add": "+", "remove": "-", "alter": "~", "rename": "~"}


def github_annotations(analysis: Analysis, plan: Plan) -> str:
    """A workflow command for each trigger whose migration is missing, and for what is in the way.

    A trigger that is declared is annotated at its declaration. For one that is not declared any
    more there is no line, and the annotation stands with the run.
    """
    shown = repository_path_of(analysis.project) or analysis.project.display_path
    spans = {trigger.uri: trigger.span for trigger in analysis.triggers}

    def command(title: str, text: str, span: Span | None = None) -> str:
        if span is None:
            return annotation("error", title, text)
        return annotation("error", title, text, shown(span.path), span)

    lines: list[str] = []
    for app in plan.apps:
        for operation in app.operations:
            text = f"{describe(operation)}: run `pgtrigger-codegen makemigrations {app.app_label}`"
            span = spans.get(operation.trigger.uri)
            lines.append(command("Missing trigger migration", text, span))
        for withheld in app.withheld:
            text = (
                f"trigger {withheld.trigger} is not removed, although nothing that was read "
                f"declares it: {withheld.gap.reason}"
            )
            lines.append(command("Trigger not read", text, withheld.gap.span))
        if app.error:
            lines.append(command("Migration cannot be written", f"{app.app_label}: {app.error}"))
    if plan.incomplete:
        gaps = dict.fromkeys((*analysis.certificate.blocking, *plan.gaps))
        lines.extend(command("Trigger not read", gap.reason, gap.span) for gap in gaps)
    return "".join(f"{line}\n" for line in lines)
