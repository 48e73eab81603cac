from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.foreign_keys import cascading_keys, dropped_constraints


@pytest.mark.parametrize(
    ("sql", "keys"),
    [
        (
            "CREATE TABLE a (b int REFERENCES s.c ON DELETE CASCADE, d int)",
            [("a", ("b",), "s.c", None)],
        ),
        (
            (
                "CREATE TABLE a (b int, c int,"
                " CONSTRAINT k FOREIGN KEY (b, c) REFERENCES d ON DELETE CASCADE)"
            ),
            [("a", ("b", "c"), "d", "k")],
        ),
        (
            (
                "ALTER TABLE a ADD COLUMN b int REFERENCES c ON DELETE CASCADE;"
                "ALTER TABLE s.a ADD FOREIGN KEY (b) REFERENCES d ON DELETE CASCADE NOT VALID"
            ),
            [("a", ("b",), "c", None), ("s.a", ("b",), "d", None)],
        ),
        ("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES d ON DELETE SET NULL", []),
        ("ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES d ON UPDATE CASCADE", []),
        ("DROP TABLE a CASCADE; SELECT 1", []),
        ("ALTER TABLE a ADD FOREIGN", []),
    ],
)
def test_cascading_keys(sql: str, keys: list[tuple[str, tuple[str, ...], str, str | None]]) -> None:
    found = [(str(k.table), k.columns, str(k.referenced), k.name) for k in cascading_keys(sql)]

    assert found == keys


def test_dropped_constraints() -> None:
    sql = (
        "ALTER TABLE a DROP CONSTRAINT b, DROP COLUMN c; ALTER TABLE a DROP CONSTRAINT IF EXISTS d"
    )

    assert list(dropped_constraints(sql)) == ["b", "d"]
