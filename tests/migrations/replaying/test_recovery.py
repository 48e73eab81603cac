"""Parts read back from SQL."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.migrations.replaying.recovery import recover_parts, split_statements
from pgtrigger_codegen.sql.equivalence import definitions
from pgtrigger_codegen.sql.render import create_trigger
from pgtrigger_codegen.sql.statements import CreateFunction, CreateTriggerStatement, read_statements
from pgtrigger_codegen.triggers.compiled import TriggerParts
from tests.sql.cases import HAND_MADE, all_cases, parts, reference_hash, reference_sql

BODY = "CREATE FUNCTION pgtrigger_case_12345() RETURNS TRIGGER AS $$ {} $$ LANGUAGE plpgsql;"
TRIGGER = "CREATE TRIGGER pgtrigger_case_12345 {} EXECUTE FUNCTION pgtrigger_case_12345();"


def _recovered(sql: str, db_table: str) -> TriggerParts | None:
    (definition,) = definitions(sql)
    trigger_sql, function_sql = "", None
    for text in split_statements(sql):
        for statement in read_statements(text):
            if isinstance(statement, CreateTriggerStatement):
                trigger_sql = text
            if isinstance(statement, CreateFunction) and statement.function == definition.calls:
                function_sql = text
    return recover_parts(definition, db_table, trigger_sql, function_sql)


def _check(case: TriggerParts, sql: str) -> None:
    recovered = _recovered(sql, case.table)

    assert recovered is not None
    assert definitions(create_trigger(recovered, "h")) == definitions(create_trigger(case, "h"))
    assert recovered.ignore_func_name == case.ignore_func_name or "pgid()" not in case.execute


@pytest.mark.parametrize("name", HAND_MADE)
def test_our_own_sql_is_read_back(name: str) -> None:
    _check(HAND_MADE[name], create_trigger(HAND_MADE[name], reference_hash(HAND_MADE[name])))


def test_all_of_django_pgtriggers_sql_is_read_back() -> None:
    for case in all_cases().values():
        _check(case, reference_sql(case))


@pytest.mark.parametrize(
    "sql",
    [
        # Without the frame that django-pgtrigger gives a body.
        BODY.format("BEGIN RETURN NEW; END;") + TRIGGER.format("BEFORE UPDATE ON a FOR EACH ROW"),
        BODY.format("BEGIN IF a THEN b; END IF; RETURN NEW; END;")
        + TRIGGER.format("BEFORE UPDATE ON a FOR EACH ROW"),
        # Options that our SQL never has.
        create_trigger(parts(), "h").replace("LANGUAGE plpgsql", "LANGUAGE plpgsql STRICT"),
        # Without FOR EACH.
        BODY.format("BEGIN RETURN NEW; END;") + TRIGGER.format("BEFORE UPDATE ON a"),
        # Alien functions.
        TRIGGER.format("BEFORE UPDATE ON a FOR EACH ROW"),
    ],
)
def test_what_our_sql_cannot_say_is_not_guessed(sql: str) -> None:
    assert _recovered(sql, "a") is None


def test_statements_end_where_postgresql_ends_them() -> None:
    sql = "SELECT ';' ; DO $$ BEGIN; END; $$; -- ;\n SELECT \"a;b\" /* ; */"

    assert split_statements(sql) == [
        "SELECT ';'",
        "DO $$ BEGIN; END; $$",
        '-- ;\n SELECT "a;b" /* ; */',
    ]
