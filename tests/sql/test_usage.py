from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.usage import (
    BodyFacts,
    body_facts,
    columns_used,
    definition_facts,
    tables_touched,
)
from tests.sql.cases import all_cases, constraint, parts


def _tables(func: str, **overrides: str) -> set[str]:
    facts = body_facts(parts(func=func, **overrides))
    assert facts.problem is None
    return {str(table) for table in facts.tables}


@pytest.mark.parametrize(
    ("func", "tables"),
    [
        ("", set()),
        ('INSERT INTO s.a (x) SELECT y FROM B JOIN "C" USING (y);', {"s.a", "b", "C"}),
        ("UPDATE a SET x = 1 FROM b WHERE a.id = b.id;", {"a", "b"}),
        ("DELETE FROM a USING b WHERE EXISTS (SELECT 1 FROM c);", {"a", "b", "c"}),
        ("MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE;", {"a", "b"}),
        ("PERFORM 1 FROM a;", {"a"}),
        ("IF NEW.total > (SELECT MAX(x) FROM a) THEN DELETE FROM b; END IF;", {"a", "b"}),
        ("NEW.total := (SELECT x FROM a WHERE y = 1);", {"a"}),
        ("NEW.total = (SELECT x FROM a WHERE y = 1);", {"a"}),
        ("SELECT x INTO NEW.total FROM a;", {"a"}),
        ("FOR i IN 1..(SELECT 3 FROM a) LOOP DELETE FROM b; END LOOP;", {"a", "b"}),
        ("WITH w AS (SELECT * FROM a) DELETE FROM b USING w;", {"a", "b"}),
        ("WITH w AS (SELECT * FROM w) INSERT INTO b SELECT * FROM w;", {"w", "b"}),
        ("WITH RECURSIVE w AS (SELECT * FROM w) INSERT INTO b SELECT * FROM w;", {"b"}),
        ("WITH w AS (SELECT 1), v AS (SELECT * FROM w) INSERT INTO w SELECT * FROM v;", {"w"}),
        ("PERFORM 1 FROM (WITH w AS (SELECT 1) SELECT * FROM w) x JOIN w ON TRUE;", {"w"}),
        ("TRUNCATE a, s.b;", {"a", "s.b"}),
        ("RETURN (SELECT a FROM a);", {"a"}),
        ("RAISE NOTICE 'SELECT FROM %', (SELECT 1 FROM a);", {"a"}),
        ("PERFORM 'SELECT 1 FROM a'; -- FROM b", set()),
    ],
)  # fmt: skip
def test_tables_of_a_body(func: str, tables: set[str]) -> None:
    assert _tables(f"{func}\nRETURN NEW;") == tables


def test_tables_of_declarations() -> None:
    declare = "DECLARE c CURSOR FOR SELECT * FROM a; n INT := (SELECT COUNT(*) FROM b);"
    assert _tables("RETURN NEW;", declare=declare) == {"a", "b"}


def test_tables_of_an_assignment_to_an_element() -> None:
    func = "n[(SELECT 1)] := (SELECT 2 = 2 FROM a); RETURN NEW;"
    assert _tables(func, declare="DECLARE n BOOLEAN[];") == {"a"}


def test_transition_tables_are_no_tables() -> None:
    assert _tables(
        "INSERT INTO a SELECT * FROM Olds JOIN s.olds USING (id); RETURN NULL;",
        when="AFTER",
        level="STATEMENT",
        referencing="REFERENCING OLD TABLE AS olds",
    ) == {"a", "s.olds"}


@pytest.mark.parametrize(
    "func",
    [
        "EXECUTE 'SELECT 1'; RETURN NEW;",
        "IF TRUE THEN EXECUTE format('DELETE FROM %I', TG_TABLE_NAME); END IF; RETURN NEW;",
        "FOR i IN EXECUTE 'SELECT 1' LOOP NULL; END LOOP; RETURN NEW;",
    ],
)
def test_dynamic_sql(func: str) -> None:
    assert body_facts(parts(func=func, declare="DECLARE i INT;")).dynamic


def test_static_sql_is_not_dynamic() -> None:
    assert not body_facts(parts(func="PERFORM 'EXECUTE'; RETURN NEW;")).dynamic


def test_a_body_that_does_not_parse_says_so() -> None:
    facts = body_facts(parts(func="IF TRUE RETURN NEW;"))
    assert facts.problem is not None
    assert 'missing "THEN"' in facts.problem
    assert facts.tables == frozenset()


def test_a_function_that_is_not_its_own_has_no_facts() -> None:
    assert body_facts(parts(execute="other()", func="DELETE FROM a;")) == BodyFacts()
    assert tables_touched(parts(func="DELETE FROM a;")) == {QualifiedName(None, "a")}


def test_columns() -> None:
    trigger = parts(
        operation='INSERT OR UPDATE OF a, "B"',
        condition='WHEN (OLD."C" > 1 AND NEW.d IS NULL AND (NEW.e).f AND NEW.g.h = other.i)',
        func='NEW.x := old."Y" + (SELECT new.z FROM t); RETURN NEW;',
    )
    used = columns_used(trigger)
    assert used.definition == {"a", "B", "C", "d", "e", "g"}
    assert used.body == {"x", "Y", "z"}
    assert definition_facts(trigger).old_columns == {"C"}
    assert body_facts(trigger).old_columns == {"Y"}
    assert body_facts(trigger).new_columns == {"x", "z"}


@pytest.mark.parametrize(
    ("condition", "whole_row"),
    [
        ("WHEN (OLD.* IS DISTINCT FROM NEW.*)", True),
        ("WHEN (NEW IS NULL)", True),
        ("WHEN (NEW.a IS NULL)", False),
        ("", False),
    ],
)
def test_whole_rows_name_no_column(condition: str, whole_row: bool) -> None:
    facts = definition_facts(parts(condition=condition))
    assert facts.whole_row is whole_row
    assert "*" not in facts.old_columns | facts.new_columns


def test_columns_of_a_search_vector() -> None:
    call = 'tsvector_update_trigger("V", \'pg_catalog.simple\', "a", "b")'
    trigger = parts(operation='INSERT OR UPDATE OF "a"', execute=call, func="")
    used = columns_used(trigger)
    assert used.definition == {"a"}
    assert used.body == {"V", "a", "b"}
    by_column = "tsvector_update_trigger_column('v', 'config', 'a')"
    assert columns_used(parts(execute=by_column, func="")).body == {"v", "config", "a"}


def test_a_definition_that_does_not_parse_says_so() -> None:
    facts = definition_facts(parts(condition="WHEN (a = )"))
    assert facts.problem is not None
    assert facts.update_of == ()


def test_constraint_triggers_are_read_as_well() -> None:
    assert definition_facts(constraint(condition="WHEN (OLD.a)")).old_columns == {"a"}


def test_every_case_can_be_read() -> None:
    for name, trigger in all_cases().items():
        assert body_facts(trigger).problem is None, name
        assert definition_facts(trigger).problem is None, name
