"""Operations on one trigger that become one, and those that must not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.migrations.changes.open_changes import Way
from pgtrigger_codegen.migrations.collapse.collapsing import collapse
from pgtrigger_codegen.migrations.collapse.files import RunFiles, collapsed_files
from pgtrigger_codegen.migrations.collapse.outcome import Collapse
from pgtrigger_codegen.migrations.collapse.runs import find_run
from pgtrigger_codegen.migrations.planning.plan import Options
from pgtrigger_codegen.migrations.planning.planner import make_plan
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.sql.render import Style, create_trigger, drop_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import (
    ORDER_MIGRATION,
    add_trigger,
    make_app,
    make_source,
    moved,
    order_model,
    run_migration_file,
    trigger,
)

PROTECT = trigger()
AUDIT = trigger("shop.Order:audit")
CHANGED = moved(PROTECT, func="RETURN OLD;")
ON_DELETE = moved(PROTECT, operation="DELETE")
ON_STATUS = moved(PROTECT, condition="WHEN (OLD.\"status\" = 'paid')")
ON_NOTE = moved(PROTECT, condition='WHEN (NEW."note" IS NULL)')
LOGS = moved(PROTECT, func="INSERT INTO audit_log DEFAULT VALUES; RETURN NEW;")

HEAD = """\
from django.db import migrations, models


def fill(apps, schema_editor):
    pass


class Migration(migrations.Migration):
    dependencies = {dependencies}

    operations = [
{operations}
    ]
"""
LOG = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Log", [("id", models.BigAutoField(primary_key=True))])]
"""


class Story:
    """The migrations of an app, written one after the other."""

    def __init__(self, root: Path) -> None:
        shop = make_app(root, "shop", {"0001_initial.py": ORDER_MIGRATION})
        self.apps: dict[str, App] = {"shop": shop}
        self.root = root
        self.folder = root / "shop" / "migrations"

    def triggers(
        self,
        *declared: CompiledTrigger,
        style: Style = Style(),  # noqa: B008
        way: Way = "weave",
    ) -> Story:
        source = make_source(self.root, self.apps.values(), *declared, models=[order_model()])
        plan = make_plan(source, run_migration_file, Options(style=style, schema_changes=way))
        for app in plan.apps:
            assert app.error is None
            for file in app.files:
                for path, content in file.files.items():
                    path.write_text(content)
        return self

    def schema(self, *operations: str, needs: tuple[tuple[str, str], ...] = ()) -> Story:
        names = self.names()
        lines = textwrap.indent(",\n".join((*operations, "")).rstrip("\n"), " " * 8)
        (self.folder / f"{len(names) + 1:04d}_schema.py").write_text(
            HEAD.format(dependencies=[("shop", names[-1]), *needs], operations=lines)
        )
        return self

    def app(self, label: str, **files: str) -> Story:
        contents = {f"{name}.py": content for name, content in files.items()}
        self.apps[label] = make_app(self.root, label, contents)
        return self

    def names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("0*.py"))

    def collapse(
        self, first: str = "0002", last: str | None = None, *, may_change: bool = True
    ) -> Collapse:
        """Collapse, and write the files."""
        reader = MigrationReader(self.apps, run_migration_file)
        run = find_run(reader, self.apps, "shop", first, last)
        files = RunFiles.read(run)
        outcome = collapse(run, {"shop.Order:protect": "shop/models.py"}, files.lists)
        self.kept = {}
        for file in collapsed_files(files, outcome, lambda path: may_change).files:
            if file.after is None:
                file.path.unlink()
            else:
                file.path.write_text(file.after)
            if file.kept:
                self.kept[file.path.stem] = file.kept
        return outcome

    def kinds(self) -> dict[str, list[str]]:
        """What is left of the triggers' operations, by migration."""
        found = {}
        for name in self.names()[1:]:
            text = (self.folder / f"{name}.py").read_text()
            found[name[:4]] = [
                line.split()[1].lower()
                for line in text.splitlines()
                if line.startswith("        # ")
                and line.split()[1] in ("Add", "Remove", "Change", "Rename", "Record", "Drop")
            ]
        return found


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


@pytest.mark.parametrize(
    ("stages", "kinds"),
    [
        ([(PROTECT,), (CHANGED,)], {"0002": ["add"]}),
        ([(PROTECT,), ()], {}),
        ([(PROTECT,), (CHANGED,), (ON_DELETE,), ()], {}),
        ([(PROTECT,), (), (PROTECT,)], {"0004": ["add"]}),
        ([(PROTECT, AUDIT), (CHANGED, AUDIT), (AUDIT,)], {"0002": ["add"]}),
    ],
)
def test_from_the_beginning(
    story: Story, stages: list[tuple[CompiledTrigger, ...]], kinds: dict[str, list[str]]
) -> None:
    for declared in stages:
        story.triggers(*declared)
    story.collapse()

    assert story.kinds() == kinds
    assert not story.collapse("0001").rewritten


@pytest.mark.parametrize(
    ("stages", "kinds"),
    [
        ([(CHANGED,), (ON_DELETE,)], ["change"]),
        ([(CHANGED,), (PROTECT,)], []),
        ([(CHANGED,), ()], ["remove"]),
        ([(), (CHANGED,)], ["change"]),
        ([(), (PROTECT,)], []),
        ([(replace(PROTECT, hash="a" * 40),), (CHANGED,)], ["change"]),
    ],
)
def test_in_the_middle_of_a_history(
    story: Story, stages: list[tuple[CompiledTrigger, ...]], kinds: list[str]
) -> None:
    story.triggers(PROTECT)
    for declared in stages:
        story.triggers(*declared)
    story.collapse("0003")

    assert list(chain.from_iterable(story.kinds().values())) == ["add", *kinds]
    assert story.triggers(*stages[-1]).kinds() == story.kinds()


def test_the_reverse_restores_what_was_there_before_the_first(story: Story) -> None:
    for declared in (PROTECT, CHANGED, ON_DELETE):
        story.triggers(declared)
    story.collapse("0003")

    listed: Any = run_migration_file(
        "shop", story.folder / "0003_alter_order_protect.py"
    ).operations
    assert "BEFORE DELETE" in listed[0].sql
    assert "BEFORE UPDATE" in listed[0].reverse_sql
    assert PROTECT.hash in listed[0].reverse_sql


BARRIERS = {
    "code": "migrations.RunPython(fill)",
    "SQL that writes": "migrations.RunSQL('UPDATE shop_order SET total = 1', '')",
    "rows that are filled": (
        "migrations.AlterField('order', 'total', models.IntegerField(default=0))"
    ),
    "inside": (
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(fill)])"
    ),
}


@pytest.mark.parametrize("barrier", BARRIERS)
def test_operations_that_might_notice(story: Story, barrier: str) -> None:
    story.triggers(PROTECT).schema(BARRIERS[barrier]).triggers(CHANGED).triggers(ON_DELETE)
    outcome = story.collapse()

    assert story.kinds() == {"0002": ["add"], "0003": [], "0004": ["change"]}
    (apart,) = outcome.apart
    assert "operation 1 of shop.0003_schema" in apart.reason


INDIFFERENT = {
    "another field": "migrations.AddField('order', 'note', models.TextField(null=True))",
    "state alone": (
        "migrations.SeparateDatabaseAndState(state_operations=["
        "migrations.AddField('order', 'note', models.TextField(null=True))])"
    ),
    "a field that could not be null before": (
        "migrations.AlterField('order', 'status', models.TextField(default=''))"
    ),
    "an index": "migrations.RunSQL('CREATE INDEX i ON shop_order (total)', 'DROP INDEX i')",
    "another type": "migrations.AlterField('order', 'total', models.BigIntegerField(null=True))",
}


@pytest.mark.parametrize("passed", INDIFFERENT)
def test_operations_that_cannot_notice(story: Story, passed: str) -> None:
    story.triggers(PROTECT).schema(INDIFFERENT[passed]).triggers(CHANGED)
    story.collapse()

    assert story.kinds() == {"0002": ["add"], "0003": []}
    assert (
        '("shop", "0002_order_protect")' not in (story.folder / "0002_order_protect.py").read_text()
    )


def test_rows_that_are_filled_do_not_matter_to_a_trigger_on_deletions(story: Story) -> None:
    story.triggers(ON_DELETE).schema(BARRIERS["rows that are filled"])
    story.triggers(moved(ON_DELETE, func="RETURN NULL;")).collapse()

    assert story.kinds() == {"0002": ["add"], "0003": []}


def test_a_trigger_that_needs_a_later_column_comes_later(story: Story) -> None:
    story.triggers(PROTECT).schema(INDIFFERENT["another field"]).triggers(ON_NOTE)
    story.collapse()

    assert story.kinds() == {"0003": [], "0004": ["add"]}
    assert run_migration_file("shop", story.folder / "0003_schema.py").dependencies == [
        ("shop", "0001_initial")
    ]


def test_a_column_of_the_same_migration_must_be_there(story: Story) -> None:
    story.triggers(PROTECT).schema(INDIFFERENT["another field"]).triggers(ON_NOTE)
    first, schema, second = story.names()[1:]
    # All in one file: the trigger, the column, the trigger's change.
    texts = [(story.folder / f"{name}.py").read_text() for name in (first, schema, second)]
    bodies = [text.partition("operations = [\n")[2].rpartition("    ]")[0] for text in texts]
    for name in (schema, second):
        (story.folder / f"{name}.py").unlink()
    (story.folder / f"{first}.py").write_text(
        HEAD.format(dependencies=[("shop", "0001_initial")], operations="".join(bodies))
    )
    story.collapse()

    text = (story.folder / f"{first}.py").read_text()
    assert story.kinds() == {"0002": ["add"]}
    assert text.index("AddField") < text.index("CREATE OR REPLACE TRIGGER")


def test_a_trigger_stays_that_could_be_at_neither_place(story: Story) -> None:
    """What was there before names a column that goes; what is there after, one that comes."""
    story.triggers(ON_STATUS)
    story.triggers(PROTECT)
    story.schema("migrations.RemoveField('order', 'status')", INDIFFERENT["another field"])
    story.triggers(ON_NOTE)
    outcome = story.collapse("0003")

    assert story.kinds() == {"0002": ["add"], "0003": ["change"], "0004": [], "0005": ["change"]}
    (apart,) = outcome.apart
    assert "drops column 'status'" in apart.reason
    assert "shop.0004_schema" in apart.reason


def test_a_change_can_come_earlier_than_the_column_of_the_old_one_goes(story: Story) -> None:
    story.triggers(ON_STATUS)
    story.triggers(PROTECT)
    story.schema("migrations.RemoveField('order', 'status')").triggers(CHANGED)
    story.collapse("0003")

    assert story.kinds() == {"0002": ["add"], "0003": ["change"], "0004": []}


def test_another_apps_table_becomes_a_dependency(story: Story) -> None:
    story.app("audit", **{"0001_initial": LOG})
    story.triggers(PROTECT).triggers(LOGS)
    story.collapse()

    (name,) = story.names()[1:]
    migration = run_migration_file("shop", story.folder / f"{name}.py")
    assert migration.dependencies == [("shop", "0001_initial"), ("audit", "0001_initial")]


def test_another_apps_table_that_comes_after_the_first_place(story: Story) -> None:
    story.triggers(PROTECT)
    needs = f"dependencies = [('shop', '{story.names()[-1]}')]\n    operations"
    story.app("audit", **{"0001_initial": LOG.replace("operations", needs)})
    story.triggers(LOGS)
    outcome = story.collapse()

    assert story.kinds() == {"0002": [], "0003": ["add"]}
    assert story.kept == {"0002_order_protect": "audit.0001_initial depends on it"}
    assert outcome.rewritten[0].origins[0].migration[1] == "0002_order_protect"


def test_another_apps_code_in_between(story: Story) -> None:
    story.triggers(PROTECT)
    code = HEAD.format(
        dependencies=[("shop", story.names()[-1])],
        operations="        migrations.RunPython(fill),",
    )
    story.app("audit", **{"0001_initial": LOG, "0002_fill": code}).triggers(CHANGED)
    outcome = story.collapse()

    assert story.kinds() == {"0002": ["add"], "0003": ["change"]}
    assert "audit.0002_fill" in outcome.apart[0].reason


def test_a_creation_whose_drop_is_outside_of_the_run(story: Story) -> None:
    """It brings the state back that the drop has noted, and so it stays as it is."""
    story.triggers(ON_STATUS)
    story.schema("migrations.AlterField('order', 'status', models.CharField(max_length=9))")
    story.triggers(ON_STATUS, way="split").triggers(CHANGED)
    *_, created, changed = story.names()
    story.collapse(created)

    assert story.names()[-2:] == [created, changed]
    outcome = story.collapse("0003_before")
    assert story.names()[2:] == ["0003_before_schema", "0003_schema"]
    assert [len(item.origins) for item in outcome.rewritten] == [3]


def test_the_ignore_function_goes_along(story: Story) -> None:
    story.triggers(PROTECT).schema(INDIFFERENT["another field"]).triggers(ON_NOTE, AUDIT)
    story.collapse()

    listed: Any = run_migration_file("shop", story.folder / f"{story.names()[-1]}.py").operations
    texts = [operation.sql for operation in listed]
    assert len(texts) == 3
    assert "_should_ignore(trigger_name NAME)" in texts[0]
    assert story.triggers(ON_NOTE, AUDIT).names() == story.names()


def test_the_ignore_function_stays_while_another_trigger_needs_it(story: Story) -> None:
    story.triggers(PROTECT, AUDIT).triggers(AUDIT)
    story.collapse()

    (name,) = story.names()[1:]
    assert "_should_ignore(trigger_name NAME)" in (story.folder / f"{name}.py").read_text()
    assert story.kinds() == {"0002": ["add"]}


def test_the_ignore_function_stays_for_a_trigger_that_another_app_has_put_back(
    story: Story,
) -> None:
    drop = f"migrations.RunSQL({drop_trigger(AUDIT.parts)!r})"
    sql, hints = create_trigger(AUDIT.parts, AUDIT.hash), {"trigger": AUDIT.uri}
    create = f"migrations.RunSQL({sql!r}, hints={hints})"
    story.schema(create).triggers(AUDIT, PROTECT).triggers(AUDIT)
    around = HEAD.format(dependencies=[("shop", story.names()[-1])], operations=f"{drop}, {create}")
    story.app("stock", **{"0001_around": around}).collapse("0003")

    text = (story.folder / f"{story.names()[2]}.py").read_text()
    assert "_should_ignore(trigger_name NAME)" in text
    assert story.kinds() == {"0002": [], "0003": [], "0004": []}


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda text: text.replace("operations = [", "operations = [*[], "), "plain list"),
        (
            lambda text: (
                text.replace("import migrations", "import migrations as m")
                .replace("migrations.Mig", "m.Mig")
                .replace("migrations.RunSQL", "m.RunSQL")
            ),
            "does not say",
        ),
        (
            lambda text: f"{text}\n\nMigration.operations += [migrations.RunSQL('', '')]\n",
            "not all in",
        ),
    ],
)
def test_files_that_are_laid_out_in_another_way(
    story: Story, edit: Callable[[str], str], reason: str
) -> None:
    story.triggers(PROTECT).triggers(CHANGED)
    path = story.folder / "0002_order_protect.py"
    path.write_text(edit(path.read_text()))
    before = path.read_text()
    outcome = story.collapse()

    files = RunFiles.read(outcome.run)
    assert reason in files.obstacles["shop", "0002_order_protect"]
    assert (path.read_text(), outcome.rewritten) == (before, [])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reverse_sql=", "elidable=True, reverse_sql="),
        ("DROP FUNCTION IF EXISTS", "-- DROP FUNCTION IF EXISTS"),
        ("COMMENT ON TRIGGER", "UPDATE shop_order SET total = 1;\n\nCOMMENT ON TRIGGER"),
        ("COMMENT ON TRIGGER", "ALTER TABLE shop_order DISABLE TRIGGER ALL;\n\nCOMMENT ON TRIGGER"),
    ],
)
def test_operations_that_do_more_than_ours(story: Story, old: str, new: str) -> None:
    story.triggers(PROTECT).triggers(CHANGED)
    path = story.folder / "0002_order_protect.py"
    path.write_text(path.read_text().replace(old, new))
    story.collapse()

    assert story.kinds() == {"0002": ["add"], "0003": ["change"]}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("class Migration", "CONSTANT = 1\n\n\nclass Migration"),
        ("    operations = [", "    operations = [\n        # A note.\n"),
        ("    operations = [", "    # A note.\n    operations = ["),
        ('"""Triggers of app', '"""What we do about'),
        ("    dependencies", '    """Why."""\n\n    dependencies'),
    ],
)
def test_what_is_said_beside_the_operations_keeps_the_file(
    story: Story, old: str, new: str
) -> None:
    story.triggers(PROTECT).triggers()
    path = story.folder / "0002_order_protect.py"
    path.write_text(path.read_text().replace(old, new, 1))
    story.collapse()

    assert story.kept == {"0002_order_protect": "there is more in it than operations"}
    assert "RunSQL" not in path.read_text()
    assert new.strip().splitlines()[-1].strip(" []") in path.read_text()


def test_a_file_that_is_named_in_run_before_stays(story: Story) -> None:
    story.triggers(PROTECT).triggers()
    content = HEAD.format(dependencies=[], operations="")
    named = f"    run_before = {[('shop', story.names()[1])]}\n    operations"
    story.app("audit", **{"0001_initial": content.replace("    operations", named)})
    story.collapse()

    assert story.kept == {"0002_order_protect": "audit.0001_initial names it in run_before"}


def test_an_initial_migration_stays(story: Story) -> None:
    story.triggers(PROTECT).triggers()
    path = story.folder / "0002_order_protect.py"
    path.write_text(
        path.read_text().replace("    operations", "    initial = True\n    operations")
    )
    story.collapse()

    assert story.kept == {"0002_order_protect": "replaces or initial is set in it"}


def test_a_file_that_another_one_counts_on_which_is_not_to_be_changed(story: Story) -> None:
    story.triggers(PROTECT).triggers().schema(INDIFFERENT["another field"])
    story.collapse("0002", "0003", may_change=False)

    assert story.names() == ["0001_initial", "0003_remove_order_protect", "0004_schema"]
    assert "not to be changed" in story.kept["0003_remove_order_protect"]


def test_a_trigger_to_take_over_is_taken_over_where_it_comes(story: Story) -> None:
    story.triggers(PROTECT).schema(INDIFFERENT["another field"]).triggers(ON_NOTE)
    first, *_, last = (story.folder / f"{name}.py" for name in story.names()[1:])
    assert ["pgtrigger_codegen.adopted" in path.read_text() for path in (first, last)] == [
        True,
        False,
    ]
    story.collapse()

    assert not first.exists()
    # By itself, as it is the only one.
    assert "pgtrigger_codegen.adopted" not in last.read_text()
    assert last.read_text().count("pgtrigger_codegen.trigger_state") == 3


def test_nothing_is_taken_over_where_no_trigger_comes_any_more(story: Story) -> None:
    story.triggers(PROTECT, AUDIT).triggers(AUDIT).collapse()
    (path,) = (story.folder / f"{name}.py" for name in story.names()[1:])
    assert path.read_text().count("pgtrigger_codegen.adopted") == 3
    story.triggers().collapse()

    assert story.names() == ["0001_initial"]


def test_styles_are_kept(story: Story) -> None:
    style = Style(or_replace=False, lock_timeout="3s")
    story.triggers(PROTECT, style=style).triggers(ON_DELETE)
    story.collapse()

    text = (story.folder / "0002_order_protect.py").read_text()
    assert text.count("SET LOCAL lock_timeout = '3s';") == 3
    assert "CREATE TRIGGER" in text
    assert "OR REPLACE TRIGGER" not in text


def test_what_django_pgtrigger_wrote_is_left_alone(story: Story) -> None:
    story.triggers(PROTECT)
    names = story.names()
    (story.folder / "0003_more.py").write_text(
        HEAD.format(dependencies=[("shop", names[-1])], operations="        # nothing")
    )
    reader = MigrationReader(story.apps, run_migration_file)
    run = find_run(reader, story.apps, "shop", "0002", None)
    graph = run.graph
    more = graph.migrations["shop", "0003_more"]
    migrations = {
        **graph.migrations,
        ("shop", "0003_more"): replace(more, operations=[add_trigger(CHANGED)]),
    }
    run = replace(run, graph=replace(graph, migrations=migrations))

    assert collapse(run, {}, run.keys).replaced == {}


@pytest.mark.parametrize(
    ("app_label", "first", "last", "message"),
    [
        ("nowhere", "0001", None, "no app of the project"),
        ("shop", "0009", None, "has no migration '0009'"),
        ("shop", "0003", "0002", "does not come before"),
        ("shop", "000", None, "several migrations of app 'shop' begin with"),
    ],
)
def test_runs_that_are_none(
    story: Story, app_label: str, first: str, last: str | None, message: str
) -> None:
    story.triggers(PROTECT).triggers(CHANGED)

    with pytest.raises(MigrationsError, match=message):
        find_run(
            MigrationReader(story.apps, run_migration_file), story.apps, app_label, first, last
        )


def test_migrations_by_their_numbers(story: Story) -> None:
    story.triggers(PROTECT).triggers(CHANGED)
    reader = MigrationReader(story.apps, run_migration_file)
    names = story.names()

    def run_from(first: str) -> list[str]:
        return [name for _, name in find_run(reader, story.apps, "shop", first, None).keys]

    assert run_from("2") == run_from("02") == run_from("0002") == names[1:]
    # As in Django, a name that begins so; 10 has the number 10 as well, and could be meant.
    (story.folder / names[2]).with_suffix(".py").rename(story.folder / "0020_more.py")
    reader = MigrationReader(story.apps, run_migration_file)
    with pytest.raises(MigrationsError, match="has no migration '3'"):
        run_from("3")
    assert run_from("20") == ["0020_more"]


def test_squashed_migrations_are_left_alone(story: Story) -> None:
    story.triggers(PROTECT).triggers(CHANGED)
    replaced = [("shop", name) for name in story.names()[1:]]
    squashed = HEAD.format(dependencies=[("shop", "0001_initial")], operations="")
    (story.folder / "0002_squashed.py").write_text(
        squashed.replace("    operations", f"    replaces = {replaced}\n    operations")
    )
    reader = MigrationReader(story.apps, run_migration_file)

    with pytest.raises(MigrationsError, match=r"0003_\w+ is replaced by shop.0002_squashed"):
        find_run(reader, story.apps, "shop", "0003", None)
    run = find_run(reader, story.apps, "shop", "0002_squashed", None)
    assert "squashed" in RunFiles.read(run).obstacles["shop", "0002_squashed"]
