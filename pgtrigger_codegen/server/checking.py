"""Answers the question for the findings of a project: as `lint` does, and more on open files."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pgtrigger_codegen import crashes, pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.engine import Engine
from pgtrigger_codegen.lint.baseline import read_baseline
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Edit
from pgtrigger_codegen.lint.documentation import page_url
from pgtrigger_codegen.lint.facts.history import migration_path, replayed
from pgtrigger_codegen.lint.fixes.applying import apply_fixes
from pgtrigger_codegen.lint.fixes.fixed_point import is_own
from pgtrigger_codegen.lint.ignores import ignores_one_by_one
from pgtrigger_codegen.lint.options import lint_options
from pgtrigger_codegen.lint.places.source_text import read_source
from pgtrigger_codegen.lint.rules.pending_trigger_changes import PendingTriggerChanges
from pgtrigger_codegen.migrations.changes.autodetector import definition_of, trigger_key
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, MigrationState
from pgtrigger_codegen.project.config import Config, load_config
from pgtrigger_codegen.project.git import is_committed
from pgtrigger_codegen.server.messages import Check, Checked, Finding, TriggerFacts
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.sql.equivalence import same_definition, same_function
from pgtrigger_codegen.sql.locks import lock_of, stronger
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.render import create_trigger
from pgtrigger_codegen.sql.statements import read_statements
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def check(question: Check, engine: Engine) -> Checked:
    """Reads the project, and says what is wrong.

    Raises:
        CodegenError: It cannot be read.
    """
    folder = Path(question.folder)
    with overlaid(question.unsaved), crashes.met() as met:
        config = load_config(folder)
        analysis = pipeline.analyze(
            folder, settings=question.settings, config=config, engine=engine
        )
        found = _findings(analysis, config)
        open_files = frozenset(question.open_files)
        return Checked(
            question.number,
            str(analysis.project.root),
            tuple(_with_help(analysis, found, open_files)),
            tuple(_triggers(analysis, open_files)),
            analysis.notices,
            tuple(dict.fromkeys(crash.reason for crash in met)),
        )


def _findings(analysis: Analysis, config: Config) -> Sequence[Diagnostic]:
    """The findings of `lint` without arguments."""
    options = lint_options(config)
    found = pipeline.lint(analysis, options=options, is_committed=is_committed)
    if options.baseline is None:
        return found
    baseline = read_baseline(options.baseline)
    return baseline.compare(found, analysis.project.display_path).new


def _with_help(
    analysis: Analysis, found: Iterable[Diagnostic], open_files: frozenset[str]
) -> Iterator[Finding]:
    here = [one for one in found if one.span.path in open_files]
    own = functools.cache(functools.partial(is_own, analysis))
    ignores: dict[Diagnostic, Edit] = ignores_one_by_one(here, read_source, own)
    for one in found:
        if one.span.path not in open_files:
            yield Finding(one, page_url(one.code))
            continue
        fixed = one.fix and apply_fixes([one], read_source, unsafe=True, writable=own)
        yield Finding(
            one,
            page_url(one.code),
            has_fix=bool(fixed and fixed.applied),
            ignore=ignores.get(one),
            writes_migration=one.code == PendingTriggerChanges.code,
        )


def _triggers(analysis: Analysis, open_files: frozenset[str]) -> Iterator[TriggerFacts]:
    here = [trigger for trigger in analysis.triggers if trigger.span.path in open_files]
    state = replayed(analysis) if here else None
    for trigger in here:
        yield _facts(analysis, state, trigger)


def _facts(
    analysis: Analysis, state: MigrationState | None, trigger: CompiledTrigger
) -> TriggerFacts:
    parts = trigger.parts
    clauses = [parts.when, parts.operation, f"FOR EACH {parts.level}", parts.timing]
    installed = state.triggers.get(trigger_key(trigger)) if state else None
    made_by = installed.made_by if installed else None
    sql = create_trigger(parts, trigger.hash)
    return TriggerFacts(
        uri=trigger.uri,
        span=trigger.span,
        pgid=trigger.pgid,
        table=trigger.table,
        migration_app=trigger.migration_app,
        events=" ".join(clause for clause in clauses if clause),
        sql=sql,
        locks=tuple(_locks(sql)),
        migration=".".join(made_by) if made_by else None,
        migration_path=str(migration_path(analysis, made_by)) if made_by else None,
        is_current=installed is not None and _is_current(trigger, installed),
    )


def _locks(sql: str) -> Iterator[tuple[str, str, str]]:
    """The strongest lock on each table."""
    try:
        locks = [lock_of(statement) for statement in read_statements(sql)]
    except SqlSyntaxError:  # for the rules about those
        return
    known = [lock for lock in locks if lock is not None and lock.table is not None]
    for table in dict.fromkeys(lock.table for lock in known):
        of_table = [lock for lock in known if lock.table == table]
        mode = stronger(lock.mode for lock in of_table)
        lock = next(lock for lock in of_table if lock.mode == mode)
        yield lock.sql_name, str(table), lock.blocks


def _is_current(trigger: CompiledTrigger, installed: InstalledTrigger) -> bool:
    try:
        wanted = definition_of(trigger.parts, trigger.hash)
    except SqlSyntaxError:
        return False
    there = installed.definition
    return same_definition(wanted, there) and same_function(wanted, there)
