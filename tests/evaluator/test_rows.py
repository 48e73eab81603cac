"""The rows name what the real libraries have."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.db.models.options import Options

from pgtrigger_codegen.evaluator.library import rows

# What not every version that the tests run with has: since Django 6.1.
_NEWER_MODULES = {"django.db.models.fetch_modes"}
_NEWER = {"DB_CASCADE", "DB_SET_DEFAULT", "DB_SET_NULL"}


def test_each_module_can_be_looked_up() -> None:
    for module in sorted((rows.MODULES | rows.CALLABLES.keys()) - _NEWER_MODULES):
        importlib.import_module(module)


@pytest.mark.parametrize("module", sorted(rows.CALLABLES))
def test_each_callable_is_there(module: str) -> None:
    names = rows.CALLABLES[module].split()
    real = importlib.import_module(module)

    assert {name for name in names if not hasattr(real, name)} <= _NEWER
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "table", [rows.METHODS, rows.INERT_METHODS, rows.MUTATORS], ids=["called", "inert", "mutators"]
)
def test_each_method_is_there(table: dict[str, str]) -> None:
    test_each_module_can_be_looked_up()
    known = _classes_by_name()
    for name, methods in table.items():
        assert name in known, name
        for method in methods.split():
            assert any(hasattr(cls, method) for cls in known[name]), (name, method)


def test_what_changes_or_keeps_is_called() -> None:
    for table in (rows.INERT_METHODS, rows.MUTATORS):
        for name, methods in table.items():
            assert set(methods.split()) <= set(rows.METHODS[name].split()), name


def test_each_option_is_there() -> None:
    missing = {name for name in rows.OPTIONS_ATTRIBUTES if not hasattr(Options, name)}
    set_on_objects = {
        name
        for method in (Options.__init__, Options.contribute_to_class)
        for name in method.__code__.co_names
    }

    assert missing - set_on_objects <= {"triggers"}  # which django-pgtrigger adds


def _classes_by_name() -> dict[str, list[type]]:
    found: dict[str, list[type]] = {}
    pending: list[type] = [object]
    seen: set[Any] = {object}
    while pending:
        cls = pending.pop()
        found.setdefault(cls.__name__, []).append(cls)
        subclasses: list[type] = type.__subclasses__(cls)
        new = [sub for sub in subclasses if sub not in seen]
        seen.update(new)
        pending += new
    return found
