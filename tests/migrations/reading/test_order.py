"""The order of migrations, beside Django's own executor."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.graph import MigrationGraph

from pgtrigger_codegen.migrations.reading.order import run_order

Key = tuple[str, str]


class _Loader:
    """What the executor asks of the loader, where nothing is applied."""

    def __init__(self, graph: MigrationGraph) -> None:
        self.graph = graph
        self.applied_migrations: dict[Key, Migration] = {}
        self.replace_migrations = True


def _by_django(parents: dict[Key, list[Key]]) -> list[Key]:
    graph = MigrationGraph()
    for app_label, name in parents:
        graph.add_node((app_label, name), Migration(name, app_label))
    for key, listed in parents.items():
        for parent in listed:
            graph.add_dependency(None, key, parent)
    executor: Any = MigrationExecutor.__new__(MigrationExecutor)
    executor.loader = _Loader(graph)
    plan = executor.migration_plan(graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]


@pytest.mark.parametrize("seed", range(60))
def test_it_is_that_of_the_executor(seed: int) -> None:
    choose = random.Random(seed)
    parents: dict[Key, list[Key]] = {}
    for number in range(choose.randint(2, 30)):
        key = (choose.choice("abcd"), f"{choose.randint(0, 9)}{number:03d}")
        before = list(parents)
        parents[key] = choose.sample(before, min(len(before), choose.randint(0, 3)))

    assert run_order(parents) == _by_django(parents)


def test_siblings_run_in_descending_order() -> None:
    parents: dict[Key, list[Key]] = {
        ("a", "0001"): [],
        ("a", "0002_x"): [("a", "0001")],
        ("a", "0002_y"): [("a", "0001")],
        ("a", "0003"): [("a", "0002_x"), ("a", "0002_y")],
    }

    assert [name for _, name in run_order(parents)] == ["0001", "0002_y", "0002_x", "0003"]
