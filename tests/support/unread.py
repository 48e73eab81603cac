"""A complete project whose triggers are installed, and the means to hide parts of it.

Root may read every file, so commands run as nobody where permissions matter.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tests.support.cli import Outcome, run_cli
from tests.support.projects import write_files

_NOBODY = 65534

MANAGE = """
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SETTINGS = """
import os

SECRET_KEY = "x"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
PGTRIGGER_MIGRATIONS = False
INSTALLED_APPS = ["pgtrigger", "softly", "shop.orders", "shop.audit", "shop.stock"]
if os.environ.get("WITH_EXTRAS", "yes") == "yes":
    INSTALLED_APPS += ["shop.extras"]
"""
ORDER = """
import pgtrigger
from django.db import models


class Order(models.Model):
    status = models.TextField()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="keep_orders", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="read_only", fields=["status"]),
        ]
"""
ITEM = """
import pgtrigger
from django.db import models


@pgtrigger.register(pgtrigger.Protect(name="keep_items", operation=pgtrigger.Delete))
class Item(models.Model):
    count = models.IntegerField()
"""
AUDIT_MODELS = """
import pgtrigger
from django.db import models


class Log(models.Model):
    text = models.TextField()

    class Meta:
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]
"""
AUDIT_APPS = """
from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "shop.audit"

    def ready(self):
        from shop.audit import rules
"""
AUDIT_RULES = """
import pgtrigger

from shop.orders.models import Order

pgtrigger.register(pgtrigger.Protect(name="audited", operation=pgtrigger.Insert))(Order)
"""
BASES = """
import pgtrigger
from django.db import models


class Kept(models.Model):
    class Meta:
        abstract = True
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]
"""
STOCK = """
import pgtrigger
from django.db import models
from softly.models import Soft

from shop.core.bases import Kept


def versioned(name):
    return pgtrigger.ReadOnly(name=name, fields=["version"])


class Shelf(Kept):
    label = models.TextField()


class Box(Soft):
    version = models.IntegerField()

    class Meta:
        triggers = [versioned("fixed_version")]
"""
EXTRAS = """
import pgtrigger
from django.db import models


class Gift(models.Model):
    text = models.TextField()

    class Meta:
        triggers = [pgtrigger.Protect(name="keep_gifts", operation=pgtrigger.Delete)]
"""
SOFT = """
import pgtrigger
from django.db import models


class Soft(models.Model):
    deleted = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Bin(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep_bins", operation=pgtrigger.Delete)]
"""
PYVENV = f"home = /usr/bin\nversion = {'.'.join(map(str, __import__('sys').version_info[:3]))}\n"
_SITE = "lib/python{}.{}/site-packages".format(*__import__("sys").version_info[:2])
FILES: Mapping[str, str] = {
    "manage.py": MANAGE,
    "config/__init__.py": "",
    "config/settings.py": SETTINGS,
    "shop/__init__.py": "",
    "shop/core/__init__.py": "",
    "shop/core/bases.py": BASES,
    "shop/orders/__init__.py": "",
    "shop/orders/models/__init__.py": "from .item import Item\nfrom .order import Order\n",
    "shop/orders/models/order.py": ORDER,
    "shop/orders/models/item.py": ITEM,
    "shop/audit/__init__.py": "",
    "shop/audit/apps.py": AUDIT_APPS,
    "shop/audit/models.py": AUDIT_MODELS,
    "shop/audit/rules.py": AUDIT_RULES,
    "shop/stock/__init__.py": "",
    "shop/stock/models.py": STOCK,
    "shop/extras/__init__.py": "",
    "shop/extras/models.py": EXTRAS,
    ".venv/pyvenv.cfg": PYVENV,
    f".venv/{_SITE}/softly/__init__.py": "",
    f".venv/{_SITE}/softly/models.py": SOFT,
}
_MODELS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "orders": {"Order": ("status TextField",), "Item": ("count IntegerField",)},
    "audit": {"Log": ("text TextField",)},
    "stock": {
        "Shelf": ("label TextField",),
        "Box": ("deleted BooleanField", "version IntegerField"),
    },
    "extras": {"Gift": ("text TextField",)},
}
_TYPES = {"TextField": "text", "IntegerField": "integer", "BooleanField": "boolean"}
SOFTLY = Path(f".venv/{_SITE}/softly")
TRIGGERS = {
    "orders.Order:keep_orders",
    "orders.Order:read_only",
    "orders.Order:audited",
    "orders.Item:keep_items",
    "audit.Log:append_only",
    "stock.Shelf:kept",
    "stock.Box:fixed_version",
    "extras.Gift:keep_gifts",
}
"""What the project's own code declares; `softly.Bin:keep_bins` is the package's."""


def write_complete_project(root: Path) -> None:
    """The project, with migrations for its tables and for its triggers."""
    write_files(root, FILES)
    for app, models in _MODELS.items():
        folder = f"shop/{app}/migrations"
        write_files(
            root, {f"{folder}/__init__.py": "", f"{folder}/0001_initial.py": _initial(models)}
        )
    outcome = run_cli(root, "makemigrations", "--no-cache")
    assert outcome.exit_code == 0, outcome.stderr


def create_tables(dsn: str) -> None:
    """Makes the project's tables, in a database that nobody may connect to as well."""
    host = conninfo_to_dict(dsn).get("host")
    if host and str(host).startswith("/") and os.geteuid() == 0:
        Path(str(host)).chmod(0o755)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for app, models in _MODELS.items():
            for model, fields in models.items():
                columns = ", ".join(
                    f"{name} {_TYPES[kind]}" for name, kind in map(str.split, fields)
                )
                table = f"{app}_{model.lower()}"
                connection.execute(f"CREATE TABLE {table} (id bigint PRIMARY KEY, {columns})")
        connection.execute("CREATE TABLE softly_bin (id bigint PRIMARY KEY)")


def _initial(models: Mapping[str, tuple[str, ...]]) -> str:
    operations = ""
    for model, fields in models.items():
        columns = "".join(f', ("{name}", models.{kind}())' for name, kind in map(str.split, fields))
        key = '("id", models.BigAutoField(primary_key=True))'
        operations += f'migrations.CreateModel(name="{model}", fields=[{key}{columns}]), '
    return (
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n"
        f"    operations = [{operations}]\n"
    )


def installed(dsn: str, *, enabled: bool = False) -> set[str]:
    """The names of the triggers in a database, with their tables.

    Args:
        enabled: Whether those that are disabled are left out.
    """
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT tgrelid::regclass || ':' || tgname FROM pg_trigger"
            " WHERE NOT tgisinternal AND NOT (%s AND tgenabled = 'D')",
            (enabled,),
        )
        return {name for (name,) in rows}


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that nobody may enter and write to, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="pgtrigger-codegen-unread-")).resolve()
    folder.chmod(0o777)
    try:
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o777)
        shutil.rmtree(folder)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, to whom no file is closed."""
    if os.geteuid() != 0:
        yield
        return
    os.setegid(_NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@dataclass(frozen=True)
class Hidden:
    """A project of which something is hidden, and the database with all of its triggers."""

    root: Path
    dsn: str = ""

    def run(self, *arguments: str) -> Outcome:
        """Runs a command as nobody; those for a database with its address."""
        given = ("--dsn", self.dsn) if arguments[0] in _FOR_DATABASES else ()
        with as_nobody():
            return run_cli(self.root, *arguments, *given)


_FOR_DATABASES = frozenset({"ls", "install", "uninstall", "enable", "disable", "prune"})
