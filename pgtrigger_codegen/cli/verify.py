"""`verify`: proves every trigger on a server that holds nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli import verify_events, verify_migrations
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_gap,
    echo_summary,
    no_cache_option,
    pass_target,
    place_as_json,
)
from pgtrigger_codegen.cli.lint_request import DSN_VARIABLE
from pgtrigger_codegen.cli.terminal import progress
from pgtrigger_codegen.cli.uris import full_uris
from pgtrigger_codegen.cli.verifying import migrated, verified
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.lint.places.server_places import owner_of
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.sql.server_faults import FaultKind
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger
from pgtrigger_codegen.verification.facts import TriggerVerdict, Verdict, Verification


@click.command()
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option(
    "--dsn",
    help="Use this server instead of the embedded one; a database is made there, and dropped "
    "again.  "
    f"[env var: {DSN_VARIABLE}]",
)
@click.option("--check", is_flag=True, help="Exit with 1 unless every trigger is proven.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the verdicts are printed; Markdown has the locks of --migrations alone.",
)
@click.option(
    "--migrations",
    is_flag=True,
    help="Apply the migrations too, take them back, and record the locks that they take.",
)
@click.option(
    "--fire",
    is_flag=True,
    help="Perform each trigger's events too, on rows that are made up, and tell what happens.",
)
@no_cache_option
@pass_target
@click.pass_context
def verify(
    context: click.Context,
    target: Target,
    /,
    *,
    uris: tuple[str, ...],
    dsn: str | None,
    check: bool,
    output_format: str,
    migrations: bool,
    fire: bool,
) -> None:
    """Prove the triggers on a throw-away PostgreSQL server.

    Makes the tables from the models in a new database, installs each trigger as migrations do,
    compares it with what django-pgtrigger makes, and uninstalls it. Exits with 1 when a trigger
    fails or cannot be read. With URIs (app_label.ModelName:trigger_name) only those are proven.
    """
    if output_format == "markdown" and not migrations:
        raise click.UsageError("--output-format markdown needs --migrations.")
    with progress() as say:
        say("Reading the project")
        analysis = analyze_target(target, history=migrations)
        triggers = _asked_for(analysis, uris)
        unresolved = () if uris else analysis.unresolved
        found = verified(analysis, triggers, dsn, say, fires=fire)
        history = migrated(analysis, dsn, say) if migrations else None
    verdicts = found.verdicts if found is not None else ()
    if output_format == "json":
        document = _as_json(analysis, found, unresolved)
        if history is not None:
            document["migrations"] = verify_migrations.as_json(history)
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    elif output_format == "markdown" and history is not None:
        for line in verify_migrations.as_markdown(history):
            click.echo(line)
    else:
        for line in _as_text(analysis, verdicts, unresolved):
            click.echo(line)
        for line in verify_migrations.as_text(history) if history is not None else ():
            click.echo(line)
    blocking = () if uris else analysis.certificate.blocking
    for gap in blocking:
        echo_gap(analysis, gap)
    echo_summary(analysis)
    click.echo(_summary(found), err=True)
    if check and blocking:
        context.exit(2)
    has_failed = history is not None and (history.has_failed or (check and not history.is_complete))
    if has_failed or unresolved or any(_is_failing(one, check=check) for one in verdicts):
        context.exit(1)


def _asked_for(analysis: Analysis, uris: tuple[str, ...]) -> tuple[CompiledTrigger, ...]:
    uris = full_uris(uris, {trigger.uri for trigger in analysis.triggers})
    return tuple(one for one in analysis.triggers if not uris or one.uri in uris)


def _is_failing(one: TriggerVerdict, *, check: bool) -> bool:
    return one.verdict is Verdict.FAILED or (check and one.verdict is not Verdict.PROVEN)


_COLOURS = {Verdict.PROVEN: "green", Verdict.FAILED: "red", Verdict.NOT_PROVABLE: "yellow"}
_FAULTS: Mapping[FaultKind, str] = {
    "statement": "cannot run: ",
    "trigger": "",
    "unproven": "not provable here: ",
    "warning": "plpgsql_check: ",
    "event": "",
}
_WIDTH = max(len(verdict) for verdict in Verdict)


def _as_text(
    analysis: Analysis,
    verdicts: Sequence[TriggerVerdict],
    unresolved: Sequence[UnresolvedTrigger],
) -> Iterator[str]:
    places = BodyPlaces(analysis)
    for one in verdicts:
        yield _line(one.verdict, one.trigger.uri, _reason(one))
        for fault in one.faults if len(one.faults) > 1 else ():
            where = analysis.project.display_place(places.span(owner_of(one.trigger), fault.place))
            yield one_line(f"    {where}{_FAULTS[fault.kind]}{fault.message}")
        yield from verify_events.as_text(one.fired)
    for declaration in unresolved:
        where = declaration.uri or analysis.project.display_place(declaration.span).rstrip(": ")
        yield _line(Verdict.NOT_PROVABLE, where, _unread(declaration))


def _line(verdict: Verdict, name: str, reason: str | None) -> str:
    word = click.style(verdict.upper().ljust(_WIDTH), fg=_COLOURS[verdict])
    return f"{word} {one_line(name + (f' ({reason})' if reason else ''))}"


def _reason(one: TriggerVerdict) -> str | None:
    if one.verdict is Verdict.NOT_PROVABLE:
        return f"not provable here: {one.reason}"
    return f"a fault of pgtrigger-codegen: {one.reason}" if one.is_ours else one.reason


def _unread(declaration: UnresolvedTrigger) -> str:
    return f"not provable here: it cannot be read: {declaration.reason}"


def _as_json(
    analysis: Analysis, found: Verification | None, unresolved: Sequence[UnresolvedTrigger]
) -> dict[str, Any]:
    verdicts = found.verdicts if found is not None else ()
    places = BodyPlaces(analysis)
    return {
        "version": 1,
        "server": None
        if found is None
        else {"version": found.server_version, "origin": found.origin, "tables": found.tables},
        "triggers": [
            *(_trigger_as_json(analysis, places, one) for one in verdicts),
            *(_unresolved_as_json(analysis, one) for one in unresolved),
        ],
    }


def _trigger_as_json(analysis: Analysis, places: BodyPlaces, one: TriggerVerdict) -> dict[str, Any]:
    owner = owner_of(one.trigger)
    return {
        "uri": one.trigger.uri,
        "verdict": str(one.verdict),
        "reason": one.reason,
        "is_ours": one.is_ours,
        **place_as_json(analysis, one.trigger.span),
        "faults": [
            {
                "kind": fault.kind,
                "message": fault.message,
                **place_as_json(analysis, places.span(owner, fault.place)),
            }
            for fault in one.faults
        ],
        **({"events": verify_events.as_json(one.fired)} if one.fired else {}),
    }


def _unresolved_as_json(analysis: Analysis, one: UnresolvedTrigger) -> dict[str, Any]:
    return {
        "uri": one.uri,
        "verdict": str(Verdict.NOT_PROVABLE),
        "reason": f"it cannot be read: {one.reason}",
        "is_ours": False,
        **place_as_json(analysis, one.span),
        "faults": [],
    }


def _summary(found: Verification | None) -> str:
    if found is None:
        return "no trigger to prove"
    counts = ", ".join(
        f"{sum(one.verdict is verdict for one in found.verdicts)} {verdict}" for verdict in Verdict
    )
    major, minor = divmod(found.server_version, 10000)
    return (
        f"{counts}; {counted(found.tables, 'table')} made on PostgreSQL {major}.{minor} "
        f"({found.origin})"
    )
