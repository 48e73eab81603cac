"""The output of `verify --migrations` about the migrations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.verification.skipped import Cause

if TYPE_CHECKING:
    from pgtrigger_codegen.verification.history import MigrationsVerdict
    from pgtrigger_codegen.verification.locks import Lock

_TITLES = ("migration", "operation", "table", "lock", "blocks")


def as_text(found: MigrationsVerdict) -> Iterator[str]:
    """Verdicts, then the locks."""
    yield ""
    yield (
        f"{counted(found.applied, 'migration')} applied, {counted(found.operations, 'operation')} "
        f"performed, {len(found.skipped)} left out"
    )
    for one in found.skipped:
        word = "FAILED" if one.cause is Cause.FAILED else "left out"
        yield one_line(f"{word}: {one.where}: {one.reason}")
    yield f"{counted(found.equal, 'trigger')} as the source declares"
    for difference in found.differences:
        yield one_line(f"FAILED: {difference.name}: {difference.reason}")
    for doubtful in found.not_judged:
        yield one_line(f"not provable here: {doubtful.name}: {doubtful.reason}")
    if found.back is not None:
        yield one_line(f"not provable here: the way back to zero ends at {found.back}")
    for left in found.left:
        yield one_line(f"FAILED: the way back to zero leaves {left}")
    for function in found.left_functions:
        yield one_line(f"the way back to zero leaves {function}")
    for lock in found.locks:
        yield one_line(
            f"{lock.table}: {lock.mode} by {'.'.join(lock.migration)}, operation "
            f"{lock.index + 1} ({lock.kind}), blocks {lock.blocks}"
        )


def as_markdown(found: MigrationsVerdict) -> Iterator[str]:
    """The table of locks."""
    yield f"| {' | '.join(_TITLES)} |"
    yield "|---" * len(_TITLES) + "|"
    for lock in found.locks:
        cells = _cells(lock)
        yield one_line(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")


def as_json(found: MigrationsVerdict) -> dict[str, Any]:
    """Everything."""
    return {
        "applied": found.applied,
        "operations": found.operations,
        "skipped": [
            {"where": one.where, "reason": one.reason, "cause": str(one.cause)}
            for one in found.skipped
        ],
        "equal": found.equal,
        "differences": [{"name": one.name, "reason": one.reason} for one in found.differences],
        "not_judged": [{"name": one.name, "reason": one.reason} for one in found.not_judged],
        "back": found.back,
        "left": list(found.left),
        "left_functions": list(found.left_functions),
        "locks": [
            {
                "migration": ".".join(lock.migration),
                "operation": lock.index + 1,
                "kind": lock.kind,
                "table": lock.table,
                "lock": lock.mode,
                "blocks": lock.blocks,
            }
            for lock in found.locks
        ],
    }


def _cells(lock: Lock) -> tuple[str, ...]:
    migration = ".".join(lock.migration)
    return (migration, f"{lock.index + 1}: {lock.kind}", lock.table, lock.mode, lock.blocks)
