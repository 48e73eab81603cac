"""The history from another process is the history from this one."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.incremental import worker
from pgtrigger_codegen.incremental.engine import Incremental
from pgtrigger_codegen.incremental.worker import Worker, start
from pgtrigger_codegen.migrations.planning.history import Replayed, reading_again, replay_apps
from pgtrigger_codegen.migrations.reading.graph import build_graph
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.reads import recorded
from tests.migrations.builders import LiteralReader, add_trigger, create_model, migration, trigger
from tests.support.cli import run_cli
from tests.support.projects import copy_project

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

HISTORY = {
    "shop": [
        migration("0001_initial", create_model()),
        migration("0002_protect", add_trigger(trigger()), dependencies=[("shop", "0001_initial")]),
        migration("0003_odd", Unknown("not read"), dependencies=[("shop", "0002_protect")]),
    ]
}


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "WORTH_IT", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def taken(worker: Worker | None, reader: MigrationReader) -> Replayed:
    assert worker is not None
    answer = worker.take()
    assert answer is not None
    assert worker.take() is None
    graph = reading_again(answer.replayed.graph, reader)
    return replace(answer.replayed, graph=graph)


@needs_fork
@pytest.mark.usefixtures("always")
def test_the_outcome_is_that_of_a_replay_in_this_process() -> None:
    reader = LiteralReader(HISTORY)
    replayed = taken(start(reader, ["shop"]), reader)
    expected = build_graph(LiteralReader(HISTORY), ["shop"])
    assert replayed.state == replay(expected)
    assert replayed.graph.parents == expected.parents
    assert [item.migration for item in replayed.state.unreadable] == [("shop", "0003_odd")]
    here = replay_apps(LiteralReader(HISTORY), ["shop"])
    assert replayed.operations == here.operations
    assert [item.place[0][1] for item in replayed.operations.writings] == ["0002_protect"]


@needs_fork
@pytest.mark.usefixtures("always")
def test_operations_are_read_here_when_they_are_needed() -> None:
    reader = LiteralReader(HISTORY)
    migrations = taken(start(reader, ["shop"]), reader).graph.migrations
    assert reader.read_keys == []
    operations = migrations["shop", "0001_initial"].operations
    assert [type(operation).__name__ for operation in operations] == ["CreateModel"]  # type: ignore[union-attr]
    assert reader.read_keys == [("shop", "0001_initial")]
    assert len(migrations) == len(list(migrations)) == 3
    with pytest.raises(KeyError):
        migrations["shop", "0009_never"]


@needs_fork
@pytest.mark.usefixtures("always")
def test_a_file_that_cannot_be_read_is_there_without_operations(tmp_path: Path) -> None:
    for name in ("__init__.py", "0003_odd.py"):
        (tmp_path / name).write_text("")
    apps = {"shop": replace(LiteralReader(HISTORY).apps["shop"], migrations_dir=tmp_path)}
    reader = MigrationReader(apps, lambda label, path: Unknown("no such syntax"))
    found = taken(start(reader, ["shop"]), reader).graph.migrations["shop", "0003_odd"]
    assert isinstance(found.operations, Unknown)


@needs_fork
def test_what_fails_there_has_no_outcome() -> None:
    def fail() -> Replayed:
        raise MigrationsError("migrations depend on each other in a circle")

    assert Worker(fail).take() is None


@needs_fork
def test_what_nobody_asks_for_is_ended() -> None:
    def forever() -> Replayed:
        while True:
            pass

    history = Worker(forever)
    history.stop()
    assert history.take() is None


def test_few_migrations_are_replayed_here() -> None:
    assert start(LiteralReader(HISTORY), ["shop"]) is None


@needs_fork
@pytest.mark.parametrize("command", ["makemigrations --check", "makemigrations --dry-run", "diff"])
def test_a_command_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    project = copy_project("adopted", tmp_path)
    here = run_cli(project, *command.split())
    monkeypatch.setattr(worker, "WORTH_IT", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert run_cli(project, *command.split()) == here


@needs_fork
@pytest.mark.usefixtures("always")
def test_the_other_process_reads_no_models(tmp_path: Path) -> None:
    """Else an edit to any model makes what is kept of the migrations useless."""
    project = copy_project("adopted", tmp_path)
    seen: list[worker.Answer | None] = []

    class Noting(Incremental):
        def replay(self, reader: MigrationReader, app_labels: Collection[str]) -> Replayed:
            assert self._worker is not None
            seen.append(self._worker.take())
            return super().replay(reader, app_labels)

    with recorded():
        analyze(project, engine=Noting()).history()
    (answer,) = seen
    assert answer is not None
    names = {Path(path).name for path in answer.read.files if path.startswith(str(project))}
    assert "0001_initial.py" in names
    assert not names & {"models.py", "apps.py"}
