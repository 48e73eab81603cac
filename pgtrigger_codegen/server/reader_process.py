"""The process that reads projects, as the process that speaks with the editor sees it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pgtrigger_codegen
from pgtrigger_codegen.server.messages import (
    Answer,
    Cancel,
    Check,
    Failed,
    Frames,
    Plan,
    Ready,
    decode_answer,
    encode,
    framed,
)

# The child finds packages where this process does, whatever its environment and folder say. Our own
# may lie in a folder that is searched for nothing else: in a project that is opened, say.
_START = (
    "import sys; own = sys.argv.pop(1); sys.path[:] = [*sys.argv.pop(1).split({sep!r}), own]; "
    "import pgtrigger_codegen; sys.path.pop(); "
    "{program}"
)
_PIECE = 1 << 16


class ReaderProcess:
    """Starts the process when there is a question, and again after it has ended.

    Args:
        program: The statements that serve in it, on one line.

    Attributes:
        ready: What it says of itself: the pages of the rules. None before it has started.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self.ready: Ready | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Answer]] = {}

    async def ask(self, question: Check | Plan) -> Answer:
        """The answer; when the task that waits is cancelled, the run ends."""
        process = await self._started()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[question.number] = future
        try:
            self._send(process, question)
            return await future
        except asyncio.CancelledError:
            self._send(process, Cancel(question.number))
            raise
        finally:
            self._waiting.pop(question.number, None)

    def stop(self) -> None:
        """Ends the process, and whatever it runs."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        self._process = await asyncio.create_subprocess_exec(
            *command(self._program, sys.path),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._listening = asyncio.create_task(self._listen(self._process))
        return self._process

    def _send(self, process: asyncio.subprocess.Process, question: Check | Plan | Cancel) -> None:
        if process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(framed(encode(question)))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        frames = Frames()
        while piece := await process.stdout.read(_PIECE):
            for content in frames.feed(piece):
                self._take(decode_answer(content))
        code = await process.wait()
        for number, future in self._waiting.items():
            if not future.done():
                future.set_result(Failed(number, f"the process that reads projects ended ({code})"))

    def _take(self, answer: Answer) -> None:
        if isinstance(answer, Ready):
            self.ready = answer
            return
        future = self._waiting.get(answer.number)
        if future is not None and not future.done():
            future.set_result(answer)


def command(program: str, search_path: Sequence[str]) -> list[str]:
    """What starts the process: alone with the folders that this one imports from."""
    start = _START.format(sep=os.pathsep, program=program)
    own = str(Path(pgtrigger_codegen.__file__).parents[1])
    return [sys.executable, "-I", "-c", start, own, os.pathsep.join(search_path)]
