"""The order of migrations."""

from __future__ import annotations

import itertools

import pytest

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.graph import build_graph
from tests.migrations.builders import LiteralReader, graph, migration


def test_parents_come_first_also_across_apps() -> None:
    found = graph(
        {
            "a": [
                migration("0001"),
                migration("0002", dependencies=[("a", "0001"), ("b", "0001")]),
            ],
            "b": [migration("0001", dependencies=[("a", "0001")])],
        }
    )

    assert found.order() == [("a", "0001"), ("b", "0001"), ("a", "0002")]
    assert found.leaf("a") == ("a", "0002")
    assert found.leaf("b") == ("b", "0001")
    assert found.leaf("c") is None
    assert found.ancestors(("a", "0002")) == {("a", "0001"), ("b", "0001")}


def test_reads_only_the_apps_that_matter() -> None:
    reader = LiteralReader(
        {
            "a": [migration("0001", dependencies=[("b", "0001")])],
            "b": [migration("0001")],
            "c": [migration("0001")],
        }
    )

    build_graph(reader, ["a"])

    assert {label for label, _ in reader.read_keys} == {"a", "b"}


def test_run_before_is_a_dependency_of_the_other() -> None:
    found = graph(
        {
            "a": [migration("0001")],
            "b": [migration("0001", run_before=[("a", "0001"), ("gone", "0001")])],
        }
    )

    assert found.order() == [("b", "0001"), ("a", "0001")]


def test_first_and_latest_are_root_and_leaf() -> None:
    found = graph(
        {
            "a": [migration("0001"), migration("0002", dependencies=[("a", "0001")])],
            "b": [migration("0001", dependencies=[("a", "__first__")])],
            "c": [migration("0001", dependencies=[("a", "__latest__"), ("c", "__first__")])],
            "empty": [],
            "d": [migration("0001", dependencies=[("empty", "__first__")])],
        }
    )

    assert found.parents["b", "0001"] == (("a", "0001"),)
    assert found.parents["c", "0001"] == (("a", "0002"),)
    assert found.parents["d", "0001"] == ()
    assert found.missing == ()


def test_a_squashed_migration_takes_the_place_of_those_it_replaces() -> None:
    found = graph(
        {
            "a": [
                migration("0001", dependencies=[("b", "0001")]),
                migration("0002", dependencies=[("a", "0001")]),
                migration("0001_squashed", replaces=[("a", "0001"), ("a", "0002")]),
                migration("0003", dependencies=[("a", "0002")]),
            ],
            "b": [migration("0001")],
        }
    )

    assert found.order() == [("b", "0001"), ("a", "0001_squashed"), ("a", "0003")]
    assert found.leaves("a") == [("a", "0003")]


def test_a_squashed_migration_can_itself_be_squashed() -> None:
    found = graph(
        {
            "a": [
                migration("0001_squashed", replaces=[("a", "0001"), ("a", "0002")]),
                migration("0003", dependencies=[("a", "0002")]),
                migration("0001_again", replaces=[("a", "0001_squashed"), ("a", "0003")]),
                migration("0004", dependencies=[("a", "0003")]),
            ]
        }
    )

    assert found.order() == [("a", "0001_again"), ("a", "0004")]


def test_several_leaves_are_a_conflict() -> None:
    found = graph(
        {
            "a": [
                migration("0001"),
                migration("0002_x", dependencies=[("a", "0001")]),
                migration("0002_y", dependencies=[("a", "0001")]),
            ]
        }
    )

    with pytest.raises(MigrationsError, match=r"0002_x, 0002_y(.|\n)*makemigrations --merge a"):
        found.leaf("a")


def test_a_cycle_is_told_with_its_path() -> None:
    found = graph(
        {
            "a": [migration("0001", dependencies=[("b", "0001")])],
            "b": [migration("0001", dependencies=[("c", "0001")])],
            "c": [migration("0001", dependencies=[("b", "0001")])],
        }
    )

    with pytest.raises(MigrationsError, match=r"circle: b\.0001 → c\.0001 → b\.0001"):
        found.order()


def test_missing_dependencies_are_kept_with_who_wants_them() -> None:
    found = graph(
        {"a": [migration("0002", dependencies=[("a", "0001"), ("gone", "0001")])]},
    )

    assert [(item.dependency, item.app_is_installed) for item in found.missing] == [
        (("a", "0001"), True),
        (("gone", "0001"), False),
    ]


def test_what_cannot_be_read_is_noted() -> None:
    unknown = Unknown("computed")
    found = graph(
        {
            "a": [
                migration("0001", dependencies=[("b", "0001"), unknown]),
                migration("0002", dependencies=[("a", "0001"), 3]),
            ],
            "b": [migration("0001")],
        }
    )

    assert [(item.migration, item.part) for item in found.unreadable] == [
        (("a", "0001"), "dependencies"),
        (("a", "0002"), "dependencies"),
    ]
    assert found.parents["a", "0001"] == (("b", "0001"),)


def test_a_long_history_needs_no_deep_stack() -> None:
    names = [f"{number:04d}" for number in range(3000)]
    migrations = [migration(names[0])]
    migrations += [
        migration(name, dependencies=[("a", before)]) for before, name in itertools.pairwise(names)
    ]

    assert graph({"a": migrations}).order() == [("a", name) for name in names]
