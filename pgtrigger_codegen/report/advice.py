"""What a reviewer, or whoever deploys, has to do about a change."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.report.facts import TriggerChange


def advice(change: TriggerChange) -> Iterator[str]:
    """Sentences, the most important first; none where there is nothing to do."""
    if change.is_left_behind:
        yield (
            "Databases keep it, since the migrations that made it are gone:"
            " `pgtrigger-codegen prune` drops it."
        )
        return
    if change.error:
        yield f"No migration can be written: {change.error}"
    elif not change.is_written:
        yield "Run `pgtrigger-codegen makemigrations`: no migration makes this change yet."
    if any(finding.severity == "error" for finding in change.findings):
        yield "Correct the new errors of `lint` first."
    if change.waits == "reads and writes":
        yield (
            f"Reads and writes of `{change.table}` wait until the migration ends. Migrate while"
            " little runs, and let it give up early: `makemigrations --lock-timeout 3s`."
        )
    elif change.waits == "writes":
        yield (
            f"Writes to `{change.table}` wait until the migration ends. On a busy table, write it"
            " with `makemigrations --lock-timeout 3s`."
        )
    elif change.waits is None:
        yield "Look at the statements yourself: which locks they take is not known."
    if change.reverses is False:
        yield "The migration cannot be reversed: have a way back before you deploy it."
    elif change.reverses is None:
        yield "Whether the migration can be reversed is not known: look at its operations."
