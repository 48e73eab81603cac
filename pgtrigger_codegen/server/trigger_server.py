"""Speaks the language server protocol with an editor.

Every handler answers from the last run, and waits for the one that goes on. What goes wrong in one
request is that request's error; the server goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import sys
import uuid
from collections.abc import Awaitable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from pgtrigger_codegen import __version__
from pgtrigger_codegen.confinement.search_path import without_projects
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.server.documents import Document, Workspace, path_of
from pgtrigger_codegen.server.findings import Texts, diagnostic
from pgtrigger_codegen.server.hovers import innermost, without_links
from pgtrigger_codegen.server.messages import Answer, Checked, Failed, TriggerFacts
from pgtrigger_codegen.server.positions import Positions
from pgtrigger_codegen.server.reader_process import ReaderProcess
from pgtrigger_codegen.server.runs import ProjectState, Runs
from pgtrigger_codegen.server.user_options import user_options
from pgtrigger_codegen.source.escaping import escaped, one_line

_PATIENCE = 30.0
"""Seconds that a request waits for a run; after that it gets what there is: nothing."""
_SLOW = 0.5
"""Seconds after which a run shows progress."""


class TriggerServer(LanguageServer):
    """The server, with what it knows of the editor's workspace."""

    def __init__(self, reader: ReaderProcess) -> None:
        super().__init__(
            "pgtrigger-codegen",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
        )
        self.files = Workspace()
        self.reader = reader
        self.runs = Runs(self.files, self.reader, self.publish, self.showing_progress)
        self._said: set[str] = set()
        self._showing: set[asyncio.Future[None]] = set()

    # What the editor can do.

    @property
    def makes_files(self) -> bool:
        """Whether it makes files when an edit says so."""
        edit = _edit_capabilities(self)
        return bool(edit and types.ResourceOperationKind.Create in (edit.resource_operations or ()))

    @property
    def makes_versions(self) -> bool:
        """Whether it knows edits of a version of a document, as all do that make files."""
        edit = _edit_capabilities(self)
        return bool(edit and edit.document_changes) or self.makes_files

    @property
    def encoding(self) -> str:
        """The units of columns."""
        return types.PositionEncodingKind(self.workspace.position_encoding).value

    # What it is told.

    def begin(self, params: types.InitializeParams) -> None:
        """Takes the folders and the options of the user."""
        folders = [one.uri for one in params.workspace_folders or ()]
        root = params.root_uri
        if root is None and params.root_path:
            root = uris.from_fs_path(params.root_path)
        for uri in folders or ([root] if root else []):
            self.files.add_folder(uri)
        self.import_nothing_of_folders()
        options, wrong = user_options(params.initialization_options)
        self.runs.settings, self.runs.debounce = options.settings, options.debounce
        for message in wrong:
            self.say(message, types.MessageType.Error)

    def import_nothing_of_folders(self) -> None:
        """Takes the folders that were opened off the path that modules are imported from."""
        sys.path[:] = without_projects(sys.path, list(self.files.folders))

    def say(self, message: str, kind: types.MessageType) -> None:
        """Shows a message, once."""
        if message not in self._said:
            self._said.add(message)
            self.tell(message, kind)

    def tell(self, message: str, kind: types.MessageType) -> None:
        """Shows a message."""
        self.window_show_message(types.ShowMessageParams(kind, without_links(escaped(message))))

    def note(self, message: str) -> None:
        """Writes a message into the editor's log, once."""
        if message not in self._said:
            self._said.add(message)
            self.window_log_message(
                types.LogMessageParams(types.MessageType.Info, one_line(message))
            )

    # What it tells.

    def publish(self, project: ProjectState, answer: Checked | Failed) -> None:
        """Shows the findings of a project, or says why there are none."""
        by_path: dict[str, list[types.Diagnostic]] = {}
        texts = self.texts(project)
        if isinstance(answer, Checked):
            project.failure = None
            for finding in answer.findings:
                path = finding.diagnostic.span.path
                if self.files.uri_of(path) is not None:
                    by_path.setdefault(path, []).append(diagnostic(finding, texts))
            for notice in answer.notices:
                self.note(notice)
            for crash in answer.crashes:
                self.say(crash, types.MessageType.Error)
        elif answer.message != project.failure:
            project.failure = answer.message
            self.tell(answer.message, types.MessageType.Error)
        self.show(project, by_path)

    def show(self, project: ProjectState, found: Mapping[str, list[types.Diagnostic]]) -> None:
        """Shows these diagnostics of a project, by path, and no others."""
        for path in sorted(found.keys() | project.published):
            uri = self.files.uri_of(path)
            if uri is not None:
                document = self.files.documents.get(path)
                version = document.version if document else None
                self.text_document_publish_diagnostics(
                    types.PublishDiagnosticsParams(uri, found.get(path, []), version)
                )
        project.published = frozenset(found)

    async def showing_progress(self, project: ProjectState, running: Awaitable[Answer]) -> Answer:
        """Waits for a run, and shows in the editor that it goes on where it takes long."""
        task = asyncio.ensure_future(running)
        try:
            done, _ = await asyncio.wait([task], timeout=_SLOW)
            if not done:
                showing = asyncio.ensure_future(self._show_progress(project, task))
                self._showing.add(showing)
                showing.add_done_callback(self._showing.discard)
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _show_progress(self, project: ProjectState, task: asyncio.Future[Answer]) -> None:
        """Shows that a run goes on, from when the editor is ready for it to the end of the run."""
        window = self.client_capabilities.window
        if not (window and window.work_done_progress):
            return
        token = str(uuid.uuid4())
        progress = self.work_done_progress
        with contextlib.suppress(JsonRpcException):
            await progress.create_async(token)
            if not task.done():
                title = f"Reading {without_links(one_line(Path(project.folder).name))}"
                progress.begin(token, types.WorkDoneProgressBegin(title=title))
                await asyncio.wait([task])
                progress.end(token, types.WorkDoneProgressEnd())
        progress.tokens.pop(token, None)

    # What it knows.

    def texts(self, project: ProjectState) -> Texts:
        """The texts that the last answer is about."""
        documents = self.files.documents

        @functools.cache
        def of(path: str) -> SourceText | None:
            return project.texts.get(path) or self.files.text(path)

        def version(path: str) -> int | None:
            return documents[path].version if path in documents else None

        def is_current(path: str) -> bool:
            now, then = self.files.text(path), of(path)
            return now is not None and then is not None and now.text == then.text

        return Texts(of, self.files.uri_of, version, is_current, self.encoding)

    async def settled(self, uri: str) -> tuple[ProjectState, Checked, Document] | None:
        """What is known of an open file, as soon as that is about what the editor shows."""
        document = self.files.documents.get(path_of(uri) or "")
        project = self.runs.of(document.path) if document is not None else None
        if document is None or project is None:
            return None
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(project.settled.wait(), _PATIENCE)
        document = self.files.documents.get(document.path)
        if document is None or project.answer is None:
            return None
        known = project.texts.get(document.path)
        if known is None or known.text != document.text:
            return None
        return project, project.answer, document

    def positions(self, document: Document) -> Positions:
        """Translates places of an open file."""
        return Positions(SourceText(document.text).lines, self.encoding)

    async def triggers_at(
        self, uri: str, position: types.Position
    ) -> tuple[Sequence[TriggerFacts], Document] | None:
        """The triggers that are declared at a place."""
        known = await self.settled(uri)
        if known is None:
            return None
        _, answer, document = known
        line, column = self.positions(document).place(position)
        here = [one for one in answer.triggers if one.span.path == document.path]
        found = innermost(here, line, column)
        return (found, document) if found else None

    def changed(self, path: str) -> None:
        """Reads the project of a file soon."""
        project = self.runs.of(path)
        if project is not None:
            self.runs.changed(project, path)


def _edit_capabilities(server: TriggerServer) -> types.WorkspaceEditClientCapabilities | None:
    workspace = server.client_capabilities.workspace
    return workspace.workspace_edit if workspace else None
