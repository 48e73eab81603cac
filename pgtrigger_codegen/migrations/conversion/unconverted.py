"""Stage migrations: the parts of a migration file that are not, or cannot be, converted."""

from __future__ import annotations

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.conversion.open_file import OpenFile
from pgtrigger_codegen.migrations.conversion.outcome import Remarks
from pgtrigger_codegen.migrations.conversion.walk import flattened, is_about_triggers
from pgtrigger_codegen.migrations.reading.sites import Circumstances, MigrationSource
from pgtrigger_codegen.source.edits import uses_of
from pgtrigger_codegen.source.span import Span


def check_all_found(evaluated: object, source: MigrationSource, remarks: Remarks) -> None:
    """Operations that other code hands over are in no place where they can be replaced."""
    if not isinstance(evaluated, list | tuple):
        return
    made = [op for op, _ in flattened(evaluated, Circumstances()) if is_about_triggers(op)]
    found = [site for site in source.sites if site.is_about_triggers]
    if len(made) > len(found):
        remarks.obstruct(
            Span(str(source.path), 1, 1, 1, 1),
            f"{len(made) - len(found)} of the migration's trigger operations are made "
            "elsewhere than in this file",
        )


def note_unread(evaluated: object, source: MigrationSource, remarks: Remarks) -> None:
    """Operations that no call in the file makes, and whose effect is therefore not followed."""
    for operation in evaluated if isinstance(evaluated, list | tuple) else ():
        span = operation.span if isinstance(operation, Unknown) else None
        if span is not None and not any(site.span.contains(span) for site in source.sites):
            remarks.note(span, f"an operation is not followed: {operation.reason}")


def check_leftovers(file: OpenFile, after: str, remarks: Remarks) -> None:
    """What still needs django-pgtrigger: fine in a function, which only runs later."""
    path = str(file.source.path)
    if not uses_of(after, "pgtrigger", path):
        return
    replaced = [operation.span for operation in file.operations]
    explained = [site.span for site in file.source.sites if site.is_about_triggers]
    for use in uses_of(file.source.text, "pgtrigger", path):
        if any(span.contains(use.span) for span in (*replaced, *explained)):
            continue
        if use.in_function:
            remarks.note(
                use.span, f"{use.name} is used here, so the migration still imports pgtrigger"
            )
        else:
            remarks.obstruct(use.span, f"{use.name} is used here in a way that is not converted")
