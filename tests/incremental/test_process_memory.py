"""What a process keeps between the runs of its forks changes nothing but their time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.engine import COLD
from pgtrigger_codegen.incremental import worker
from pgtrigger_codegen.incremental.process_memory import ProcessMemory
from pgtrigger_codegen.migrations.planning import history
from pgtrigger_codegen.source import module, reads
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.sql.remembered import BOOK
from tests.support.cli import run_cli
from tests.support.projects import small_project

NOTHING: Mapping[str, bytes] = MappingProxyType({})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = small_project(tmp_path)
    run_cli(found, "makemigrations")
    return found


def run(memory: ProcessMemory, root: Path, unsaved: Mapping[str, bytes] = NOTHING) -> Analysis:
    """What a fork does, and the process when it has ended."""
    with overlaid(unsaved), memory.run(root, None) as engine:
        analysis = pipeline.analyze(root, engine=engine)
        analysis.history()
    memory.take(memory.found(), unsaved)
    while memory.keep():
        pass
    return analysis


def replays(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Notes each time that migrations are replayed in this process or begin to be in another."""
    found: list[object] = []

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any) -> Any:
            found.append(args)
            return function(*args)

        return noted

    monkeypatch.setattr(worker, "start", noting(worker.start))
    monkeypatch.setattr(history, "replay_apps", noting(history.replay_apps))
    return found


def test_migrations_are_replayed_again_only_when_they_have_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = ProcessMemory()
    models = root / "shop/catalog/models.py"
    migration = next((root / "shop/catalog/migrations").glob("0002_*.py"))
    wanted = run(memory, root).history().history.state.triggers
    noted = replays(monkeypatch)

    edit = {str(models): models.read_bytes() + b"\nx = 1\n"}
    assert run(memory, root, edit).history().history.state.triggers == wanted
    assert noted == []

    without = migration.read_bytes().replace(b"CREATE OR REPLACE TRIGGER", b"SELECT 1; --")
    changed = run(memory, root, {str(migration): without})
    assert noted
    assert changed.history().history.state.triggers != wanted

    noted.clear()
    assert run(memory, root).history().history.state.triggers == wanted
    assert noted == []

    migration.write_bytes(without)
    assert run(memory, root).history().history.state.triggers != wanted
    assert noted


def test_a_new_file_that_is_not_saved_is_a_change(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = ProcessMemory()
    run(memory, root)
    noted = replays(monkeypatch)

    run(memory, root, {str(root / "shop/catalog/migrations/0003_new.py"): b"x = 1\n"})

    assert noted


def test_the_results_are_those_of_a_run_with_nothing_kept(root: Path) -> None:
    memory = ProcessMemory()
    models = root / "shop/catalog/models.py"
    for text in (b"", b"\n# a comment\n", b"\nclass Other(Archivable):\n    pass\n"):
        edit = {str(models): models.read_bytes() + text}
        kept = run(memory, root, edit)
        with overlaid(edit):
            cold = pipeline.analyze(root, engine=COLD)
            assert kept.triggers == cold.triggers
            assert kept.history().history.state.triggers == cold.history().history.state.triggers
            assert pipeline.lint(kept) == pipeline.lint(cold)


def test_a_file_is_parsed_once_for_each_text_that_it_has(root: Path) -> None:
    memory = ProcessMemory()
    models = root / "shop/catalog/models.py"
    run(memory, root)
    run(memory, root)
    assert models not in module.parsed_anew

    run(memory, root, {str(models): models.read_bytes() + b"\n"})
    assert module.parsed_anew == {models}


def test_what_was_found_elsewhere_is_not_taken_for_granted() -> None:
    memory = ProcessMemory()
    assert memory.found() == b""
    memory.take(b"", {})
    assert not memory.keep()


def test_what_earlier_runs_found_out_about_sql_is_added_to(root: Path) -> None:
    memory = ProcessMemory()
    models = root / "shop/catalog/models.py"
    text = models.read_bytes()

    def asked_anew(edit: bytes) -> int:
        forget()
        pipeline.lint(run(memory, root, {str(models): edit}))
        new = sum(map(len, BOOK.new_answers().values()))
        memory.take(memory.found(), {})
        while memory.keep():
            pass
        return new

    assert text.count(b'fields=["title"]') == 1
    edit = text.replace(b'fields=["title"]', b'exclude=["title"]')
    try:
        first = asked_anew(text)
        assert first
        assert 0 < asked_anew(edit) < first
        assert asked_anew(text) == 0
        assert asked_anew(edit) == 0
    finally:
        forget()
        BOOK.recall(dict)


def test_answers_that_nobody_asks_for_any_more_are_dropped(root: Path) -> None:
    memory = ProcessMemory()
    models = root / "shop/catalog/models.py"
    known = []
    try:
        for number in range(40):
            forget()
            edit = f'\nX = "{number}"\n'.encode()
            name = f'"fixed_title_{number}"'.encode()
            text = models.read_bytes().replace(b'"fixed_title"', name) + edit
            pipeline.lint(run(memory, root, {str(models): text}))
            memory.take(memory.found(), {})
            while memory.keep():
                pass
            (answers,) = memory._answers.values()
            known.append(sum(map(len, answers.values())))
    finally:
        forget()
        BOOK.recall(dict)
    assert max(known) < 4 * known[0]
    assert known[1] > known[0]


def standing(memory: ProcessMemory, root: Path) -> bool:
    """Reads all of a project as a run does that will stand; whether it can go on later."""
    with memory.run(root, None, stands=True) as engine:
        pipeline.analyze(root, engine=engine)
        return memory.stand()


def test_a_run_goes_on_only_while_all_is_as_it_was(root: Path) -> None:
    memory = ProcessMemory()
    assert not memory.stand()
    assert not memory.goes_on()
    assert not standing(memory, root)  # whose migrations a process replays
    run(memory, root)
    assert standing(memory, root)
    assert memory.goes_on()

    models = root / "shop/catalog/models.py"
    text = models.read_bytes()
    models.write_bytes(text + b"# more")
    assert not memory.goes_on()
    models.write_bytes(text)
    assert memory.goes_on()

    new = root / "shop/catalog/more.py"
    new.write_bytes(b"")
    assert not memory.goes_on()
    new.unlink()
    assert memory.goes_on()

    migration = next((root / "shop/catalog/migrations").glob("0002_*.py"))
    with overlaid({str(migration): migration.read_bytes() + b"\n"}):
        assert not memory.goes_on()
    with overlaid({str(new): b""}):
        assert not memory.goes_on()
    with overlaid({str(models): b""}):  # whose text is for whoever asks to look after
        assert memory.goes_on()


def test_nothing_is_noted_any_more_once_a_run_has_stood(root: Path) -> None:
    memory = ProcessMemory()
    run(memory, root)
    with memory.run(root, None, stands=True):
        assert reads.current() is not None
        assert memory.stand()
        assert reads.current() is None


def forget() -> None:
    """A fork begins with no answers but those that its process has kept."""
    for function in BOOK.functions:
        function.forget()
