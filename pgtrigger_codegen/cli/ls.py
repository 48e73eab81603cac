"""`ls`: compares the installed triggers of a database with the declared ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from pgtrigger_codegen.cli.common import Target, pass_target
from pgtrigger_codegen.cli.connecting import (
    ConnectionOptions,
    DatabaseSession,
    connection_options,
    open_session,
)
from pgtrigger_codegen.database.status import TriggerStatus
from pgtrigger_codegen.source.wording import counted


@click.command()
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option("--check", is_flag=True, help="Exit with 1 unless every trigger is INSTALLED.")
@click.option(
    "--enabled",
    is_flag=True,
    help="With --check: also exit with 1 unless every trigger is enabled.",
)
@click.option("--diff", is_flag=True, help="Show how OUTDATED triggers differ.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the list is printed.",
)
@connection_options
@pass_target
@click.pass_context
def ls(
    context: click.Context,
    target: Target,
    /,
    *,
    uris: tuple[str, ...],
    check: bool,
    enabled: bool,
    diff: bool,
    output_format: str,
    **connection: Any,
) -> None:
    """List triggers and whether the database has them as the source declares them.

    A URI is `app_label.ModelName:trigger_name`; with URIs, only those triggers are listed.
    A trigger that may be declared where nothing could be read is UNKNOWN; exits with 2 if there
    is one.
    """
    options = ConnectionOptions(**connection)
    with open_session(target, uris, options) as session:
        found = _survey(session)
        unread = check and not uris and bool(session.analysis.certificate.blocking)
    if output_format == "json":
        entries = [_as_json(status, diff=diff) for status in found]
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
    else:
        with_schema = bool(options.schemas or options.pattern)
        for line in _as_text(found, diff=diff, with_schema=with_schema):
            click.echo(line)
    if unread or any(status.status == "UNKNOWN" for status in found):
        context.exit(2)
    if check and not all(_passes(status, enabled=enabled) for status in found):
        context.exit(1)


def _survey(session: DatabaseSession) -> list[TriggerStatus]:
    found: list[TriggerStatus] = []
    approximate = None
    for scope in session.scopes:
        with session.connection.reading(scope.path):
            seen = session.survey(scope)
        found.extend(seen.statuses)
        approximate = approximate or seen.approximate
        if scope.tenant is not None:
            wrong = sum(status.status != "INSTALLED" for status in seen.statuses)
            click.echo(
                f"{scope.tenant}: {counted(len(seen.statuses), 'trigger')}, {wrong} not INSTALLED",
                err=True,
            )
    if approximate:
        click.echo(f"note: conditions were compared without their casts: {approximate}", err=True)
    return found


def _passes(status: TriggerStatus, *, enabled: bool) -> bool:
    return status.status == "INSTALLED" and (not enabled or status.enabled in {"ENABLED", "ALWAYS"})


def _as_json(status: TriggerStatus, *, diff: bool) -> dict[str, Any]:
    entry = {
        "uri": status.uri,
        "pgid": status.pgid,
        "table": status.table,
        "schema": status.schema,
        "status": status.status,
        "reason": status.reason,
        "enabled": status.enabled,
    }
    return {**entry, "diff": _diff(status) or None} if diff else entry


_COLOURS = {
    "INSTALLED": "green",
    "OUTDATED": "yellow",
    "UNINSTALLED": "red",
    "PRUNE": "cyan",
    "UNALLOWED": "blue",
    "UNKNOWN": "magenta",
}
_STATE_COLOURS = {"ENABLED": "green", "DISABLED": "red"}


def _as_text(found: Sequence[TriggerStatus], *, diff: bool, with_schema: bool) -> Iterator[str]:
    width = max((len(status.status) for status in found), default=0)
    for status in found:
        state = status.enabled or "N/A"
        columns = [
            click.style(status.status.ljust(width), fg=_COLOURS[status.status]),
            click.style(state.ljust(len("DISABLED")), fg=_STATE_COLOURS.get(state)),
            status.label,
        ]
        if with_schema and status.uri is not None:
            columns.append(f"in {status.schema}")
        if status.reason:
            columns.append(f"({status.reason})")
        yield " ".join(columns)
        if diff and (text := _diff(status)):
            yield from (f"    {line}" for line in text.splitlines())


def _diff(status: TriggerStatus) -> str:
    if status.status != "OUTDATED" or status.comparison is None:
        return ""
    return status.comparison.diff()
