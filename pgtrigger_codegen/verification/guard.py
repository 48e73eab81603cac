"""A second process that cleans up when the first one is killed.

It waits for the end of its input, which comes when the first process ends in whatever way. It is in
a session of its own, so that what ends the first (Ctrl-C, a job's end) does not reach it as well.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_DONE = b"done\n"
_PATIENCE = 20  # seconds, for a server that was just being started

# Without the current folder and PYTHONPATH, and with the search path of the first process.
_PROGRAM = """
import json, sys
plan = json.loads(sys.stdin.buffer.readline())
sys.path[:] = plan["path"]
from pgtrigger_codegen.verification.guard import keep
keep(plan)
"""


class Guard:
    """The first process's side."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._is_needed = False

    def has_room(self, database: str) -> None:
        """From now on there may be a database and a role of this name."""
        self._is_needed = True
        self._send(json.dumps(database).encode() + b"\n")

    def is_cleared(self) -> None:
        """The room is gone."""
        self._is_needed = False

    def dismiss(self) -> None:
        """The first process is done; what it has not cleared away is left to the second."""
        if not self._is_needed:
            self._send(_DONE)
        with contextlib.suppress(OSError):
            self._pipe.close()

    def _send(self, line: bytes) -> None:
        with contextlib.suppress(OSError):
            self._pipe.write(line)
            self._pipe.flush()


@contextmanager
def guarded(
    parameters: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[Guard]:
    """For as long as there is something to clear away.

    Args:
        parameters: How to connect to a given server, whose rooms are to be cleared.
        folder: That of an embedded server, which is to be stopped and deleted.
    """
    plan = {
        "path": sys.path,
        "parameters": None if parameters is None else dict(parameters),
        "folder": None if folder is None else str(folder),
    }
    process = subprocess.Popen(  # noqa: S603  (this very Python, and a program of ours)
        [sys.executable, "-I", "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=os.sep,
        start_new_session=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(plan).encode() + b"\n")
    process.stdin.flush()
    guard = Guard(process.stdin)
    try:
        yield guard
    finally:
        if folder is None or not folder.exists():
            guard.dismiss()
        else:
            process.stdin.close()
        process.wait()


def keep(plan: Mapping[str, object]) -> None:
    """The second process: waits, and clears away unless it was told that nothing is left."""
    rooms = []
    for line in sys.stdin.buffer:
        if line == _DONE:
            return
        rooms.append(str(json.loads(line)))
    if isinstance(folder := plan["folder"], str):
        _delete(Path(folder))
    elif isinstance(parameters := plan["parameters"], dict):
        _clear(parameters, rooms)


def _clear(parameters: Mapping[str, str], rooms: list[str]) -> None:
    from pgtrigger_codegen.database.address import Address
    from pgtrigger_codegen.verification.administration import administering_again, clear_room
    from pgtrigger_codegen.verification.names import RoomNames

    address = Address(parameters, "guard")
    with administering_again(address) as connection:
        for database in rooms:
            clear_room(connection, address, RoomNames.of_database(database))


def _delete(folder: Path) -> None:
    """Stop a server and delete its folder, which may be in the making."""
    end = time.monotonic() + _PATIENCE
    while folder.exists() and time.monotonic() < end:
        stop_server(folder)
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.2)


def stop_server(folder: Path) -> None:
    """End a server at once: what it holds is to be thrown away."""
    try:
        pid = int((folder / "postmaster.pid").read_text().partition("\n")[0])
        os.kill(pid, signal.SIGQUIT)
        for _ in range(100):
            os.kill(pid, 0)
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        pass  # there is none, or no more
