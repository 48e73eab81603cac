"""The text of migration files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import migrations
from msgspec.structs import replace

from pgtrigger_codegen.migrations.changes.autodetector import source_trigger
from pgtrigger_codegen.migrations.changes.operations import (
    AlterTriggerFunction,
    CreateTrigger,
    DropTrigger,
    ReplaceTrigger,
    TriggerOperation,
)
from pgtrigger_codegen.migrations.writing.writer import (
    IgnoreFunction,
    migration_name,
    render_migration,
)
from pgtrigger_codegen.sql.render import ignore_function
from tests.migrations.builders import moved, run_migration_file, trigger
from tests.sql.cases import HAND_MADE, reference_hash

PROTECT = trigger()
OLD = source_trigger(PROTECT, {PROTECT.span.path: "shop/models.py"})
NEW = source_trigger(moved(PROTECT, func="RETURN OLD;"), {PROTECT.span.path: "shop/models.py"})
IGNORE = '"public"._pgtrigger_should_ignore'

EVERY_OPERATION: list[TriggerOperation] = [
    DropTrigger(source_trigger(trigger("shop.Order:gone"), {})),
    CreateTrigger(NEW),
    AlterTriggerFunction(OLD, NEW),
    ReplaceTrigger(OLD, NEW),
    *(
        CreateTrigger(replace(OLD, uri=f"shop.Order:{number}", parts=parts))
        for number, parts in enumerate(HAND_MADE.values())
    ),
]


def _run(tmp_path: Path, text: str) -> tuple[list[tuple[str, str]], list[migrations.RunSQL]]:
    path = tmp_path / "0001_x.py"
    path.write_text(text)
    migration = run_migration_file("shop", path)
    assert isinstance(migration.dependencies, list)
    assert isinstance(migration.operations, list)
    return migration.dependencies, migration.operations


def test_python_reads_exactly_what_was_meant(tmp_path: Path) -> None:
    dependencies = [("shop", "0003_x"), ("auth", "0001_initial")]

    read, (ignore, *operations) = _run(
        tmp_path, render_migration("shop", EVERY_OPERATION, dependencies, [IgnoreFunction(IGNORE)])
    )

    assert read == dependencies
    assert ignore.sql == ignore_function(IGNORE) + "\n"
    assert ignore.reverse_sql == migrations.RunSQL.noop
    for found, meant in zip(operations, EVERY_OPERATION, strict=True):
        assert found.sql == meant.to_sql() + "\n"
        assert found.reverse_sql == meant.reverse().to_sql() + "\n"
        assert found.hints == {"model_name": "order", "trigger": meant.trigger.uri}
        assert not found.elidable


def test_formatters_and_linters_leave_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "0001_x.py"
    text = render_migration("shop", EVERY_OPERATION, [("shop", "0003_x")], [IgnoreFunction(IGNORE)])
    path.write_text(text)
    ruff = [sys.executable, "-m", "ruff"]

    subprocess.run([*ruff, "format", "--isolated", str(path)], check=True, capture_output=True)
    checked = subprocess.run(
        [*ruff, "check", "--isolated", "--select", "E,F,I,W,UP,Q,COM", "--ignore", "E501", path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert path.read_text() == text
    assert checked.stdout == "All checks passed!\n"


def test_it_is_readable() -> None:
    text = render_migration("shop", [CreateTrigger(OLD)], [("shop", "0001_initial")])

    assert text.startswith(
        '''"""Triggers of app shop, written by pgtrigger-codegen."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("shop", "0001_initial"),
    ]

    operations = [
        # Add trigger shop.Order:protect, declared in shop/models.py.
        migrations.RunSQL(
            sql="""\\
CREATE OR REPLACE FUNCTION pgtrigger_protect_'''
    )
    assert text.endswith(
        """",
            hints={
                "model_name": "order",
                "trigger": "shop.Order:protect",
            },
        ),
    ]
"""
    )


def test_without_dependencies() -> None:
    assert "\n    dependencies = []\n" in render_migration("shop", [CreateTrigger(OLD)], [])


@pytest.mark.parametrize(
    ("leaf", "operations", "name", "expected"),
    [
        (None, [CreateTrigger(OLD)], None, "0001_order_protect"),
        ("0001_initial", [CreateTrigger(OLD)], None, "0002_order_protect"),
        ("0041_x", [CreateTrigger(OLD)], "audit", "0042_audit"),
        ("0001_squashed_0004_x", [CreateTrigger(OLD)], None, "0005_order_protect"),
        ("unnumbered", [CreateTrigger(OLD)], None, "0001_order_protect"),
        (
            None,
            [DropTrigger(OLD), CreateTrigger(NEW)],
            None,
            "0001_remove_order_protect_order_protect",
        ),
        (
            None,
            [CreateTrigger(OLD), AlterTriggerFunction(OLD, NEW), DropTrigger(OLD)],
            None,
            "0001_order_protect_alter_order_protect_and_more",
        ),
        (
            None,
            [CreateTrigger(replace(OLD, name="x-y", model_name="order item"))],
            None,
            "0001_order_item_x_y",
        ),
        (
            None,
            [CreateTrigger(replace(OLD, name="n" * 47, model_name="m" * 60))],
            None,
            f"0001_{'m' * 52}",
        ),
        (
            None,
            [CreateTrigger(replace(OLD, name="n" * 47)), DropTrigger(OLD)],
            None,
            f"0001_order_{'n' * 46}_and_more",
        ),
    ],
)
def test_names(
    leaf: str | None, operations: list[TriggerOperation], name: str | None, expected: str
) -> None:
    assert migration_name(leaf, operations, name) == expected


def test_hash_of_the_source_goes_into_the_comment() -> None:
    assert f"IS '{reference_hash(PROTECT.parts)}'" in render_migration(
        "shop", [CreateTrigger(OLD)], []
    )


@pytest.mark.parametrize(
    "text",
    [*map(chr, (*range(32), *range(127, 160))), "\u2028", "\u2029", "\r\n", '"""', "\\", "'''"],
)
def test_names_stay_in_comments_and_docstrings(text: str) -> None:
    """A file's or an app's name that breaks the line would go on as a statement of its own."""
    hostile = f"shop{text}raise SystemExit #"
    created = CreateTrigger(replace(NEW, declared_in=f"{hostile}.py", uri=f"shop.Order:{hostile}"))

    written = render_migration(hostile, [created], [("shop", "0001_initial")])

    tree = ast.parse(written)
    kinds = [type(statement) for statement in tree.body]
    assert kinds == [ast.Expr, ast.ImportFrom, ast.ClassDef]
    assert "SystemExit" in (ast.get_docstring(tree) or "")
    (comment,) = [line for line in written.split("\n") if ", declared in" in line]
    assert comment.lstrip().startswith("# ")
    assert comment.isprintable()
