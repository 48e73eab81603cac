"""Columns in CREATE TRIGGER."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.migrations.replaying.columns import names_column, rename_column


@pytest.mark.parametrize(
    ("sql", "renamed"),
    [
        ('ON a WHEN (OLD.a = NEW . "a")', 'ON a WHEN (OLD."z" = NEW . "z")'),
        ("UPDATE OF a, b, A OR DELETE ON a", 'UPDATE OF "z", b, "z" OR DELETE ON a'),
        ("UPDATE OF b ON a WHEN (b.a = 'OLD.a')", "UPDATE OF b ON a WHEN (b.a = 'OLD.a')"),
        ('WHEN (OLD."A" OR old.a)', 'WHEN (OLD."A" OR old."z")'),
        ("WHEN (OLD.* = NEW.*) -- OLD.a", "WHEN (OLD.* = NEW.*) -- OLD.a"),
    ],
)
def test_renaming(sql: str, renamed: str) -> None:
    assert rename_column(sql, "a", "z") == renamed
    assert names_column(sql, "a") == (sql != renamed)


def test_names_that_need_quotes() -> None:
    assert rename_column("OLD.a", "a", 'Z "x"') == 'OLD."Z ""x"""'
