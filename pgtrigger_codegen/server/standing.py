"""A run that was begun before the next edit, and stands before it reads the edited file.

For each text that the file gets, a fork of the run goes on from there. Nothing is taken for
granted: a fork that finds anything changed that was read so far says so, and its question is
answered by a run from the beginning.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress

from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.server.messages import Cancel, Check, Frames, decode_question, encode, framed

_MOST_BYTES = 1 << 16
"""Of a question: the channel takes as much at once, also while nobody reads."""
_PIECE = 1 << 16
_MOST_PIPES = 16
_STANDS = b"s"


class Standing:
    """The process of such a run, as whoever asks sees it.

    Args:
        question: The one for which the run was begun.
        work: What the process does, with its end of the channel.

    Attributes:
        channel: Can be read when the process has something to say (`listen`).
    """

    def __init__(self, question: Check, work: Callable[[socket.socket], None]) -> None:
        self.question = question
        self.channel, theirs = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.setpgid(0, 0)
                self.channel.close()
                work(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.channel.setblocking(False)
        self._stands = False

    def fits(self, question: Check) -> bool:
        """Whether the run does for a question what it would do from the beginning."""
        return _but_edited(self.question) == _but_edited(question)

    def go_on(self, question: Check) -> int | None:
        """Where the answer of a fork that goes on can be read; None where none can be asked."""
        content = framed(encode(question))
        if len(content) > _MOST_BYTES:
            return None
        readable, writable = os.pipe()
        try:
            sent = socket.send_fds(self.channel, [content], [writable])
        except OSError:
            sent = 0
        finally:
            os.close(writable)
        if sent == len(content):
            return readable
        os.close(readable)
        return None

    def stop(self) -> None:
        """Ends the fork that goes on."""
        with suppress(OSError):
            self.channel.send(framed(encode(Cancel(self.question.number))))

    def listen(self) -> bool:
        """Whether the process is still there; what else it can say is that it stands."""
        try:
            said = self.channel.recv(1)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._stands = self._stands or bool(said)
        return bool(said)

    def end(self) -> None:
        """Ends the run, and the fork of it that goes on."""
        self.channel.close()
        if not self._stands:  # else it sees to its fork, and ends by itself
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


def next_question(channel: socket.socket) -> tuple[Check, int]:
    """The question that this process is to answer, and where to: a fork of the one that called.

    The one that called comes back never: it forks for each question, and ends with the channel.
    """
    return _next(channel)


def _next(channel: socket.socket) -> tuple[Check, int]:
    frames, pipes, running = Frames(), list[int](), 0
    with trusted():
        channel.send(_STANDS)
        while True:
            piece, given, _, _ = socket.recv_fds(channel, _PIECE, _MOST_PIPES)
            pipes += given
            if not piece:
                _end(running)
                os._exit(0)
            for content in frames.feed(piece):
                _end(running)
                running = 0
                question = decode_question(content)
                if not isinstance(question, Check):
                    continue
                pipe = pipes.pop(0)
                running = os.fork()
                if running == 0:
                    os.setpgid(0, 0)
                    channel.close()
                    return question, pipe
                os.close(pipe)


def _end(process: int) -> None:
    """Ends a fork, if there is one, with the processes that it has begun."""
    if process:
        for stop in (os.killpg, os.kill):  # it may not yet lead a group of its own
            with suppress(ProcessLookupError):
                stop(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _but_edited(question: Check) -> tuple[object, ...]:
    """What of a question matters before the edited file is read."""
    others: Mapping[str, bytes] = {
        path: text for path, text in question.unsaved.items() if path != question.edited
    }
    return (
        question.folder,
        question.settings,
        question.edited,
        question.open_files,
        others,
    )
