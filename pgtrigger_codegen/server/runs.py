"""When projects are read: soon after an edit, one at a time, and never for an answer that is old.

An edit ends the run that it makes useless. The findings of a project that stands still are those
of `lint`, since texts that equal the files on disk are not passed along.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from msgspec import Struct, field

from pgtrigger_codegen import crashes
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.server.documents import Document, Workspace, unsaved
from pgtrigger_codegen.server.messages import Answer, Check, Checked, Failed, Plan, Planned
from pgtrigger_codegen.server.projects import project_folder
from pgtrigger_codegen.server.reader_process import ReaderProcess
from pgtrigger_codegen.server.user_options import DEBOUNCE
from pgtrigger_codegen.source.boundary import is_under


class ProjectState(Struct, eq=False):
    """A project, and what was found when it was read last.

    Attributes:
        workspace: The folder of the workspace that it lies in.
        answer: None where it has not been read, or cannot be.
        texts: What the answer is about, by path, as far as it is needed.
        published: Files with findings that the editor shows.
        failure: Why it cannot be read.
        edited: The file that was changed last.
        settled: Set while the answer is about what the editor shows.
    """

    folder: str
    workspace: str
    answer: Checked | None = None
    texts: Mapping[str, SourceText] = {}
    published: frozenset[str] = frozenset()
    failure: str | None = None
    edited: str | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)


class Runs:
    """Reads projects when they change.

    Args:
        workspace: What the editor has open.
        reader: Reads projects.
        took: Is given each answer to a check.
        shows: Waits for an answer, and shows that it takes long.

    Attributes:
        settings: The settings module that the user wants, in place of the one found.
        debounce: Seconds without an edit after which a run begins.
    """

    def __init__(
        self,
        workspace: Workspace,
        reader: ReaderProcess,
        took: Callable[[ProjectState, Checked | Failed], None],
        shows: Callable[[ProjectState, Awaitable[Answer]], Awaitable[Answer]],
    ) -> None:
        self.settings: str | None = None
        self.debounce = DEBOUNCE
        self._workspace = workspace
        self._reader = reader
        self._took = took
        self._shows = shows
        self._projects: dict[str, ProjectState] = {}
        self._folders: dict[tuple[str, str], str] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)

    def of(self, path: str) -> ProjectState | None:
        """The project of a file; None for one outside of the workspace."""
        workspace = self._workspace.folder_of(path)
        if workspace is None:
            return None
        key = str(Path(path).parent), workspace
        folder = self._folders.get(key)
        if folder is None:
            folder = self._folders[key] = str(project_folder(Path(path), Path(workspace)))
        return self._projects.setdefault(folder, ProjectState(folder, workspace))

    def look_again(self) -> None:
        """Searches the projects anew: files have come, gone or changed on disk."""
        self._folders.clear()

    def all(self) -> tuple[ProjectState, ...]:
        """The projects that were asked for so far."""
        return tuple(self._projects.values())

    def drop(self, workspace: str | None) -> list[ProjectState]:
        """Forgets the projects of a folder that is not open any more, and gives them."""
        gone = [one for one in self._projects.values() if one.workspace == workspace]
        for project in gone:
            del self._projects[project.folder]
            if (task := self._tasks.pop(project.folder, None)) is not None:
                task.cancel()
        return gone

    def changed(self, project: ProjectState, path: str | None = None) -> None:
        """Reads a project soon, instead of whatever is going on for it.

        Args:
            path: The file that was changed, where that is known.
        """
        project.edited = path or project.edited
        project.settled.clear()
        if (task := self._tasks.get(project.folder)) is not None:
            task.cancel()
        self._tasks[project.folder] = asyncio.create_task(self._read(project))

    async def plan(self, project: ProjectState, *, writes: bool) -> Planned | Failed:
        """The missing migrations of a project, as the editor shows it."""
        async with self._turn:
            question = Plan(
                next(self._numbers), project.folder, self.settings, self._unsaved(project), writes
            )
            answer = await self._shows(project, self._reader.ask(question))
        assert isinstance(answer, Planned | Failed)
        return answer

    def stop(self) -> None:
        """Ends all runs."""
        for task in self._tasks.values():
            task.cancel()
        self._reader.stop()

    async def _read(self, project: ProjectState) -> None:
        try:
            await self._check(project)
        except Exception as error:  # noqa: BLE001  (nobody waits for this task: a bug of ours is told)
            reason = f"internal error in the server ({type(error).__name__}); {crashes.REPORT}"
            project.answer = None
            self._took(project, Failed(0, reason))
            project.settled.set()

    async def _check(self, project: ProjectState) -> None:
        await asyncio.sleep(self.debounce)
        async with self._turn:
            documents = self._documents(project)
            texts = {document.path: SourceText(document.text) for document in documents}
            question = Check(
                next(self._numbers),
                project.folder,
                self.settings,
                self._unsaved(project),
                tuple(texts),
                project.edited if project.edited in texts else None,
            )
            answer = await self._shows(project, self._reader.ask(question))
        assert isinstance(answer, Checked | Failed)
        project.answer = answer if isinstance(answer, Checked) else None
        project.texts = texts | self._other_texts(project.answer, texts)
        self._took(project, answer)
        project.settled.set()

    def _other_texts(
        self, answer: Checked | None, known: Mapping[str, SourceText]
    ) -> dict[str, SourceText]:
        """The files that are not open, and that fixes would change."""
        fixes = [one.diagnostic.fix for one in (answer.findings if answer else ()) if one.has_fix]
        paths = {edit.span.path for fix in fixes if fix for edit in fix.edits} - known.keys()
        texts = {path: self._workspace.text(path) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def _documents(self, project: ProjectState) -> list[Document]:
        return [
            document
            for document in self._workspace.documents.values()
            if is_under(document.path, project.workspace)
        ]

    def _unsaved(self, project: ProjectState) -> Mapping[str, bytes]:
        return unsaved(self._documents(project))
