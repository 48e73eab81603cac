"""Whatever is done to the cache: a command says what it says without one."""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.cli import main
from pgtrigger_codegen.incremental import folder, worker
from pgtrigger_codegen.incremental.console import streams
from pgtrigger_codegen.incremental.memory import Memory
from pgtrigger_codegen.incremental.results import Question, recall
from pgtrigger_codegen.sql.remembered import BOOK
from tests.support.cli import run_cli
from tests.support.console import Console
from tests.support.projects import copy_project


class Command:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch was_run",)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project lies: always in the same place, since its cache names its files."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(console: Console, home: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The console script, in a project that was read once."""
    monkeypatch.setattr(worker, "WORTH_IT", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    project, filled = home / "shop", home / "filled"
    if filled.exists():
        shutil.rmtree(project)
        shutil.copytree(filled, project)
        monkeypatch.chdir(project)
        return console
    for function in BOOK.functions:
        function.forget()
    copy_project("shop", home)
    assert run_cli(project, "makemigrations").exit_code == 0
    monkeypatch.chdir(project)
    console("lint")
    console("makemigrations", "--check")
    shutil.copytree(project, filled)
    return console


def kept() -> list[Path]:
    return sorted(Path(folder.NAME).glob("?" * 32))


def test_the_files_are_of_use_as_they_are(run: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nothing below would show anything."""
    assert len(kept()) == 4  # two results, the history, answers about SQL
    first = run("lint")
    monkeypatch.setattr(main, "main", lambda **_: sys.exit(99))
    assert run("lint") == first
    memory = Memory(None, os.environ)
    assert memory.history(Path.cwd()) is not None
    assert memory.sql(Path.cwd())


def damaged(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """Other bytes than those: flipped, cut, put together, or made by somebody else."""
    place = chance.randrange(len(data))
    match chance.randrange(9):
        case 0:
            return (
                data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
            )
        case 1:
            return data[:place]
        case 2:
            return data + data[place:][:20] + b"x"
        case 3:
            return chance.choice(others)  # rightly signed, for another question
        case 4:
            return data[:32] + chance.choice(others)[32:]
        case 5:
            return chance.randbytes(chance.randrange(200))
        case 6:
            return pickle.dumps(Command())
        case 7:
            content = data[32:].replace(b"null", b"[]").replace(b"0", b"1")
            return hashlib.blake2b(content, digest_size=32).digest() + content
        case _:
            return data[32:]


@pytest.mark.parametrize(
    ("seed", "times"),
    [(0, 100), *(pytest.param(seed, 500, marks=pytest.mark.slow) for seed in (0, 1, 2, 3))],
)
def test_damage_is_no_cache(run: Console, seed: int, times: int) -> None:
    """No damaged file counts any more; and now and then, a command says the same."""
    chance = random.Random(seed)
    root = Path.cwd()
    arguments = ("lint",)
    expected = run("--no-cache", *arguments)
    whole = {path: path.read_bytes() for path in kept()}
    for number in range(times):
        for path, data in whole.items():
            others = [other for other in whole.values() if other != data]
            path.write_bytes(damaged(data, others, chance))
        question = Question(root, arguments, streams(), os.environ)
        assert recall(question) is None
        memory = Memory(None, os.environ)
        assert memory.history(root) is None
        assert not memory.sql(root)
        if number % 250 == 0:
            assert run(*arguments) == expected
    assert not Path("was_run").exists()


def test_a_forged_result_does_not_pass(run: Console) -> None:
    """All checks passed, says a cache that came with a repository, signed with its own secret."""
    expected = run("--no-cache", "lint")
    for path in kept():
        content = path.read_bytes()[32:]
        key = hashlib.blake2b(b"theirs", digest_size=32).digest()
        forged = content.replace(expected[1].hex().encode(), b"All checks passed!".hex().encode())
        path.write_bytes(hashlib.blake2b(forged, key=key, digest_size=32).digest() + forged)
    assert run("lint") == expected


def test_a_cache_of_another_user_does_not_count(
    run: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is in a clone: the same files, and another secret."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    runs = []
    real = main.main

    def noted(**options: Any) -> None:
        runs.append(sys.argv)
        real(**options)

    monkeypatch.setattr(main, "main", noted)
    expected = run("--no-cache", "lint")
    assert run("lint") == expected
    assert len(runs) == 2


def test_without_a_secret_there_is_no_cache_and_no_error(
    run: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("--no-cache", "lint")
    run("clean")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/nowhere")
    assert run("lint") == expected
    assert not Path(folder.NAME).exists()


def test_clean_leaves_the_cache_of_a_project_above_alone(run: Console) -> None:
    Path("inner").mkdir()
    Path("inner/pyproject.toml").write_text("[tool.pgtrigger-codegen]\n")
    before = {path: path.read_bytes() for path in kept()}
    assert run("-C", "inner", "clean")[1] == b"There is no cache.\n"
    assert {path: path.read_bytes() for path in kept()} == before


def test_clean_says_what_it_leaves(run: Console) -> None:
    Path(folder.NAME, "notes.txt").write_text("mine")
    code, output, _ = run("clean")
    assert code == 0
    assert b"files that are not part of the cache stay" in output
    assert [path.name for path in Path(folder.NAME).iterdir()] == ["notes.txt"]


def test_clean_follows_no_link(run: Console, tmp_path: Path) -> None:
    Path(folder.NAME).rename(tmp_path / "elsewhere")
    Path(folder.NAME).symlink_to(tmp_path / "elsewhere")
    before = sorted((tmp_path / "elsewhere").iterdir())
    code, _, errors = run("clean")
    assert code == 2
    assert b"is a symbolic link: nothing was deleted" in errors
    assert sorted((tmp_path / "elsewhere").iterdir()) == before


def test_no_pickle_is_left_in_the_package() -> None:
    package = Path(folder.__file__).parents[1]
    texts = {path: path.read_text() for path in package.rglob("*.py")}
    words = ("import pickle", "import marshal", "import shelve", "import dill")
    assert [path for path, text in texts.items() for word in words if word in text] == []
