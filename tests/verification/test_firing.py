"""`verify --fire`: what the events of triggers do on rows that are made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.verification.facts import Verdict
from pgtrigger_codegen.verification.room import Limits, open_room
from pgtrigger_codegen.verification.verifying import verify
from tests.database.project import Shop, make_shop

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture
def shop(tmp_path: Path, postgres: str) -> Shop:
    return make_shop(tmp_path, postgres)


_MODELS = """
class Customer(models.Model):
    name = models.CharField(max_length=1, unique=True)
    friend = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    first_order = models.ForeignKey("Order", null=True, on_delete=models.CASCADE)

class Log(models.Model):
    order_id = models.IntegerField()
    note = models.CharField(max_length=10)

class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    status = models.CharField(max_length=20, choices=[("new", "N"), ("paid", "P"), ("sent", "S")])
    total = models.PositiveIntegerField()
    rate = models.DecimalField(max_digits=3, decimal_places=3)
    tags = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(total__gte=500), name="large")
        ]
        triggers = [
            {trigger}
        ]
"""


def _events(shop: Shop, trigger: str) -> dict[str, dict[str, Any]]:
    shop.write(_MODELS.replace("{trigger}", trigger))
    outcome = shop.run("verify", "--fire", "--output-format", "json")
    assert outcome.exit_code in (0, 1), outcome.stderr
    (one,) = outcome.data["triggers"]
    return {event["event"]: event for event in one["events"]}


def _trigger(func: str, *, when: str = "After", operation: str = "Insert", more: str = "") -> str:
    return (
        f"pgtrigger.Trigger(name='one', when=pgtrigger.{when}, "
        f"operation=pgtrigger.{operation}, func={func!r}, {more})"
    )


def test_a_protection_refuses_where_its_condition_holds(shop: Shop) -> None:
    events = _events(
        shop,
        "pgtrigger.Protect(name='one', operation=pgtrigger.Delete | pgtrigger.Update, "
        "condition=pgtrigger.Q(old__status='sent', old__total__gt=700))",
    )

    assert {name: one["outcome"] for name, one in events.items()} == {
        "DELETE": "refused",
        "UPDATE": "refused",
    }
    assert "Cannot delete or update rows" in events["DELETE"]["message"]


def test_changes_of_one_column_fire_what_waits_for_them(shop: Shop) -> None:
    events = _events(
        shop,
        "pgtrigger.Protect(name='one', operation=pgtrigger.Update, "
        "condition=pgtrigger.Q(old__status='new', new__status='sent') "
        "& ~pgtrigger.Q(old__total__df=pgtrigger.F('new__total')))",
    )

    assert events["UPDATE"]["outcome"] == "refused"


def test_columns_that_are_set(shop: Shop) -> None:
    events = _events(shop, _trigger("NEW.total = NEW.total * 2; RETURN NEW;", when="Before"))

    assert events["INSERT"]["outcome"] == "done"
    assert events["INSERT"]["rows"] == 1
    assert events["INSERT"]["columns"] == ["total"]


def test_a_deferrable_trigger_fires_at_once(shop: Shop) -> None:
    events = _events(
        shop,
        _trigger(
            "RAISE EXCEPTION 'no'; RETURN NULL;",
            operation="Insert | pgtrigger.Update",
            more="timing=pgtrigger.Immediate, condition=pgtrigger.Q(new__status='paid')",
        ),
    )

    assert [one["message"] for one in events.values()] == ["no", "no"]


def test_a_protection_of_whole_statements_looks_for_rows_itself(shop: Shop) -> None:
    events = _events(
        shop,
        "pgtrigger.Protect(name='one', operation=pgtrigger.Delete, level=pgtrigger.Statement, "
        "condition=pgtrigger.Q(old__status='nowhere'))",
    )

    assert events["DELETE"]["outcome"] == "done"
    assert shop.run("verify", "--fire").exit_code == 0


def test_a_write_that_is_skipped(shop: Shop) -> None:
    events = _events(
        shop, _trigger("RETURN NULL;", when="Before", operation="Insert | pgtrigger.Delete")
    )

    assert [one["rows"] for one in events.values()] == [0, 0]


def test_tables_that_are_written(shop: Shop) -> None:
    events = _events(
        shop,
        _trigger(
            "INSERT INTO shop_log (order_id, note) VALUES (1, 'a'), (2, 'b'); RETURN NULL;",
            operation="Insert | pgtrigger.Truncate",
            more="level=pgtrigger.Statement",
        ),
    )

    assert events["INSERT"]["written"] == [{"table": "shop_log", "rows": "2 inserted"}]
    assert events["TRUNCATE"]["written"] == [{"table": "shop_log", "rows": "2 inserted"}]
    assert events["TRUNCATE"]["rows"] == 1


_NEGATIVE = (
    "pgtrigger.Protect(name='one', operation=pgtrigger.Insert, "
    "condition=pgtrigger.Q(new__total__lt=0))"
)


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (
            _trigger("RETURN NULL;", more="timing=pgtrigger.Deferred"),
            "the trigger is deferred to the end of the transaction",
        ),
        (
            _NEGATIVE,
            "no row was found that meets its condition",
        ),
    ],
)
def test_what_is_not_fired(shop: Shop, trigger: str, reason: str) -> None:
    (one,) = _events(shop, trigger).values()

    assert (one["outcome"], one["message"]) == ("not fired", reason)


def test_a_table_that_can_have_no_row(shop: Shop) -> None:
    shop.write(
        """
        class First(models.Model):
            second = models.ForeignKey("Second", on_delete=models.CASCADE)

            class Meta:
                triggers = [pgtrigger.Protect(name="one", operation=pgtrigger.Insert)]

        class Second(models.Model):
            first = models.ForeignKey(First, on_delete=models.CASCADE)
        """
    )

    outcome = shop.run("verify", "--fire")

    assert outcome.exit_code == 0
    assert "    INSERT: not fired: foreign keys go in a circle" in outcome.stdout


def test_an_error_that_depends_on_the_values_is_no_verdict(shop: Shop) -> None:
    shop.write(_MODELS.replace("{trigger}", _trigger("EXECUTE NEW.status; RETURN NULL;")))

    outcome = shop.run("verify", "--fire")

    assert outcome.exit_code == 0
    assert '    INSERT: error 42601: syntax error at or near "new"' in outcome.stdout


def test_a_failure_that_is_certain_fails(shop: Shop) -> None:
    func = "INSERT INTO shop_log (order_id, note) VALUES (1, note); RETURN NULL;"
    trigger = _trigger(func, more="declare=[('note', 'text')]")
    shop.write(_MODELS.replace("{trigger}", trigger))

    assert shop.run("verify").exit_code == 0
    outcome = shop.run("verify", "--fire")

    assert outcome.exit_code == 1
    assert (
        'FAILED       shop.Order:one (INSERT fails: null value in column "note"' in outcome.stdout
    )
    found = shop.run("lint", "--verify", "--fire", "--output-format", "json").data
    assert "PGT605" in {one["code"] for one in found}


def test_a_protection_that_does_not_refuse_fails(shop: Shop) -> None:
    """By a fault of ours, or of the library: its function always raises."""
    shop.write(
        _MODELS.replace("{trigger}", "pgtrigger.Protect(name='one', operation=pgtrigger.Delete)")
    )
    analysis = analyze(shop.root, settings=None)
    (trigger,) = analysis.triggers
    silent = replace(trigger, parts=replace(trigger.parts, func="RETURN OLD;"))

    with open_room(shop.dsn, "--dsn", Limits()) as room:
        found = verify(room, analysis, (silent,), lambda text: None, fires=True)

    (one,) = found.verdicts
    assert one.verdict is Verdict.FAILED
    assert "event" in {fault.kind for fault in one.faults}


_HOSTILE = [
    "DROP SEQUENCE public.pgtrigger_codegen_count; RETURN NULL;",
    "DROP SCHEMA public CASCADE; RETURN NULL;",
    "COPY (SELECT 1) TO PROGRAM 'touch {mark}'; RETURN NULL;",
    "SET session_replication_role = replica; RETURN NULL;",
    "SET statement_timeout = 0; SET search_path = pg_temp; RETURN NULL;",
]


@pytest.mark.parametrize("func", _HOSTILE)
def test_hostile_functions_do_no_harm(shop: Shop, func: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    tmp_path.chmod(0o777)

    _events(shop, _trigger(func.replace("{mark}", str(mark))))

    assert not mark.exists()
