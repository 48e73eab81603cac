"""`init`: looks at a project, shows the first steps, asks, and writes those that are wanted."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import click
from msgspec import structs

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import Target, analyze_target, echo_summary, pass_target, writing
from pgtrigger_codegen.cli.init_hooks import pre_commit_step, workflow_step
from pgtrigger_codegen.cli.init_steps import (
    FileEdit,
    Step,
    baseline_step,
    configuration_step,
    conversion_step,
    settings_step,
)
from pgtrigger_codegen.errors import CodegenError, MigrationsError, docs_url
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.options import lint_options
from pgtrigger_codegen.migrations.planning.plan import Options
from pgtrigger_codegen.project.ambiguity import SeveralProjectsError, SeveralSettingsError
from pgtrigger_codegen.project.common_settings import common_settings
from pgtrigger_codegen.project.discovery import discover
from pgtrigger_codegen.project.git import is_committed, repository_of, was_known
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.settings_edit import (
    SettingsEdit,
    settings_edit,
    with_runsql_mode,
)
from pgtrigger_codegen.project.site_packages import find_environment
from pgtrigger_codegen.source.edits import append_to_list
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.source.paths import resolved
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.transaction.write_files import write_files

_STEPS = ("settings", "convert", "config", "baseline", "pre-commit", "workflow")


@click.command()
@click.option("-y", "--yes", is_flag=True, help="Do all steps without asking.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show the steps.")
@click.option(
    "--skip",
    multiple=True,
    type=click.Choice(_STEPS),
    help="Leave this step out; can be given several times.",
)
@pass_target
@click.pass_context
def init(
    context: click.Context, target: Target, *, yes: bool, dry_run: bool, skip: tuple[str, ...]
) -> None:
    """Do the first steps in a project: show them, ask, and write them.

    RunSQL mode in the settings, django-pgtrigger's operations in migrations turned into RunSQL, the
    configuration, a baseline where `lint` finds much, the hooks of pre-commit and a workflow of
    GitHub Actions, each where the project has a place for it. A second run finds nothing to do.
    """
    if not (yes or dry_run or sys.stdin.isatty()):
        raise CodegenError(
            "refused without confirmation",
            help="add --yes to do all steps, or --dry-run to see them",
        )
    if not dry_run:
        context.with_resource(writing(target))
    target = _with_settings(target, may_ask=not (yes or dry_run))
    chosen = _Chosen(target, yes=yes, dry_run=dry_run, skip=skip)
    chosen.run()
    if not dry_run:
        write_files(chosen.repository, [edit.change for edit in chosen.edits.values()])
    chosen.conclude()


def _with_settings(target: Target, *, may_ask: bool) -> Target:
    """The target with the one settings module that is meant.

    Raises:
        CodegenError: There are several, and nobody to ask; or several projects.
    """
    config = target.config()
    try:
        discover(target.directory, config, settings_override=target.settings)
    except SeveralProjectsError as error:
        folders = [os.path.relpath(folder, target.directory) for folder in error.folders]
        commands = "; ".join(f"pgtrigger-codegen -C {shlex.quote(one)} init" for one in folders)
        raise CodegenError(
            "there are several projects here, and each has its own first steps",
            help=f"run in each: {commands}",
        ) from error
    except SeveralSettingsError as error:
        if not may_ask:
            commands = " or ".join(
                f"pgtrigger-codegen --settings {module} init" for module in error.modules
            )
            raise CodegenError(error.args[0], help=f"say which one is meant: {commands}") from error
        click.echo(one_line(error.args[0]), err=True)
        module = click.prompt("Which one is it?", type=click.Choice(error.modules), err=True)
        return structs.replace(target, settings=module)
    return target


class _Chosen:
    """The steps that are wanted, and the project as it will be with them.

    Attributes:
        edits: Every file to write, by its path.
        repository: The folder that pre-commit and workflows belong to.
    """

    def __init__(self, target: Target, *, yes: bool, dry_run: bool, skip: Sequence[str]) -> None:
        self.target = target
        self.edits: dict[Path, FileEdit] = {}
        self._yes = yes
        self._dry_run = dry_run
        self._skip = skip
        self._analysis: Analysis | None = None
        self._shown = 0
        self._left = 0
        repository = repository_of(target.directory)
        self.repository = repository.root if repository else self.analysis.project.root

    @property
    def analysis(self) -> Analysis:
        """The project with what is chosen so far."""
        if self._analysis is None:
            with self._as_chosen():
                self._analysis = analyze_target(self.target, history=True, remember=False)
        return self._analysis

    def run(self) -> None:
        """Offers every step, each seeing what the ones before it change."""
        project = self.analysis.project
        makers: dict[str, Callable[[], Step | None]] = {
            "settings": self._settings,
            "convert": lambda: conversion_step(self.analysis),
            "config": lambda: configuration_step(self.analysis, self._values()),
            "baseline": lambda: baseline_step(self.analysis, self._findings()),
            "pre-commit": lambda: pre_commit_step(self.repository, project.root),
            "workflow": lambda: workflow_step(self.repository, project.root),
        }
        for name in _STEPS:
            if name not in self._skip:
                self._offer(makers[name])

    def conclude(self) -> None:
        """Says what was found, and what comes next."""
        if not self._shown:
            click.echo("Nothing to do: the first steps are done")
        with self._as_chosen():
            echo_summary(self.analysis)
            for line in self._conclusion():
                click.echo(one_line(line))

    def _offer(self, make: Callable[[], Step | None]) -> None:
        with self._as_chosen():
            step = make()
        if step is None:
            return
        self._shown += 1
        click.echo(f"{self._shown}. {one_line(step.title)}")
        click.echo(f"   {one_line(step.why)}")
        if step.left is not None:
            self._left += 1
            click.echo(f"   Left to do: {one_line(step.left)}\n")
            return
        for line in step.lines(self.repository):
            click.echo(one_line(f"   {line}"))
        click.echo("")
        if self._is_wanted(step):
            self.edits |= {edit.path: self._joined(edit) for edit in step.edits}
            self._analysis = None

    def _is_wanted(self, step: Step) -> bool:
        if self._dry_run or self._yes:
            return True
        return click.confirm("Do this?", default=True, err=True)

    def _joined(self, edit: FileEdit) -> FileEdit:
        """The edit after an earlier one of the same file."""
        earlier = self.edits.get(edit.path)
        return structs.replace(edit, before=earlier.before) if earlier else edit

    def _as_chosen(self) -> AbstractContextManager[None]:
        return overlaid({str(resolved(path)): edit.content for path, edit in self.edits.items()})

    def _settings(self) -> Step | None:
        """RunSQL mode: in the file that all settings modules share, if it has its effect there."""
        project = self.analysis.project
        sets, adds = not project.settings.runsql_mode, not _has_pgtrigger(project)
        if project.settings.span is None or not (sets or adds):
            return None
        own = Path(project.settings.span.path)
        layout = discover(
            self.target.directory, self.target.config(), settings_override=self.target.settings
        )
        common = common_settings(layout.settings_module or "", layout.finder())
        for path in dict.fromkeys(filter(None, [common, own])):
            edit = _settings_edit(path, sets=sets, adds=adds)
            if edit is not None and self._has_effect(edit):
                return settings_step(edit, project.display_path(path), sets=sets, adds=adds)
        return settings_step(None, project.display_path(own), sets=sets, adds=adds)

    def _has_effect(self, edit: SettingsEdit) -> bool:
        """Whether the settings then say what they are to say, whatever follows the edit."""
        with overlaid({str(edit.path): edit.content}):
            project = analyze_target(self.target).project
        return project.settings.runsql_mode and _has_pgtrigger(project)

    def _values(self) -> dict[str, str]:
        """What of the configuration cannot be found by looking at the project."""
        values = {}
        if self.target.settings is not None:
            values["settings"] = self.target.settings
        project = self.analysis.project
        folders = (project.root, *project.first_party_roots)
        found, _ = find_environment(self.analysis.config, os.environ, folders)
        without, _ = find_environment(self.analysis.config, {}, folders)
        if found is not None and (without is None or found.prefix != without.prefix):
            prefix = resolved(found.prefix)
            if prefix.is_relative_to(project.root):
                values["python"] = prefix.relative_to(project.root).as_posix()
        return values

    def _findings(self) -> list[Diagnostic]:
        options = lint_options(self.analysis.config)
        return list(pipeline.lint(self.analysis, options=options, is_committed=is_committed))

    def _conclusion(self) -> Iterator[str]:
        analysis = self.analysis
        apps = {trigger.migration_app for trigger in analysis.triggers}
        own = [label for label, app in analysis.project.apps.items() if app.first_party]
        gaps = len(analysis.certificate.gaps)
        read = f"with {counted(gaps, 'gap')}, which show lists" if gaps else "all of it read"
        triggers = counted(len(analysis.triggers), "trigger")
        yield f"Found {triggers} in {len(apps)} of {counted(len(own), 'app')}, {read}"
        yield f"Next: {self._next()}"

    def _next(self) -> str:
        """The command that comes next, with a reason."""
        program = "pgtrigger-codegen"
        if self.target.directory != Path.cwd():
            program += f" -C {shlex.quote(os.path.relpath(self.target.directory))}"
        if self._dry_run and self.edits:
            return f"{program} init"
        if self.analysis.project.settings.span is not None and (
            not self.analysis.project.settings.runsql_mode
        ):
            return f"PGTRIGGER_MIGRATIONS = False in the settings, then {program} makemigrations"
        if not (self.analysis.triggers or self.analysis.certificate.gaps):
            return f"declare a trigger ({docs_url('quickstart.md')}), then {program} makemigrations"
        if self.analysis.certificate.blocking:
            return f"{program} lint, which tells what could not be read"
        try:
            is_pending = pipeline.plan(self.analysis, self._options()).pending
        except MigrationsError:
            is_pending = True
        if is_pending:
            return f"{program} makemigrations, then python manage.py migrate"
        return f"{program} lint; no migration is missing"

    def _options(self) -> Options:
        return Options(
            databases=self.analysis.config.databases,
            is_committed=is_committed,
            was_known=was_known,
        )


def _settings_edit(path: Path, *, sets: bool, adds: bool) -> SettingsEdit | None:
    def changed(text: str) -> str:
        text = with_runsql_mode(text) if sets else text
        return append_to_list(text, "INSTALLED_APPS", "pgtrigger") or text if adds else text

    try:
        return settings_edit(path, changed)
    except (OSError, SyntaxError):
        return None


def _has_pgtrigger(project: Project) -> bool:
    """Whether django-pgtrigger is an app; what is not known counts as yes."""
    entries = project.settings.get("INSTALLED_APPS", [])
    if not isinstance(entries, list | tuple) or project.settings.incomplete:
        return True
    return any(not isinstance(one, str) or one.partition(".")[0] == "pgtrigger" for one in entries)
