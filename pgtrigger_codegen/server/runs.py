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
        settled: Set while the answer is about what the editor shows.
        took: Seconds that the last run took; None before the first.
    """

    folder: str
    workspace: str
    answer: Checked | None = None
    texts: Mapping[str, SourceText] = {}
    published: frozenset[str] = frozenset()
    failure: str | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    took: float | None = None


class Runs:
    """Reads projects when they change.

    Args:
        workspace: What the editor has open.
        took: Is given each answer to a check.
        around: Is entered while a run goes on, to show progress.
        settings: The settings module that the user wants, in place of the one found.
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
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(1)

    def of(self, path: str) -> ProjectState | None:
        """The project of a file; None for one outside of the workspace."""
        workspace = self._workspace.folder_of(path)
        if workspace is None:
            return None
        folder = str(project_folder(Path(path), Path(workspace)))
        return self._projects.setdefault(folder, ProjectState(folder, workspace))

    def all(self) -> tuple[ProjectState, ...]:
        """The projects that were asked for so far."""
        return tuple(self._projects.values())

    def changed(self, project: ProjectState) -> None:
        """Reads a project soon, instead of whatever is going on for it."""
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
            began = asyncio.get_running_loop().time()
            documents = self._documents(project)
            texts = {document.path: SourceText(document.text) for document in documents}
            question = Check(
                next(self._numbers),
                project.folder,
                self.settings,
                self._unsaved(project),
                tuple(texts),
            )
            answer = await self._shows(project, self._reader.ask(question))
            project.took = asyncio.get_running_loop().time() - began
        assert isinstance(answer, Checked | Failed)
        project.texts = texts
        project.answer = answer if isinstance(answer, Checked) else None
        self._took(project, answer)
        project.settled.set()

    def _documents(self, project: ProjectState) -> list[Document]:
        return [
            document
            for document in self._workspace.documents.values()
            if is_under(document.path, project.workspace)
        ]

    def _unsaved(self, project: ProjectState) -> Mapping[str, bytes]:
        return unsaved(self._documents(project))
