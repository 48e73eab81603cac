from __future__ import annotations

import pytest

from pgtrigger_codegen.source.misspelling import meant

COMMANDS = ["show", "lint", "ls", "install", "uninstall", "enable", "disable", "makemigrations"]


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("lnit", COMMANDS, "lint"),
        ("makemigration", COMMANDS, "makemigrations"),
        ("make-migrations", ["make_migrations", "migrations"], "make_migrations"),
        ("uninstal", COMMANDS, "uninstall"),
        ("desable", COMMANDS, "disable"),
        ("INSTALL", COMMANDS, "install"),
        ("shop.order:keep", ["shop.Order:keep", "shop.Orders:keep"], "shop.Order:keep"),
        ("shop.Oder:kep_rows", ["shop.Order:keep_rows"], "shop.Order:keep_rows"),
        ("order_2019", ["orders_2019", "orders_2018"], "orders_2019"),
        # Names that resemble others, and mean something else.
        ("init", COMMANDS, None),
        ("delete", COMMANDS, None),
        ("migrate", COMMANDS, None),
        ("shop.Item:log", ["shop.Item:lock"], None),
        ("shop.Item:keep_2", ["shop.Item:keep_1", "shop.Item:keep"], None),
        ("unknown-trigger", ["unknown-table", "unknown-field"], None),
        # Two are as near.
        ("order", ["orders", "border"], None),
        ("", COMMANDS, None),
        ("lint", [], None),
    ],
)
def test_what_was_meant(name: str, known: list[str], expected: str | None) -> None:
    assert meant(name, known) == expected
