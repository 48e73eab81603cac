"""`collapse`: options → analysis → run of migrations → files → exit code."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.collapse_output import Outcome, migration_name
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    pass_target,
    writing,
)
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.migrations.collapse.collapsing import collapse as collapse_run
from pgtrigger_codegen.migrations.collapse.files import (
    CollapsedFiles,
    RunFiles,
    collapsed_files,
)
from pgtrigger_codegen.migrations.collapse.runs import find_run, first_unreleased
from pgtrigger_codegen.migrations.planning.preconditions import require_readable_migrations
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.project.git import is_committed
from pgtrigger_codegen.transaction.write_files import write_files


@click.command()
@click.argument("app_label", metavar="APP")
@click.argument("first", metavar="[FROM]", required=False)
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
    first: str | None,
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

    Rewrites the migrations of APP between FROM and TO (or its last), given by their names, how
    these begin, or their numbers. Without FROM, it begins with the first that is not released: not
    committed, or, outside of git, not run by the database of --database or --dsn. A trigger that is
    added and then changed is added as it is in the end, and one that is added and removed is gone.
    A file in which nothing is left is removed.
    """
    if first is None and force:
        raise click.UsageError("--force needs FROM: it rewrites what is released as well.")
    writes = not (check or show_diff or dry_run)
    if writes:
        context.with_resource(writing(target))
    analysis = analyze_target(target)
    applied = _applied(analysis, app_label, dsn, alias) if dsn or alias else None
    outcome = _outcome(analysis, app_label, first, last, applied, force=force)
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


def _outcome(
    analysis: Analysis,
    app_label: str,
    first: str | None,
    last: str | None,
    applied: frozenset[str] | None,
    *,
    force: bool,
) -> Outcome:
    project = analysis.project
    reader = MigrationReader(project.apps, analysis.load_migration)
    own = [label for label, app in project.apps.items() if app.first_party]
    for label in own:
        require_readable_migrations(project, project.apps[label])
    if first is None:
        first = first_unreleased(reader, own, app_label, _is_released(app_label, applied))
    if first is None:
        click.echo(f"note: every migration of {app_label!r} is released", err=True)
        return Outcome(analysis, app_label, CollapsedFiles((), None))
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
    return Outcome(
        analysis,
        app_label,
        changed,
        tuple(collapsed.rewritten),
        tuple(collapsed.apart),
        obstacles,
    )


def _is_released(
    app_label: str, applied: frozenset[str] | None
) -> Callable[[tuple[str, str], Path], bool]:
    """Whether a migration may have run elsewhere: it is committed, or a database has run it."""

    def is_released(key: tuple[str, str], path: Path) -> bool:
        if applied is not None and key[1] in applied:
            return True
        committed = is_committed(path)
        if committed is None and applied is None:
            raise CodegenError(
                f"it is not known which migrations of app {app_label!r} are released: the project "
                "is not in a git repository",
                help=f"name the first one: pgtrigger-codegen collapse {app_label} FROM; or ask "
                "the database with --database or --dsn",
            )
        return bool(committed)

    return is_released


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


def _refusal(outcome: Outcome, applied: frozenset[str] | None) -> CodegenError | None:
    """Why the files must not be changed: they may have run somewhere, or have.

    Args:
        applied: What a database has run; None where none was asked.
    """
    for file in outcome.files.files:
        name = migration_name(file.key)
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
