"""The facts of `graph` on a small project, and the parts of it that can be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run_cli, run_json
from tests.support.git_project import STAMP, GitProject
from tests.support.projects import copy_project, write_project

MODELS = '''\
import pgtrigger
from django.db import models


class Customer(models.Model):
    total = models.IntegerField(default=0)
    changed = models.DateTimeField(null=True)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="touch_orders", when=pgtrigger.After, operation=pgtrigger.UpdateOf("changed"),
                func="UPDATE shop_order SET status = 'x' WHERE customer_id = NEW.id; RETURN NULL;",
            ),
        ]


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    status = models.TextField()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="a_count", when=pgtrigger.After, operation=pgtrigger.Insert | pgtrigger.Delete,
                func="""
                    IF (SELECT count(*) FROM shop_limit) > 3 THEN
                        UPDATE shop_customer SET total = total + 1 WHERE id = NEW.customer_id;
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="b_log", when=pgtrigger.After, operation=pgtrigger.Update,
                func="""
                    INSERT INTO shop_log (line) VALUES (NEW.status)
                    ON CONFLICT (line) DO UPDATE SET line = excluded.line;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="z_first", when=pgtrigger.Before, operation=pgtrigger.Update,
                func="NEW.status = LOWER(NEW.status); RETURN NEW;",
            ),
        ]


class Limit(models.Model):
    class Meta:
        db_table = "shop_limit"


class Log(models.Model):
    line = models.TextField(unique=True)

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="spread", when=pgtrigger.After, operation=pgtrigger.Insert,
                func="EXECUTE NEW.line; PERFORM tell(NEW.line); RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="again", when=pgtrigger.After, operation=pgtrigger.Update,
                func="UPDATE shop_log SET line = line || '.' WHERE id = NEW.id; RETURN NULL;",
            ),
        ]
'''
BY_HAND = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL('''
            CREATE FUNCTION archive() RETURNS TRIGGER LANGUAGE plpgsql AS $$
            BEGIN DELETE FROM shop_log WHERE id = OLD.id; RETURN NULL; END $$;
            CREATE TRIGGER archive AFTER DELETE ON shop_order
            FOR EACH ROW EXECUTE FUNCTION archive();
        ''', "DROP TRIGGER archive ON shop_order; DROP FUNCTION archive()"),
    ]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    files = {"shop/models.py": MODELS, "shop/migrations/0002_by_hand.py": BY_HAND}
    GitProject(root, files=files)
    return root


@pytest.fixture(scope="module")
def graph(project: Path) -> dict[str, Any]:
    data: dict[str, Any] = run_json(project, "graph")
    return data


def uses(graph: dict[str, Any], trigger: str) -> set[tuple[str, str, bool]]:
    return {
        (use["verb"], use["table"], use["certain"])
        for use in graph["uses"]
        if use["trigger"] == trigger
    }


def fired(graph: dict[str, Any], trigger: str) -> set[str]:
    return {one["fires"] for one in graph["firings"] if one["trigger"] == trigger}


def test_what_functions_read_and_write(graph: dict[str, Any]) -> None:
    assert uses(graph, "shop.Order:a_count") == {
        ("SELECT", "shop_limit", True),
        ("UPDATE", "shop_customer", False),
    }
    assert uses(graph, "shop.Order:b_log") == {
        ("INSERT", "shop_log", True),
        ("UPDATE", "shop_log", True),
    }
    (update,) = (use for use in graph["uses"] if use["trigger"] == "shop.Customer:touch_orders")
    assert update["columns"] == ["status"]


def test_only_statements_that_may_fire_a_trigger_are_drawn_to_it(graph: dict[str, Any]) -> None:
    # It sets `total`, and the trigger there looks at `changed` alone.
    assert fired(graph, "shop.Order:a_count") == set()
    assert fired(graph, "shop.Customer:touch_orders") == {"shop.Order:b_log", "shop.Order:z_first"}


def test_the_order_in_which_triggers_fire(graph: dict[str, Any]) -> None:
    (orders,) = (table for table in graph["tables"] if table["name"] == "shop_order")

    assert orders["firing"]["UPDATE"] == ["shop.Order:z_first", "shop.Order:b_log"]
    assert (orders["app"], orders["model"]) == ("shop", "shop.Order")


def test_triggers_that_only_migrations_know(graph: dict[str, Any]) -> None:
    (found,) = (one for one in graph["triggers"] if one["origin"] == "migration")

    assert found["uri"] == "shop_order:archive"
    assert found["path"] == "shop/migrations/0002_by_hand.py"
    assert uses(graph, "shop_order:archive") == {("DELETE", "shop_log", True)}


def test_cycles_loops_and_chains(graph: dict[str, Any]) -> None:
    assert graph["cycles"] == [["shop.Log:again"]]
    assert graph["loops"] == []
    assert graph["chains"] == [["shop.Customer:touch_orders", "shop.Order:b_log", "shop.Log:again"]]


def test_what_a_trigger_sets_and_what_is_not_known_of_it(graph: dict[str, Any]) -> None:
    triggers = {trigger["uri"]: trigger for trigger in graph["triggers"]}

    assert triggers["shop.Order:z_first"]["sets"] == ["status"]
    assert triggers["shop.Order:z_first"]["unknown"] is None
    assert triggers["shop.Log:spread"]["calls"] == ["tell"]
    assert "EXECUTE" in triggers["shop.Log:spread"]["unknown"]
    assert "tell" in triggers["shop.Log:spread"]["unknown"]
    assert {"name": "archive", "triggers": ["shop_order:archive"]} in graph["functions"]


def test_the_neighbours_of_a_table(project: Path) -> None:
    alone = run_json(project, "graph", "--table", "shop_limit", "--depth", "0")
    near = run_json(project, "graph", "--table", "shop.Limit")
    far = run_json(project, "graph", "--table", "shop_limit", "--depth", "3")

    assert [table["name"] for table in alone["tables"]] == ["shop_limit"]
    assert alone["beyond"] == ["shop_order"]
    assert {table["name"] for table in near["tables"]} == {"shop_limit", "shop_order"}
    assert near["beyond"] == ["shop_customer", "shop_log"]
    assert near["chains"] == []
    assert far == run_json(project, "graph")


def test_the_tables_of_an_app(project: Path) -> None:
    data = run_json(project, "graph", "--app", "shop", "--depth", "0")

    assert len(data["tables"]) == 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--table", "shop_ordr"), "did you mean 'shop_order'?"),
        (("--table", "nothing"), "app_label.ModelName"),
        (("--app", "shopp"), "did you mean 'shop'?"),
        (("--depth", "2"), "--depth needs --table or --app"),
    ],
)
def test_what_cannot_be_drawn(project: Path, options: tuple[str, ...], words: str) -> None:
    outcome = run_cli(project, "graph", *options)

    assert outcome.exit_code == 2
    assert words in outcome.stderr
    assert outcome.stdout == ""


def test_cascades_of_the_database(tmp_path: Path) -> None:
    files = {"shop/models.py": MODELS, "shop/migrations/0002_by_hand.py": CASCADE}
    project = GitProject(tmp_path, files=files)

    data = run_json(project.root, "graph")

    assert [one for one in data["cascades"] if one["by"] == "database"] == [
        {"referenced": "shop_log", "table": "shop_order", "columns": ["log_id"], "by": "database"}
    ]
    by_cascade = [one for one in data["firings"] if one["cascade"]]
    assert by_cascade == [
        {
            "trigger": "shop_order:archive",
            "fires": uri,
            "event": "DELETE",
            "cascade": ["shop_log", "shop_order"],
        }
        for uri in ("shop.Order:a_count", "shop_order:archive")
    ]
    assert data["loops"] == [["shop_order:archive"]]


CASCADE = BY_HAND.replace(
    "    operations = [\n",
    """\
    operations = [
        migrations.RunSQL('''
            ALTER TABLE shop_order ADD COLUMN log_id bigint
                REFERENCES shop_log (id) ON DELETE CASCADE;
            ALTER TABLE shop_order ADD FOREIGN KEY (log_id) REFERENCES shop_log (id)
                ON DELETE CASCADE;
        ''', ""),
""",
)


RELATED = """\
import pgtrigger
from django.db import models


class Country(models.Model):
    pass


class Owner(models.Model):
    country = models.ForeignKey(Country, models.CASCADE)


class Paper(models.Model):
    owner = models.ForeignKey(Owner, models.CASCADE)
    first = models.ForeignKey("self", models.CASCADE, db_column="first_paper")
    reader = models.ForeignKey(Owner, models.SET_NULL, null=True, related_name="+")
    lender = models.ForeignKey(Owner, models.DB_CASCADE, related_name="+")
    tags = models.ManyToManyField("Tag")

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="forget", when=pgtrigger.After, operation=pgtrigger.Delete,
                func="DELETE FROM shop_note WHERE id = OLD.id; RETURN NULL;",
            )
        ]


class Letter(Paper):
    pass


class Note(models.Model):
    paper = models.OneToOneField(Paper, models.CASCADE)
    owner = models.ForeignKey(Owner, models.CASCADE)
    country = models.ForeignKey(Country, models.CASCADE)


class Tag(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]


class Line(models.Model):
    country = models.ForeignKey(Country, models.CASCADE)

    class Meta:
        triggers = [pgtrigger.Protect(name="fixed", operation=pgtrigger.Update)]


pgtrigger.register(pgtrigger.Protect(name="tagged", operation=pgtrigger.Delete))(
    Paper.tags.through
)
pgtrigger.register(pgtrigger.Protect(name="posted", operation=pgtrigger.Delete))(Letter)
"""


@pytest.fixture(scope="module")
def cascades(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str, str]]:
    root = write_project(tmp_path_factory.mktemp("related"), RELATED)
    data = run_json(root, "graph")
    return [
        (one["referenced"], one["table"], *one["columns"], one["by"]) for one in data["cascades"]
    ]


@pytest.mark.parametrize(
    "cascade",
    [
        pytest.param(("shop_owner", "shop_paper", "owner_id", "django"), id="into a trigger"),
        pytest.param(("shop_paper", "shop_paper", "first_paper", "django"), id="into itself"),
        pytest.param(("shop_owner", "shop_paper", "lender_id", "database"), id="database"),
        pytest.param(("shop_paper", "shop_letter", "paper_ptr_id", "django"), id="inheritance"),
        pytest.param(("shop_paper", "shop_paper_tags", "paper_id", "django"), id="through"),
        pytest.param(("shop_tag", "shop_paper_tags", "tag_id", "django"), id="through, other end"),
        pytest.param(("shop_paper", "shop_note", "paper_id", "django"), id="both in the picture"),
        pytest.param(("shop_owner", "shop_note", "owner_id", "django"), id="both, one as a parent"),
    ],
)
def test_cascades_by_django(
    cascade: tuple[str, ...], cascades: list[tuple[str, str, str, str]]
) -> None:
    assert cascade in cascades


def test_cascades_that_reach_no_trigger_are_not_drawn(
    cascades: list[tuple[str, str, str, str]],
) -> None:
    """Neither from tables that are not in the picture, nor where nothing is deleted."""
    assert len(cascades) == 8
    assert not [one for one in cascades if "reader_id" in one]
    assert not [one for one in cascades if "shop_country" in one or "shop_line" in one]


def test_django_goes_on_deleting_only_for_django(tmp_path: Path) -> None:
    """A DELETE of a trigger is SQL, of which Django does not know."""
    models = RELATED.replace("DELETE FROM shop_note", "DELETE FROM shop_owner")
    data = run_json(write_project(tmp_path, models), "graph", "--table", "shop.Paper")

    assert [(one["fires"], one["cascade"]) for one in data["firings"]] == [
        ("shop.Paper:forget", ["shop_owner", "shop_paper"])
    ]
    data = run_json(write_project(tmp_path, models.replace("DB_CASCADE", "CASCADE")), "graph")
    assert data["firings"] == []


@pytest.mark.parametrize("output_format", ["mermaid", "dot", "html", "json"])
def test_what_is_not_read_is_named(tmp_path: Path, output_format: str) -> None:
    unreadable = "pgtrigger.Protect(name=open('name').read(), operation=pgtrigger.Delete)"
    project = GitProject(tmp_path, unreadable)

    outcome = run_cli(project.root, "graph", "--output-format", output_format)

    assert outcome.exit_code == 0
    assert "a file by a path that is not absolute is not read" in outcome.stdout
    assert "shop.Order" in outcome.stdout


def test_a_project_without_triggers(tmp_path: Path) -> None:
    project = GitProject(tmp_path)

    data = run_json(project.root, "graph")

    assert (data["tables"], data["triggers"], data["chains"]) == ([], [], [])


def test_the_shop(tmp_path: Path) -> None:
    data = run_json(copy_project("shop", tmp_path), "graph")

    assert uses(data, "orders.OrderLine:sum_up") == {
        ("SELECT", "orders_orderline", True),
        ("UPDATE", "orders_order", True),
    }
    assert fired(data, "orders.OrderLine:sum_up") == {
        "orders.Order:count_versions",
        "orders.Order:keep_what_was_ordered",
        "orders.Order:status_moves",
    }
    assert data["loops"] == []


def test_what_nothing_declares_is_read_from_its_migration(tmp_path: Path) -> None:
    project = GitProject(tmp_path, STAMP.replace("RETURN NEW;", "PERFORM 1 FROM a; RETURN NEW;"))
    project.declare()

    data = run_json(project.root, "graph")

    (trigger,) = data["triggers"]
    assert (trigger["origin"], trigger["unknown"]) == ("migration", None)
    assert uses(data, "shop.Order:stamp") == {("SELECT", "a", True)}


def test_the_context_of_pghistory_is_followed(tmp_path: Path) -> None:
    func = "PERFORM _pgh_attach_context(); RETURN NEW;"
    project = GitProject(tmp_path, STAMP.replace("RETURN NEW;", func))

    data = run_json(project.root, "graph")

    (trigger,) = data["triggers"]
    assert (trigger["calls"], trigger["unknown"]) == ([], None)
    assert uses(data, "shop.Order:stamp") == {
        ("INSERT", "pghistory_context", False),
        ("UPDATE", "pghistory_context", False),
    }
