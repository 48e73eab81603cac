"""Triggers whose form depends on the order in which migrations ran."""

from __future__ import annotations

from django.db import migrations

from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import Contest
from pgtrigger_codegen.sql.render import alter_function, create_trigger, drop_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import create_model, graph, migration, moved, trigger

PLAIN = trigger()
OURS = moved(PLAIN, func="NEW.status = 'ours'; RETURN NEW;")
THEIRS = moved(PLAIN, func="NEW.status = 'theirs'; RETURN NEW;")
FIRST = migration(
    "0001",
    create_model(),
    migrations.RunSQL(create_trigger(PLAIN.parts, PLAIN.hash)),
)


def altered(name: str, compiled: CompiledTrigger, *after: tuple[str, str]) -> EvaluatedMigration:
    sql = alter_function(compiled.parts, compiled.hash)
    return migration(name, migrations.RunSQL(sql), dependencies=after)


def contests(
    *listed: EvaluatedMigration, audit: tuple[EvaluatedMigration, ...] = ()
) -> list[Contest]:
    state = replay(graph({"shop": [FIRST, *listed], "audit": list(audit)}))
    return list(state.contests.values())


def test_two_branches_leave_it_in_different_forms() -> None:
    start = ("shop", "0001")

    (contest,) = contests(altered("0002_a", OURS, start), altered("0002_b", THEIRS, start))

    assert contest.migrations == (("shop", "0002_a"), ("shop", "0002_b"))
    assert contest.forms[0].definition.function != contest.forms[1].definition.function
    assert not contest.may_be_absent


def test_one_branch_drops_it() -> None:
    drop = migration(
        "0002_b", migrations.RunSQL(drop_trigger(PLAIN.parts)), dependencies=[("shop", "0001")]
    )

    (contest,) = contests(altered("0002_a", OURS, ("shop", "0001")), drop)

    assert contest.may_be_absent
    assert len(contest.forms) == 1


def test_one_after_the_other() -> None:
    assert not contests(
        altered("0002", OURS, ("shop", "0001")), altered("0003", THEIRS, ("shop", "0002"))
    )


def test_both_branches_write_the_same() -> None:
    start = ("shop", "0001")
    assert not contests(altered("0002_a", OURS, start), altered("0002_b", OURS, start))


def test_a_later_migration_settles_it() -> None:
    start = ("shop", "0001")
    branches = (altered("0002_a", OURS, start), altered("0002_b", THEIRS, start))
    merge = altered("0003", OURS, ("shop", "0002_a"), ("shop", "0002_b"))

    assert not contests(*branches, merge)
    # A merge that says nothing of the trigger leaves it as it is.
    merge = migration("0003", dependencies=[("shop", "0002_a"), ("shop", "0002_b")])
    assert contests(*branches, merge)


def test_another_app_that_does_not_come_after() -> None:
    ours = altered("0002", OURS, ("shop", "0001"))

    assert contests(ours, audit=(altered("0001", THEIRS, ("shop", "0001")),))
    assert not contests(ours, audit=(altered("0001", THEIRS, ("shop", "0002")),))
