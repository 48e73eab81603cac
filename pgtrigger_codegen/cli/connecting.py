"""The common parts of the database commands: their options, and opening a connection."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import Target, analyze_target, echo_gap, echo_summary
from pgtrigger_codegen.cli.uris import full_uri, short_forms
from pgtrigger_codegen.database.address import DEFAULT_ALIAS, find_address
from pgtrigger_codegen.database.connection import Connection, Timeouts, connect, describe
from pgtrigger_codegen.database.history import DatabaseHistory
from pgtrigger_codegen.database.lookalike import Lookalikes
from pgtrigger_codegen.database.routing import route
from pgtrigger_codegen.database.schemas import SearchPath, find_scopes
from pgtrigger_codegen.database.source import DeclaredTriggers, source_of
from pgtrigger_codegen.database.status import TriggerStatus
from pgtrigger_codegen.database.survey import Survey, survey
from pgtrigger_codegen.errors import CodegenError

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULTS = Timeouts()

_OPTIONS = (
    click.option("--dsn", help="Connection string or URL of the database."),
    click.option(
        "--database",
        "alias",
        metavar="ALIAS",
        help="Key of DATABASES: for connecting, unless --dsn is given, and for routers.",
    ),
    click.option(
        "-s",
        "--schema",
        "schemas",
        multiple=True,
        metavar="SCHEMA",
        help="Search path to use; may be given several times.",
    ),
    click.option(
        "--all-schemas",
        "pattern",
        metavar="PATTERN",
        help="Work in every schema that matches (tenant_*), one after the other.",
    ),
    click.option(
        "--connect-timeout",
        type=click.IntRange(min=1),
        default=_DEFAULTS.connect,
        show_default=True,
        metavar="SECONDS",
        help="How long to wait for a connection.",
    ),
    click.option(
        "--lock-timeout",
        default=_DEFAULTS.lock,
        show_default=True,
        metavar="DURATION",
        help="How long to wait for a lock.",
    ),
    click.option(
        "--statement-timeout",
        default=_DEFAULTS.statement,
        show_default=True,
        metavar="DURATION",
        help="How long a statement may take.",
    ),
)


def connection_options(command: Command) -> Command:
    """Give a command the options that make up `ConnectionOptions`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class ConnectionOptions(Struct, frozen=True):
    """The options of the user about the database."""

    dsn: str | None
    alias: str | None
    schemas: tuple[str, ...]
    pattern: str | None
    connect_timeout: int
    lock_timeout: str
    statement_timeout: str

    @property
    def timeouts(self) -> Timeouts:
        return Timeouts(
            self.connect_timeout, _duration(self.lock_timeout), _duration(self.statement_timeout)
        )


class DatabaseSession(Struct, frozen=True):
    """A project beside a database.

    Attributes:
        uris: The triggers asked for; none for all.
        place: The database, in words.
    """

    analysis: Analysis
    source: DeclaredTriggers
    connection: Connection
    scopes: Sequence[SearchPath]
    uris: tuple[str, ...]
    place: str
    lookalikes: Lookalikes

    def survey(self, scope: SearchPath) -> Survey:
        """What there is in a scope, reduced to the triggers asked for."""
        found = survey(self.connection, self.source, self.lookalikes)
        return replace(
            found, statuses=tuple(item for item in found.statuses if self._wanted(item, scope))
        )

    def _wanted(self, status: TriggerStatus, scope: SearchPath) -> bool:
        return scope.covers(status) and (not self.uris or any(map(status.is_named, self.uris)))


@contextmanager
def open_session(
    target: Target,
    uris: tuple[str, ...],
    options: ConnectionOptions,
    *,
    only_known: bool = True,
    changes: bool = False,
) -> Iterator[DatabaseSession]:
    """Read the project, then connect.

    Args:
        only_known: Whether the triggers have to be among those that the source declares.
        changes: Whether the command changes the triggers.
    """
    analysis = analyze_target(target)
    if only_known:
        uris = _full_uris(analysis, uris, changes=changes)
    alias = options.alias or DEFAULT_ALIAS
    routing = route(analysis, alias)
    address = find_address(
        dsn=options.dsn,
        alias=options.alias,
        settings=analysis.project.settings,
        assumptions=analysis.assumptions,
        environment=os.environ,
    )
    with connect(address, options.timeouts, os.environ) as connection:
        place = describe(connection, address)
        click.echo(f"note: {place}", err=True)
        _echo_notes(analysis, routing.not_evaluated)
        yield DatabaseSession(
            analysis=analysis,
            source=source_of(analysis, routing.disallowed, DatabaseHistory(analysis)),
            connection=connection,
            scopes=find_scopes(connection, options.schemas, options.pattern),
            uris=uris,
            place=place,
            lookalikes=Lookalikes(connection),
        )


def _duration(text: str) -> str:
    """A bare number would be milliseconds to PostgreSQL, and seconds to most people."""
    if not re.fullmatch(r"0|\d+(\.\d+)?\s*(us|ms|s|min|h|d)", text.strip()):
        raise click.BadParameter(f"{text!r} is not a duration such as 500ms, 5s or 1min")
    return text.strip()


def _full_uris(analysis: Analysis, uris: tuple[str, ...], *, changes: bool) -> tuple[str, ...]:
    """The URIs in full, of triggers that were read."""
    known = {trigger.uri for trigger in (*analysis.triggers, *analysis.foreign_triggers)}
    unresolved = {item.uri: item.reason for item in analysis.unresolved if item.uri}
    return tuple(
        dict.fromkeys(_full_uri(analysis, uri, known, unresolved, changes=changes) for uri in uris)
    )


def _full_uri(
    analysis: Analysis,
    given: str,
    known: set[str],
    unresolved: Mapping[str, str],
    *,
    changes: bool,
) -> str:
    if given in known:
        return given
    if given in unresolved:
        raise _cannot_be_read(given, unresolved[given])
    if analysis.certificate.gaps and not any(given in short_forms(uri) for uri in known):
        raise CodegenError(
            f"no trigger that was read has the URI `{given}`, but some source could not be read",
            help="`pgtrigger-codegen show` lists the places that were not read; --even-unread "
            "changes the trigger all the same",
        )
    uri = full_uri(given, {*known, *unresolved})
    if uri in unresolved:
        raise _cannot_be_read(uri, unresolved[uri])
    if changes and analysis.certificate.blocking:
        raise CodegenError(
            f"`{given}` is short for `{uri}`, but source that could not be read may declare "
            "another trigger with such a name",
            help=f"write the whole URI: {uri}",
        )
    return uri


def _cannot_be_read(uri: str, reason: str) -> CodegenError:
    return CodegenError(
        f"trigger `{uri}` cannot be read: {reason}", help="`pgtrigger-codegen lint` shows where"
    )


def _echo_notes(analysis: Analysis, not_evaluated: Sequence[str]) -> None:
    for reason in not_evaluated:
        click.echo(
            f"note: a router cannot be evaluated, and counts as allowing everything: {reason}",
            err=True,
        )
    for gap in analysis.certificate.blocking:
        echo_gap(analysis, gap)
    echo_summary(analysis)
