"""Puts the server together, and lets it serve."""

from __future__ import annotations

from typing import BinaryIO

from pgtrigger_codegen.server.acting import add_actions
from pgtrigger_codegen.server.questions import add_questions
from pgtrigger_codegen.server.reader_process import ReaderProcess
from pgtrigger_codegen.server.synchronization import add_synchronization
from pgtrigger_codegen.server.trigger_server import TriggerServer


def start(stdin: BinaryIO, stdout: BinaryIO, program: str) -> None:
    """Serves until the editor ends it or goes away.

    Args:
        program: What the process that reads projects runs (`ReaderProcess`).
    """
    server = TriggerServer(ReaderProcess(program))
    add_synchronization(server)
    add_questions(server)
    add_actions(server)
    server.start_io(stdin, stdout)
