"""Migrations in an editor: where one installs a trigger, and an edit that makes missing ones."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lsprotocol import types

from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.server.documents import Workspace
from pgtrigger_codegen.server.messages import Planned, PlannedFile, TriggerFacts
from pgtrigger_codegen.server.positions import Positions
from pgtrigger_codegen.source.span import Span


def migration_place(
    trigger: TriggerFacts, files: Workspace, encoding: str
) -> types.Location | None:
    """Where the migration that installs a trigger names it; None where there is none to show."""
    path = trigger.migration_path
    uri = files.uri_of(path) if path is not None else None
    if path is None or uri is None:
        return None
    text = files.text(path)
    lines = text.lines if text is not None else []
    span = _mention(trigger, lines) or (1, 1, 1)
    line, start, end = span
    where = Positions(lines, encoding).range(Span(path, line, start, line, end))
    return types.Location(uri, where)


def migration_edit(
    planned: Iterable[PlannedFile], files: Workspace, encoding: str
) -> types.WorkspaceEdit:
    """What makes the files, and adds to those that are there, which must be as they were read."""
    changes: list[
        types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile
    ] = []
    for file in planned:
        uri = files.uri_of(file.path)
        if uri is None:
            continue
        start = types.Position(0, 0)
        if file.is_new:
            changes.append(types.CreateFile(uri))
            edit = types.TextEdit(types.Range(start, start), file.content)
            version = None
        else:
            end = _end(files.text(file.path), encoding)
            edit = types.TextEdit(types.Range(start, end), file.content)
            document = files.documents.get(file.path)
            version = document.version if document else None
        changed = types.OptionalVersionedTextDocumentIdentifier(uri, version)
        changes.append(types.TextDocumentEdit(changed, [edit]))
    return types.WorkspaceEdit(document_changes=changes)


def report(planned: Planned, refused: str | None) -> tuple[types.MessageType, str]:
    """What to tell the user of the migrations that were asked for.

    Args:
        refused: Why the editor has not made the edit.
    """
    notes = "".join(f"\nnote: {note}" for note in planned.notes)
    if refused is not None:
        return types.MessageType.Error, f"The editor has not written the migrations: {refused}"
    if not planned.summary:
        if planned.notes:
            return types.MessageType.Warning, f"No migrations were written.{notes}"
        return types.MessageType.Info, "No trigger migrations are missing."
    verb = "Wrote" if planned.written else "Made, to be saved:"
    kind = types.MessageType.Warning if planned.notes else types.MessageType.Info
    return kind, f"{verb} {'; '.join(planned.summary)}{notes}"


def _end(text: SourceText | None, encoding: str) -> types.Position:
    """The end of a text, which is on a line of its own after a line end."""
    lines = text.lines if text is not None else []
    ends_line = text is None or text.text == "" or text.text.endswith(("\n", "\r"))
    last = (len(lines) + 1, 1) if ends_line else (len(lines), len(lines[-1]) + 1)
    return Positions(lines, encoding).position(*last)


def _mention(trigger: TriggerFacts, lines: list[str]) -> tuple[int, int, int] | None:
    """The first line that names a trigger: as in the database, else as `AddTrigger` does."""
    name = trigger.uri.rpartition(":")[2]
    for pattern in (
        rf"\bTRIGGER\s+({re.escape(trigger.pgid)})\b",
        rf"\b({re.escape(trigger.pgid)})\b",
        rf"""name=["']({re.escape(name)})["']""",
    ):
        for number, line in enumerate(lines, start=1):
            if (match := re.search(pattern, line)) is not None:
                return number, match.start(1) + 1, match.end(1) + 1
    return None
