from __future__ import annotations

import pytest
from hypothesis import given

from pgtrigger_codegen.sql import layout
from pgtrigger_codegen.sql.equivalence import (
    InstalledTriggers,
    TriggerDefinition,
    canonical_body,
    definitions,
    same_definition,
    same_function,
)
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.render import alter_function, create_trigger, install_sql
from pgtrigger_codegen.sql.statements import read_statements
from tests.sql import strategies
from tests.sql.cases import HAND_MADE, built_in, parts, reference_hash, reference_sql

BASE = "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW WHEN ({}) EXECUTE FUNCTION f()"
FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $${}$$;"


def _only(sql: str) -> TriggerDefinition:
    (definition,) = definitions(sql)
    return definition


def _conditions(a: str, b: str) -> bool:
    return same_definition(_only(BASE.format(a)), _only(BASE.format(b)))


def _bodies(a: str, b: str) -> bool:
    first, second = (_only(FUNCTION.format(x) + BASE.format("TRUE")) for x in (a, b))
    return same_function(first, second)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("OLD.a = 1", "((old.A=1))"),
        ("OLD.a = 1 OR NEW.b", "(OLD.a = 1) or (NEW.b)"),
        ("NEW.a OR (NEW.b OR NEW.c)", "(NEW.a OR NEW.b) OR NEW.c"),
        ("OLD.a::text = 'x'", "CAST(OLD.a AS text) /* same */ = 'x'"),
        ('OLD."a" = 1', "OLD.a = 1 -- unquoted\n"),
    ],
)
def test_same_condition(a: str, b: str) -> None:
    assert _conditions(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("OLD.a = 1", "OLD.a = 2"),
        ("OLD.a = 'x'", "OLD.a = 'X'"),
        ('OLD."A" = 1', "OLD.a = 1"),
        ("NEW.a AND (NEW.b OR NEW.c)", "NEW.a AND NEW.b OR NEW.c"),
        ("NOT (NEW.a AND NEW.b)", "NOT NEW.a AND NEW.b"),
    ],
)
def test_another_condition(a: str, b: str) -> None:
    assert not _conditions(a, b)


@pytest.mark.parametrize(
    "other",
    [
        "CREATE OR REPLACE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "create trigger A before update on T for row execute procedure F()",
    ],
)
def test_same_trigger_in_other_words(other: str) -> None:
    trigger = "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    assert same_definition(_only(trigger), _only(other))


@pytest.mark.parametrize(
    "other",
    [
        "CREATE TRIGGER b BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER a BEFORE UPDATE ON u FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER a AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER a BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER a BEFORE UPDATE OF x ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TRIGGER a BEFORE UPDATE ON t EXECUTE FUNCTION f()",
        "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION g()",
        "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f('x')",
        "CREATE CONSTRAINT TRIGGER a AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ],
)
def test_another_trigger(other: str) -> None:
    trigger = "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()"
    assert not same_definition(_only(trigger), _only(other))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("BEGIN RETURN NEW; END;", "begin\n\n  return new;-- x\nend /* y */;"),
        ("BEGIN x:=1; END;", "BEGIN x := 1 ; END;"),
        ("not ' plpgsql ;", "NOT\n' plpgsql ;"),
    ],
)
def test_same_body(a: str, b: str) -> None:
    assert _bodies(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("RETURN 'a b';", "RETURN 'a  b';"),
        ("RETURN 'a';", "RETURN 'A';"),
        ("RETURN $x$a$x$;", "RETURN $x$a $x$;"),
        ('RETURN "A";', "RETURN a;"),
        ("RETURN NEW;", "RETURN OLD;"),
        ("RETURN a - -1;", "RETURN a -1;"),
    ],
)
def test_another_body(a: str, b: str) -> None:
    assert not _bodies(a, b)


def test_another_language_or_option_is_another_function() -> None:
    body = "CREATE FUNCTION f() RETURNS trigger LANGUAGE {} AS 'x';" + BASE.format("TRUE")
    plain = _only(body.format("plpgsql"))
    assert not same_function(plain, _only(body.format("plpython3u")))
    assert not same_function(plain, _only(body.format("plpgsql SECURITY DEFINER")))


@given(strategies.bodies())
def test_layout_is_no_change(body: str) -> None:
    assert canonical_body(layout.block(body)) == canonical_body(body)


@pytest.mark.parametrize("name", HAND_MADE)
def test_ours_and_theirs_hand_made(name: str) -> None:
    trigger = HAND_MADE[name]
    assert definitions(install_sql(trigger, reference_hash(trigger))) == definitions(
        reference_sql(trigger)
    )


def test_ours_and_theirs_built_in() -> None:
    assert len(built_in()) > 25
    for name, trigger in built_in().items():
        if "$$" in trigger.func:
            continue
        ours = definitions(install_sql(trigger, reference_hash(trigger)))
        assert ours == definitions(reference_sql(trigger)), name


def test_history_follows_later_statements() -> None:
    trigger = parts(table="t")
    history = InstalledTriggers().after(read_statements(create_trigger(trigger, "1")))
    altered = parts(table="t", func="RETURN OLD;")
    history = history.after(read_statements(alter_function(altered, "2")))
    assert list(history.triggers.values()) == definitions(create_trigger(altered, "2"))

    history = history.after(read_statements("ALTER TABLE t RENAME TO u"))
    moved = parts(table="u", func="RETURN OLD;")
    assert list(history.triggers.values()) == definitions(create_trigger(moved, "2"))

    renamed = history.after(
        read_statements(f"ALTER TRIGGER {trigger.pgid} ON u RENAME TO b; DROP TRIGGER x ON u")
    )
    assert [key[1] for key in renamed.triggers] == ["b"]
    assert [value.pgid for value in renamed.triggers.values()] == ["b"]

    dropped = renamed.after(read_statements(f"DROP TABLE v, u; DROP FUNCTION {trigger.pgid}()"))
    assert (dropped.triggers, dropped.functions) == ({}, {})


def test_comment_of_a_trigger_elsewhere_is_passed_over() -> None:
    sql = (
        BASE.format("TRUE")
        + "; COMMENT ON TRIGGER a ON other IS 'x'; ALTER TRIGGER z ON t RENAME TO y"
    )
    assert _only(sql).hash is None


def test_definitions_of_several_triggers() -> None:
    sql = create_trigger(parts("b"), "1") + create_trigger(parts("a", table='s"."t'), "2")
    assert [(d.table, d.pgid, d.hash) for d in definitions(sql)] == [
        (QualifiedName(None, "orders"), "b", "1"),
        (QualifiedName("s", "t"), "a", "2"),
    ]
