"""The process that reads projects: it answers one question at a time, through two pipes.

It imports everything and keeps what runs have found out, and never runs anything itself. A fork of
it does each run, so that a run can be ended when a newer question comes, leaves nothing of a
project behind, and takes nobody along when it fails. Where a system has no forks (Windows), runs
happen here one after the other, and none can be ended.
"""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from pgtrigger_codegen import crashes
from pgtrigger_codegen.confinement.wall import Escape
from pgtrigger_codegen.engine import COLD, Engine
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.documentation import rule_page
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.suppression import MARKER
from pgtrigger_codegen.server.checking import check
from pgtrigger_codegen.server.messages import (
    Answer,
    Cancel,
    Check,
    Failed,
    Frames,
    Plan,
    Ready,
    decode_question,
    encode,
    framed,
)
from pgtrigger_codegen.server.planning import plan
from pgtrigger_codegen.server.standing import Standing, next_question
from pgtrigger_codegen.source.edited import stands_before
from pgtrigger_codegen.source.overlay import overlay_anew
from pgtrigger_codegen.source.paths import resolved

_PACKAGE = "pgtrigger_codegen"
# What runs import as they come to it, so that no fork has to do so again.
_STAGES = tuple(
    f"{_PACKAGE}.{name}"
    for name in (
        "certificate.accounts certificate.certify certificate.passed_over confinement.generated"
        " lint.runner migrations.changes.ordering migrations.planning.files"
        " migrations.planning.lift_files migrations.planning.planner migrations.reading.loading"
        " migrations.reading.sites models.describing models.django_setup models.reading"
        " project.discovery project.reading migrations.writing.writer"
        " providers.conversion providers.loading providers.resolving source.translation.module"
        " triggers.absent_packages triggers.declared"
    ).split()
)
_PIECE = 1 << 16
_ANSWER, _KEPT, _STALE = b"a", b"k", b"s"


class KeptResults(Protocol):
    """What a process keeps in memory of the runs of its forks, so that later runs are faster."""

    def run(
        self, folder: Path, settings: str | None, *, stands: bool = False
    ) -> AbstractContextManager[Engine]:
        """Within it, in a fork, the engine of a run; of one that will stand, where that is said."""
        ...

    def stand(self) -> bool:
        """In a fork whose run stands: whether it can go on later."""
        ...

    def goes_on(self) -> bool:
        """In a fork of that fork: whether all that was read so far is as it was."""
        ...

    def found(self) -> bytes:
        """In a fork after its run: what this run leaves for later ones."""
        ...

    def take(self, found: bytes, unsaved: Mapping[str, bytes]) -> None:
        """Takes what a fork has found; `unsaved` holds the files that it read from the editor."""
        ...

    def keep(self) -> bool:
        """Decodes a part of what was taken; whether there is more."""
        ...


def serve(kept: KeptResults) -> None:
    """Answers the questions on standard input, until there can be no more."""
    questions, answers = os.dup(0), os.dup(1)
    # Whatever prints by mistake must not end up among the answers.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    answer_questions(questions, answers, kept if hasattr(os, "fork") else None)


def answer_questions(questions: int, answers: int, kept: KeptResults | None) -> None:
    """Answers the questions that come out of one pipe, into another.

    Args:
        kept: Results of earlier runs; None where this process does every run, and not a fork.
    """
    for name in _STAGES:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    pages = {rule.code: rule_page(rule) for rule in RULES}
    codes = {rule.name: rule.code for rule in RULES}
    _send(answers, encode(Ready(pages, codes, MARKER)))
    reader = _Forks(questions, answers, kept) if kept else _Sequence(questions, answers)
    reader.run()


class _Sequence:
    """Does every run in this process, where there are no forks."""

    def __init__(self, questions: int, answers: int) -> None:
        self._questions = questions
        self._answers = answers

    def run(self) -> None:
        frames = Frames()
        while piece := os.read(self._questions, _PIECE):
            for content in frames.feed(piece):
                question = decode_question(content)
                if not isinstance(question, Cancel):
                    _send(self._answers, encode(_answer(question, COLD)))
                    gc.collect()


class _Run:
    """A fork that answers a question.

    Attributes:
        pipe: What it says can be read here.
        has_answered: Whether all that it has still to say is for us.
    """

    def __init__(self, question: Check | Plan, work: Callable[[int], None]) -> None:
        self.question = question
        self.has_answered = False
        self.frames = Frames()
        self.pipe, writable = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            status = 1
            try:
                os.setpgid(0, 0)
                os.close(self.pipe)
                work(writable)
                status = 0
            finally:
                os._exit(status)
        os.close(writable)

    def end(self) -> None:
        """Ends it, with the process that it may have replaying the migrations."""
        for stop in (os.killpg, os.kill):  # it may not yet lead a group of its own
            try:
                stop(self._pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.reap()

    def reap(self) -> str:
        """Waits for its end; gives why it ended."""
        os.close(self.pipe)
        _, status = os.waitpid(self._pid, 0)
        code = os.waitstatus_to_exitcode(status)
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class _Continued:
    """A fork of a run that stood, which answers a question.

    Attributes:
        pipe, has_answered: As of other runs.
    """

    def __init__(self, question: Check, pipe: int, standing: Standing) -> None:
        self.question = question
        self.has_answered = False
        self.frames = Frames()
        self.pipe = pipe
        self._standing = standing

    def end(self) -> None:
        """Ends it; the process that it was forked from waits for its end."""
        os.close(self.pipe)
        self._standing.stop()

    def reap(self) -> str:
        """Leaves it to the other process to wait for its end."""
        os.close(self.pipe)
        return "an unknown exit code"


class _Forks:
    """Has every run done by a fork."""

    def __init__(self, questions: int, answers: int, kept: KeptResults) -> None:
        self._questions = questions
        self._answers = answers
        self._frames = Frames()
        self._kept = kept
        self._runs: list[_Run | _Continued] = []
        self._standing: Standing | None = None
        # What the next run that stands is begun for: the last question that had no such run.
        self._last: Check | None = None

    def run(self) -> None:
        """Until nobody can ask any more."""
        try:
            self._serve()
        finally:
            for run in self._runs:
                run.end()
            self._drop_standing()

    def _serve(self) -> None:
        wait: float | None = None
        while True:
            pipes = [run.pipe for run in self._runs]
            if self._standing is not None:
                pipes.append(self._standing.channel.fileno())
            ready, _, _ = select.select([self._questions, *pipes], [], [], wait)
            if not ready:
                wait = 0 if self._kept.keep() else None  # whoever asks need not wait for all of it
                if wait is None:
                    self._begin_standing()
                continue
            wait = 0
            if self._questions in ready:
                piece = os.read(self._questions, _PIECE)
                if not piece:
                    return
                for content in self._frames.feed(piece):
                    self._take(decode_question(content))
                continue  # a run may have gone
            for run in [run for run in self._runs if run.pipe in ready]:
                self._listen(run)
            standing = self._standing
            if (
                standing is not None
                and standing.channel.fileno() in ready
                and not standing.listen()
            ):
                self._drop_standing()

    def _take(self, question: Check | Plan | Cancel) -> None:
        for run in [run for run in self._runs if not run.has_answered]:
            # Whoever asks again waits for the newer answer; what writes files comes to its end.
            is_over = not isinstance(question, Cancel) or run.question.number == question.number
            if is_over and not (isinstance(run.question, Plan) and run.question.writes):
                self._runs.remove(run)
                run.end()
        if isinstance(question, Cancel):
            return
        standing = self._standing
        if isinstance(question, Check) and standing is not None and standing.fits(question):
            pipe = standing.go_on(question)
            if pipe is not None:
                self._runs.append(_Continued(question, pipe, standing))
                return
        self._begin(question)

    def _begin(self, question: Check | Plan) -> None:
        """Answers a question by a run from the beginning."""
        self._last = question if isinstance(question, Check) and question.edited else None
        self._runs.append(_Run(question, lambda pipe: self._work(question, pipe)))

    def _begin_standing(self) -> None:
        """Begins the run for the next edit, when nobody waits for anything."""
        if self._last is None or self._runs:
            return
        question, self._last = self._last, None
        self._drop_standing()
        self._standing = Standing(question, lambda channel: self._stand(question, channel))

    def _hear_standing(self, ready: Sequence[int]) -> None:
        standing = self._standing
        if standing is not None and standing.channel.fileno() in ready and not standing.listen():
            self._drop_standing()

    def _drop_standing(self) -> None:
        if self._standing is not None:
            self._standing.end()
            self._standing = None

    def _stand(self, begun: Check, channel: socket.socket) -> None:
        """What a fork does that begins a run, and those that go on with it."""
        os.close(self._questions)
        os.close(self._answers)
        gc.disable()
        asked: list[tuple[Check, int]] = []

        def stand() -> None:
            if not self._kept.stand():
                os._exit(0)
            question, pipe = next_question(channel)
            asked.append((question, pipe))
            overlay_anew(question.unsaved)
            if not self._kept.goes_on():
                _send(pipe, _STALE)
                os._exit(0)

        folder = resolved(Path(begun.folder))
        with (
            stands_before(str(begun.edited), stand),
            self._kept.run(folder, begun.settings, stands=True) as engine,
        ):
            answer = _answer(begun, engine)
        for question, pipe in asked:  # none where the file is not read at all
            _send(pipe, _ANSWER + encode(replace(answer, number=question.number)))
            _send(pipe, _KEPT + self._kept.found())

    def _work(self, question: Check | Plan, pipe: int) -> None:
        """What a fork does."""
        os.close(self._questions)
        gc.disable()
        with self._kept.run(resolved(Path(question.folder)), question.settings) as engine:
            _send(pipe, _ANSWER + encode(_answer(question, engine)))
        _send(pipe, _KEPT + self._kept.found())

    def _listen(self, run: _Run | _Continued) -> None:
        piece = os.read(run.pipe, _PIECE)
        for content in run.frames.feed(piece):
            if content[:1] == _ANSWER:
                run.has_answered = True
                _send(self._answers, content[1:])
            elif content[:1] == _KEPT:
                self._kept.take(content[1:], run.question.unsaved)
        if not piece:
            self._runs.remove(run)
            why = run.reap()
            if not run.has_answered and isinstance(run, _Continued):
                self._drop_standing()  # what it stood on has changed
                self._begin(run.question)
            elif not run.has_answered:
                message = f"the project was not read: the process that read it ended with {why}"
                _send(self._answers, encode(Failed(run.question.number, message)))


def _answer(question: Check | Plan, engine: Engine) -> Answer:
    """The answer, or why there is none."""
    try:
        made = crashes.contain("the server", lambda: _made(question, engine))
    except (CodegenError, Escape) as error:
        return Failed(question.number, str(error))
    if isinstance(made, crashes.Crash):
        return Failed(question.number, f"{made.reason}; {crashes.REPORT}")
    return made


def _made(question: Check | Plan, engine: Engine) -> Answer:
    return check(question, engine) if isinstance(question, Check) else plan(question, engine)


def _send(pipe: int, content: bytes) -> None:
    left = memoryview(framed(content))
    while left:
        left = left[os.write(pipe, left) :]
