"""`install`, `uninstall`, `enable`, `disable`, `prune`: options → survey → plan → transaction."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from pgtrigger_codegen.cli.common import Target, pass_target
from pgtrigger_codegen.cli.connecting import (
    ConnectionOptions,
    DatabaseSession,
    connection_options,
    open_session,
)
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.database.execution import as_script, execute
from pgtrigger_codegen.database.plan import Action, DatabasePlan, make_plan
from pgtrigger_codegen.database.schemas import SearchPath
from pgtrigger_codegen.database.status import TriggerStatus
from pgtrigger_codegen.errors import CodegenError, MigrationsError
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.wording import counted

_URIS = click.argument("uris", nargs=-1, metavar="[URI]...")


def _action_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--dry-run", is_flag=True, help="Change nothing; print the SQL."),
        click.option("-y", "--yes", is_flag=True, help="Do not ask before changing all triggers."),
        click.option(
            "--even-unread",
            is_flag=True,
            help="Also change named triggers that may be declared in source that could not be "
            "read.",
        ),
    ):
        command = option(command)
    return connection_options(command)


@click.command()
@_URIS
@_action_options
@pass_target
def install(target: Target, /, *, uris: tuple[str, ...], **options: Any) -> None:
    """Install triggers that are missing, and bring those up to date that are OUTDATED.

    Without URIs, all triggers of the source. Disabled triggers stay disabled.
    """
    _Run("install", target, uris).run(**options)


@click.command()
@_URIS
@_action_options
@pass_target
def uninstall(target: Target, /, *, uris: tuple[str, ...], **options: Any) -> None:
    """Drop triggers that the source declares, and their functions.

    Without URIs, all of them. A function that something else uses stays.
    """
    _Run("uninstall", target, uris).run(**options)


@click.command()
@_URIS
@_action_options
@pass_target
def enable(target: Target, /, *, uris: tuple[str, ...], **options: Any) -> None:
    """Enable triggers that are installed.

    Without URIs, all that the source declares.
    """
    _Run("enable", target, uris).run(**options)


@click.command()
@_URIS
@_action_options
@pass_target
def disable(target: Target, /, *, uris: tuple[str, ...], **options: Any) -> None:
    """Disable triggers that are installed, for every session.

    Without URIs, all that the source declares.
    """
    _Run("disable", target, uris).run(**options)


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--foreign",
    is_flag=True,
    help="Also drop triggers that no migration of this project has ever named.",
)
@_action_options
@pass_target
def prune(target: Target, /, *, names: tuple[str, ...], foreign: bool, **options: Any) -> None:
    """Drop triggers that the source does not declare any more, and their functions.

    Only those that migrations of this project have named, on tables in the search path: any other
    whose name begins with `pgtrigger_` may be another project's. Such triggers are listed. Exits
    with 2 if some are kept because not all of the source could be read.
    """
    _Run("prune", target, names, with_foreign=foreign).run(**options)


class _Run:
    """One command at work.

    Attributes:
        incomplete: Whether something asked for was left undone.
    """

    def __init__(
        self, action: Action, target: Target, uris: tuple[str, ...], *, with_foreign: bool = False
    ) -> None:
        self.action = action
        self.with_foreign = with_foreign
        self.target = target
        self.uris = uris
        self.incomplete = False
        self.even_unread = False

    def run(self, *, dry_run: bool, yes: bool, even_unread: bool, **connection: Any) -> None:
        options = ConnectionOptions(**connection)
        if even_unread and not self.uris:
            raise click.UsageError("--even-unread needs the triggers to be named.")
        self.even_unread = even_unread
        only_known = not (even_unread or self.action == "prune")
        with open_session(
            self.target, self.uris, options, only_known=only_known, changes=True
        ) as session:
            self._warn_of_migrations(session)
            if not (self.uris or dry_run or yes):
                self._confirm(session)
            for scope in session.scopes:
                self._run_scope(session, scope, dry_run=dry_run)
            self._note_gaps(session)
        if self.incomplete:
            click.get_current_context().exit(2)

    def _warn_of_migrations(self, session: DatabaseSession) -> None:
        try:
            managed = session.source.history.managed()
        except MigrationsError as error:
            click.echo(f"note: the migrations cannot be read: {error}", err=True)
            return
        apps = {app for uri, app in managed.items() if not self.uris or uri in session.uris}
        if apps:
            click.echo(
                f"warning: migrations of {', '.join(sorted(apps))} manage these triggers, and "
                f"will not know of the changes that `{self.action}` makes",
                err=True,
            )

    def _note_gaps(self, session: DatabaseSession) -> None:
        """All triggers were asked for, and not all of the source could be read."""
        gaps = session.analysis.certificate.blocking
        if gaps and not self.uris:
            unresolved = len(session.analysis.unresolved)
            if unresolved and self.action != "prune":
                click.echo(
                    f"left alone: {counted(unresolved, 'declaration')} that could not be read",
                    err=True,
                )
            click.echo(
                f"not all of the source could be read: {counted(len(gaps), 'gap')} (see above)",
                err=True,
            )
            self.incomplete = True

    def _confirm(self, session: DatabaseSession) -> None:
        what = {"prune": "all triggers that the source does not declare"}.get(
            self.action, "all triggers"
        )
        schemas = f", in {len(session.scopes)} schemas" if len(session.scopes) > 1 else ""
        question = f"{self.action} {what} in {session.place}{schemas}"
        if not sys.stdin.isatty():
            raise CodegenError(
                f"refused without confirmation: {question}",
                help="add --yes, or name the triggers"
                if self.action != "prune"
                else "add --yes; --dry-run shows what would be dropped",
            )
        if not click.confirm(f"{question}?", err=True):
            raise CodegenError("not confirmed; nothing was changed")

    def _run_scope(self, session: DatabaseSession, scope: SearchPath, *, dry_run: bool) -> None:
        """Each scope has a transaction of its own; one tenant's trouble is not all tenants'."""

        def plan() -> DatabasePlan:
            found = session.survey(scope)
            wanted = [item for item in found.statuses if self._concerns(item)]
            return make_plan(
                self.action,
                wanted,
                found.catalog,
                with_foreign=self.with_foreign,
                even_unread=self.even_unread,
            )

        try:
            if dry_run:
                with session.connection.reading(scope.path):
                    made = plan()
                self._echo_script(made, scope)
            else:
                made = execute(session.connection, scope.path, plan)
                self._echo_outcome(made, scope)
        except DatabaseError as error:
            if scope.tenant is None or not session.connection.usable:
                raise
            click.echo(f"{scope.tenant}: error: {error}", err=True)
            self.incomplete = True
            return
        self._echo_skipped(made)

    def _concerns(self, status: TriggerStatus) -> bool:
        """Whether the command is for such a trigger: one that is declared, or may be."""
        if status.status == "UNKNOWN":
            return True
        return (status.uri is None) == (self.action == "prune")

    def _echo_script(self, plan: DatabasePlan, scope: SearchPath) -> None:
        if not plan.steps:
            click.echo(self._heading(scope) + "Nothing to do", err=True)
            return
        click.echo(as_script(plan) + "\n")

    def _echo_outcome(self, plan: DatabasePlan, scope: SearchPath) -> None:
        heading = self._heading(scope)
        if scope.tenant is None:
            for step in plan.steps:
                click.echo(f"{step.verb}: {step.label}")
            if not plan.steps:
                click.echo("Nothing to do")
        else:
            click.echo(f"{heading}{counted(len(plan.steps), 'change')}, {plan.unchanged} unchanged")

    def _echo_skipped(self, plan: DatabasePlan) -> None:
        for status, reason in plan.skipped:
            click.echo(f"left alone: {status.label}: {reason}", err=True)
        for name in plan.kept_functions:
            click.echo(f"left alone: {one_line(name)}", err=True)
        for status in plan.foreign:
            click.echo(f"left alone: {status.label}: {status.foreign} (--foreign)", err=True)
        unknown = any(status.status == "UNKNOWN" for status, _ in plan.skipped)
        if plan.skipped and (self.uris or unknown or self.action == "prune"):
            self.incomplete = True

    def _heading(self, scope: SearchPath) -> str:
        return f"{scope.tenant}: " if scope.tenant is not None else ""
