from __future__ import annotations

from collections.abc import Mapping

import pytest

from pgtrigger_codegen.sql.body import Body, body_facts
from pgtrigger_codegen.sql.body_writes import Write, writes
from pgtrigger_codegen.sql.definition import Definition, read_create_trigger
from pgtrigger_codegen.sql.names import QualifiedName

TRIGGER = "CREATE TRIGGER t AFTER INSERT OR UPDATE ON a FOR EACH ROW EXECUTE FUNCTION f()"


def write_of(statement: str) -> Write:
    definition = read_create_trigger(TRIGGER)
    assert isinstance(definition, Definition)
    body = body_facts(
        definition, QualifiedName(None, "a"), "DECLARE v int;", f"{statement}; RETURN NULL;"
    )
    assert isinstance(body, Body)
    (write,) = writes(body)
    return write


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("UPDATE b SET c = 1", {}),
        ("UPDATE b SET c = 1 WHERE d = NEW.e", {"d": ("NEW", "e")}),
        (
            "UPDATE b AS x SET c = 1 WHERE OLD.e = x.d AND f = NEW.g",
            {"d": ("OLD", "e"), "f": ("NEW", "g")},
        ),
        (
            "UPDATE b SET c = 1 WHERE d = NEW.e AND (f = NEW.g AND h = NEW.i)",
            {"d": ("NEW", "e"), "f": ("NEW", "g"), "h": ("NEW", "i")},
        ),
        ("UPDATE b SET c = 1 WHERE d = COALESCE(NEW.e, OLD.e)", {"d": ("NEW", "e")}),
        ("UPDATE b SET c = 1 WHERE d = COALESCE(NEW.e, OLD.f)", None),
        ("UPDATE b SET c = 1 WHERE d = COALESCE(NEW.e, 1)", None),
        ("DELETE FROM b WHERE d IS NOT DISTINCT FROM NEW.e", {"d": ("NEW", "e")}),
        ("UPDATE b SET c = 1 WHERE d = NEW.e OR TRUE", None),
        ("UPDATE b SET c = 1 WHERE d = NEW.e AND d = NEW.f", None),
        ("UPDATE b SET c = 1 WHERE d <> NEW.e", None),
        ("UPDATE b SET c = 1 WHERE d = 1", None),
        ("UPDATE b SET c = 1 WHERE v = NEW.e", None),
        ("UPDATE b SET c = 1 WHERE x.d = NEW.e", None),
        ("UPDATE b SET c = 1 FROM x WHERE d = NEW.e", None),
        ("DELETE FROM b USING x WHERE b.d = NEW.e", None),
        ("WITH x AS (SELECT 1) UPDATE b SET c = 1", None),
        ("INSERT INTO b (c, d) VALUES (NEW.e, 1)", {"c": ("NEW", "e")}),
        ("INSERT INTO b VALUES (NEW.e)", {}),
        ("INSERT INTO b DEFAULT VALUES", {}),
        ("INSERT INTO b (c) VALUES (NEW.e), (NEW.f)", {}),
        ("INSERT INTO b (c) SELECT NEW.e", {"c": ("NEW", "e")}),
        ("INSERT INTO b (c) SELECT NEW.e FROM x", None),
        ("INSERT INTO b (c) SELECT NEW.e WHERE NEW.f", None),
        ("INSERT INTO b (c) VALUES (1) ON CONFLICT DO NOTHING", None),
    ],
)
def test_rows(statement: str, rows: Mapping[str, tuple[str, str]] | None) -> None:
    write = write_of(statement)

    assert write.rows == rows
    assert write.table == QualifiedName(None, "b")


def test_columns_and_events() -> None:
    write = write_of("IF TG_OP = 'UPDATE' THEN UPDATE s.b SET (c, d) = (1, 2), e = 3; END IF")

    assert (write.event, str(write.table)) == ("UPDATE", "s.b")
    assert write.columns == {"c", "d", "e"}
    assert write.events == {"UPDATE"}


@pytest.mark.parametrize(
    "statement",
    [
        "IF NEW.c THEN UPDATE b SET c = 1; END IF",
        "IF NEW.c THEN RETURN NULL; END IF; UPDATE b SET c = 1",
        "FOR v IN 1..NEW.c LOOP UPDATE b SET c = 1; END LOOP",
        "WHILE NEW.c LOOP UPDATE b SET c = 1; END LOOP",
        "LOOP EXIT WHEN NEW.c; UPDATE b SET c = 1; END LOOP",
        "CASE NEW.c WHEN 1 THEN UPDATE b SET c = 1; ELSE NULL; END CASE",
        "PERFORM may_raise(); UPDATE b SET c = 1",
        "BEGIN NULL; EXCEPTION WHEN OTHERS THEN UPDATE b SET c = 1; END",
    ],
)
def test_on_a_condition(statement: str) -> None:
    definition = read_create_trigger(TRIGGER)
    assert isinstance(definition, Definition)
    body = body_facts(
        definition, QualifiedName(None, "a"), "DECLARE v int;", f"{statement}; RETURN NULL;"
    )

    assert isinstance(body, Body)
    assert list(writes(body)) == []
