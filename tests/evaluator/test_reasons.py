"""A reason speaks of the user's code, never of the values that the interpreter has in its place."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator import values
from pgtrigger_codegen.evaluator.values.unknown import Invalid, Unknown
from tests.evaluator.code import execute

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
