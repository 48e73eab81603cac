"""`makemigrations`: options → analysis → plan → files → exit code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pgtrigger_codegen.cli.common import Target, analyze_target, echo_summary, pass_target
from pgtrigger_codegen.cli.write_files import write_files
from pgtrigger_codegen.errors import CodegenError, MigrationsError
from pgtrigger_codegen.migrations.operations import describe
from pgtrigger_codegen.migrations.planner import AppPlan, Options, Plan, Source, make_plan
from pgtrigger_codegen.migrations.preconditions import require_runsql_mode
from pgtrigger_codegen.pipeline import Analysis


@click.command()
@click.argument("app_labels", nargs=-1, metavar="[APP]...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is missing.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written.")
@click.option("-n", "--name", help="Name of the migrations, to stand behind their number.")
@click.option(
    "--allow-unresolved",
    is_flag=True,
    help="Write additions and changes for apps with triggers that cannot be read, too.",
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
def makemigrations(
    context: click.Context,
    target: Target,
    *,
    app_labels: tuple[str, ...],
    check: bool,
    dry_run: bool,
    name: str | None,
    allow_unresolved: bool,
    output_format: str,
) -> None:
    """Write the migrations that install, change and remove triggers.

    Compares the triggers that the source declares with those that the migrations of each APP
    (or of all apps) leave installed.
    """
    _check_name(name)
    analysis = analyze_target(target)
    writes = not (check or dry_run)
    if writes:
        require_runsql_mode(analysis.project.settings)
    options = Options(
        app_labels=app_labels or None,
        name=name,
        allow_unresolved=allow_unresolved,
        databases=analysis.config.databases,
    )
    plan = make_plan(_source(analysis), analysis.load_migration, options)
    outcome = _Outcome(analysis, plan, shows_content=not writes)
    _echo_notes(outcome, app_labels)
    if not check:
        _stop_on_errors(plan)
    if writes:
        write_files(outcome.files)
    if output_format == "json":
        click.echo(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(outcome.as_text(with_content=dry_run)))
    context.exit(_exit_code(plan, check=check))


@dataclass(frozen=True)
class _Outcome:
    """What there is to print.

    Attributes:
        shows_content: Whether the files' contents are part of it, nothing having been written.
    """

    analysis: Analysis
    plan: Plan
    shows_content: bool

    @property
    def files(self) -> dict[Path, str]:
        return {
            path: content
            for app in self.plan.apps
            if app.file
            for path, content in app.file.files.items()
        }

    def as_json(self) -> dict[str, Any]:
        shown = [app for app in self.plan.apps if app.file or self.shows_content]
        left = self.plan.apps if self.shows_content else [a for a in self.plan.apps if not a.file]
        return {
            "written": [self._app_as_json(app) for app in shown if app.operations],
            "pending": any(app.operations or app.error for app in left),
        }

    def as_text(self, *, with_content: bool) -> Iterator[str]:
        listed = [app for app in self.plan.apps if app.operations]
        if not listed:
            yield "No changes detected"
        for app in listed:
            yield f"Migrations for {app.app_label!r}:"
            yield f"  {self._path(app) or '(not written)'}"
            for operation in app.operations:
                yield f"    {_SIGNS[operation.kind]} {describe(operation)}"
            if with_content and app.file:
                yield from ("", app.file.content)

    def _app_as_json(self, app: AppPlan) -> dict[str, Any]:
        entry = {
            "app": app.app_label,
            "path": self._path(app),
            "operations": [
                {"kind": operation.kind, "uri": operation.trigger.uri}
                for operation in app.operations
            ],
        }
        if self.shows_content:
            entry["content"] = app.file.content if app.file else None
        return entry

    def _path(self, app: AppPlan) -> str | None:
        return self.analysis.project.display_path(app.file.path) if app.file else None


_SIGNS = {"add": "+", "remove": "-", "alter": "~", "rename": "~"}


def _check_name(name: str | None) -> None:
    if name is not None and not f"_{name}".isidentifier():
        raise MigrationsError(
            f"{name!r} cannot be part of the name of a Python module",
            help="use letters, digits and underscores",
        )


def _source(analysis: Analysis) -> Source:
    return Source(
        project=analysis.project,
        models=analysis.models,
        triggers=analysis.triggers,
        foreign_triggers=analysis.foreign_triggers,
        unresolved=analysis.unresolved,
        unparsed=tuple(problem.span for problem in analysis.syntax_problems),
        doubtful_models=frozenset(
            label for label, model in analysis.models.items() if model.unread is not None
        ),
    )


def _echo_notes(outcome: _Outcome, app_labels: Iterable[str]) -> None:
    """Say on standard error what the outcome does not rest on."""
    analysis, wanted = outcome.analysis, set(app_labels)
    for item in outcome.plan.unreadable:
        migration = ".".join(item.migration)
        click.echo(f"{item.part} of {migration} not read: {item.unknown.reason}", err=True)
    for unresolved in analysis.unresolved:
        if not wanted or unresolved.migration_app in {*wanted, None}:
            span = unresolved.span
            where = f"{analysis.project.display_path(span.path)}:{span.line}:{span.column}"
            click.echo(f"{where}: {unresolved.code} {unresolved.reason}", err=True)
    for app in outcome.plan.apps:
        if app.unresolved:
            click.echo(
                f"Nothing is written for app {app.app_label!r}, where not all triggers could be "
                "read (--allow-unresolved writes additions and changes).",
                err=True,
            )
        if app.error:
            click.echo(f"{app.app_label}: {app.error}", err=True)
    echo_summary(analysis)


def _stop_on_errors(plan: Plan) -> None:
    if failed := [app.app_label for app in plan.apps if app.error]:
        raise CodegenError(f"no migration was written, because of app {', '.join(failed)}")


def _exit_code(plan: Plan, *, check: bool) -> int:
    if plan.unresolved:
        return 2
    return 1 if check and plan.pending else 0
