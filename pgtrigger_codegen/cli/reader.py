"""The start of the process that reads projects for an editor, which `server` starts."""

from __future__ import annotations

import sys

from pgtrigger_codegen.cli.entry import FRAMES
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.server import reader


def serve() -> None:
    """Answers the questions on standard input, until there can be no more."""
    _allow_nesting()
    reader.serve(speed.kept_in_process())


def answer_questions(questions: int, answers: int, *, forks: bool) -> None:
    """Answers the questions that come out of one pipe, into another.

    Args:
        forks: Whether a fork does each run.
    """
    _allow_nesting()
    reader.answer_questions(questions, answers, speed.kept_in_process() if forks else None)


def _allow_nesting() -> None:
    sys.setrecursionlimit(max(FRAMES, sys.getrecursionlimit()))
