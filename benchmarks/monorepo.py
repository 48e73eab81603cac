"""A made-up monorepo of many apps, the same for the same numbers.

Each app has models, a seventh of them with triggers, and modules that have nothing to do with
either: most of a real repository. `manage.py makemigrations` then writes the migrations.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SETTINGS = """\
SECRET_KEY = "x"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "benchmark"}}}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "pgtrigger",
    "base",
    *(f"app_{{number:03}}" for number in range({apps})),
]
"""

MANAGE = """\
import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
execute_from_command_line(sys.argv)
"""

BASE_HEAD = """\
import pgtrigger
from django.db import models
"""

BASE = '''

class Archivable{group}(models.Model):
    """Rows that are never really deleted."""

    is_active = models.BooleanField(default=True)

    class Meta:
        abstract = True
        triggers = [pgtrigger.SoftDelete(name="archive_{group}", field="is_active")]
'''

TRIGGERS = '''\
import pgtrigger


class Announce(pgtrigger.Trigger):
    """Says what is written."""

    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update

    def __init__(self, *, what, **kwargs):
        self.what = what
        super().__init__(**kwargs)

    def get_func(self, model):
        return f"RAISE NOTICE '{self.what} into {model._meta.db_table}'; RETURN NEW;"
'''

HEAD = """\
import pgtrigger
from django.db import models

from base.models import Archivable{group}
from base.triggers import Announce
"""

FIELDS = (
    "models.CharField(max_length={number})",
    "models.IntegerField(default={number})",
    "models.BooleanField(default=False)",
    "models.DateTimeField(auto_now_add=True)",
    "models.TextField(blank=True)",
    "models.DecimalField(max_digits=10, decimal_places=2)",
    'models.ForeignKey("auth.User", on_delete=models.CASCADE, null=True, related_name="+")',
)

KINDS = (
    'pgtrigger.Protect(name="keep_{group}", operation=pgtrigger.Delete)',
    'pgtrigger.ReadOnly(name="fixed_{group}", fields=["field_0", "field_1"])',
    'pgtrigger.SoftDelete(name="archive_{group}", field="is_active")',
    (
        'pgtrigger.FSM(name="moves_{group}", field="status",'
        ' transitions=[("new", "open"), ("open", "done")])'
    ),
    (
        'pgtrigger.Protect(name="keep_field_0_{group}", operation=pgtrigger.Update,'
        ' condition=pgtrigger.Q(old__field_0__df=pgtrigger.F("new__field_0")))'
    ),
    'Announce(name="announce_{group}", what="{name}")',
)


GROUPS = 16
"""Apps of one group call their triggers alike. The names of functions end in five hexadecimal
digits, which are the same for some two of a thousand triggers of one name.
"""


@dataclass(frozen=True)
class Size:
    """How much there is of everything.

    Attributes:
        models, modules: In each app.
        share: Of models that have triggers.
    """

    apps: int
    models: int = 20
    modules: int = 20
    share: float = 0.15


def write(folder: Path, size: Size) -> None:
    """Writes the project, and lets Django write its migrations."""
    _write(folder / "manage.py", MANAGE)
    _write(folder / "config/settings.py", SETTINGS.format(apps=size.apps))
    _write(folder / "config/__init__.py", "")
    groups = min(GROUPS, (size.apps + 3) // 4)
    bases = "".join(BASE.format(group=group) for group in range(groups))
    _write_app(folder / "base", f"{BASE_HEAD}{bases}")
    _write(folder / "base/triggers.py", TRIGGERS)
    for number in range(size.apps):
        app = folder / f"app_{number:03}"
        # Every fourth app is alike, so that twice the apps are twice the work.
        chance = random.Random(number % 4)  # noqa: S311  (nothing of it is a secret)
        group = number // 4 % GROUPS
        models = "".join(_model(index, size, chance, group) for index in range(size.models))
        _write_app(app, f"{HEAD.format(group=group)}{models}")
        for index in range(size.modules):
            _write(app / f"service_{index:02}.py", _module(chance))
    command = [sys.executable, "manage.py", "makemigrations"]
    # Without a PATH Django finds no formatter, which would take minutes over the migrations.
    environment = {**os.environ, "PATH": ""}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)  # noqa: S603  (ours)


def _write_app(folder: Path, models: str) -> None:
    _write(folder / "__init__.py", "")
    _write(folder / "migrations/__init__.py", "")
    _write(folder / "models.py", models)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _model(index: int, size: Size, chance: random.Random, group: int) -> str:
    name = f"Record{index:02}"
    inherits = chance.random() < size.share / 2
    lines = ["", "", f"class {name}({f'Archivable{group}' if inherits else 'models.Model'}):"]
    lines += [f'    """Number {index}."""', ""]
    for field in range(chance.randint(6, 14)):
        kind = FIELDS[0] if field < 2 else chance.choice(FIELDS)
        lines.append(f"    field_{field} = {kind.format(number=chance.randint(8, 200))}")
    if not inherits:
        lines.append("    is_active = models.BooleanField(default=True)")
    lines.append('    status = models.CharField(max_length=16, default="new")')
    if not inherits and chance.random() < size.share:
        lines += ["", "    class Meta:", "        triggers = ["]
        chosen = chance.sample(KINDS, chance.randint(1, 3))
        lines += [f"            {kind.format(name=name, group=group)}," for kind in chosen]
        lines.append("        ]")
    lines += ["", "    def __str__(self):", "        return str(self.pk)", ""]
    return "\n".join(lines)


def _module(chance: random.Random) -> str:
    lines = ["import math"]
    for number in range(20):
        lines += ["", "", f"def step_{number}(value):"]
        lines += [
            f"    value = math.hypot(value, {chance.randint(1, 999)})  # line {line}"
            for line in range(chance.randint(5, 15))
        ]
        lines.append("    return value")
    return "\n".join([*lines, ""])
