"""The rows name what the real libraries have."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models.options import Options

from pgtrigger_codegen.evaluator.library import lookup, rows

# What not every version that the tests run with has: since Django 6.1.
_NEWER_MODULES = {"django.db.models.fetch_modes"}
_NEWER = {"DB_CASCADE", "DB_SET_DEFAULT", "DB_SET_NULL"}


_ROWS = lookup.Library()  # without those of providers


def test_each_module_can_be_looked_up() -> None:
    for row in _ROWS.modules.values():
        if (row.looked_up or row.calls) and row.name not in _NEWER_MODULES:
            importlib.import_module(row.name)


@pytest.mark.parametrize("name", sorted(row.name for row in _ROWS.modules.values() if row.calls))
def test_each_callable_is_there(name: str) -> None:
    real = importlib.import_module(name)

    assert {call for call in _ROWS.modules[name].calls if not hasattr(real, call)} <= _NEWER


def test_each_method_is_there() -> None:
    test_each_module_can_be_looked_up()
    known = _classes_by_name()
    for name, row in _ROWS.kinds.items():
        assert name in known, name
        for method in row.calls:
            assert any(hasattr(cls, method) for cls in known[name]), (name, method)


def test_each_option_is_there() -> None:
    missing = {name for name in _ROWS.options if not hasattr(Options, name)}
    set_on_objects = {
        name
        for method in (Options.__init__, Options.contribute_to_class)
        for name in method.__code__.co_names
    }

    assert missing - set_on_objects <= {"triggers"}  # which django-pgtrigger adds


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: rows.module("re", "compile compile"), "given twice"),
        (lambda: rows.module("re", "compile,"), "`compile,` is no name"),
        (lambda: rows.module("re.", "compile"), "`` is no name"),
        (lambda: rows.modules("re re"), "given twice"),
        (lambda: rows.kind("list", "append", keeps="extend"), "extend is not among"),
        (lambda: rows.kind("list", "append", changes="clear"), "clear is not among"),
        (lambda: rows.kind("class", "append"), "`class` is no name"),
        (lambda: rows.option("db-table"), "`db-table` is no name"),
        (lambda: lookup.admit((), {"re": "compile compile"}, {}), "given twice"),
    ],
)
def test_a_row_is_validated_when_it_is_made(make: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


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
