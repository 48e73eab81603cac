"""Nothing of the source that is read runs: neither its own code nor a real function for it.

These hold by how the interpreter is made, without the audit hook that stands behind it.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.evaluator.attacks import ATTACKS, WAYS, disguised
from tests.support.cli import run_cli
from tests.support.projects import write_project

_MODEL = """

from django.db import models
import pgtrigger


class M(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        triggers = [pgtrigger.Protect(name="p", operation=pgtrigger.Delete)]
"""
_SETTINGS = """\
INSTALLED_APPS = ["app"]
PGTRIGGER_MIGRATIONS = False
SECRET_KEY = "x"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
"""
_QUERIES = """\
from django.db import models


class Kept(models.QuerySet):
    pass


class Things(models.Manager):
    def get_queryset(self):
        return Kept(self.model, using=self._db)

    def kept(self):
        return self.get_queryset().filter(deleted=False)


class Thing(models.Model):
    deleted = models.BooleanField()
    objects = Things()


FOUND = Thing.objects.get_queryset()
KEPT = Thing.objects.kept()
for _ in FOUND:
    pass
if FOUND:
    pass
match FOUND:
    case [one]:
        pass
with FOUND:
    pass
"""
_USES = """\
[x for x in FOUND]  bool(FOUND)  len(FOUND)  list(FOUND)  f"{FOUND}"  repr(FOUND)  FOUND == FOUND
1 in FOUND  FOUND[0]  sorted(FOUND)  str(FOUND.query)  "%s" % FOUND  "{}".format(FOUND)  [*FOUND]
dict(x=FOUND)  str([FOUND])  not FOUND  FOUND and 1  tuple(FOUND)  max(FOUND)  sum(FOUND)
hash(FOUND)  print(FOUND)  FOUND | FOUND  models.Q(pk__in=FOUND)  any(FOUND)
", ".join(FOUND)  zip(FOUND, FOUND)
models.IntegerField(choices=FOUND, default=FOUND, help_text=FOUND, validators=FOUND)
"""
_COMMANDS = [("show",), ("lint",), ("makemigrations", "--check")]

# Runs each text as Python does, in a folder of its own, and prints the names of those that did not
# run their command.
_RUN_FOR_REAL = """\
import contextlib, io, os, sys, tempfile
sys.path.insert(0, sys.argv[1])
from django.conf import settings
settings.configure()
from tests.evaluator.attacks import ATTACKS
for name, text in ATTACKS.items():
    os.chdir(tempfile.mkdtemp(dir=sys.argv[2]))
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, name, "exec", dont_inherit=True), {"__name__": "m"})
    if not os.path.exists("PWNED"):
        print(name)
"""


@pytest.fixture
def no_second_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns the audit hook off that would stop what the interpreter lets through."""
    if importlib.util.find_spec("pgtrigger_codegen.confinement") is None:
        return
    confined = importlib.import_module("pgtrigger_codegen.confinement.wall").confined
    monkeypatch.setattr(confined, "__enter__", lambda self: None)
    monkeypatch.setattr(confined, "__exit__", lambda self, *error: None)


@pytest.mark.parametrize(
    ("way", "everywhere"), [(None, False), *((way, False) for way in WAYS), ("result", True)]
)
def test_reading_runs_nothing(
    way: str | None,
    everywhere: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_second_wall: None,
) -> None:
    texts = {
        f"app_{index}": text if way is None else disguised(text, WAYS[way], everywhere=everywhere)
        for index, text in enumerate(ATTACKS.values())
    }
    _write_project(tmp_path, texts)
    monkeypatch.chdir(tmp_path)

    outcome = run_cli(tmp_path, "show")

    assert not (tmp_path / "PWNED").exists()
    # What has nothing to do with them is read.
    found = {line for line in outcome.stdout.split() if line.endswith(".M:p")}
    assert found == {f"{app}.M:p" for app in texts}


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "name", ["globals of a function", "a slot of a class", "the fields of a data class"]
)
def test_no_command_runs_anything(
    name: str,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    no_second_wall: None,
) -> None:
    _write_project(tmp_path, {"app": ATTACKS[name]})
    monkeypatch.chdir(tmp_path)

    run_cli(tmp_path, *command)

    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("name", ["globals of a function", "a slot of a class"])
@pytest.mark.parametrize(
    "place", ["app/migrations/0001_initial.py", "settings.py", "app/apps.py", "app/__init__.py"]
)
def test_no_module_of_a_project_runs(
    name: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_second_wall: None
) -> None:
    _write_project(tmp_path, {"app": ""})
    (tmp_path / "app/migrations").mkdir()
    (tmp_path / "app/migrations/__init__.py").touch()
    path = tmp_path / place
    rest = {
        "settings.py": _SETTINGS,
        "app/apps.py": "from django.apps import AppConfig\nclass A(AppConfig): name = 'app'\n",
        "app/migrations/0001_initial.py": (
            "from django.db import migrations\n"
            "class Migration(migrations.Migration):\n"
            "    operations = [migrations.RunPython(lambda apps, editor: None)]\n"
        ),
    }.get(place, "")
    path.write_text(ATTACKS[name] + "\n" + rest)
    monkeypatch.chdir(tmp_path)

    for command in _COMMANDS:
        run_cli(tmp_path, *command)

    assert not (tmp_path / "PWNED").exists()


def test_each_of_them_runs_its_command_in_python(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]

    result = subprocess.run(
        [sys.executable, "-c", _RUN_FOR_REAL, str(root), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == []


@pytest.mark.parametrize("command", _COMMANDS, ids=lambda command: command[0])
def test_a_query_set_runs_no_query(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = "\n".join(re.split(r"  |\n", _USES.strip()))
    _write_project(tmp_path, {"app": f"{_QUERIES}\n{uses}\n"})
    monkeypatch.chdir(tmp_path)

    outcome = run_cli(tmp_path, *command)

    assert "internal error" not in outcome.stderr + outcome.stdout
    assert "1 trigger found, 1 read" in outcome.stderr + outcome.stdout


def _write_project(root: Path, texts: dict[str, str]) -> None:
    settings = _SETTINGS.replace('["app"]', repr(list(texts)))
    models = {f"{app}/models.py": text + _MODEL for app, text in texts.items()}
    write_project(root, files={"settings.py": settings, **models}, packages=texts)
