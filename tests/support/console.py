"""Runs the console script in this process, results that are kept included."""

from __future__ import annotations

import gc
import sys
from typing import NamedTuple

import pytest

from pgtrigger_codegen.cli import entry


class Ended(NamedTuple):
    """How the console script ended, byte for byte."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Console:
    """The console script, called in the current folder."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[bytes]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capture = capture

    def __call__(self, *arguments: str) -> Ended:
        """Runs `pgtrigger-codegen …`."""
        self._monkeypatch.setattr(sys, "argv", ["pgtrigger-codegen", *arguments])
        with pytest.MonkeyPatch.context() as patch:
            # A process that ends needs no garbage collector; this one does not end.
            patch.setattr(gc, "disable", lambda: None)
            patch.setattr(gc, "freeze", lambda: None)
            with pytest.raises(SystemExit) as end:
                entry.run()
        sys.stdout.flush()
        sys.stderr.flush()
        output, errors = self._capture.readouterr()
        assert isinstance(end.value.code, int)
        assert b"Traceback" not in errors, errors.decode()
        return Ended(end.value.code, output, errors)


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Console:
    """Runs the console script in this process: exit code, output, errors."""
    return Console(monkeypatch, capfdbinary)
