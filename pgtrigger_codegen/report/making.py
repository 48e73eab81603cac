"""Compares what is released with the source and the migrations of now, which gives the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.certificate import Certificate
from pgtrigger_codegen.certificate.gaps import other_gaps
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.migrations.changes.autodetector import (
    Declarations,
    detect_changes,
    installed_trigger,
    operation_keys,
    source_trigger,
    trigger_key,
)
from pgtrigger_codegen.migrations.changes.differences import Difference, difference, sql_lines
from pgtrigger_codegen.migrations.changes.operations import (
    CreateTrigger,
    DropTrigger,
    ReplaceTrigger,
)
from pgtrigger_codegen.migrations.planning.plan import AppPlan, Plan
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger, in_search_path
from pgtrigger_codegen.report.advice import advice
from pgtrigger_codegen.report.earlier import Earlier
from pgtrigger_codegen.report.facts import (
    ChangeKind,
    Finding,
    NotRead,
    Operation,
    Report,
    TriggerChange,
)
from pgtrigger_codegen.report.operations import (
    Written,
    unreleased_operations,
    unwritten_operations,
)
from pgtrigger_codegen.report.pairs import Pair, paired
from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.names import db_table, table_name
from pgtrigger_codegen.sql.render import DEFAULT_STYLE
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def make_report(
    now: Analysis,
    plan: Plan,
    findings: Sequence[Diagnostic],
    earlier: Earlier,
    since: str | None,
) -> Report:
    """What is different from what is released.

    Args:
        now: The project, as it is to be reviewed.
        plan: What `makemigrations` would write.
        findings: What `lint` finds.
        earlier: What is released.
        since: What that is, for a sentence; None where there is nothing to compare with.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    maker = _Maker(now, plan, earlier)
    changes = sorted(maker.changes(), key=lambda change: (change.uri, change.kind))
    shown = now.project.display_path
    new = list(earlier.baseline.compare(findings, shown).new)
    told, rest = _with_findings(changes, new, now)
    return Report(
        since=since,
        changes=tuple(replace(change, advice=tuple(advice(change))) for change in told),
        findings=rest,
        not_read=tuple(_not_read(now, plan, earlier)),
        unresolved=tuple(_unresolved(now, earlier)),
        incomplete=plan.incomplete,
    )


class _Maker:
    def __init__(self, now: Analysis, plan: Plan, earlier: Earlier) -> None:
        self._now = now
        self._plan = plan
        self._earlier = earlier
        self._state = now.history().history.state
        there = {name for _, name in earlier.triggers}
        self._written = unreleased_operations(now, earlier, there)
        self._unwritten = unwritten_operations(now, plan, DEFAULT_STYLE, there)

    def changes(self) -> Iterator[TriggerChange]:
        for pair in self._pairs():
            found = _difference(pair)
            missing = [*self._operations(pair, self._unwritten)]
            listed = [*self._operations(pair, self._written), *missing]
            # A table can change under a trigger that nothing is done about.
            if found is not None or any(one.names or one.uri for one in listed):
                yield self._change(pair, found, [one.operation for one in listed], bool(missing))

    def _pairs(self) -> list[Pair]:
        declared = {trigger_key(trigger) for trigger in self._now.triggers}
        planned = {
            key
            for app in self._plan.apps
            for operation in app.operations
            for key in operation_keys(operation)
        }
        return paired(self._now, self._state, self._earlier.triggers, planned - declared)

    def _operations(self, pair: Pair, listed: Iterable[Written]) -> Iterator[Written]:
        uris = {uri.lower() for uri in (_uri(pair.old), _uri(pair.new)) if uri}
        tables = {table for table, _ in pair.keys}
        for written in listed:
            about_table = not written.names and not tables.isdisjoint(written.tables)
            if about_table or written.names & pair.names or written.uri in uris:
                yield written

    def _change(
        self,
        pair: Pair,
        found: Difference | None,
        operations: list[Operation],
        is_missing: bool,
    ) -> TriggerChange:
        old, new = _uri(pair.old), _uri(pair.new)
        error = self._error_of(pair) if is_missing else None
        is_left_behind = pair.new is None and not operations
        table = _table(pair)
        qualified = in_search_path(table_name(table))
        before = {key[0] for key in pair.keys}
        return TriggerChange(
            uri=new or old or "",
            kind=_kind(pair, found),
            table=table,
            old_uri=old if old and new and old != new else None,
            place=self._place(pair),
            reasons=_reasons(pair, found, is_written=not is_missing),
            diff=found.lines if found else (),
            operations=tuple(operations),
            is_written=not is_missing and not is_left_behind,
            is_left_behind=is_left_behind,
            is_new_table=qualified in self._state.tables
            and before.isdisjoint(self._earlier.tables),
            error=error,
        )

    def _error_of(self, pair: Pair) -> str | None:
        return next((str(app.error) for app in self._apps(pair) if app.error), None)

    def _apps(self, pair: Pair) -> Iterator[AppPlan]:
        for app in self._plan.apps:
            if any(operation_keys(operation) & pair.keys for operation in app.operations):
                yield app

    def _place(self, pair: Pair) -> Place | None:
        if isinstance(pair.new, CompiledTrigger):
            return _place_of(self._now, pair.new.span)
        return None


def _reasons(pair: Pair, found: Difference | None, *, is_written: bool) -> tuple[str, ...]:
    if found is None:
        return ("its SQL is the same afterwards",)
    if pair.old is None and isinstance(pair.new, CompiledTrigger) and is_written:
        return ()  # that it is new is said, and that no migration makes it is not so
    return found.reasons


def _difference(pair: Pair) -> Difference | None:
    old, new = pair.old, pair.new
    if isinstance(new, CompiledTrigger):
        return _declared_difference(old, new)
    if new is None and old is not None and old.parts() is not None:
        return difference(DropTrigger(installed_trigger(old)), ())
    before, after = _raw(old), _raw(new)
    if before == after:
        return None
    uri = _uri(new) or _uri(old) or ""
    kind = "add" if old is None else "remove" if new is None else "alter"
    reason = "nothing declares it: a migration has it as SQL"
    return Difference(uri, kind, (reason,), tuple(sql_lines(before, after)))


def _declared_difference(old: InstalledTrigger | None, new: CompiledTrigger) -> Difference | None:
    after = source_trigger(new, {})
    if old is None:
        return difference(CreateTrigger(after), ())
    if old.parts() is None:
        lines = sql_lines(_raw(old), _declared_sql(new))
        return Difference(new.uri, "alter", ("it was SQL of its own before",), tuple(lines))
    if old.definition.pgid != new.pgid.lower():
        return difference(ReplaceTrigger(installed_trigger(old), after), ())
    key = trigger_key(new)
    moved = replace(old, definition=replace(old.definition, table=key[0]))
    operations = detect_changes(new.migration_app, _alone(new), {key: moved}, {})
    return difference(operations[0], ()) if operations else None


def _declared_sql(trigger: CompiledTrigger) -> str:
    """The SQL of a declared trigger, as a diff shows it."""
    shown = difference(CreateTrigger(source_trigger(trigger, {})), ()).lines
    return "\n".join(line[1:] for line in shown[1:])


def _alone(trigger: CompiledTrigger) -> Declarations:
    return Declarations((trigger,), kept=(), certificate=Certificate(), complete=False)


def _raw(trigger: object) -> str:
    if not isinstance(trigger, InstalledTrigger):
        return ""
    return "\n\n".join(filter(None, (trigger.function_sql, trigger.trigger_sql)))


def _kind(pair: Pair, found: Difference | None) -> ChangeKind:
    if found is None:
        return "rewrite"
    if pair.old is None:
        return "add"
    if pair.new is None:
        return "remove"
    return "alter" if _uri(pair.old) in (None, _uri(pair.new)) else "rename"


def _uri(trigger: CompiledTrigger | InstalledTrigger | None) -> str | None:
    if trigger is None:
        return None
    return trigger.uri if isinstance(trigger, CompiledTrigger) else trigger.name


def _table(pair: Pair) -> str:
    if isinstance(pair.new, CompiledTrigger):
        return pair.new.table
    installed = pair.new or pair.old
    assert installed is not None
    return db_table(installed.definition.table)


_PENDING = "PGT401"


class _Told(Struct):
    change: TriggerChange
    findings: list[Finding]


def _with_findings(
    changes: Sequence[TriggerChange], new: Iterable[Diagnostic], now: Analysis
) -> tuple[list[TriggerChange], tuple[Finding, ...]]:
    """The changes with the findings in their declarations or about their names, and the others."""
    spans = {trigger.uri: trigger.span for trigger in now.triggers}
    told = [_Told(change, []) for change in changes]
    rest: list[Finding] = []
    for diagnostic in new:
        finding = Finding(
            diagnostic.code,
            str(diagnostic.severity),
            diagnostic.message,
            _place_of(now, diagnostic.span),
            diagnostic.help,
        )
        owner = next((one for one in told if _is_about(diagnostic, one.change, spans)), None)
        if diagnostic.code == _PENDING and owner is not None and not owner.change.is_written:
            continue  # the change itself says so
        (rest if owner is None else owner.findings).append(finding)
    return [replace(one.change, findings=tuple(one.findings)) for one in told], tuple(rest)


def _is_about(diagnostic: Diagnostic, change: TriggerChange, spans: dict[str, Span]) -> bool:
    span = spans.get(change.uri)
    in_declaration = span is not None and span.contains(diagnostic.span)
    return in_declaration or f"`{change.uri}`" in diagnostic.message


def _not_read(now: Analysis, plan: Plan, earlier: Earlier) -> Iterator[NotRead]:
    shown = now.project.display_path
    for gap in other_gaps(now.certificate.gaps, now.unresolved):
        path = shown(gap.span.path) if gap.span else None
        yield NotRead(
            f"{code_of_gap(gap)} {gap.reason}",
            gap.concerns.words,
            _place_of(now, gap.span) if gap.span else None,
            (gap.reason, path) not in earlier.unread,
        )
    for item in plan.unreadable:
        name = ".".join(item.migration)
        yield NotRead(
            f"{item.part} of migration {name}: {item.unknown.reason}",
            "operations on triggers",
            None,
            (item.unknown.reason, name) not in earlier.unread,
        )


def _unresolved(now: Analysis, earlier: Earlier) -> Iterator[NotRead]:
    for item in now.unresolved:
        place = _place_of(now, item.span)
        name = item.uri or (f"a trigger of {item.model}" if item.model else "a trigger")
        yield NotRead(item.reason, name, place, (item.reason, place.path) not in earlier.unread)


def _place_of(now: Analysis, span: Span) -> Place:
    return Place(now.project.display_path(span.path), span.line)
