"""A small project in a git repository, and the histories of pull requests on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.support.cli import run_cli

PROTECT = 'pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)'
STAMP = """\
pgtrigger.Trigger(
                name="stamp",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__status="paid"),
                func="NEW.status = LOWER(NEW.status); RETURN NEW;",
            )"""
_FILES = {
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n',
    "settings.py": """\
INSTALLED_APPS = ["pgtrigger", "shop"]
PGTRIGGER_MIGRATIONS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
""",
    "shop/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[("id", models.BigAutoField(primary_key=True)), ("status", models.TextField())],
        ),
    ]
""",
}
RENAME_FIELD = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect_order_stamp")]
    operations = [
        migrations.RenameField("order", "status", "state"),
    ]
"""


def models(*triggers: str, column: str = "status") -> str:
    """A module with one model, which has these triggers."""
    return f"""\
import pgtrigger
from django.db import models


class Order(models.Model):
    {column} = models.TextField()

    class Meta:
        triggers = [
            {", ".join(triggers)}
        ]
"""


class GitProject:
    """A project in a repository, of which the first commit is the branch `main`."""

    def __init__(self, root: Path, *triggers: str, files: Mapping[str, str] | None = None) -> None:
        self.root = root
        for name, text in {**_FILES, "shop/models.py": models(*triggers), **(files or {})}.items():
            self.write(name, text)
        self.git("init", "--quiet", "--initial-branch=main")
        run_cli(root, "makemigrations", "--allow-unresolved")
        self.commit()
        self.git("checkout", "--quiet", "-b", "change")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def declare(self, *triggers: str, column: str = "status") -> None:
        self.write("shop/models.py", models(*triggers, column=column))

    def migrate(self, *options: str) -> None:
        """Writes the migrations of what was declared."""
        outcome = run_cli(self.root, "makemigrations", *options)
        assert outcome.exit_code == 0, outcome.stderr

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "x")

    def git(self, *arguments: str) -> str:
        # Run from a git hook, these would point git at the repository that is being committed to.
        environment = {name: value for name, value in os.environ.items() if "GIT_" not in name}
        environment |= {f"GIT_{who}_{what}": "a@example.org" for who in _ROLES for what in _FACTS}
        result = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return result.stdout


_ROLES = ("AUTHOR", "COMMITTER")
_FACTS = ("NAME", "EMAIL")
