"""What stands for an operation that is not known and changes no table or trigger."""

from __future__ import annotations

from django.db.migrations import RunPython

from pgtrigger_codegen.evaluator.values.unknown import Unknown


class UnreadOperation(RunPython):
    """An operation without an effect.

    Attributes:
        kind: The name of the class that it stands for.
        unknown: What of it cannot be read.
    """

    def __init__(self, kind: str, unknown: Unknown, *, is_reversible: bool) -> None:
        super().__init__(RunPython.noop, RunPython.noop if is_reversible else None)
        self.kind = kind
        self.unknown = unknown
