"""What an editor tells the server: what is open, changed and saved."""

from __future__ import annotations

from collections.abc import Callable

from lsprotocol import types

from pgtrigger_codegen.server.documents import path_of
from pgtrigger_codegen.server.trigger_server import TriggerServer

_WATCHED = "**/*.{py,pyi,sql,toml,cfg,ini}"


def _initialize(ls: TriggerServer, params: types.InitializeParams) -> None:
    ls.begin(params)


def _initialized(ls: TriggerServer, params: types.InitializedParams) -> None:
    workspace = ls.client_capabilities.workspace
    watching = workspace.did_change_watched_files if workspace else None
    if watching and watching.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(_WATCHED)]
        )
        ls.client_register_capability(
            types.RegistrationParams(
                [
                    types.Registration(
                        "watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options
                    )
                ]
            )
        )
    if not ls.files.folders:
        ls.say(
            "pgtrigger-codegen reads nothing: open the project's folder, not a single file",
            types.MessageType.Warning,
        )


def _did_open(ls: TriggerServer, params: types.DidOpenTextDocumentParams) -> None:
    item = params.text_document
    document = ls.files.put(item.uri, item.version, item.text)
    if document is not None:
        ls.changed(document.path)


def _did_change(ls: TriggerServer, params: types.DidChangeTextDocumentParams) -> None:
    changed = params.text_document
    whole = [change.text for change in params.content_changes if not hasattr(change, "range")]
    if whole:
        document = ls.files.put(changed.uri, changed.version, whole[-1])
        if document is not None:
            ls.changed(document.path)


def _did_save(ls: TriggerServer, params: types.DidSaveTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    if path is not None:
        ls.runs.look_again()
        ls.changed(path)


def _did_close(ls: TriggerServer, params: types.DidCloseTextDocumentParams) -> None:
    path = path_of(params.text_document.uri)
    if path is not None and ls.files.documents.pop(path, None) is not None:
        ls.changed(path)


def _did_change_files(ls: TriggerServer, params: types.DidChangeWatchedFilesParams) -> None:
    ls.runs.look_again()
    for path in filter(None, (path_of(change.uri) for change in params.changes)):
        folder = ls.files.folder_of(path)
        for project in ls.runs.all():
            if project.workspace == folder:
                ls.runs.changed(project)


def _did_change_folders(ls: TriggerServer, params: types.DidChangeWorkspaceFoldersParams) -> None:
    ls.runs.look_again()
    for folder in params.event.removed:
        for project in ls.runs.drop(path_of(folder.uri)):
            ls.show(project, {})
        ls.files.remove_folder(folder.uri)
    for folder in params.event.added:
        ls.files.add_folder(folder.uri)
    ls.import_nothing_of_folders()


def _shutdown(ls: TriggerServer, params: None) -> None:
    ls.runs.stop()


_FEATURES: dict[str, Callable[..., None]] = {
    types.INITIALIZE: _initialize,
    types.INITIALIZED: _initialized,
    types.TEXT_DOCUMENT_DID_OPEN: _did_open,
    types.TEXT_DOCUMENT_DID_CHANGE: _did_change,
    types.TEXT_DOCUMENT_DID_SAVE: _did_save,
    types.TEXT_DOCUMENT_DID_CLOSE: _did_close,
    types.WORKSPACE_DID_CHANGE_WATCHED_FILES: _did_change_files,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: _did_change_folders,
    types.SHUTDOWN: _shutdown,
}


def add_synchronization(server: TriggerServer) -> None:
    """Lets the server hear of files and folders."""
    for name, handler in _FEATURES.items():
        server.feature(name)(handler)
