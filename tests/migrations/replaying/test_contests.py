"""Triggers whose form depends on the order in which migrations ran."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import Contest, OrderFault
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


def created(name: str, compiled: CompiledTrigger, *after: tuple[str, str]) -> EvaluatedMigration:
    sql = create_trigger(compiled.parts, compiled.hash)
    return migration(name, migrations.RunSQL(sql), dependencies=after)


def dropped(name: str, *after: tuple[str, str]) -> EvaluatedMigration:
    return migration(name, migrations.RunSQL(drop_trigger(PLAIN.parts)), dependencies=after)


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
    start = ("shop", "0001")
    (contest,) = contests(created("0002_a", OURS, start), dropped("0002_b", start))

    assert contest.may_be_absent
    assert len(contest.forms) == 1


def test_an_order_in_which_one_fails() -> None:
    """There is no trigger any more to comment on."""
    start = ("shop", "0001")

    state = replay(
        graph({"shop": [FIRST, altered("0002_a", OURS, start), dropped("0002_b", start)]})
    )

    assert not state.contests
    (fault,) = state.faults
    assert fault.pair == (("shop", "0002_a"), ("shop", "0002_b"))


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


RENAME = migrations.AlterModelTable("order", "orders")
ON_STATUS = moved(PLAIN, condition="WHEN (OLD.status = 'x')")


def faults(*listed: EvaluatedMigration, **others: list[EvaluatedMigration]) -> list[OrderFault]:
    return list(replay(graph({"shop": list(listed), **others})).faults)


def test_a_table_that_is_renamed_before_its_trigger_comes() -> None:
    """Django takes the one way or the other, by the names of the apps."""
    start = ("shop", "0001")
    model = migration("0001", create_model())
    rename = migration("0002", RENAME, dependencies=[start])

    for other, first in (("audit", False), ("ztudy", True)):
        (fault,) = faults(model, rename, **{other: [created("0001", PLAIN, start)]})

        assert fault.pair == ((other, "0001"), ("shop", "0002"))
        assert fault.in_new_database is first
        assert "renames table shop_order to orders" in fault.what


def test_a_column_that_is_renamed_before_a_condition_names_it() -> None:
    start = ("shop", "0001")
    model = migration("0001", create_model())
    rename = migrations.RenameField("order", "status", "state")
    listed = [model, migration("0002", rename, dependencies=[start])]

    assert faults(*listed, ztudy=[created("0001", ON_STATUS, start)])
    # It does not name the column, or comes after.
    assert not faults(*listed, ztudy=[created("0001", PLAIN, start)])
    assert not faults(*listed, ztudy=[created("0001", ON_STATUS, ("shop", "0002"))])


def test_a_function_that_is_dropped_while_the_trigger_is_on_a_renamed_table() -> None:
    """`DROP TRIGGER IF EXISTS` finds no such table, and then the function is in use."""
    start = ("shop", "0001")
    rename = migration("0002", RENAME, dependencies=[start])
    theirs = migration("0001", migrations.RunSQL(drop_trigger(PLAIN.parts)), dependencies=[start])

    (fault,) = faults(FIRST, rename, ztudy=[theirs])

    assert fault.pair == (("ztudy", "0001"), ("shop", "0002"))


def test_what_is_settled_by_a_later_migration() -> None:
    start = ("shop", "0001")
    branches = [("shop", "0002_a"), ("shop", "0002_z")]
    rename = migration(branches[0][1], RENAME, dependencies=[start])
    listed = [migration("0001", create_model()), rename, created(branches[1][1], PLAIN, start)]

    assert faults(*listed, migration("0003", dependencies=branches))
    assert not faults(*listed, created("0003", moved(PLAIN, table="orders"), *branches))


def test_the_replay_goes_on_as_if_the_dependency_were_there() -> None:
    start = ("shop", "0001")
    listed = {
        "shop": [
            migration("0001", create_model()),
            migration("0002", RENAME, dependencies=[start]),
        ],
        "ztudy": [created("0001", PLAIN, start)],
    }

    state = replay(graph(listed))

    assert [str(table) for table, _ in state.triggers] == ["orders"]
    assert state.assumed_order == [(("ztudy", "0001"), ("shop", "0002"))]


def test_a_foreign_key_that_is_newer_than_the_change_of_its_key() -> None:
    """In a new database; in those that are there, the column gets another type under a trigger."""
    small: models.AutoField[Any, Any] = models.AutoField(primary_key=True)
    big: models.BigAutoField[Any, Any] = models.BigAutoField(primary_key=True)
    foreign: object = models.ForeignKey("shop.Order", models.CASCADE)
    line = create_model("Line", fields=[("id", big), ("order", foreign)])
    condition = trigger("ztudy.Line:guard", condition='WHEN (OLD."order_id" = 1)')
    shop = [
        migration("0001", create_model(fields=[("id", small)])),
        migration("0002", migrations.AlterField("order", "id", big), dependencies=[_START]),
    ]
    ztudy = [
        migration("0001", line, dependencies=[_START]),
        created("0002", condition, ("ztudy", "0001")),
    ]

    (found,) = replay(graph({"shop": shop, "ztudy": ztudy})).disturbances.values()

    assert [item.migration for item in found] == [("shop", "0002")]


_START = ("shop", "0001")


def test_what_cannot_be_taken_back_alone() -> None:
    """The trigger is gone before its column gets another name; its reverse names the old one."""
    start = ("shop", "0001")
    model = migration("0001", create_model())
    rename = migrations.RenameField("order", "status", "state")
    made = migrations.RunSQL(
        create_trigger(ON_STATUS.parts, ON_STATUS.hash), drop_trigger(ON_STATUS.parts)
    )
    gone = migrations.RunSQL(
        drop_trigger(ON_STATUS.parts), create_trigger(ON_STATUS.parts, ON_STATUS.hash)
    )
    theirs = [
        migration("0001", made, dependencies=[start]),
        migration("0002", gone, dependencies=[("audit", "0001")]),
    ]

    found = faults(
        model,
        migration("0002", dependencies=[start]),
        migration("0003", rename, dependencies=[("shop", "0002")]),
        audit=theirs,
    )

    assert {fault.pair for fault in found} == {
        (("audit", name), ("shop", "0003")) for name in ("0001", "0002")
    }


def test_a_table_that_has_its_name_from_another_one() -> None:
    """Of two branches, one swaps two models, of which only one has the trigger's column."""
    start = ("shop", "0001")
    other = migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))])
    swap = [
        migrations.RenameModel(old, new)
        for old, new in [("Order", "Between"), ("Other", "Order"), ("Between", "Other")]
    ]
    (fault,) = faults(
        migration("0001", create_model(), other),
        migration("0002_a", *swap, dependencies=[start]),
        created("0002_b", ON_STATUS, start),
        migration("0003", dependencies=[("shop", "0002_a"), ("shop", "0002_b")]),
    )

    assert fault.pair == (("shop", "0002_b"), ("shop", "0002_a"))
    assert fault.what == "renames table shop_other to shop_order"


def test_a_constraint_trigger_is_not_replaced() -> None:
    """Two branches bring a trigger of one name, and only one of them drops the other's first."""
    start = ("shop", "0001")
    at_end = moved(PLAIN, constraint="CONSTRAINT", when="AFTER", timing="DEFERRABLE")
    (fault,) = faults(
        migration("0001", create_model()),
        created("0002_a", at_end, start),
        created("0002_b", ON_STATUS, start),
        migration("0003", dependencies=[("shop", "0002_a"), ("shop", "0002_b")]),
    )

    assert fault.pair == (("shop", "0002_b"), ("shop", "0002_a"))
    assert "as another kind" in fault.what


def test_only_those_are_named_that_cross() -> None:
    """Of three migrations, one comes after another, and that is no matter of order."""
    start = ("shop", "0001")
    third = moved(PLAIN, func="NEW.status = 'third'; RETURN NEW;")

    (contest,) = contests(
        altered("0002", OURS, start),
        altered("0003", third, ("shop", "0002")),
        audit=(altered("0001", THEIRS, start),),
    )

    assert contest.migrations == (("audit", "0001"), ("shop", "0003"))
    assert contest.what.startswith("migrations audit.0001 and shop.0003 leave it")


def test_what_disturbs_a_trigger_in_another_order_comes_in_its_place() -> None:
    """Whoever takes the trigger away does so before the first of them, and back after the last."""
    longer = [
        migrations.AlterField("order", "status", models.CharField(max_length=length))
        for length in (90, 91)
    ]
    state = replay(
        graph(
            {
                "shop": [
                    migration("0001", create_model()),
                    migration("0002", longer[0], dependencies=[("shop", "0001")]),
                    migration("0003", longer[1], dependencies=[("shop", "0002"), ("zeta", "0001")]),
                ],
                "zeta": [created("0001", ON_STATUS, ("shop", "0001"))],
            }
        )
    )

    (found,) = state.disturbances.values()
    assert [item.migration for item in found] == [("shop", "0002"), ("shop", "0003")]
