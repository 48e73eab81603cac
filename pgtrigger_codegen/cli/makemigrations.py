"""`makemigrations`: options → analysis → plan → files → exit code."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import click
from msgspec import structs

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_gap,
    echo_summary,
    no_cache_option,
    pass_target,
    writing,
)
from pgtrigger_codegen.cli.django_options import django_options, notes_of
from pgtrigger_codegen.cli.makemigrations_output import Outcome, github_annotations
from pgtrigger_codegen.cli.output import commands_to_github
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.cli.staged import Staged, echo_not_added
from pgtrigger_codegen.errors import CodegenError, MigrationsError
from pgtrigger_codegen.migrations.changes.open_changes import Way
from pgtrigger_codegen.migrations.planning.plan import Options, Plan
from pgtrigger_codegen.migrations.planning.preconditions import require_runsql_mode
from pgtrigger_codegen.project.git import is_committed, was_known
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.sql.render import Style
from pgtrigger_codegen.transaction.write_files import write_files


@click.command()
@click.argument("app_labels", nargs=-1, metavar="[APP]...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is missing.")
@click.option(
    "--staged",
    is_flag=True,
    help="With --check: read the files that git would commit, not those in the folder.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would be written.")
@click.option("-n", "--name", help="Name of the migrations, after their number.")
@click.option(
    "--allow-unresolved",
    is_flag=True,
    help="Also write additions and changes for apps with triggers that cannot be read.",
)
@click.option(
    "--weave",
    "schema_changes",
    flag_value="weave",
    help="Add operations to the migrations that change the triggers' tables, even if git does not "
    "say that these migrations are uncommitted.",
)
@click.option(
    "--no-weave",
    "schema_changes",
    flag_value="refuse",
    help="Never add to an existing migration; say what to do instead.",
)
@click.option(
    "--split",
    "schema_changes",
    flag_value="split",
    help="Write one migration before a migration that changes a table, and one after it.",
)
@click.option(
    "--after",
    "schema_changes",
    flag_value="after",
    help="Write only what comes after a migration that changes a table and has run everywhere.",
)
@click.option(
    "--rewrite",
    is_flag=True,
    help="Treat migrations outside of git as migrations that have run nowhere, and fix the order "
    "of branches that run in one order only.",
)
@click.option(
    "--no-replace-trigger",
    is_flag=True,
    help="Drop and create triggers, for PostgreSQL before 14.",
)
@click.option(
    "--lock-timeout", metavar="TIME", help="How long to wait for locks, as in 3s or 500ms."
)
@click.option(
    "--adopt/--no-adopt",
    default=None,
    help="Whether new triggers stay disabled where `manage.py pgtrigger install` made them before "
    "and they are disabled; by default in the first trigger migration of an app.",
)
@click.option(
    "--refresh-hashes",
    is_flag=True,
    help="Record django-pgtrigger's hash again for triggers that have not changed otherwise.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How the outcome is printed; github, with --check, annotates the lines of triggers.",
)
@django_options
@no_cache_option
@pass_target
@click.pass_context
def makemigrations(
    context: click.Context,
    target: Target,
    *,
    app_labels: tuple[str, ...],
    check: bool,
    staged: bool,
    dry_run: bool,
    name: str | None,
    allow_unresolved: bool,
    schema_changes: Way | None,
    rewrite: bool,
    no_replace_trigger: bool,
    lock_timeout: str | None,
    adopt: bool | None,
    refresh_hashes: bool,
    output_format: str,
    include_header: bool,
    scriptable: bool,
    verbosity: int,
) -> None:
    """Write the migrations that install, change and remove triggers.

    Compares the triggers that the source declares with those that the migrations of each APP
    (or of all apps) leave installed.
    """
    _check_name(name)
    _check_lock_timeout(lock_timeout)
    _check_combination(output_format, check=check, staged=staged, scriptable=scriptable)
    context.obj = target = structs.replace(target, notes=notes_of(verbosity, target.notes))
    writes = not (check or dry_run)
    if writes:
        context.with_resource(writing(target))
    index = Staged(target.directory) if staged else None
    if index is not None:
        context.with_resource(index.instead_of_files())
    analysis = analyze_target(target, history=True, remember=index is None or not index.differs)
    if writes:
        require_runsql_mode(analysis.project.settings)
    options = Options(
        app_labels=app_labels or None,
        name=name,
        allow_unresolved=allow_unresolved,
        databases=analysis.config.databases,
        style=Style(or_replace=not no_replace_trigger, lock_timeout=lock_timeout),
        adopt=adopt,
        refresh_hashes=refresh_hashes,
        schema_changes=schema_changes or "auto",
        is_committed=is_committed,
        was_known=was_known,
        rewrite=rewrite,
        has_header=include_header,
    )
    plan = pipeline.plan(analysis, options)
    outcome = Outcome(analysis, plan, shows_content=not writes)
    echo_notes(analysis, plan, app_labels)
    if not check:
        _stop_on_errors(plan)
    if writes:
        write_files(analysis.project.root, outcome.changes)
    _echo(outcome, output_format, verbosity, scriptable=scriptable, with_content=dry_run)
    missing = index.not_added(analysis) if index is not None else []
    echo_not_added(analysis, missing)
    # What is staged is no file, so that a cache could not tell when it changes.
    if not writes and index is None:
        speed.reusable(analysis.project.root)
    context.exit(_exit_code(plan, check=check) or (1 if missing else 0))


def _echo(
    outcome: Outcome, output_format: str, verbosity: int, *, scriptable: bool, with_content: bool
) -> None:
    """Prints the outcome: on standard output, or to a script only the paths there."""
    match output_format:
        case "json":
            click.echo(json.dumps(outcome.as_json(), indent=2, ensure_ascii=False))
        case "github":
            with commands_to_github(sys.stdout):
                click.echo(github_annotations(outcome.analysis, outcome.plan), nl=False)
        case _ if verbosity:
            click.echo("\n".join(outcome.as_text(with_content=with_content)), err=scriptable)
            if scriptable:
                for path in outcome.paths(Path.cwd()):
                    click.echo(path)


def echo_notes(analysis: Analysis, plan: Plan, app_labels: Iterable[str]) -> None:
    """Say on standard error what the outcome does not rest on."""
    wanted = set(app_labels)
    for item in plan.unreadable:
        migration = ".".join(item.migration)
        reason = one_line(item.unknown.reason)
        click.echo(f"{item.part} of {migration} not read: {reason}", err=True)
    for gap in dict.fromkeys((*analysis.certificate.stated, *plan.gaps)):
        touches = not wanted or any(map(gap.touches, wanted))
        if gap in plan.gaps or (gap.blocks and touches):
            echo_gap(analysis, gap)
    for app in plan.apps:
        if app.unresolved:
            click.echo(
                f"app {app.app_label!r}: no migration is written, because not all of its triggers "
                "could be read (--allow-unresolved writes additions and changes)",
                err=True,
            )
        for withheld in app.withheld:
            place = analysis.project.display_place(withheld.gap.span)
            click.echo(
                f"{place}trigger {withheld.trigger} is not removed, although "
                f"nothing that was read declares it: {withheld.gap.reason}",
                err=True,
            )
        for note in app.notes:
            click.echo(f"note: {one_line(note)}", err=True)
        if app.error:
            click.echo(f"{app.app_label}: {app.error}", err=True)
    echo_summary(analysis)


def _check_name(name: str | None) -> None:
    if name is not None and not f"_{name}".isidentifier():
        raise MigrationsError(
            f"{name!r} cannot be part of the name of a Python module",
            help="use letters, digits and underscores",
        )


def _check_lock_timeout(value: str | None) -> None:
    if value is not None and not re.fullmatch(r"\d+(ms|s|min|h)?", value):
        raise MigrationsError(
            f"{value!r} is not a time that PostgreSQL knows",
            help="give a number and a unit, as in 3s or 500ms",
        )


def _check_combination(output_format: str, *, check: bool, staged: bool, scriptable: bool) -> None:
    if staged and not check:
        raise click.UsageError("--staged needs --check.")
    if output_format == "github" and not check:
        raise click.UsageError("--output-format github needs --check.")
    if scriptable and output_format != "text":
        raise click.UsageError("--scriptable cannot be combined with --output-format.")


def _stop_on_errors(plan: Plan) -> None:
    if failed := [app.app_label for app in plan.apps if app.error]:
        raise CodegenError(f"no migration was written, because of app {', '.join(failed)}")


def _exit_code(plan: Plan, *, check: bool) -> int:
    if plan.incomplete:
        return 2
    return 1 if check and plan.pending else 0
