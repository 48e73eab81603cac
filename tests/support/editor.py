"""An editor without a screen: pygls' own client, which starts the server and speaks over pipes."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

PATIENCE = 60.0
"""Seconds that a test waits for an answer, on a machine that has other things to do."""

ABILITIES = types.ClientCapabilities(
    window=types.WindowClientCapabilities(work_done_progress=True),
    workspace=types.WorkspaceClientCapabilities(
        workspace_edit=types.WorkspaceEditClientCapabilities(
            document_changes=True,
            resource_operations=[types.ResourceOperationKind.Create],
        )
    ),
)


class Editor(LanguageClient):
    """What the server sends is kept, and edits that it wants are made.

    Attributes:
        shown: Diagnostics by path.
        messages: Messages that were shown to the user.
        edits: Workspace edits that the server wanted made.
        tokens: Of the progress that was shown.
        published: How often diagnostics were sent.
    """

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.shown: dict[Path, list[types.Diagnostic]] = {}
        self.messages: list[str] = []
        self.edits: list[types.WorkspaceEdit] = []
        self.tokens: list[Any] = []
        self.published = 0
        self._news = asyncio.Event()
        self._versions: dict[Path, int] = {}
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(functools.partial(self._publish))
        self.feature(types.WINDOW_SHOW_MESSAGE)(functools.partial(self._message))
        self.feature(types.WINDOW_LOG_MESSAGE)(lambda params: None)
        self.feature(types.WORKSPACE_APPLY_EDIT)(functools.partial(self._apply))
        self.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)(functools.partial(self._progress))
        self.feature(types.PROGRESS)(lambda params: None)

    def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        path = Path(params.uri.removeprefix("file://"))
        self.shown[path] = list(params.diagnostics)
        self.published += 1
        self._news.set()

    def _message(self, params: types.ShowMessageParams) -> None:
        self.messages.append(params.message)
        self._news.set()

    def _apply(self, params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        self.edits.append(params.edit)
        self._news.set()
        return types.ApplyWorkspaceEditResult(applied=True)

    def _progress(self, params: types.WorkDoneProgressCreateParams) -> None:
        self.tokens.append(params.token)

    @property
    def server_pid(self) -> int:
        """The process of the server."""
        assert self._server is not None
        return self._server.pid

    def open(self, path: Path, text: str | None = None) -> None:
        """Opens a file, with the text that is on disk unless there is another."""
        self._versions[path] = 1
        self.text_document_did_open(
            types.DidOpenTextDocumentParams(
                types.TextDocumentItem(
                    path.as_uri(), "python", 1, path.read_text() if text is None else text
                )
            )
        )

    def change(self, path: Path, text: str) -> None:
        """Types until this is the text of an open file."""
        self._versions[path] += 1
        self.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[path], path.as_uri()),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def save(self, path: Path) -> None:
        """Says that an open file was saved."""
        self.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(path.as_uri()))
        )

    async def codes(self, path: Path) -> list[str]:
        """The codes of the next diagnostics of a file."""
        self.shown.pop(path, None)
        await self.until(lambda: path in self.shown)
        return [str(one.code) for one in self.shown[path]]

    async def until(self, holds: Any) -> None:
        """Waits for something that the server sends."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def actions(
        self, path: Path, place: types.Range
    ) -> list[types.CodeAction | types.Command]:
        """What is offered at a place; lsprotocol takes actions with a command for commands."""
        found = await self.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(path.as_uri()), place, types.CodeActionContext([])
            )
        )
        return list(found or ())

    async def hover(self, path: Path, line: int, character: int) -> str:
        """What is shown at a place, both numbers from 0; empty for nothing."""
        found = await self.text_document_hover_async(
            types.HoverParams(
                types.TextDocumentIdentifier(path.as_uri()), types.Position(line, character)
            )
        )
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


@asynccontextmanager
async def edited(
    *folders: Path,
    options: object = None,
    abilities: types.ClientCapabilities = ABILITIES,
    ends_well: bool = True,
    root: Path | None = None,
) -> AsyncIterator[Editor]:
    """An editor with folders open, and a server of its own.

    Args:
        root: The only folder, of an editor that knows no workspaces.
        ends_well: Whether the editor ends the server, and does not just go away.
    """
    editor = Editor()
    await editor.start_io(sys.executable, "-m", "pgtrigger_codegen", "server")
    try:
        async with asyncio.timeout(PATIENCE):
            await editor.initialize_async(
                types.InitializeParams(
                    abilities,
                    root_uri=root.as_uri() if root else None,
                    workspace_folders=[
                        types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders
                    ],
                    initialization_options=options,
                )
            )
            editor.initialized(types.InitializedParams())
        yield editor
        if ends_well:
            async with asyncio.timeout(PATIENCE):
                await editor.shutdown_async(None)
                editor.exit(None)
        elif editor._server is not None and editor._server.stdin is not None:
            editor._server.stdin.close()
            async with asyncio.timeout(PATIENCE):
                await editor._server.wait()
    finally:
        if editor._server is not None and editor._server.returncode is None:
            editor._server.terminate()
        await editor.stop()  # type: ignore[no-untyped-call]
