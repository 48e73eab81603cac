"""No change of a project makes the commands crash or end in any way but their own."""

from __future__ import annotations

import gc
import itertools
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.cases import failure, make
from tests.fuzz.mutations import MUTATIONS, changed_sql, mutated
from tests.support.projects import REPOSITORY

_PARTS = [pytest.param(part, marks=() if part < 3 else pytest.mark.slow) for part in range(10)]
_MUTATIONS = 30
"""Of each part. A case has some three of them: a whole project is read for each case."""
_SLOW = 3000
_TEXT = "class A:\n    x = f(1, name='SELECT a FROM b')\n    y = [2]\n"


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """As in the console script: half of the time would go into looking for garbage."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("part", _PARTS)
def test_changed_projects(part: int, tmp_path: Path) -> None:
    mutations = 0
    for number in itertools.count():
        seed = f"14-{part}-{number}"
        folder = tmp_path / seed
        folder.mkdir()
        made = make(seed, folder)
        found = failure(folder)
        assert found is None, f"python -m tests.fuzz --case {seed}  # {made}\n{found}"
        mutations += made.mutations
        if mutations >= _MUTATIONS:
            break


@pytest.mark.slow
def test_many_changed_projects_that_no_run_has_seen() -> None:
    """In processes of their own, which may take no more than a gigabyte."""
    seed = random.SystemRandom().randrange(10**6)
    command = [sys.executable, "-m", "tests.fuzz", "--count", str(_SLOW), "--seed", str(seed)]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_seed_makes_the_same_project_each_time(tmp_path: Path) -> None:
    texts = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        make("14-7", folder)
        texts.append({path.relative_to(folder): _content(path) for path in folder.rglob("*")})
    assert texts[0] == texts[1]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_each_mutation_changes_something(mutation: object) -> None:
    assert callable(mutation)
    made = {mutation(_TEXT, random.Random(seed), [_TEXT * 2]) for seed in range(30)}
    assert len(made - {_TEXT}) > 3


def test_no_text_is_too_short_to_be_changed() -> None:
    for seed in range(300):
        mutated("", random.Random(seed), [""], 3)
        changed_sql("", random.Random(seed))


def test_a_crash_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> object:
        raise ValueError("a bug")

    make("14-7", tmp_path)
    assert failure(tmp_path) is None
    monkeypatch.setattr("pgtrigger_codegen.project.discovery.discover", crash)
    found = failure(tmp_path)
    assert found is not None
    assert "`lint` crashed" in found
    assert "a bug" in found


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
