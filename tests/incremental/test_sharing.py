"""Work that a fork shares comes to what it comes to in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.incremental import sharing, worker
from pgtrigger_codegen.incremental.engine import Incremental
from pgtrigger_codegen.source import edited, module, reads
from pgtrigger_codegen.source.module import read_module
from pgtrigger_codegen.sql.remembered import BOOK
from pgtrigger_codegen.sql.usage import statement_facts
from tests.support.projects import copy_project

NUMBER = msgspec.msgpack.Decoder(int).decode


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def at_once(pieces: list[Callable[[], int]]) -> list[Callable[[], int]]:
    """Two pieces, neither of which ends before the other one was begun."""
    pipes = os.pipe(), os.pipe()

    def met(number: int) -> int:
        os.write(pipes[number][1], b"x")
        os.read(pipes[1 - number][0], 1)
        return pieces[number]()

    return [lambda: met(0), lambda: met(1)]


def test_two_processes_take_pieces_and_the_results_are_in_order() -> None:
    one, other = sharing.share(at_once([os.getpid, os.getpid]), NUMBER, 1, 0)
    assert os.getpid() in (one, other)
    assert one != other

    work = [lambda number=number: number * 2 for number in range(60)]
    assert sharing.share(work, NUMBER, 1, 0) == list(range(0, 120, 2))


def test_one_process_does_what_is_not_worth_two() -> None:
    work = [os.getpid] * 20
    assert set(sharing.share(work, NUMBER, 99)) == {os.getpid()}
    assert set(sharing.share([os.getpid], NUMBER, 100)) == {os.getpid()}
    assert set(sharing.share([os.getpid] * 300, NUMBER, 100)) == {os.getpid()}


def test_one_process_does_all_until_the_edited_file_is_read() -> None:
    work = [os.getpid] * 20
    with edited.stands_before("shop/models.py", lambda: None):
        assert set(sharing.share(work, NUMBER, 1, 0)) == {os.getpid()}
        edited.about_to_read("shop/models.py")
        assert sharing.share(at_once([os.getpid, os.getpid]), NUMBER, 1, 0)


def test_what_the_fork_does_not_come_back_with_is_done_here() -> None:
    here = os.getpid()

    def fails() -> int:
        if os.getpid() != here:
            os._exit(1)
        time.sleep(0.02)  # so that the fork takes one as well
        return 3

    assert sharing.share([fails] * 20, NUMBER, 1, 0) == [3] * 20


def test_an_error_ends_both(monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.getpid()
    forks, fork = list[int](), worker.fork

    def noted(work: Callable[[], bytes]) -> tuple[int, int]:
        process, pipe = fork(work)
        forks.append(process)
        return process, pipe

    monkeypatch.setattr(worker, "fork", noted)

    def fails() -> int:
        if os.getpid() == here:
            raise ValueError("here")
        return os.read(os.pipe()[0], 1)[0]  # for ever

    with pytest.raises(ValueError, match="here"):
        sharing.share(at_once([fails, fails]), NUMBER, 1, 0)
    (process,) = forks
    with pytest.raises(ChildProcessError):
        os.waitpid(process, os.WNOHANG)


def test_what_the_fork_finds_out_is_known_here(tmp_path: Path) -> None:
    text = "CREATE TRIGGER t BEFORE UPDATE ON shared FOR EACH ROW EXECUTE FUNCTION f()"
    path = tmp_path / "read.py"
    path.write_text("x = 'shared'\n")

    def piece() -> int:
        if os.getpid() != here:
            statement_facts(text)
            read_module("read", path, is_package=False, first_party=True)
        return 1

    here = os.getpid()
    statement_facts.forget()
    module.parsed_anew.discard(path)
    try:
        with reads.recorded() as read:
            sharing.share(at_once([piece, piece]), NUMBER, 1, 0)
        assert str(path) in read.files
        assert path in module.parsed_anew
        assert list(statement_facts.new) == [(text,)]
        assert BOOK.new_answers()[statement_facts.name]
    finally:
        statement_facts.forget()
        module.parsed_anew.discard(path)


@pytest.mark.parametrize("name", ["broken", "shop"])
def test_rules_find_the_same_in_two_processes(name: str, tmp_path: Path) -> None:
    root = copy_project(name, tmp_path)
    alone = pipeline.lint(pipeline.analyze(root))
    assert alone
    assert pipeline.lint(pipeline.analyze(root, engine=Incremental(worth_it=0))) == alone
