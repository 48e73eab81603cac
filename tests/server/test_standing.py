"""Runs that stand before they read the edited file answer as runs from the beginning do."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.engine import COLD
from pgtrigger_codegen.server.checking import check
from pgtrigger_codegen.server.messages import (
    Answer,
    Cancel,
    Check,
    Checked,
    Failed,
    Frames,
    Question,
    decode_answer,
    encode,
    framed,
)
from tests.support.cli import run_cli
from tests.support.editor import PATIENCE
from tests.support.projects import small_project

# The reader as it is, which notes how it has each question answered.
START = """\
import os, sys
from pgtrigger_codegen.cli.reader import answer_questions
from pgtrigger_codegen.server import reader, standing

def noting(owner, name, words):
    function = getattr(owner, name)
    def noted(*args):
        found = function(*args)
        if (word := words(args, found)):
            os.write(2, word.encode() + b"\\n")
        return found
    setattr(owner, name, noted)

noting(reader._Forks, "_begin", lambda args, found: "begun")
noting(standing.Standing, "go_on", lambda args, found: "asked" if found else "refused")
noting(standing.Standing, "listen", lambda args, found: "stands" if found else "gone")
answer_questions(0, 1, forks=True)
"""


class Reader:
    """The process that reads projects, and what it has said of itself.

    Attributes:
        log: How it has answered.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._frames = Frames()
        self._log = log
        self._contents: list[bytes] = []

    @property
    def log(self) -> list[str]:
        return self._log.read_text().split()

    def send(self, question: Question) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(framed(encode(question)))
        self._process.stdin.flush()

    def answer(self) -> Answer:
        assert self._process.stdout is not None
        while not self._contents:
            piece = os.read(self._process.stdout.fileno(), 1 << 16)
            assert piece, self.log
            self._contents += self._frames.feed(piece)
        return decode_answer(self._contents.pop(0))

    def ask(self, question: Check) -> Answer:
        self.send(question)
        return self.answer()

    def until(self, word: str, times: int) -> None:
        """Waits until the process has said a word so many times."""
        last = time.monotonic() + PATIENCE
        while self.log.count(word) < times:
            assert time.monotonic() < last, self.log
            time.sleep(0.02)


@contextmanager
def reading(log: Path) -> Iterator[Reader]:
    with (
        log.open("wb") as file,
        subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
        ) as process,
    ):
        reader = Reader(process, log)
        reader.answer()
        yield reader
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = small_project(tmp_path)
    run_cli(found, "makemigrations")
    return found


class Editing:
    """A project in an editor, whose answers are compared with those of a run with nothing kept."""

    def __init__(self, root: Path, reader: Reader) -> None:
        self.root = root
        self.reader = reader
        self.unsaved: dict[str, bytes] = {}
        self.number = 0

    def question(self, edited: Path) -> Check:
        self.number += 1
        texts: Mapping[str, bytes] = dict(self.unsaved)
        return Check(self.number, str(self.root), None, texts, (str(edited),), str(edited))

    def is_right(self, edited: Path) -> Checked:
        """Asks, and makes sure that the answer is right."""
        question = self.question(edited)
        found = self.reader.ask(question)
        wanted = decode_answer(encode(check(question, COLD)))
        assert found == wanted, self.reader.log
        assert isinstance(found, Checked)
        return found


def test_an_edit_goes_on_with_a_run_that_stands(root: Path, tmp_path: Path) -> None:
    models = root / "shop/catalog/models.py"
    text = models.read_bytes()
    with reading(tmp_path / "log") as reader:
        editing = Editing(root, reader)
        editing.is_right(models)
        reader.until("stands", 1)

        findings = []
        for new in (
            text.replace(b'fields=["title"]', b'fields=["titel"]'),
            text.replace(b"import pgtrigger\n", b""),
            text + b"\nclass (",
            text,
        ):
            editing.unsaved = {str(models): new}
            findings.append(editing.is_right(models).findings)
        assert reader.log.count("begun") == 1
        assert reader.log.count("asked") == 4
        assert len(set(findings)) == 4

        # Saved, which changes nothing; and another file on disk, which was read before.
        models.write_bytes(text + b"\n# saved\n")
        editing.unsaved = {}
        editing.is_right(models)
        assert reader.log.count("begun") == 1
        settings = next(root.glob("**/settings.py"))
        settings.write_text(settings.read_text() + "\nPGTRIGGER_SCHEMA_EDITOR = False\n")
        assert editing.is_right(models).findings != findings[-1]
        assert reader.log.count("begun") == 2


def test_a_newer_question_ends_what_goes_on(root: Path, tmp_path: Path) -> None:
    models = root / "shop/catalog/models.py"
    text = models.read_bytes()
    with reading(tmp_path / "log") as reader:
        editing = Editing(root, reader)
        editing.is_right(models)
        reader.until("stands", 1)
        for word in (b"one", b"two", b"three"):
            editing.unsaved = {str(models): text + b"\n# " + word}
            reader.send(editing.question(models))
        reader.send(Cancel(editing.number))
        editing.is_right(models)
        editing.unsaved = {str(models): text + b"\n#" + b" long" * 20_000}
        editing.is_right(models)
        assert reader.log.count("asked") == 4
        assert reader.log.count("refused") == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_edit_after_edit(root: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = [path for path in sorted(root.rglob("*.py")) if "migrations" not in path.parts]
    pieces = (
        b"\n# a comment\n",
        b"\nimport pgtrigger\n",
        b"\nclass (\n",
        b"\nX = 1\n",
        b"\nfrom django.db import models\n\nclass More(models.Model):\n    pass\n",
        b"\nPGTRIGGER_SCHEMA_EDITOR = False\n",
    )
    with reading(tmp_path / "log") as reader:
        editing = Editing(root, reader)
        edited = chance.choice(files)
        for _ in range(25):
            if chance.random() < 0.3:
                edited = chance.choice(files)
            text = editing.unsaved.get(str(edited), edited.read_bytes())
            match chance.choice("insert insert insert cut undo save disk".split()):
                case "insert":
                    lines = text.split(b"\n")
                    lines.insert(chance.randrange(len(lines) + 1), chance.choice(pieces))
                    editing.unsaved[str(edited)] = b"\n".join(lines)
                case "cut":
                    lines = text.split(b"\n")
                    del lines[chance.randrange(len(lines))]
                    editing.unsaved[str(edited)] = b"\n".join(lines)
                case "undo":
                    editing.unsaved.pop(str(edited), None)
                case "save":
                    edited.write_bytes(text)
                    editing.unsaved.pop(str(edited), None)
                case _:
                    other = chance.choice(files)
                    other.write_bytes(other.read_bytes() + chance.choice(pieces))
            question = editing.question(edited)
            if chance.random() < 0.3:
                reader.send(replace(question, number=0))
            found = reader.ask(question)
            while isinstance(found, Checked | Failed) and found.number == 0:
                found = reader.answer()
            assert found == wanted(question), reader.log
        assert reader.log.count("asked") > 3


def wanted(question: Check) -> Answer:
    """What a run with nothing kept answers; it may be why the project cannot be read."""
    from pgtrigger_codegen.server.reader import _answer

    return decode_answer(encode(_answer(question, COLD)))
