"""What a user lets the server do: fixes, comments that ignore findings, and migrations.

All of it goes to the editor as edits. Files are written here only where the editor cannot make any,
and the user has asked for a migration.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from pgtrigger_codegen.server.documents import path_of
from pgtrigger_codegen.server.findings import (
    WRITE_KIND,
    WRITE_MIGRATIONS,
    actions,
    diagnostic,
    overlaps,
)
from pgtrigger_codegen.server.messages import Failed
from pgtrigger_codegen.server.migrations import migration_edit, report
from pgtrigger_codegen.server.trigger_server import TriggerServer


async def _code_action(
    ls: TriggerServer, params: types.CodeActionParams
) -> list[types.CodeAction] | None:
    known = await ls.settled(params.text_document.uri)
    if known is None:
        return None
    project, answer, document = known
    texts = ls.texts(project)
    positions = ls.positions(document)
    here = [
        finding
        for finding in answer.findings
        if finding.diagnostic.span.path == document.path
        and overlaps(positions.range(finding.diagnostic.span), params.range)
    ]
    made = list(actions(here, texts, makes_versions=ls.makes_versions))
    title = "Write the missing trigger migrations"
    command = types.Command(title, WRITE_MIGRATIONS, arguments=[document.uri])
    settled = [one for one in here if one.writes_migration]
    if settled:
        shown = [diagnostic(one, texts) for one in settled]
        kind = types.CodeActionKind.QuickFix
        made.append(types.CodeAction(command.title, kind, shown, command=command))
    if any(finding.writes_migration for finding in answer.findings):
        made.append(types.CodeAction(command.title, WRITE_KIND, command=command))
    return [action for action in made if _is_wanted(action, params.context.only)]


async def _write_migrations(ls: TriggerServer, uri: str) -> None:
    path = path_of(uri)
    project = ls.runs.of(path) if path is not None else None
    if project is None:
        message = f"{WRITE_MIGRATIONS} takes the URI of a file of the workspace"
        ls.tell(message, types.MessageType.Error)
        return
    versions = _versions(ls)
    planned = await ls.runs.plan(project, writes=not ls.makes_files)
    if isinstance(planned, Failed):
        ls.tell(planned.message, types.MessageType.Error)
        return
    if any(versions.get(one.path) != _versions(ls).get(one.path) for one in planned.files):
        ls.tell("The migrations have changed meanwhile: ask again.", types.MessageType.Error)
        return
    edit = migration_edit(planned.files, ls.files, ls.encoding)
    refused = None
    if planned.files:
        applied = await ls.workspace_apply_edit_async(
            types.ApplyWorkspaceEditParams(edit, "Write trigger migrations")
        )
        refused = None if applied.applied else applied.failure_reason or "no reason given"
    kind, message = report(planned, refused)
    ls.tell(message, kind)


def _versions(ls: TriggerServer) -> dict[str, int]:
    return {path: document.version for path, document in ls.files.documents.items()}


def add_actions(server: TriggerServer) -> None:
    """Lets the server offer actions, and carry out the command behind one."""
    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, WRITE_KIND])
    server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)(_code_action)
    server.command(WRITE_MIGRATIONS)(_write_migrations)


def _is_wanted(action: types.CodeAction, only: Sequence[str] | None) -> bool:
    kind = _text(action.kind)
    return only is None or any(
        kind == one or kind.startswith(f"{one}.") for one in map(_text, only)
    )


def _text(kind: types.CodeActionKind | str | None) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind or ""
