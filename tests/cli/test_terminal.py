from __future__ import annotations

import io
import threading

import pytest

from pgtrigger_codegen.cli.terminal import progress, wants_colour


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "on_terminal", "on_pipe"),
    [
        ({}, True, False),
        ({"TERM": "dumb"}, False, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
    ],
)
def test_colour(environ: dict[str, str], on_terminal: bool, on_pipe: bool) -> None:
    assert wants_colour(Terminal(), environ) is on_terminal
    assert wants_colour(io.StringIO(), environ) is on_pipe


def test_progress_says_nothing_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)

    with progress(delay=0) as say:
        say("Reading the project")

    assert stream.getvalue() == ""


def test_progress_says_nothing_of_a_short_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)

    with progress(delay=3600) as say:
        say("Reading the project")

    assert "Reading" not in stream.getvalue()


def test_progress_of_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    begun = threading.Event()
    write = stream.write

    def watched(text: str) -> int:
        if "Reading the project" in text:
            begun.set()
        return write(text)

    monkeypatch.setattr(stream, "write", watched)
    with progress(delay=0) as say:
        say("Reading the project")
        assert begun.wait(timeout=30)

    assert "Reading the project…" in stream.getvalue()
