"""`makemigrations` where other apps' migrations change tables, and what they leave behind."""

from __future__ import annotations

import subprocess
import textwrap
from pathlib import Path

import pytest

from tests.cli.test_makemigrations import SETTINGS, as_json, run
from tests.support.projects import write_project

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
ORDER = """
import pgtrigger
from django.db import models


class Order(models.Model):
    {fields}

    class Meta:
        triggers = [{triggers}]
"""
LOG = """
import pgtrigger
from django.db import models
from shop.models import Order


class Log(models.Model):
    {field} = models.TextField()


pgtrigger.register({trigger})(Order)
"""
INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            name="{name}",
            fields=[("id", models.BigAutoField(primary_key=True)), ("{field}", models.TextField())],
        ),
    ]
"""
CHANGE = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("{app}", "{after}")]

    operations = [
        migrations.{operation},
    ]
"""
GUARD = 'pgtrigger.Protect(name="{}", operation=pgtrigger.Update, condition={})'
ON_STATUS = 'pgtrigger.Q(old__status="x")'
ON_STATE = 'pgtrigger.Q(old__state="x")'
ON_ID = "pgtrigger.Q(old__id__gt=3)"
BODY = 'pgtrigger.Trigger(name="{}", operation=pgtrigger.Update, when=pgtrigger.Before, func="{}")'
LENGTHEN = 'AlterField("order", "status", models.CharField(max_length=9))'
NEXT = "shop/migrations/0003_next.py"
CLEAN = (0, {"written": [], "pending": False})


class TwoApps:
    """Orders in one app, and another one that has a trigger on them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        packages = ("shop", "shop/migrations", "audit", "audit/migrations")
        write_project(root, files={"settings.py": SETTINGS}, packages=packages)
        self.write("shop/migrations/0001_initial.py", INITIAL.format(name="Order", field="status"))
        self.write("audit/migrations/0001_initial.py", INITIAL.format(name="Log", field="text"))
        self.git("init")

    def declare(
        self,
        ours: str = "",
        theirs: str = "",
        fields: str = "status = models.TextField()",
        field: str = "text",
    ) -> None:
        self.write("shop/models.py", ORDER.format(fields=fields, triggers=ours))
        self.write("audit/models.py", LOG.format(trigger=theirs, field=field))

    def change(self, operation: str, app: str = "shop", after: str = "0002_order_ours") -> Path:
        path = f"{app}/migrations/0003_next.py"
        self.write(path, CHANGE.format(app=app, after=after, operation=operation))
        return self.root / path

    def write(self, path: str, content: str) -> None:
        (self.root / path).write_text(textwrap.dedent(content))

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def commit(self) -> None:
        self.git("add", ".")
        self.git("commit", "--allow-empty", "-m", "x")

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        command = ["git", *identity, *arguments]
        subprocess.run(command, cwd=self.root, check=True, capture_output=True)


@pytest.fixture
def apps(tmp_path: Path) -> TwoApps:
    """Both apps have a trigger on the order's status, and all of it is committed."""
    apps = TwoApps(tmp_path)
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_STATUS))
    assert run(tmp_path).exit_code == 0
    apps.commit()
    return apps


def write(apps: TwoApps, *arguments: str) -> list[tuple[str, str, list[str]]]:
    """Run; for every file the app, the path, and the kinds of operations with their triggers."""
    code, document = as_json(apps.root, *arguments)
    assert code == 0
    assert as_json(apps.root, "--check") == CLEAN
    return [
        (
            entry["app"],
            entry["path"],
            [
                f"{operation['kind']} {operation['uri'].rpartition(':')[2]}"
                for operation in entry["operations"]
            ],
        )
        for entry in document["written"]
    ]


def test_both_apps_add_to_the_migration(apps: TwoApps) -> None:
    apps.change(LENGTHEN)
    status = "status = models.CharField(max_length=9)"
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_STATUS), status)

    written = write(apps)

    content = apps.read(NEXT)
    assert written == [
        ("audit", NEXT, ["alter theirs", "alter theirs"]),
        ("shop", NEXT, ["alter ours", "alter ours"]),
    ]
    assert content.count("migrations.RunSQL(") == 4
    assert content.count('("audit", "0002_order_theirs")') == 1


def test_one_app_alone_adds_only_its_own(apps: TwoApps) -> None:
    apps.change(LENGTHEN)
    status = "status = models.CharField(max_length=9)"
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_STATUS), status)

    code, document = as_json(apps.root, "audit")

    assert (code, len(document["written"])) == (0, 1)
    assert apps.read(NEXT).count("migrations.RunSQL(") == 2


def test_a_committed_migration_of_another_app_is_not_changed(apps: TwoApps) -> None:
    path = apps.change('RenameField("order", "status", "state")')
    state = "state = models.TextField()"
    apps.declare(GUARD.format("ours", ON_STATE), BODY.format("theirs", "RETURN NEW;"), state)
    before = path.read_text()
    apps.commit()

    refused = run(apps.root, "audit")
    # WHEN follows a rename by itself: there is only the new hash to write.
    assert refused.exit_code == 0
    assert path.read_text() == before


def test_split_around_a_migration_of_another_app(apps: TwoApps) -> None:
    apps.change(LENGTHEN)
    status = "status = models.CharField(max_length=9)"
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_STATUS), status)
    apps.commit()

    refused = run(apps.root, "audit")
    assert refused.exit_code == 2
    assert "audit: migration shop.0003_next changes the type of column 'status'" in refused.stderr
    written = write(apps, "--split")

    before, after = "0003_before_shop_0003_next", "0004_alter_order_theirs"
    assert [path for app, path, _ in written if app == "audit"] == [
        f"audit/migrations/{before}.py",
        f"audit/migrations/{after}.py",
    ]
    assert 'run_before = [\n        ("shop", "0003_next"),' in apps.read(
        f"audit/migrations/{before}.py"
    )
    content = apps.read(f"audit/migrations/{after}.py")
    assert f'("audit", "{before}"),\n        ("shop", "0003_next"),\n' in content


def test_split_where_the_app_comes_after_already(apps: TwoApps) -> None:
    apps.change(LENGTHEN)
    apps.write(
        "audit/migrations/0003_next.py",
        CHANGE.format(
            app="audit", after="0002_order_theirs", operation="RunSQL('SELECT 1')"
        ).replace("[(", '[("shop", "0003_next"), ('),
    )
    status = "status = models.CharField(max_length=9)"
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_STATUS), status)
    apps.commit()

    refused = run(apps.root, "audit", "--split")

    assert refused.exit_code == 2
    assert "no migration of app 'audit' can come before shop.0003_next" in refused.stderr


def test_a_function_is_changed_next_to_the_column_that_it_names(apps: TwoApps) -> None:
    ours = BODY.format("ours", "INSERT INTO audit_log (text) VALUES (1); RETURN NEW;")
    theirs = GUARD.format("theirs", ON_STATUS)
    apps.declare(ours, theirs)
    write(apps)
    apps.commit()
    apps.change('RenameField("log", "text", "words")', "audit", "0002_order_theirs")
    apps.declare(ours.replace("text", "words"), theirs, field="words")

    written = write(apps)

    assert written == [("shop", "audit/migrations/0003_next.py", ["alter ours"])]
    content = apps.read("audit/migrations/0003_next.py")
    assert content.index("RenameField") < content.index("CREATE OR REPLACE FUNCTION")
    assert '("shop", "0003_alter_order_ours")' in content


@pytest.mark.parametrize(
    ("after", "kind", "first"),
    [
        (BODY.format("ours", "RETURN NEW;"), "alter", "DeleteModel"),
        ("", "remove", "DROP TRIGGER"),
    ],
)
def test_a_function_is_changed_next_to_the_table_that_it_names(
    apps: TwoApps, after: str, kind: str, first: str
) -> None:
    ours = BODY.format("ours", "INSERT INTO audit_log (text) VALUES (1); RETURN NEW;")
    theirs = GUARD.format("theirs", ON_STATUS)
    apps.declare(ours, theirs)
    write(apps)
    apps.commit()
    apps.change('DeleteModel("Log")', "audit", "0002_order_theirs")
    apps.declare(after, theirs)
    log = "class Log(models.Model):\n    text = models.TextField()\n"
    apps.write("audit/models.py", apps.read("audit/models.py").replace(log, ""))

    written = write(apps)

    assert written == [("shop", "audit/migrations/0003_next.py", [f"{kind} ours"])]
    content = apps.read("audit/migrations/0003_next.py")
    second = {"DeleteModel": "CREATE OR REPLACE", "DROP TRIGGER": "DeleteModel"}[first]
    assert content.index(first) < content.index(second)
    assert '("shop", "0003_alter_order_ours")' in content


def test_what_comes_after_the_table_is_gone_is_written_by_itself(apps: TwoApps) -> None:
    """The table that takes the other one's place is made only later."""
    ours = BODY.format("ours", "INSERT INTO audit_log (text) VALUES (1); RETURN NEW;")
    theirs = GUARD.format("theirs", ON_STATUS)
    apps.declare(ours, theirs)
    write(apps)
    apps.commit()
    apps.change('DeleteModel("Log")', "audit", "0002_order_theirs")
    later = CHANGE.format(
        app="audit",
        after="0003_next",
        operation='CreateModel("Entry", [("id", models.BigAutoField(primary_key=True)), '
        '("text", models.TextField())])',
    )
    apps.write("audit/migrations/0004_entry.py", later)
    apps.declare(ours.replace("audit_log", "audit_entry"), theirs)
    log = apps.read("audit/models.py")
    apps.write("audit/models.py", log.replace("class Log", "class Entry"))

    written = write(apps)

    assert written == [("shop", "shop/migrations/0004_alter_order_ours.py", ["alter ours"])]
    assert '("audit", "0004_entry")' in apps.read("shop/migrations/0004_alter_order_ours.py")


@pytest.mark.parametrize("operation", ['RemoveField("order", "status")', 'DeleteModel("Order")'])
def test_functions_that_a_committed_migration_left_behind(tmp_path: Path, operation: str) -> None:
    apps = TwoApps(tmp_path)
    apps.write("audit/models.py", "")
    (tmp_path / "audit/migrations/0001_initial.py").unlink()
    ours = GUARD.format("ours", ON_STATUS)
    apps.write("shop/models.py", ORDER.format(fields="status = models.TextField()", triggers=ours))
    write(apps)
    apps.change(operation)
    left = "" if "Delete" in operation else ORDER.format(fields="pass", triggers="")
    apps.write("shop/models.py", left)
    apps.commit()
    refused = run(tmp_path)
    assert refused.exit_code == 2
    assert "pass --after to write only the operations after it" in refused.stderr

    written = write(apps, "--after")

    path = "shop/migrations/0004_remove_order_ours.py"
    content = apps.read(path)
    assert written == [("shop", path, ["remove ours"])]
    assert "Drop the function of trigger shop.Order:ours, which went with a column" in content
    assert content.count("DROP FUNCTION IF EXISTS") == 1
    assert content.count("CREATE OR REPLACE FUNCTION") == 1
    # The reverse cannot bring the trigger back before its column or table is there again.
    assert "TRIGGER pgtrigger_ours" not in content
    assert write(apps) == []


def test_after_a_change_of_type_the_function_is_written_anew(apps: TwoApps) -> None:
    """Connections that are open keep the types of columns that they have read."""
    apps.declare(
        BODY.format("ours", "NEW.status = 'x'; RETURN NEW;"), GUARD.format("theirs", ON_ID)
    )
    write(apps)
    path = apps.change(LENGTHEN, after="0003_alter_order_ours")
    status = "status = models.CharField(max_length=9)"
    apps.declare(
        BODY.format("ours", "NEW.status = 'x'; RETURN NEW;"), GUARD.format("theirs", ON_ID), status
    )
    path.rename(path.with_name("0004_next.py"))
    apps.commit()
    assert run(apps.root).exit_code == 2

    written = write(apps, "--after")

    assert written == [("shop", "shop/migrations/0005_alter_order_ours.py", ["alter ours"])]
    assert "TRIGGER pgtrigger" not in apps.read("shop/migrations/0005_alter_order_ours.py").replace(
        "COMMENT ON TRIGGER", ""
    )


def test_a_function_is_dropped_after_the_trigger_has_gone_with_its_column(apps: TwoApps) -> None:
    """Before that, the trigger depends on the function."""
    apps.change('RemoveField("order", "status")')
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("others", ON_ID), "pass")
    apps.commit()

    outcome = run(apps.root, "--after")

    assert "its function is dropped now" in outcome.stderr
    assert "only then can migrations that changed the trigger be reversed" in outcome.stderr
    (path,) = (apps.root / "audit/migrations").glob("0003_*.py")
    assert "DROP FUNCTION IF EXISTS pgtrigger_theirs" in path.read_text()
    assert '("shop", "0003_next")' in path.read_text()


BIGGER = 'AlterField("order", "status", models.CharField(max_length=9))'
BY_HAND = (
    'SeparateDatabaseAndState(database_operations=[migrations.RunSQL("ALTER TABLE shop_order ALTER '
    f'status TYPE varchar(9)", "SELECT 1")], state_operations=[migrations.{BIGGER}])'
)
COMMENTED = 'AlterField("order", "status", models.TextField(db_comment="x"))'


def of_own_app(apps: TwoApps, change: str, status: str) -> tuple[int, str]:
    """A committed change of the trigger's own app: the exit code, and what is said."""
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_ID))
    write(apps)
    apps.change(change)
    apps.declare(GUARD.format("ours", ON_STATUS), GUARD.format("theirs", ON_ID), status)
    apps.commit()
    result = run(apps.root)
    return result.exit_code, result.stderr


def test_what_the_schema_editor_does_to_the_trigger_is_said(apps: TwoApps) -> None:
    code, said = of_own_app(apps, BIGGER, "status = models.CharField(max_length=9)")

    assert code == 0
    assert "note: migration shop.0003_next changes the type of column 'status'" in said
    assert "create it again, without its hash and enabled, even if it was disabled" in said
    assert "COMMENT ON TRIGGER" in apps.read("shop/migrations/0004_alter_order_ours.py")
    assert write(apps) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (BY_HAND, "status = models.CharField(max_length=9)"),
        (COMMENTED, 'status = models.TextField(db_comment="x")'),
    ],
)
def test_what_the_schema_editor_does_not_help_with(apps: TwoApps, change: str, status: str) -> None:
    """It looks at Django's own changes of type, and only where the type is another one."""
    code, said = of_own_app(apps, change, status)

    assert code == 2
    assert "fails where WHEN or UPDATE OF names the column" in said


def test_the_schema_editor_does_not_find_tables_in_capitals(tmp_path: Path) -> None:
    apps = TwoApps(tmp_path)
    initial = INITIAL.format(name="Order", field="status")
    named = initial.replace(
        "models.TextField())],", 'models.TextField())],\noptions={"db_table": "Order"},'
    )
    apps.write("shop/migrations/0001_initial.py", named)
    models = ORDER.replace("class Meta:", 'class Meta:\n        db_table = "Order"')
    ours = GUARD.format("ours", ON_STATUS)
    apps.write(
        "audit/models.py",
        "from django.db import models\nclass Log(models.Model):\n    text = models.TextField()\n",
    )
    apps.write("shop/models.py", models.format(fields="status = models.TextField()", triggers=ours))
    write(apps)
    apps.change(BIGGER)
    status = "status = models.CharField(max_length=9)"
    apps.write("shop/models.py", models.format(fields=status, triggers=ours))
    apps.commit()

    assert run(tmp_path).exit_code == 2


AT_END = (
    'pgtrigger.Trigger(name="{}", operation=pgtrigger.Update, when=pgtrigger.After, '
    'func="RETURN NULL;", timing=pgtrigger.Deferred)'
)
NO_TRIGGER = GUARD.format("theirs", ON_ID)


def test_a_name_that_another_apps_migration_has_freed(apps: TwoApps) -> None:
    """Were it taken before, the other migration would drop or rename the new trigger."""
    apps.declare(GUARD.format("renamed", ON_STATUS), NO_TRIGGER)
    write(apps)
    apps.commit()
    apps.declare(GUARD.format("renamed", ON_STATUS), GUARD.format("ours", ON_ID))

    written = write(apps)

    assert written[-1][2] == ["rename ours"]
    assert '("shop", "0003_rename_order_renamed")' in apps.read(written[-1][1])


def test_a_trigger_that_is_another_apps_since(apps: TwoApps) -> None:
    """A constraint trigger cannot be replaced: it is dropped and created anew, by the other app."""
    apps.declare("", AT_END.format("theirs"))
    write(apps)
    apps.declare(GUARD.format("theirs", ON_STATUS), NO_TRIGGER.replace("theirs", "more"))
    write(apps)
    path = apps.change(LENGTHEN, after="0004_alter_order_theirs")
    path.rename(path.with_name("0005_next.py"))
    status = "status = models.CharField(max_length=9)"
    apps.declare(GUARD.format("theirs", ON_STATUS), NO_TRIGGER.replace("theirs", "more"), status)
    apps.commit()

    assert [(app, kinds) for app, _, kinds in write(apps)] == [("shop", ["alter theirs"])]


def test_a_hash_is_recorded_before_the_column_goes(apps: TwoApps) -> None:
    """The trigger goes along with the column, and `COMMENT ON TRIGGER` finds none then."""
    apps.change('RenameField("order", "status", "state")')
    state = "state = models.TextField()"
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("theirs", ON_STATE), state)
    apps.commit()
    write(apps)
    recorded = "audit/migrations/0003_alter_order_theirs.py"
    assert "COMMENT ON TRIGGER" in apps.read(recorded)
    apps.write(
        "shop/migrations/0005_gone.py",
        CHANGE.format(
            app="shop", after="0004_alter_order_ours", operation='RemoveField("order", "state")'
        ),
    )
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("others", ON_ID), "pass")
    apps.commit()

    write(apps, "--after")

    assert 'run_before = [\n        ("shop", "0005_gone"),' in apps.read(recorded)


def test_the_way_back_needs_a_column_under_its_new_name(apps: TwoApps) -> None:
    """Taken back after the renaming, the old trigger would name a column that is not there."""
    apps.change('RenameField("order", "status", "state")')
    state = "state = models.TextField()"
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("theirs", ON_ID), state)
    apps.commit()

    write(apps)

    assert '("shop", "0003_next")' in apps.read("audit/migrations/0003_alter_order_theirs.py")


def test_two_apps_on_two_branches(apps: TwoApps) -> None:
    """Databases have run the renaming without the trigger that names the column as it was."""
    ours = GUARD.format("ours", ON_ID)
    apps.declare(ours, GUARD.format("theirs", ON_STATUS))
    write(apps)
    apps.commit()
    apps.git("checkout", "-b", "one")
    apps.change('RenameField("order", "status", "state")', after="0003_alter_order_ours").rename(
        apps.root / "shop/migrations/0004_next.py"
    )
    apps.commit()
    apps.git("checkout", "-b", "two", "HEAD~1")
    changed = GUARD.format("theirs", 'pgtrigger.Q(old__{}="y")')
    apps.declare(ours, changed.format("status"))
    write(apps)
    apps.commit()
    apps.git("merge", "one")
    apps.declare(ours, changed.format("state"), "state = models.TextField()")
    apps.commit()

    refused = run(apps.root)

    assert refused.exit_code == 2
    assert "audit.0003_alter_order_theirs and shop.0004_next are on two branches" in refused.stderr
    assert [path for _, path, _ in write(apps, "--rewrite")] == [
        "audit/migrations/0002_order_theirs.py",
        "audit/migrations/0003_alter_order_theirs.py",
        "audit/migrations/0004_alter_order_theirs.py",
    ]


def test_both_that_have_written_a_trigger_come_before(apps: TwoApps) -> None:
    """Two apps have written the same of it, and neither comes after the other."""
    apps.declare(GUARD.format("ours", ON_ID), GUARD.format("theirs", ON_STATUS))
    write(apps)
    text = apps.read("shop/migrations/0003_alter_order_ours.py")
    text = text.replace('("shop", "0002_order_ours")', '("audit", "0002_order_theirs")')
    apps.write("audit/migrations/0003_beside.py", f"{text}")
    apps.commit()
    apps.declare("", GUARD.format("theirs", ON_STATUS))

    assert [path for _, path, _ in write(apps)][-1] == "shop/migrations/0004_remove_order_ours.py"

    assert '("audit", "0003_beside")' in apps.read("shop/migrations/0004_remove_order_ours.py")


def test_a_trigger_on_either_of_two_tables(tmp_path: Path) -> None:
    """Two branches: one swaps two models, the other has a new trigger on one of them."""
    apps = TwoApps(tmp_path)
    apps.write("audit/models.py", "")
    key = '("id", models.BigAutoField(primary_key=True)), ("status", models.TextField())'
    other = f'migrations.CreateModel("Other", [{key}]),\n        migrations.CreateModel(\n'
    initial = INITIAL.format(name="Order", field="status")
    initial = initial.replace("migrations.CreateModel(\n", other, 1)
    apps.write("shop/migrations/0001_initial.py", initial)
    model = "class {}(models.Model):\n    status = models.TextField()\n{}"
    meta = f"    class Meta:\n        triggers = [{GUARD.format('ours', ON_STATUS)}]\n"
    head = "import pgtrigger\nfrom django.db import models\n"
    apps.write("shop/models.py", head + model.format("Order", meta) + model.format("Other", ""))
    apps.commit()
    assert run(tmp_path).exit_code == 0
    swaps = "\n".join(
        f'        migrations.RenameModel("{old}", "{new}"),'
        for old, new in [("Order", "Between"), ("Other", "Order"), ("Between", "Other")]
    )
    swap = CHANGE.format(app="shop", after="0001_initial", operation="RunSQL('SELECT 1')")
    apps.write(
        "shop/migrations/0002_swap.py",
        swap.replace("        migrations.RunSQL('SELECT 1'),", swaps),
    )
    merge = CHANGE.format(app="shop", after="0002_swap", operation="RunSQL('SELECT 1')")
    apps.write(
        "shop/migrations/0003_merge.py",
        merge.replace('[("shop"', '[("shop", "0002_order_ours"), ("shop"', 1),
    )
    apps.write("shop/models.py", head + model.format("Order", "") + model.format("Other", meta))
    apps.commit()

    refused = run(tmp_path)

    assert refused.exit_code == 2
    assert "shop.0002_order_ours, then shop.0002_swap works" in refused.stderr
    assert "then shop.0002_order_ours changes the triggers of another table" in refused.stderr
    assert "renames table shop_order to shop_between" in refused.stderr
    write(apps, "--rewrite")
    assert 'run_before = [\n        ("shop", "0002_swap"),' in apps.read(
        "shop/migrations/0002_order_ours.py"
    )
