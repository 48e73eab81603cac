"""Conditions as PostgreSQL prints them, and installed triggers that are not what they seem."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.database.project import DOUBLE, MODELS, PROTECT, Shop

_COLUMNS = """
    status = models.CharField(max_length=20)
    note = models.TextField(null=True)
    total = models.IntegerField()
    weight = models.DecimalField(max_digits=8, decimal_places=2)
    ratio = models.FloatField()
    paid = models.BooleanField()
    day = models.DateField()
    at = models.DateTimeField()
    pause = models.DurationField()
    key = models.UUIDField()
    data = models.JSONField()
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
"""
_TABLE = """
CREATE TABLE shop_item (
    id bigint PRIMARY KEY, status varchar(20), note text, total integer, weight numeric(8, 2),
    ratio double precision, paid boolean, day date, at timestamptz, pause interval, key uuid,
    data jsonb, parent_id bigint, mood shop_mood
)
"""
# What is behind the # is more than taking casts away can undo.
_CONDITIONS = """
pgtrigger.Q(old__status="paid")
pgtrigger.Q(old__status__in=["paid", "sent"])
pgtrigger.Q(old__status__in=["paid"])
~pgtrigger.Q(old__status__in=["paid", "sent"])
pgtrigger.Q(old__status__startswith="it's")
pgtrigger.Q(old__status__icontains="50%")
pgtrigger.Q(old__status__iexact="PAID")
pgtrigger.Q(old__status__regex="^a+$")
pgtrigger.Q(old__note__isnull=True)
pgtrigger.Q(old__note=None) | pgtrigger.Q(new__note="")
pgtrigger.Q(old__total=5)
pgtrigger.Q(old__total__in=[1, -2, 3])
pgtrigger.Q(old__total__range=(1, 10))
pgtrigger.Q(old__total__gt=-1, new__total__lte=7)
pgtrigger.Q(old__weight__gte="12.50")
pgtrigger.Q(old__weight__lt=0)
pgtrigger.Q(old__ratio__lt=0.5)
pgtrigger.Q(old__paid=True)
~pgtrigger.Q(old__paid=True)
pgtrigger.Q(old__paid__in=[True, False])
pgtrigger.Q(old__day=datetime.date(2020, 2, 29))
pgtrigger.Q(old__at__gt=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))  #
pgtrigger.Q(old__pause__gt=datetime.timedelta(days=1, hours=2))  #
pgtrigger.Q(old__key=uuid.UUID("12345678123456781234567812345678"))  #
pgtrigger.Q(old__data__has_key="a")
pgtrigger.Q(old__parent=5)
pgtrigger.Q(old__parent=pgtrigger.F("new__parent"))
pgtrigger.Q(old__status__df=pgtrigger.F("new__status"))
pgtrigger.Q(old__status__ndf=pgtrigger.F("new__status"))
pgtrigger.Q(old__total__lt=pgtrigger.F("new__total") + 1)
pgtrigger.Condition("OLD.* IS DISTINCT FROM NEW.*")
pgtrigger.Condition("OLD.mood = 'sad'")
pgtrigger.Condition("OLD.mood IN ('sad', 'happy') AND (NEW.total > 1 AND NEW.paid)")
pgtrigger.Condition("OLD.note LIKE 'a_%' ESCAPE '!'")  #
pgtrigger.Condition("OLD.total::text <> '1' OR CAST(NEW.total AS bigint) = 2")
pgtrigger.Condition("coalesce(OLD.note, '') = '' AND NOT (OLD.paid IS TRUE)")
pgtrigger.Condition("OLD.total NOT BETWEEN 1 AND 2")  #
pgtrigger.Condition("OLD.note COLLATE \\"C\\" < 'é'")
pgtrigger.Condition("CASE WHEN OLD.paid THEN OLD.total = 1 ELSE OLD.note IS NULL END")
pgtrigger.Condition("OLD.note = ANY ('{a,b}')")
pgtrigger.Condition("length(OLD.note) > 3 AND OLD.at < '2020-01-01 00:00+02'")  #
pgtrigger.AnyChange("status", "total")
pgtrigger.AllDontChange("status", "weight")
"""
_LIST = _CONDITIONS.strip().splitlines()
_BEYOND_NORMAL_FORM = [number for number, line in enumerate(_LIST) if line.endswith("#")]


def _models() -> str:
    triggers = "".join(
        f"""
            pgtrigger.Protect(name="c{number}", operation=pgtrigger.Update, condition=(
                {line}
            )),"""
        for number, line in enumerate(_LIST)
    )
    return f"""
import datetime
import uuid

class Item(models.Model):
{_COLUMNS}
    class Meta:
        triggers = [{triggers}
        ]
"""


@pytest.fixture
def items(shop: Shop) -> Shop:
    shop.write(_models())
    shop.sql("CREATE TYPE shop_mood AS ENUM ('sad', 'happy')", _TABLE)
    shop.done("install")
    return shop


def test_every_condition_is_recognised(items: Shop) -> None:
    statuses = items.statuses()

    assert len(statuses) == len(_LIST)
    assert {uri: found for uri, found in statuses.items() if found[0] != "INSTALLED"} == {}
    assert items.done("install") == "Nothing to do\n"


def test_looking_leaves_nothing_behind(items: Shop) -> None:
    before = items.sql("SELECT count(*) FROM pg_class"), items.sql("SELECT count(*) FROM pg_proc")

    items.statuses()

    after = items.sql("SELECT count(*) FROM pg_class"), items.sql("SELECT count(*) FROM pg_proc")
    assert after == before


def test_another_time_zone_or_date_style_changes_nothing(items: Shop) -> None:
    name = items.sql("SELECT current_database()")[0][0]
    items.sql(
        f"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'",
        f"ALTER DATABASE {name} SET datestyle = 'German'",
        f"ALTER DATABASE {name} SET intervalstyle = 'iso_8601'",
    )

    assert {found[0] for found in items.statuses().values()} == {"INSTALLED"}


@pytest.mark.parametrize("hindrance", ["privilege", "read-only"])
def test_without_temporary_tables(
    items: Shop, new_role: Callable[[], tuple[str, str]], hindrance: str
) -> None:
    dsn = f"{items.dsn} options='-c default_transaction_read_only=on'"
    if hindrance == "privilege":
        _, dsn = new_role()
        name = items.sql("SELECT current_database()")[0][0]
        items.sql(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")

    outcome = items.run("ls", "--output-format", "json", dsn=dsn)

    assert "note: conditions were compared without their casts: " in outcome.stderr
    different = {
        int(entry["uri"].partition(":c")[2]): entry["reason"]
        for entry in outcome.data
        if entry["status"] != "INSTALLED"
    }
    # Better doubtful than believed.
    assert sorted(different) == _BEYOND_NORMAL_FORM
    assert all("(compared without casts)" in reason for reason in different.values())


@pytest.mark.parametrize(
    "other",
    [
        "OLD.status IN ('paid', 'lost')",
        "OLD.status IN ('paid', 'sent', 'x')",
        "OLD.status NOT IN ('paid', 'sent')",
        "OLD.total IN (1, 2)",
        "OLD.status = 'paid' OR OLD.status IS NULL",
        "NULL",
    ],
)
def test_a_right_comment_on_a_wrong_definition(shop: Shop, other: str) -> None:
    shop.done("install")
    (pgid,) = (entry["pgid"] for entry in shop.entries(PROTECT))
    when = "" if other == "NULL" else f"WHEN ({other})"
    shop.sql(
        f"CREATE OR REPLACE TRIGGER {pgid} BEFORE DELETE ON shop_order FOR EACH ROW {when} "
        f"EXECUTE FUNCTION {pgid}()"
    )

    reason = "definition differs, though the recorded hash is right"
    assert shop.statuses()[PROTECT] == ("OUTDATED", reason, "ENABLED")
    assert shop.done("install") == f"replaced: {PROTECT}\n"
    assert shop.statuses()[PROTECT] == ("INSTALLED", None, "ENABLED")


@pytest.mark.parametrize(
    ("attributes", "body"),
    [
        ("", "BEGIN RETURN OLD; END"),
        ("SECURITY DEFINER", None),
        ("SET search_path = pg_catalog", None),
    ],
)
def test_a_right_comment_on_a_wrong_function(shop: Shop, attributes: str, body: str | None) -> None:
    shop.done("install")
    (pgid,) = (entry["pgid"] for entry in shop.entries(PROTECT))
    body = body or shop.sql(f"SELECT prosrc FROM pg_proc WHERE proname = '{pgid}'")[0][0]
    shop.sql(
        f"CREATE OR REPLACE FUNCTION {pgid}() RETURNS trigger LANGUAGE plpgsql {attributes} "
        f"AS $x${body}$x$"
    )

    reason = "body differs, though the recorded hash is right"
    assert shop.statuses()[PROTECT] == ("OUTDATED", reason, "ENABLED")
    assert shop.done("install") == f"function replaced: {PROTECT}\n"
    assert shop.statuses()[PROTECT] == ("INSTALLED", None, "ENABLED")


def test_another_function_of_the_same_body(shop: Shop) -> None:
    shop.done("install")
    (pgid,) = (entry["pgid"] for entry in shop.entries(DOUBLE))
    shop.sql(
        "CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        f"CREATE OR REPLACE TRIGGER {pgid} BEFORE INSERT ON shop_order FOR EACH ROW "
        "EXECUTE FUNCTION mine()",
    )

    status, reason, _ = shop.statuses()[DOUBLE]
    assert (status, reason) == (
        "OUTDATED",
        "definition and body differ, though the recorded hash is right",
    )
    shop.done("install")
    assert shop.statuses()[DOUBLE][0] == "INSTALLED"
    assert shop.sql("SELECT count(*) FROM pg_proc WHERE proname = 'mine'") == [(1,)]


def test_what_only_the_comment_says(shop: Shop) -> None:
    shop.done("install")
    pgids = {entry["uri"]: entry["pgid"] for entry in shop.entries()}
    shop.sql(
        f"COMMENT ON TRIGGER {pgids[PROTECT]} ON shop_order IS NULL",
        f"COMMENT ON TRIGGER {pgids[DOUBLE]} ON shop_order IS 'it''s mine'",
    )

    assert shop.statuses() == {
        DOUBLE: ("OUTDATED", "hash only", "ENABLED"),
        PROTECT: ("OUTDATED", "comment lost", "ENABLED"),
    }
    assert shop.done("ls", "--diff").count("\n") == 2
    assert shop.done("install").splitlines() == [
        f"comment set: {DOUBLE}",
        f"comment set: {PROTECT}",
    ]
    assert {found[0] for found in shop.statuses().values()} == {"INSTALLED"}


def test_comments_and_layout_of_a_body_do_not_count(shop: Shop) -> None:
    shop.done("install")
    (pgid,) = (entry["pgid"] for entry in shop.entries(DOUBLE))
    ((body,),) = shop.sql(f"SELECT prosrc FROM pg_proc WHERE proname = '{pgid}'")
    shop.sql(
        f"CREATE OR REPLACE FUNCTION {pgid}() RETURNS trigger LANGUAGE plpgsql "
        f"AS $x$ -- by hand\n{body.replace(' ', '   ')}$x$"
    )

    assert shop.statuses()[DOUBLE][0] == "INSTALLED"


def test_the_ignore_function_is_missing(shop: Shop) -> None:
    shop.done("install")
    shop.sql("DROP FUNCTION _pgtrigger_should_ignore(name)")

    status, reason, _ = shop.statuses()[PROTECT]
    assert status == "OUTDATED"
    assert (
        reason == 'function "public"._pgtrigger_should_ignore is missing, so that every write fails'
    )
    shop.done("install")
    assert shop.statuses()[PROTECT][0] == "INSTALLED"


def test_a_definition_that_the_table_does_not_allow(shop: Shop) -> None:
    shop.done("install")
    shop.sql("ALTER TABLE shop_order RENAME status TO state")

    status, reason, _ = shop.statuses()[PROTECT]
    assert status == "OUTDATED"
    assert reason is not None
    assert "PostgreSQL would refuse it: column old.status does not exist" in reason
    outcome = shop.run("install", "--yes")
    assert outcome.exit_code == 2
    assert f"{PROTECT} failed: column old.status does not exist; nothing was changed" in (
        outcome.stderr
    )


def test_diff(shop: Shop) -> None:
    shop.done("install")
    shop.write(MODELS.replace('"sent"', '"gone"').replace("* 2", "* 3"))

    lines = [line.strip() for line in shop.done("ls", "--diff").splitlines()]

    assert "-NEW.total = NEW.total * 2;" in [line.replace("-    ", "-") for line in lines]
    assert "+NEW.total = NEW.total * 3;" in [line.replace("+    ", "+") for line in lines]
    (minus,) = (line for line in lines if line.startswith("-WHEN"))
    (plus,) = (line for line in lines if line.startswith("+WHEN"))
    assert minus.replace("sent", "gone")[1:] == plus[1:]
    entries = {entry["uri"]: entry["diff"] for entry in shop.entries("--diff")}
    assert "+NEW.total" in entries[DOUBLE].replace("+    ", "+")
    assert "pg_temp" not in entries[PROTECT]


def test_search_vectors_call_a_function_of_postgresql(shop: Shop) -> None:
    shop.write(
        """
        class Order(models.Model):
            status = models.CharField(max_length=20)
            search = models.TextField()

            class Meta:
                triggers = [
                    pgtrigger.UpdateSearchVector(
                        name="index", vector_field="search", document_fields=["status"]
                    )
                ]
        """
    )
    shop.sql("ALTER TABLE shop_order ADD search tsvector")
    shop.done("install")

    assert shop.statuses() == {"shop.Order:index": ("INSTALLED", None, "ENABLED")}
    assert shop.done("uninstall") == "uninstalled: shop.Order:index\n"
