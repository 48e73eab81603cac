"""A reason speaks of the user's code, never of the values that the interpreter has in its place."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from pgtrigger_codegen import evaluator
from pgtrigger_codegen.evaluator import values
from pgtrigger_codegen.evaluator.values.unknown import Invalid, Unknown, first_unknown
from tests.evaluator.broken import BROKEN
from tests.evaluator.code import execute
from tests.support.cli import run_cli

_HEAD = """
import collections.abc, datetime, django, re, types
from django.apps import apps
from django.conf import settings
from django.db import models
import pgtrigger

class M(models.Model):
    name = models.CharField(max_length=9)

user = apps.get_model("a", "B")
through = M.name
"""
_VALUES = (
    "M M._meta M.name settings re types.FunctionType models.signals.post_save apps user".split()
)
_VALUES += ["pgtrigger.register", "pgtrigger.register(1)", "re.sub", "datetime.tzinfo", "django"]
_OPERATIONS = [
    "{} + 1", "-{}", "{} < 3", "{}[0]", "len({})", "list({})", "{}()", "{}.nothing", "int({})",
    "sorted([{}, {}])", "str({})", "f'{}'", "'%d' % {}", "3 in {}", "[*{}]", "{{**{}}}",
    "max({}, 1)", "sum({})", "' '.join({})", "round({})", "range({})", "[1, 2][{}]", "{}.x.y",
]  # fmt: skip
_NAMES = [
    name
    for module in pkgutil.iter_modules(values.__path__, f"{values.__name__}.")
    for name, kind in vars(importlib.import_module(module.name)).items()
    if isinstance(kind, type)
]
# Every class of the evaluator's by a name of its own, single words only where they are quoted as
# the names of classes are; and its modules.
_CLASSES = {
    name
    for module in pkgutil.walk_packages(evaluator.__path__, f"{evaluator.__name__}.")
    for name, kind in vars(importlib.import_module(module.name)).items()
    if isinstance(kind, type) and kind.__module__.startswith(evaluator.__name__)
}
_LONG = [name for name in _CLASSES if sum(map(str.isupper, name)) > 1 and not name.isupper()]
_OURS = re.compile(
    rf"\b({'|'.join(_LONG)})\b|'({'|'.join(_CLASSES)})'|[`.]({'|'.join(_CLASSES)})`"
    r"|pgtrigger_codegen\.|Traceback|internal error|object at 0x"
)


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_no_reason_names_a_value_of_ours(operation: str, tmp_path: Path) -> None:
    lines = [f"r{index} = {_on(operation, value)}" for index, value in enumerate(_VALUES)]
    ours = execute(tmp_path, _HEAD + "\n".join(lines))

    for index, value in enumerate(_VALUES):
        found = ours[f"r{index}"]
        if isinstance(found, Unknown):
            shown = [found.reason, *(note.message for note in found.notes)]
            named = [name for name in _NAMES for text in shown if f"'{name}'" in text]
            assert not named, (operation, value, shown)


@pytest.mark.parametrize("operation", ["M + 1", "M[0]", "len(M)", "re + 1", "settings < 3"])
def test_no_exception_is_said_to_be_raised_for_them(operation: str, tmp_path: Path) -> None:
    program = f"{_HEAD}\ntry:\n    r = {operation}\nexcept TypeError:\n    r = 'raised'"
    found = execute(tmp_path, program)["r"]

    assert isinstance(found, Unknown), found
    assert not isinstance(found, Invalid), found


def _on(operation: str, value: str) -> str:
    if operation == "f'{}'":
        return "f'{" + value + "}'"
    return (
        operation.replace("{{", "\0")
        .replace("}}", "\1")
        .replace("{}", value)
        .replace("\0", "{")
        .replace("\1", "}")
    )


@pytest.mark.parametrize("name", BROKEN)
def test_nothing_that_is_bound_names_ours_in_a_broken_program(name: str, tmp_path: Path) -> None:
    executed = execute(tmp_path, BROKEN[name])
    unknown = [first_unknown(executed[bound]) for bound in executed.scope.names]
    said = [text for one in unknown if one is not None for text in _said(one)]

    assert [text for text in said if _OURS.search(text)] == []


@pytest.mark.parametrize("command", [("lint",), ("show",), ("makemigrations", "--check")])
def test_no_command_names_ours_in_broken_programs(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps = {f"app_{index}": text for index, text in enumerate(BROKEN.values())}
    for app, text in apps.items():
        (tmp_path / app).mkdir()
        (tmp_path / app / "__init__.py").touch()
        (tmp_path / app / "models.py").write_text(text)
    (tmp_path / "settings.py").write_text(_SETTINGS.format(list(apps)))
    (tmp_path / "pyproject.toml").write_text('[tool.pgtrigger-codegen]\nsettings = "settings"\n')
    monkeypatch.chdir(tmp_path)

    outcome = run_cli(tmp_path, *command)

    said = [line for line in f"{outcome.stdout}\n{outcome.stderr}".splitlines() if line.strip()]
    assert len(said) > len(apps) / 2
    assert [line for line in said if _OURS.search(line)] == []


def _said(unknown: Unknown) -> list[str]:
    return [unknown.reason, *(note.message for note in unknown.notes)]


_SETTINGS = """\
INSTALLED_APPS = {}
PGTRIGGER_MIGRATIONS = False
SECRET_KEY = "x"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql"}}}}
"""
