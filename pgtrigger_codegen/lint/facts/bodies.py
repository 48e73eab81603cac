"""Triggers together with the effects of their functions, for the rules.

These are the triggers that the project declares, and those that its migrations leave in the
database without a declaration: written by hand as SQL, or no longer declared. A trigger that is
declared is judged by its declaration alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.crashes import Crash, contain
from pgtrigger_codegen.lint.facts.history import migration_span, replayed
from pgtrigger_codegen.migrations.changes.autodetector import trigger_key
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body import Body, BodyUnread, read_body
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.body_facts import Query
from pgtrigger_codegen.sql.body_installed import read_installed_body
from pgtrigger_codegen.sql.body_targets import tables_named
from pgtrigger_codegen.sql.names import QualifiedName, db_table, table_name
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

T = TypeVar("T")


class BodyTrigger(Struct, frozen=True):
    """The trigger that a body belongs to.

    Attributes:
        uri: How messages speak of it; table and name where there is no URI.
        table: As a model names it.
        func: The text that places in the body refer to.
        span: The declaration, or the migration's file.
        declared: None for a trigger that only the migrations know.
        migration: The migration that made it, in the other case.
        statement: The CREATE FUNCTION that the body is part of, in that case.
    """

    uri: str
    app_label: str
    table: str
    func: str
    span: Span
    declared: CompiledTrigger | None = None
    migration: Key | None = None
    statement: str | None = None


ReadBody = Body | BodyError | BodyUnread


def read_bodies(analysis: Analysis) -> tuple[tuple[BodyTrigger, ReadBody], ...]:
    """Every trigger with what was found in its function, or why the function was not followed."""
    return (*_declared(analysis), *_installed(analysis))


def read_installed(trigger: InstalledTrigger) -> tuple[str, ReadBody] | None:
    """The text of a function that a migration makes, with what was found in it."""
    parts = trigger.parts()
    if parts is not None:
        body = _contained(functools.partial(read_body, parts))
        return None if body is None else (parts.func, body)
    if trigger.function_sql is None:
        return None
    read = functools.partial(
        read_installed_body, trigger.definition.table, trigger.trigger_sql, trigger.function_sql
    )
    installed = _contained(read)
    if isinstance(installed, BodyUnread):
        return "", installed
    return None if installed is None else (installed.func, installed.facts)


def certain_queries(body: Body) -> Iterator[Query]:
    """Statements that are run as they are, and whose failure nothing deals with.

    None of a function that makes tables: it knows what is there. Where it executes what is not
    known, expressions alone, which need no table.
    """
    makes_tables = any(_CREATE.search(query.text) for query in body.queries)
    unknown = any(not execute.is_known for execute in body.dynamic)
    for query in body.queries if not makes_tables else ():
        if query.in_handled_block:
            continue
        if not unknown or (query.prefix and not any(True for _ in tables_named(query))):
            yield query


def names_in_sight(body: Body, query: Query) -> frozenset[str]:
    """The function's own names that a statement may use: what EXECUTE runs sees none."""
    return frozenset() if query.is_dynamic else body.variables


def transition_tables(trigger: BodyTrigger, body: Body) -> Mapping[str, QualifiedName]:
    """By name, the table whose columns they have."""
    table = table_name(trigger.table)
    return {transition.name: table for transition in body.definition.transition_tables}


_CREATE = re.compile(r"\bcreate\b", re.IGNORECASE)


def _declared(analysis: Analysis) -> Iterator[tuple[BodyTrigger, ReadBody]]:
    for trigger in analysis.triggers:
        body = _contained(functools.partial(read_body, trigger.parts))
        if body is not None:
            owner = BodyTrigger(
                uri=trigger.uri,
                app_label=trigger.app_label,
                table=trigger.table,
                func=trigger.parts.func,
                span=trigger.span,
                declared=trigger,
            )
            yield owner, body


def _installed(analysis: Analysis) -> Iterator[tuple[BodyTrigger, ReadBody]]:
    """What migrations of the project leave behind, and nothing declares."""
    state = replayed(analysis)
    if state is None:
        return
    declared = {
        trigger_key(trigger) for trigger in (*analysis.triggers, *analysis.foreign_triggers)
    }
    for key, trigger in state.triggers.items():
        # Whose file it is in, whoever the trigger is of: there it is reported.
        app = analysis.project.apps.get(trigger.made_by[0])
        if key in declared or app is None or not app.first_party:
            continue
        if _may_be_declared(analysis, trigger):
            continue
        found = read_installed(trigger)
        if found is not None:
            func, body = found
            owner = BodyTrigger(
                uri=trigger.name,
                app_label=trigger.owner,
                table=db_table(trigger.definition.table),
                func=func,
                span=migration_span(analysis, trigger.made_by),
                migration=trigger.made_by,
                statement=trigger.function_sql,
            )
            yield owner, body


def _may_be_declared(analysis: Analysis, trigger: InstalledTrigger) -> bool:
    """Whether a declaration that could not be read may be that of the trigger."""
    definition = trigger.definition
    doubt = analysis.certificate.doubt(definition.table, definition.pgid, trigger.owner)
    return trigger.is_pgtrigger and doubt is not None


def _contained(read: Callable[[], T]) -> T | BodyUnread:
    """What can be read of a body; a bug of ours costs that body alone."""
    outcome = contain("the reading of a function's body", read)
    return BodyUnread(outcome.reason) if isinstance(outcome, Crash) else outcome
