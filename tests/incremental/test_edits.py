"""After an edit, using what was kept leads to the same as using nothing.

Every edit here is made to a project that was read once. Then the command that uses what was kept
must print what one that knows nothing prints; and it is said of each edit whether the replayed
migrations may be used again.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.incremental import worker
from pgtrigger_codegen.incremental.memory import Memory
from pgtrigger_codegen.migrations.planning.history import Replayed
from tests.support.console import Console, Ended
from tests.support.projects import write_files

MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [{operations}]
"""
FILES = {
    "manage.py": "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'town.settings'\n",
    "town/__init__.py": "",
    "town/settings.py": """
        INSTALLED_APPS = [
            "django.contrib.contenttypes", "django.contrib.auth", "pgtrigger",
            "core", "people", "shop", "orders", "audit.apps.AuditConfig", "plain",
        ]
        AUTH_USER_MODEL = "people.Person"
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
        PGTRIGGER_MIGRATIONS = False
        SECRET_KEY = "x"
        """,
    "core/__init__.py": "",
    "core/names.py": """
        STATES = ["open", "closed"]
        LIMITS = {"name": 30}
        COUNTER = iter(range(100))
        """,
    "core/triggers.py": """
        import pgtrigger

        from core.names import STATES

        class Loud(pgtrigger.Trigger):
            when = pgtrigger.Before
            operation = pgtrigger.Update

            def get_func(self, model):
                return f"RAISE NOTICE '{model._meta.db_table} {len(STATES)}'; RETURN NEW;"

        def protect(name):
            return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)
        """,
    "core/models.py": """
        import pgtrigger
        from django.db import models

        from core.triggers import protect

        class Kept(models.Model):
            kept_at = models.DateTimeField(null=True)

            class Meta:
                abstract = True
                triggers = [protect("kept")]

        class Unused(models.Model):
            class Meta:
                abstract = True
                triggers = [protect("unused")]
        """,
    "people/__init__.py": "",
    "people/models.py": """
        from django.db import models

        from core.models import Kept
        from core.names import LIMITS

        class Person(Kept):
            name = models.CharField(max_length=LIMITS["name"], primary_key=True)
        """,
    "shop/__init__.py": "",
    "shop/models.py": """
        import pgtrigger
        from django.conf import settings
        from django.db import models

        from core.models import Kept
        from core.triggers import Loud

        class Product(Kept):
            title = models.TextField()
            seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
            tags = models.ManyToManyField("shop.Tag")

            class Meta(Kept.Meta):
                triggers = [*Kept.Meta.triggers, Loud(name="loud")]

        class Tag(models.Model):
            word = models.TextField()
        """,
    "orders/__init__.py": "",
    "orders/models.py": """
        import pgtrigger
        from django.db import models

        class Order(models.Model):
            product = models.ForeignKey("shop.Product", on_delete=models.CASCADE)
            state = models.TextField(default="open")

            class Meta:
                triggers = [
                    pgtrigger.ReadOnly(name="fixed", fields=["product"]),
                    pgtrigger.Trigger(
                        name="count",
                        when=pgtrigger.After,
                        operation=pgtrigger.Insert,
                        func="UPDATE shop_product SET title = title; RETURN NULL;",
                    ),
                ]
        """,
    "audit/__init__.py": "",
    "audit/apps.py": """
        from django.apps import AppConfig

        class AuditConfig(AppConfig):
            name = "audit"

            def ready(self):
                from audit import watching
        """,
    "audit/models.py": """
        from shop.models import Product

        class Watched(Product):
            class Meta:
                proxy = True
        """,
    "audit/watching.py": """
        import pgtrigger

        from core.triggers import Loud
        from orders.models import Order
        from shop.models import Product

        pgtrigger.register(Loud(name="watched"))(Order)
        pgtrigger.register(Loud(name="tagged"))(Product.tags.through)
        """,
    **{
        name: text
        for app, operations, dependencies in (
            (
                "people",
                """
                migrations.CreateModel("Person", [
                    ("kept_at", models.DateTimeField(null=True)),
                    ("name", models.CharField(max_length=30, primary_key=True)),
                ]),
                """,
                "",
            ),
            (
                "shop",
                """
                migrations.CreateModel("Tag", [
                    ("id", models.BigAutoField(primary_key=True)), ("word", models.TextField()),
                ]),
                migrations.CreateModel("Product", [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("kept_at", models.DateTimeField(null=True)),
                    ("title", models.TextField()),
                    ("seller", models.ForeignKey("people.Person", on_delete=models.CASCADE)),
                    ("tags", models.ManyToManyField("shop.Tag")),
                ]),
                """,
                '("people", "0001_initial")',
            ),
            (
                "orders",
                """
                migrations.CreateModel("Order", [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("product", models.ForeignKey("shop.Product", on_delete=models.CASCADE)),
                    ("state", models.TextField(default="open")),
                ]),
                """,
                '("shop", "0001_initial")',
            ),
            ("audit", "", '("shop", "0001_initial"), ("orders", "0001_initial")'),
        )
        for name, text in (
            (f"{app}/migrations/__init__.py", ""),
            (
                f"{app}/migrations/0001_initial.py",
                MIGRATION.format(dependencies=dependencies, operations=operations),
            ),
        )
    },
    "plain/__init__.py": "",
    "plain/helpers.py": "def helper():\n    return 1\n",
    "plain/models.py": """
        from django.db import models

        class Plain(models.Model):
            word = models.TextField()
        """,
}

COMMANDS = (
    ("lint", "--output-format", "concise"),
    ("makemigrations", "--dry-run", "--allow-unresolved"),
)


def dedent(text: str) -> str:
    lines = text.lstrip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[indent:] for line in lines).rstrip() + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project lies: always in the same place, since its cache names its files."""
    return tmp_path_factory.mktemp("town")


@pytest.fixture
def run(console: Console, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """The console script, in the project, once read."""
    # Only large projects are worth the second process that replays their migrations.
    monkeypatch.setattr(worker, "WORTH_IT", 0)
    project, filled = folder / "town", folder / "filled"
    if filled.exists():
        shutil.rmtree(project)
        shutil.copytree(filled, project)
        monkeypatch.chdir(project)
        return console
    write_files(project, FILES)
    monkeypatch.chdir(project)
    for command in COMMANDS:
        console(*command)
    shutil.copytree(project, filled)
    return console


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each run replayed the migrations, rather than take what was kept of them."""
    seen: list[bool] = []
    start, recall = worker.start, Memory.history

    def started(*arguments: Any) -> Any:
        seen.append(True)
        return start(*arguments)

    def recalled(memory: Memory, root: Path) -> Replayed | None:
        found = recall(memory, root)
        if found is not None:
            seen.append(False)
        return found

    monkeypatch.setattr(worker, "start", started)
    monkeypatch.setattr(Memory, "history", recalled)
    return seen


def change(path: str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text, (path, old)
    Path(path).write_text(text.replace(old, new))


def append(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write("\n" + dedent(text))


def break_all(*names: str) -> None:
    for name in names:
        append(f"{name}.py", "class (")


EDITS: dict[str, tuple[bool, Callable[[], None]]] = {
    "a comment": (True, lambda: append("orders/models.py", "# nothing")),
    "lines before it": (True, lambda: change("orders/models.py", "class Order", "\n\nclass Order")),
    "a field more": (
        True,
        lambda: change(
            "orders/models.py", "    state =", "    extra = models.TextField()\n    state ="
        ),
    ),
    "a trigger less": (
        True,
        lambda: change(
            "orders/models.py", 'pgtrigger.ReadOnly(name="fixed", fields=["product"]),', ""
        ),
    ),
    "another body": (True, lambda: change("orders/models.py", "RETURN NULL", "RETURN NEW")),
    "a broken body": (True, lambda: change("orders/models.py", "RETURN NULL", "RETRUN")),
    "an unknown field": (True, lambda: change("orders/models.py", '["product"]', '["produkt"]')),
    "a name that is not bound": (True, lambda: change("orders/models.py", '"fixed"', "FIXED")),
    "a model more": (
        True,
        lambda: append(
            "plain/models.py",
            """
            class More(models.Model):
                order = models.ForeignKey("orders.Order", on_delete=models.CASCADE)
            """,
        ),
    ),
    "a model that another derives from": (
        True,
        lambda: change("shop/models.py", "title = ", "heading = "),
    ),
    "what a foreign key refers to": (
        True,
        lambda: change("people/models.py", "primary_key=True", "unique=True"),
    ),
    "a mixin's trigger": (
        True,
        lambda: change("core/models.py", 'protect("kept")', 'protect("k")'),
    ),
    "a mixin's field": (True, lambda: change("core/models.py", "kept_at", "held_at")),
    "the mixin is not used any more": (
        True,
        lambda: change("people/models.py", "Person(Kept)", "Person(models.Model)"),
    ),
    "a mixin comes into use": (
        True,
        lambda: append("core/models.py", "class Used(Unused):\n    pass"),
    ),
    "a helper": (True, lambda: change("core/triggers.py", "pgtrigger.Delete", "pgtrigger.Update")),
    "a constant two imports away": (True, lambda: change("core/names.py", '"closed"', '"c", "d"')),
    "a number two imports away": (True, lambda: change("core/names.py", "30", "31")),
    "a registration": (True, lambda: change("audit/watching.py", '"watched"', '"seen"')),
    "a registration less": (
        True,
        lambda: change("audit/watching.py", 'pgtrigger.register(Loud(name="watched"))(Order)', ""),
    ),
    "a comment that silences": (
        True,
        lambda: change(
            "orders/models.py",
            "    class Meta",
            "    # pgtrigger-codegen: ignore[PGT3]\n    class Meta",
        ),
    ),
    "its own list changes": (
        True,
        lambda: append(
            "orders/models.py", "NAMES = []\nNAMES.append(1)\nNAMES += [2]\ndel NAMES[0]"
        ),
    ),
    "a proxy's model by its own app": (
        True,
        lambda: change(
            "audit/models.py", "proxy = True", "proxy = True\n        ordering = ['pk']"
        ),
    ),
    "a default manager": (
        True,
        lambda: append(
            "shop/models.py", "class Shelf(models.Model):\n    items = models.Manager()"
        ),
    ),
    "an import": (True, lambda: append("orders/models.py", "import shop.models")),
    "an import less": (
        True,
        lambda: change(
            "people/models.py", "from core.names import LIMITS\n", "LIMITS = {'name': 3}\n"
        ),
    ),
    "pgtrigger is mentioned now": (True, lambda: append("plain/models.py", "# pgtrigger")),
    "the settings": (False, lambda: append("town/settings.py", "PGTRIGGER_SCHEMA = True")),
    "an app config": (False, lambda: append("audit/apps.py", "# nothing")),
    "a new file": (False, lambda: append("orders/more.py", "# nothing")),
    "the configuration": (
        False,
        lambda: append("pyproject.toml", '[tool.pgtrigger-codegen.lint]\nignore = ["PGT3"]'),
    ),
    "a syntax error": (True, lambda: append("orders/models.py", "class (")),
    "a syntax error hides another": (
        True,
        lambda: break_all("core/names", "core/triggers", "people/models"),
    ),
    "another's list changes": (
        True,
        lambda: change("people/models.py", "class Person", "LIMITS['name'] = 5\n\nclass Person"),
    ),
    "another's model changes": (
        True,
        lambda: append("audit/watching.py", "Product.shown = 1"),
    ),
    "another's iterator goes on": (
        True,
        lambda: change(
            "people/models.py", "import LIMITS", "import COUNTER, LIMITS\n\nnext(COUNTER)"
        ),
    ),
    "a receiver": (
        True,
        lambda: append(
            "audit/watching.py",
            """
            from django.db.models.signals import class_prepared

            def add(sender, **kwargs):
                pgtrigger.register(Loud(name="each"))(sender)

            class_prepared.connect(add)
            """,
        ),
    ),
    "two models of one name": (
        True,
        lambda: append(
            "plain/models.py",
            "class Order(models.Model):\n    class Meta:\n        app_label = 'orders'",
        ),
    ),
    "two models of one table": (
        True,
        lambda: append(
            "plain/models.py",
            "class Other(models.Model):\n    class Meta:\n        db_table = 'orders_order'",
        ),
    ),
}
QUICK = {
    "a field more",
    "a mixin's trigger",
    "a receiver",
    "a registration less",
    "an import",
    "another body",
    "another's iterator goes on",
    "another's list changes",
    "two models of one table",
    "what a foreign key refers to",
}
SLOW = sorted(EDITS.keys() - QUICK)


@pytest.mark.parametrize(
    "name",
    [*sorted(QUICK), *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)],
)
def test_an_edit_leads_to_what_reading_everything_leads_to(
    run: Console, replays: list[bool], name: str
) -> None:
    is_of_use, edit = EDITS[name]
    edit()
    expected = Ended(0, b"", b"")
    for command in COMMANDS:
        expected = run("--no-cache", *command)
        replays.clear()
        assert run(*command) == expected, command
        # The first command after an edit keeps what the second one can use.
        may_reuse = is_of_use or command != COMMANDS[0]
        assert replays == [not is_of_use] or (may_reuse and replays == [False]), command
    assert expected[1] or b"core" in expected[2]  # whose new model has no migration


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_edit_after_edit(run: Console, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(8):
        _, edit = EDITS[chance.choice(sorted(EDITS))]
        with contextlib.suppress(AssertionError):  # what it would change is not there any more
            edit()
        command = chance.choice(COMMANDS)
        expected = run("--no-cache", *command)
        assert run(*command) == expected, command


BY_NAME = {
    "shop/extra.py": """
        import pgtrigger
        from django.db import models

        class Extra(models.Model):
            class Meta:
                db_table = "extras"
                triggers = [pgtrigger.Protect(name="extra", operation=pgtrigger.Delete)]
        """,
    "audit/more.py": """
        import pgtrigger
        from django.apps import apps
        from shop import extra

        class Named(pgtrigger.Trigger):
            when = pgtrigger.Before
            operation = pgtrigger.Update

            def get_func(self, model):
                return f"RAISE NOTICE '{apps.get_model('shop.Extra')._meta.db_table}'; RETURN NEW;"

        pgtrigger.register(pgtrigger.Protect(name="by_name", operation=pgtrigger.Delete))(
            apps.get_model("shop.Extra")
        )
        pgtrigger.register(Named(name="names"))(apps.get_model("orders.Order"))
        """,
}


def test_a_model_that_its_apps_models_do_not_make_is_found_again(run: Console) -> None:
    for name, text in BY_NAME.items():
        Path(name).write_text(dedent(text))
    change("audit/apps.py", "from audit import watching", "from audit import more, watching")
    assert b"RAISE NOTICE 'extras'" in run("--no-cache", "diff")[1]
    for command in COMMANDS:
        run(*command)
    for path in ("audit/more.py", "shop/extra.py", "orders/models.py"):
        append(path, "# nothing")
        for arguments in (*COMMANDS, ("diff",)):
            assert run(*arguments) == run("--no-cache", *arguments)


def test_a_copy_of_a_project_is_not_taken_for_the_project(
    run: Console, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder / "copy", ignore_errors=True)
    shutil.copytree(folder / "town", folder / "copy")
    monkeypatch.chdir(folder / "copy")
    change("orders/models.py", '"fixed"', '"frozen"')
    for command in COMMANDS:
        expected = run("--no-cache", *command)
        assert b"order_frozen" in expected[1] or b"Order:frozen" in expected[1]
        assert run(*command) == expected
