"""PGT313: `Func` breaks on just the templates that the rule reports."""

from __future__ import annotations

import types

import pgtrigger
import pytest

from pgtrigger_codegen.lint.rules.template_braces import first_fault

KNOWN = {
    "meta": types.SimpleNamespace(db_table="shop_order"),
    "columns": types.SimpleNamespace(id="id"),
    "fields": types.SimpleNamespace(),
}


@pytest.mark.parametrize(
    ("template", "fault"),
    [
        ("SELECT '{1, 2}'", 8),
        ("SELECT '{}'", 8),
        ("""SELECT '{"a": 1}'""", 8),
        ("SELECT {columns.id}, '{'", 22),
        ("SELECT '}'", 8),
        ("SELECT '{{1}'", 11),
        ("SELECT {column.id}", 7),
        ("SELECT '{{1, 2}}' FROM {meta.db_table}", None),
        ("SELECT {columns.id!s} FROM {meta.db_table:>20}", None),
        ("SELECT 1", None),
    ],
)
def test_braces(template: str, fault: int | None) -> None:
    try:
        pgtrigger.Func(template).render(**KNOWN)  # type: ignore[no-untyped-call]
        breaks = False
    except (KeyError, IndexError, ValueError):
        breaks = True

    assert first_fault(template) == fault
    assert breaks == (fault is not None)
