"""From source and files to what is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.changes.operations import CreateTrigger
from pgtrigger_codegen.migrations.planning.plan import AppPlan, Options, Plan, PlanningSource
from pgtrigger_codegen.migrations.planning.planner import make_plan
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration
from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread
from pgtrigger_codegen.sql.render import create_trigger, drop_trigger
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.migrations.builders import (
    ORDER_MIGRATION,
    make_app,
    make_source,
    moved,
    order_model,
    run_migration_file,
    trigger,
    unresolved,
    with_gaps,
)

PROTECT = trigger()
AUDIT = trigger("shop.Order:audit")
INITIAL = {"0001_initial.py": ORDER_MIGRATION}

AUTH_MIGRATIONS = {
    "0001_initial.py": """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Group", [("id", models.AutoField(primary_key=True))]),
        migrations.CreateModel("User", [
            ("id", models.AutoField(primary_key=True)),
            ("groups", models.ManyToManyField("auth.Group")),
            ("email", models.TextField()),
        ]),
    ]
""",
    "0002_alter_email.py": """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("auth", "0001_initial")]
    operations = [migrations.AlterField("user", "email", models.TextField(null=True))]
""",
    "0003_more.py": """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("auth", "0002_alter_email")]
    operations = [migrations.AddField("user", "phone", models.TextField(null=True))]
""",
}


def plan(source: PlanningSource, **options: Any) -> Plan:
    return make_plan(source, run_migration_file, Options(**options))


def only(found: Plan) -> AppPlan:
    (app,) = found.apps
    return app


def write(found: Plan) -> None:
    for app in found.apps:
        assert app.error is None
        assert app.file is not None
        for path, content in app.file.files.items():
            path.write_text(content)


def content(app: AppPlan) -> str:
    assert app.error is None
    assert app.file is not None
    return app.file.content


def dependencies(found: Plan) -> list[tuple[str, str]]:
    app = only(found)
    write(found)
    assert app.file is not None
    migration = run_migration_file(app.app_label, app.file.path)
    assert isinstance(migration.dependencies, list)
    return migration.dependencies


def shop_source(root: Path, *triggers: CompiledTrigger, **others: Any) -> PlanningSource:
    others.setdefault("models", [order_model()])
    return make_source(root, [make_app(root, "shop", INITIAL)], *triggers, **others)


def test_written_files_leave_nothing_to_do(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT, AUDIT)
    steps = [
        source,
        replace(source, triggers=(moved(PROTECT, func="RETURN OLD;"), AUDIT)),
        replace(source, triggers=(moved(PROTECT, operation="DELETE"), AUDIT)),
        replace(source, triggers=(AUDIT,)),
        replace(source, triggers=()),
    ]
    names = []
    for step in steps:
        found = plan(step)
        app = only(found)
        assert app.file is not None
        names.append(app.file.path.name)
        assert found == plan(step)
        write(found)
        assert plan(step) == Plan()

    assert names == [
        "0002_order_audit_order_protect.py",
        "0003_alter_order_protect.py",
        "0004_alter_order_protect.py",
        "0005_remove_order_protect.py",
        "0006_remove_order_audit.py",
    ]


def test_the_ignore_function_comes_once_in_an_apps_history(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)
    first = plan(source)
    write(first)
    second = plan(replace(source, triggers=(PROTECT, AUDIT)))

    assert "_pgtrigger_should_ignore(trigger_name NAME)" in content(only(first))
    assert "_pgtrigger_should_ignore(trigger_name NAME)" not in content(only(second))


def test_no_ignore_function_for_triggers_that_do_not_call_it(tmp_path: Path) -> None:
    vector = moved(
        PROTECT, execute="tsvector_update_trigger('total', 'pg_catalog.simple', 'status')"
    )

    assert "should_ignore" not in content(only(plan(shop_source(tmp_path, vector))))


def _with_auth(root: Path, *triggers: CompiledTrigger, **others: Any) -> PlanningSource:
    auth = make_app(root, "auth", AUTH_MIGRATIONS, first_party=False)
    shop = make_app(root, "shop", INITIAL)
    users = order_model(
        app_label="auth",
        name="User",
        table="auth_user",
        concrete_model="auth.User",
        columns=("id", "email", "phone"),
        first_party=False,
    )
    memberships = order_model(
        app_label="auth",
        name="User_groups",
        table="auth_user_groups",
        concrete_model="auth.User_groups",
        first_party=False,
    )
    models = [users, memberships, order_model()]
    return make_source(root, [auth, shop], *triggers, models=models, **others)


def _on_auth(table: str, concrete_model: str, **parts: str) -> CompiledTrigger:
    return trigger(
        "shop.Mine:protect", table=table, concrete_model=f"auth.{concrete_model}", **parts
    )


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (PROTECT, [("shop", "0001_initial")]),
        (
            _on_auth("auth_user_groups", "User_groups"),
            [("shop", "0001_initial"), ("auth", "0001_initial")],
        ),
        (_on_auth("auth_user", "User"), [("shop", "0001_initial"), ("auth", "0001_initial")]),
        (
            _on_auth("auth_user", "User", condition='WHEN (OLD."email" IS NULL)'),
            [("shop", "0001_initial"), ("auth", "0002_alter_email")],
        ),
        (
            _on_auth("auth_user", "User", operation='UPDATE OF "phone"'),
            [("shop", "0001_initial"), ("auth", "0003_more")],
        ),
        (
            _on_auth("auth_user", "User", func="NEW.email = ''; RETURN NEW;"),
            [("shop", "0001_initial"), ("auth", "0002_alter_email")],
        ),
        (
            _on_auth("auth_user", "User", condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            [("shop", "0001_initial"), ("auth", "0003_more")],
        ),
        (
            moved(PROTECT, func="UPDATE auth_user SET email = ''; RETURN NEW;"),
            [("shop", "0001_initial"), ("auth", "0003_more")],
        ),
        (
            moved(PROTECT, func="DELETE FROM public.auth_user_groups; RETURN NEW;"),
            [("shop", "0001_initial"), ("auth", "0001_initial")],
        ),
        (moved(PROTECT, condition="WHEN (OLD.xmin = NEW.xmin)"), [("shop", "0001_initial")]),
        (
            moved(PROTECT, func="UPDATE elsewhere SET a = 1; RETURN NEW;"),
            [("shop", "0001_initial")],
        ),
    ],
)
def test_dependencies(
    tmp_path: Path, declared: CompiledTrigger, expected: list[tuple[str, str]]
) -> None:
    assert dependencies(plan(_with_auth(tmp_path, declared))) == expected


def test_a_trigger_that_another_app_made_is_a_dependency(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)
    write(plan(source))
    audit = make_app(tmp_path, "audit", {})
    moved_over = replace(moved(PROTECT, func="RETURN OLD;"), migration_app="audit")
    source = make_source(tmp_path, [*source.project.apps.values(), audit], moved_over)

    assert dependencies(plan(source)) == [("shop", "0002_order_protect")]


def test_an_app_without_migrations_of_its_own_starts_at_one(tmp_path: Path) -> None:
    source = make_source(
        tmp_path,
        [make_app(tmp_path, "shop", INITIAL), make_app(tmp_path, "audit", {})],
        trigger("audit.Order:log", table="shop_order", concrete_model="shop.Order"),
    )
    found = plan(source)

    assert dependencies(found) == [("shop", "0001_initial")]
    app = only(found)
    assert app.file is not None
    assert app.file.path.name == "0001_order_log.py"


def test_max_migration_is_kept_up_to_date(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)
    marker = tmp_path / "shop" / "migrations" / "max_migration.txt"
    marker.write_text("0001_initial\n")

    write(plan(source))

    assert marker.read_text() == "0002_order_protect\n"


def test_apps_asked_for(tmp_path: Path) -> None:
    apps = [make_app(tmp_path, "shop", INITIAL), make_app(tmp_path, "audit", {})]
    log = trigger("audit.Order:log", table="shop_order", concrete_model="shop.Order")
    source = make_source(tmp_path, apps, PROTECT, log)

    assert [app.app_label for app in plan(source).apps] == ["audit", "shop"]
    assert [app.app_label for app in plan(source, app_labels=["shop"]).apps] == ["shop"]
    with pytest.raises(MigrationsError, match=r"label 'shopp'(.|\n)*audit, shop"):
        plan(source, app_labels=["shopp"])


def test_nothing_is_written_for_an_app_that_is_not_fully_read(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT, unresolved=[unresolved()])

    found = plan(source)

    assert found.unresolved
    assert found.pending
    assert only(found).file is None


def test_allow_unresolved_writes_additions_and_changes_but_no_removals(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)
    write(plan(source))
    source = with_gaps(replace(source, triggers=(AUDIT,)), unresolved=[unresolved()])

    found = plan(source, allow_unresolved=True)

    assert not found.unresolved
    assert [type(operation) for operation in only(found).operations] == [CreateTrigger]
    assert only(found).file is not None


def _shop_path(root: Path) -> str:
    return str(root / "shop" / "models.py")


def _unparsed(root: Path) -> Unread:
    return Unread(GapKind.SYNTAX_ERROR, "invalid syntax", Span(_shop_path(root), 1, 1, 1, 1))


@pytest.mark.parametrize(
    ("others", "blocked"),
    [
        (lambda root: {"unresolved": (unresolved(migration_app="audit"),)}, ["audit"]),
        (
            lambda root: {"unresolved": (unresolved(migration_app=None, path=_shop_path(root)),)},
            ["shop"],
        ),
        (lambda root: {"unresolved": (unresolved(migration_app=None),)}, ["audit", "shop"]),
        (lambda root: {"unread": [_unparsed(root)]}, ["shop"]),
    ],
)
def test_which_apps_are_not_fully_read(tmp_path: Path, others: Any, blocked: list[str]) -> None:
    apps = [make_app(tmp_path, "shop", INITIAL), make_app(tmp_path, "audit", {})]
    source = with_gaps(make_source(tmp_path, apps), **others(tmp_path))

    assert [app.app_label for app in plan(source).apps if app.unresolved] == blocked


def test_a_table_that_something_unread_may_use_keeps_its_triggers(tmp_path: Path) -> None:
    shop, audit = make_app(tmp_path, "shop", INITIAL), make_app(tmp_path, "audit", {})
    source = make_source(tmp_path, [shop, audit], PROTECT, models=[order_model()])
    write(plan(source))
    gone = replace(source, triggers=())

    assert only(plan(gone)).operations != ()
    unread = unresolved(migration_app="audit", model="shop.Order")
    audit_plan, shop_plan = plan(with_gaps(gone, unresolved=[unread])).apps
    assert (audit_plan.app_label, shop_plan.app_label) == ("audit", "shop")
    assert audit_plan.unresolved
    assert shop_plan.operations == ()
    (withheld,) = shop_plan.withheld
    assert (withheld.trigger, withheld.gap.reason) == (PROTECT.uri, unread.reason)


@pytest.mark.parametrize("declared", [(), (AUDIT,)])
def test_a_model_with_a_decorator_that_is_not_understood_keeps_its_triggers(
    tmp_path: Path, declared: tuple[CompiledTrigger, ...]
) -> None:
    source = replace(_adopted(tmp_path, *declared), models=Models([order_model()]))
    unread = order_model(unread="a decorator of `Order` is not known: it is not read")
    doubtful = with_gaps(replace(source, models=Models([unread])))

    assert "convert" in str(only(plan(source)).error)
    found = plan(doubtful)
    assert only(found).error is None
    assert [gap.kind for gap in found.gaps] == [GapKind.UNREAD_BASE]
    assert only(found).withheld != ()


def test_foreign_triggers_are_kept(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)
    write(plan(source))

    assert plan(replace(source, triggers=(), foreign_triggers=(PROTECT,))) == Plan()


ADD_TRIGGER = """
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="protect",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func={func!r}, hash={hash!r}, operation={operation!r}, pgid={pgid!r},
                    table="shop_order", when={when!r},
                ),
            ),
        ),
    ]
"""


def _adopted(root: Path, *triggers: CompiledTrigger) -> PlanningSource:
    parts = PROTECT.parts
    text = ADD_TRIGGER.format(
        func=parts.func, hash=PROTECT.hash, operation=parts.operation, pgid=parts.pgid,
        when=parts.when,
    )  # fmt: skip
    app = make_app(root, "shop", {**INITIAL, "0002_order_protect.py": text})
    return make_source(root, [app], *triggers, models=[order_model()])


def test_a_project_with_django_pgtriggers_migrations_starts_clean(tmp_path: Path) -> None:
    assert plan(_adopted(tmp_path, PROTECT)) == Plan()


def test_triggers_of_a_table_that_no_model_was_read_for_stay(tmp_path: Path) -> None:
    assert plan(replace(_adopted(tmp_path), models=Models())) == Plan()


def test_new_triggers_go_beside_those_of_add_trigger(tmp_path: Path) -> None:
    source = _adopted(tmp_path, PROTECT, AUDIT)
    found = plan(source)
    write(found)

    assert "should_ignore(trigger_name" not in content(only(found))
    assert plan(source) == Plan()


PUT_BACK = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", {after!r})]
    operations = [
        migrations.CreateModel("Item", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunSQL({drop!r}),
        migrations.RunSQL({create!r}, hints={{"trigger": {uri!r}}}),
    ]
"""


@pytest.mark.parametrize(("label", "adopts"), [("shop", False), ("stock", True)])
def test_triggers_that_an_app_put_back_for_another_are_no_trigger_migrations_of_its_own(
    tmp_path: Path, label: str, adopts: bool
) -> None:
    shop = make_app(tmp_path, "shop", INITIAL)
    source = make_source(tmp_path, [shop], PROTECT, models=[order_model()])
    found = plan(source, adopt=False)
    write(found)
    put_back = PUT_BACK.format(
        after="0002_order_protect",
        drop=drop_trigger(PROTECT.parts),
        create=create_trigger(PROTECT.parts, PROTECT.hash),
        uri=PROTECT.uri,
    )
    stock = make_app(tmp_path, "stock", {"0001_initial.py": put_back})
    item = order_model(
        app_label="stock",
        name="Item",
        table="stock_item",
        concrete_model="stock.Item",
        columns=("id",),
    )
    new = {"shop": AUDIT, "stock": trigger("stock.Item:audit")}[label]
    source = make_source(tmp_path, [shop, stock], PROTECT, new, models=[order_model(), item])

    assert ("are taken over" in content(only(plan(source)))) is adopts


@pytest.mark.parametrize("declared", [(moved(PROTECT, func="RETURN OLD;"),), ()])
def test_what_add_trigger_made_is_converted_before_it_changes(
    tmp_path: Path, declared: tuple[CompiledTrigger, ...]
) -> None:
    app = only(plan(_adopted(tmp_path, *declared)))

    assert app.operations != ()
    assert app.file is None
    assert "pgtrigger-codegen convert shop" in str(app.error)


def _initial(text: str) -> dict[str, str]:
    return {**INITIAL, "0002_x.py": text}


MERGE_NEEDED = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
"""


@pytest.mark.parametrize(
    ("files", "declared", "settings", "message"),
    [
        (None, PROTECT, {}, r"no migrations package(.|\n)*shop/migrations/__init__\.py"),
        (
            {**INITIAL, "0002_x.py": MERGE_NEEDED, "0002_y.py": MERGE_NEEDED},
            PROTECT,
            {},
            "makemigrations --merge shop",
        ),
        (
            _initial(MERGE_NEEDED.replace("0001_initial", "0001_gone")),
            PROTECT,
            {},
            r"shop\.0002_x depends on shop\.0001_gone, which does not exist",
        ),
        ({}, PROTECT, {}, r"no migration creates yet(.|\n)*manage.py makemigrations shop"),
        (
            INITIAL,
            moved(PROTECT, condition="WHEN (OLD.note = '')"),
            {},
            r"column 'note' of model shop\.Order(.|\n)*manage.py makemigrations shop",
        ),
        (
            INITIAL,
            moved(PROTECT, func="NEW.note = ''; RETURN NEW;"),
            {},
            r"column 'note' of model shop\.Order",
        ),
        (
            INITIAL,
            moved(PROTECT, operation="UPDATE OF parents_column"),
            {},
            r"names column 'parents_column', which table 'shop_order' does not have",
        ),
        (
            INITIAL,
            PROTECT,
            {"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}},
            "'default' is not PostgreSQL",
        ),
        (
            INITIAL,
            replace(PROTECT, concrete_model="auth.User"),
            {"DATABASE_ROUTERS": ["routers.Router"]},
            "DATABASE_ROUTERS may send the two to different databases",
        ),
        (
            INITIAL,
            replace(PROTECT, concrete_model="auth.User"),
            {"DATABASE_ROUTERS": Unknown("computed")},
            "DATABASE_ROUTERS may send the two to different databases",
        ),
    ],
)
def test_what_stops_an_app(
    tmp_path: Path,
    files: dict[str, str] | None,
    declared: CompiledTrigger,
    settings: dict[str, Any],
    message: str,
) -> None:
    model = order_model(columns=("id", "status", "total", "note"))
    app = make_app(tmp_path, "shop", files)
    source = make_source(tmp_path, [app], declared, settings=settings, models=[model])

    found = only(plan(source))

    assert found.file is None
    assert found.operations != ()
    with pytest.raises(MigrationsError, match=message):
        raise found.error or AssertionError


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql"}}}, {}),
        ({"DATABASES": {"default": {"ENGINE": "psqlextra.backend"}}}, {}),
        ({"DATABASES": {"default": Unknown("environment")}}, {}),
        ({"DATABASES": Unknown("environment"), "DATABASE_ROUTERS": ["routers.Router"]}, {}),
        (
            {
                "DATABASES": {
                    "default": {"ENGINE": "django.db.backends.postgresql"},
                    "cache": {"ENGINE": "django.db.backends.sqlite3"},
                }
            },
            {"databases": ("default",)},
        ),
    ],
)
def test_databases_that_are_fine(
    tmp_path: Path, settings: dict[str, Any], options: dict[str, Any]
) -> None:
    source = shop_source(tmp_path, PROTECT, settings=settings)

    assert only(plan(source, **options)).error is None


@pytest.mark.parametrize(
    "change", [{"migrations_dir": None}, {"migrations_dir": None, "migrations_module": None}]
)
def test_an_app_whose_migrations_are_off(tmp_path: Path, change: dict[str, Any]) -> None:
    app = replace(make_app(tmp_path, "shop", INITIAL), **change)

    assert "cannot be written" in str(only(plan(make_source(tmp_path, [app], PROTECT))).error)


def test_tables_that_django_does_not_make_either(tmp_path: Path) -> None:
    """Of an unmanaged model, and of an app that never had migrations."""
    shop = make_app(tmp_path, "shop", {})
    legacy = make_app(tmp_path, "legacy", None, first_party=False)
    on_legacy = trigger("shop.Old:protect", table="old", concrete_model="legacy.Old")
    unmanaged = order_model(managed=False)
    source = make_source(tmp_path, [shop, legacy], PROTECT, on_legacy, models=[unmanaged])

    assert dependencies(plan(source)) == []


def test_tables_among_what_cannot_be_read(tmp_path: Path) -> None:
    """Better to come after the whole app than to refuse what may well be right."""
    app = make_app(tmp_path, "shop", INITIAL)
    elsewhere = make_app(tmp_path, "audit", {})

    def load(app_label: str, path: Path) -> EvaluatedMigration | Unknown:
        return replace(run_migration_file(app_label, path), operations=[Unknown("computed")])

    log = trigger("audit.Order:log", table="shop_order", concrete_model="shop.Order")
    source = make_source(tmp_path, [app, elsewhere], log)
    found = make_plan(source, load, Options())

    assert '("shop", "0001_initial")' in content(only(found))
    assert [item.unknown.reason for item in found.unreadable] == ["computed"]


def test_a_file_that_cannot_be_read_stops_its_app(tmp_path: Path) -> None:
    source = shop_source(tmp_path, PROTECT)

    found = make_plan(source, lambda label, path: Unknown("no class Migration"), Options())

    assert "file of migration shop.0001_initial cannot be read: no class Migration" in str(
        only(found).error
    )


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    before = MERGE_NEEDED.replace("dependencies", "run_before")
    files = {**INITIAL, "0002_audit.py": before}
    source = make_source(tmp_path, [make_app(tmp_path, "shop", files)], PROTECT)

    assert "migration 0002_audit already" in str(only(plan(source, name="audit")).error)


def test_third_party_apps_are_never_written(tmp_path: Path) -> None:
    app = make_app(tmp_path, "shop", INITIAL, first_party=False)

    found = only(plan(make_source(tmp_path, [app], PROTECT)))

    assert found.file is None
    assert "shop.Order:protect is declared in /nowhere/models.py" in str(found.error)
    assert plan(make_source(tmp_path, [app], PROTECT), app_labels=["shop"]) == Plan()


def test_what_a_third_party_app_brings_itself_is_fine(tmp_path: Path) -> None:
    source = _adopted(tmp_path, PROTECT)
    shop = replace(source.project.apps["shop"], first_party=False)
    project = replace(source.project, apps={"shop": shop})

    assert plan(replace(source, project=project)) == Plan()
