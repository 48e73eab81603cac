"""The words that all formats of a report share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pgtrigger_codegen.report.facts import WORDS, Operation, Report, SqlStep, TriggerChange
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.sql.locks import StatementLock

NOT_KNOWN = "not known"


def headline(report: Report) -> str:
    """One sentence for all of it, without a period."""
    since = f" since `{report.since}`" if report.since else ""
    counts = Counter(change.kind for change in report.changes)
    if counts:
        listed = ", ".join(f"{counts[kind]} {word}" for kind, word in WORDS.items() if counts[kind])
        return f"Triggers{since}: {listed}"
    if report.is_empty:
        return f"No trigger changes{since}{limits(report)}"
    return f"No trigger changes{since}, but there is something to look at"


def limits(report: Report) -> str:
    """How many places a statement about all triggers leaves out, since they were not read."""
    left = [*report.unresolved, *report.not_read]
    if not left:
        return ""
    return f", as far as the source was read ({counted(len(left), 'place')} not read)"


def waits(change: TriggerChange) -> str:
    """Who waits while the migrations run."""
    if change.is_left_behind:
        return "nobody"
    if change.is_new_table:
        return "nobody: the table is new"
    match change.waits:
        case None:
            return NOT_KNOWN
        case "nothing":
            return "nobody"
        case stopped:
            return stopped


def reverses(change: TriggerChange) -> str:
    """Whether the migrations can be taken back."""
    if change.is_left_behind:
        return ""
    return {True: "yes", False: "no", None: NOT_KNOWN}[change.reverses]


def migrations(change: TriggerChange) -> list[str]:
    """The migrations that make the change, each once."""
    return list(dict.fromkeys(operation.name for operation in change.operations))


def without_migration(change: TriggerChange) -> str:
    """What stands in the place of migrations, where there are none; empty where there are."""
    if change.is_written:
        return ""
    if change.is_left_behind:
        return "none: kept"
    return "none yet" if not change.error else "none: see below"


def lock(step: SqlStep) -> str:
    """The lock in PostgreSQL's words, with its table."""
    if not step.is_known:
        return NOT_KNOWN
    name = StatementLock(step.mode).sql_name
    return f"{name} on `{step.table}`" if step.mode and step.table else name


def stops(step: SqlStep) -> str:
    """What waits for the lock."""
    return step.blocks if step.blocks is not None else NOT_KNOWN


def to_do(report: Report) -> Iterator[str]:
    """What there is to do, over all changes: short, since each change says more."""
    changes = report.changes
    left = [change for change in changes if change.is_left_behind]
    missing = [one for one in changes if not (one.is_written or one.error or one.is_left_behind)]
    if missing:
        yield (
            f"Run `pgtrigger-codegen makemigrations`: {counted(len(missing), 'change')} in no"
            " migration yet."
        )
    if left:
        yield f"{counted(len(left), 'trigger')} without migrations: `prune` drops them."
    for change in changes:
        if change.error:
            yield f"`{change.uri}`: no migration can be written, see below."
    errors = sum(
        finding.severity == "error"
        for findings in (report.findings, *(change.findings for change in changes))
        for finding in findings
    )
    if errors:
        yield f"Correct {counted(errors, 'new error')} of `lint`."
    tables = sorted({change.table for change in changes if change.waits == "reads and writes"})
    if tables:
        named = ", ".join(f"`{table}`" for table in tables[:_MOST_TABLES])
        more = f" and {len(tables) - _MOST_TABLES} more" if len(tables) > _MOST_TABLES else ""
        yield f"Migrate while little runs: reads and writes of {named}{more} wait."
    if stuck := [change for change in changes if change.reverses is False]:
        yield f"Have a way back: {counted(len(stuck), 'change')} cannot be reversed."
    if unread := [item for item in (*report.unresolved, *report.not_read) if item.is_new]:
        yield f"Look at {counted(len(unread), 'place')} that could not be read, and may hide more."


def operation_rows(change: TriggerChange) -> Iterator[tuple[str, str, str, str]]:
    """Operation, statement, lock and what waits; the operation only in its first row."""
    for operation in change.operations:
        first = _of_operation(operation)
        for step in operation.steps:
            yield first, step.does, lock(step), stops(step)
            first = ""


def _of_operation(operation: Operation) -> str:
    """Which operation of which migration."""
    if operation.migration is None:
        return operation.name
    line = f", line {operation.place.line}" if operation.place else ""
    return f"`{operation.name}`{line} ({operation.kind})"


_MOST_TABLES = 5
