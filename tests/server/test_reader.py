"""The process that reads projects, asked without an editor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.server.messages import (
    Answer,
    Check,
    Checked,
    Failed,
    Frames,
    Plan,
    Planned,
    Ready,
    decode_answer,
    encode,
    framed,
)
from tests.support.cli import run_cli
from tests.support.projects import small_project

START = "from pgtrigger_codegen.cli.reader import answer_questions as a; a(0, 1, forks={forks})"


def test_messages_come_out_of_a_pipe_in_pieces() -> None:
    content = framed(b"one") + framed(b"") + framed(b"three")
    frames = Frames()

    found = [one for byte in content for one in frames.feed(bytes([byte]))]

    assert found == [b"one", b"", b"three"]
    assert list(Frames().feed(content)) == [b"one", b"", b"three"]


def answers(forks: bool, *questions: Check | Plan) -> list[Answer]:
    """What is answered to each question, asked after the answer to the one before."""
    found: list[Answer] = []
    frames = Frames()
    with subprocess.Popen(
        [sys.executable, "-c", START.format(forks=forks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for question in (None, *questions):
            if question is not None:
                process.stdin.write(framed(encode(question)))
                process.stdin.flush()
            content: list[bytes] = []
            while not content:
                piece = os.read(process.stdout.fileno(), 1 << 16)
                assert piece
                content = list(frames.feed(piece))
            found += map(decode_answer, content)
        process.stdin.close()
        assert process.wait(60) == 0
    return found


@pytest.mark.slow
@pytest.mark.parametrize("forks", [False, True])
def test_every_question_has_its_answer(forks: bool, tmp_path: Path) -> None:
    root = small_project(tmp_path)
    text = (root / "shop/catalog/models.py").read_bytes()
    (tmp_path / "empty").mkdir()

    ready, first, none, planned, refused, last = answers(
        forks,
        Check(1, str(root), None, {}),
        Check(2, str(tmp_path / "nowhere"), None, {}),
        Plan(3, str(root), None, {}),
        Plan(4, str(root), None, {str(root / "shop/catalog/models.py"): text + b"\n"}, writes=True),
        Check(5, str(root), None, {}),
    )

    assert isinstance(ready, Ready)
    assert "# lost-inherited-triggers (PGT103)" in ready.pages["PGT103"]
    assert isinstance(first, Checked)
    assert [one.diagnostic.code for one in first.findings] == ["PGT401", "PGT401", "PGT103"]
    assert isinstance(none, Failed)
    assert "nowhere is not a folder" in none.message
    assert isinstance(planned, Planned)
    (file,) = planned.files
    assert file.is_new
    assert not planned.written
    assert isinstance(refused, Failed)
    assert "save all files" in refused.message
    assert isinstance(last, Checked)
    assert (last.number, last.findings) == (5, first.findings)
    assert run_cli(root, "makemigrations", "--check").exit_code == 1
