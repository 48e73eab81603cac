from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropColumn,
    DropFunction,
    DropTable,
    DropTriggerStatement,
    MoveTable,
    Other,
    RenameColumn,
    RenameTable,
    RenameTrigger,
    RetypeColumn,
    SetTriggerState,
    Statement,
    read_script,
    read_statements,
)

T = QualifiedName(None, "t")
S_T = QualifiedName("s", "T")


@pytest.mark.parametrize(
    ("sql", "facts"),
    [
        ("", []),
        ("-- nothing\n;", []),
        ("DROP TRIGGER IF EXISTS A ON T", [DropTriggerStatement(T, "a")]),
        ('DROP TRIGGER "A" ON s."T" CASCADE', [DropTriggerStatement(S_T, "A")]),
        ("DROP FUNCTION f(), s.g(int)", [
            DropFunction(QualifiedName(None, "f")), DropFunction(QualifiedName("s", "g"), 1)]),
        ("DROP FUNCTION f", [DropFunction(QualifiedName(None, "f"))]),
        ('DROP TABLE t, s."T"', [DropTable(T), DropTable(S_T)]),
        ("DROP TABLE db.s.t", [DropTable(QualifiedName("s", "t"))]),
        ("DROP VIEW v", [Other("DropStmt")]),
        ("COMMENT ON TRIGGER a ON t IS 'it''s'", [CommentOnTrigger(T, "a", "it's")]),
        ('COMMENT ON TRIGGER a ON s."T" IS NULL', [CommentOnTrigger(S_T, "a", None)]),
        ("COMMENT ON TABLE t IS 'x'", [Other("CommentStmt")]),
        ("ALTER TABLE t DISABLE TRIGGER a, ENABLE ALWAYS TRIGGER b", [
            SetTriggerState(T, "a", "DISABLED"), SetTriggerState(T, "b", "ALWAYS")]),
        ("ALTER TABLE ONLY t ENABLE REPLICA TRIGGER a", [SetTriggerState(T, "a", "REPLICA")]),
        ("ALTER TABLE t ENABLE TRIGGER a", [SetTriggerState(T, "a", "ENABLED")]),
        ("ALTER TABLE t DISABLE TRIGGER ALL", [SetTriggerState(T, None, "DISABLED")]),
        ("ALTER TABLE t ENABLE TRIGGER USER", [SetTriggerState(T, None, "ENABLED")]),
        ("ALTER TABLE t ADD x int, DISABLE TRIGGER a", [
            Other("AlterTableStmt"), SetTriggerState(T, "a", "DISABLED")]),
        ("ALTER TRIGGER a ON t RENAME TO b", [RenameTrigger(T, "a", "b")]),
        ("ALTER TABLE t RENAME TO u", [RenameTable(T, "u")]),
        ("ALTER TABLE t RENAME COLUMN a TO b", [RenameColumn(T, "a", "b")]),
        ("ALTER TABLE t RENAME a TO b", [RenameColumn(T, "a", "b")]),
        ("ALTER TABLE t RENAME CONSTRAINT a TO b", [Other("RenameStmt")]),
        ("ALTER TABLE t DROP a, ALTER b TYPE int, ALTER c DROP DEFAULT", [
            DropColumn(T, "a"), RetypeColumn(T, "b"), Other("AlterTableStmt")]),
        ("ALTER TABLE t SET SCHEMA s", [MoveTable(T, "s")]),
        ("ALTER VIEW t SET SCHEMA s", [Other("AlterObjectSchemaStmt")]),
        ("DO $$ BEGIN NULL; END $$", [Do(" BEGIN NULL; END ")]),
        ("DO LANGUAGE plpgsql 'x'", [Do("x")]),
        ("CREATE PROCEDURE p() AS 'x' LANGUAGE sql", [Other("CreateFunctionStmt")]),
        ("SELECT 1; SET x = 1", [Other("SelectStmt"), Other("VariableSetStmt")]),
    ],
)  # fmt: skip
def test_statements(sql: str, facts: list[Statement]) -> None:
    assert read_statements(sql) == facts


def test_create_trigger() -> None:
    (trigger,) = read_statements(
        'CREATE CONSTRAINT TRIGGER A AFTER INSERT ON s."T" FOR EACH ROW EXECUTE FUNCTION x.f()'
    )
    assert isinstance(trigger, CreateTriggerStatement)
    assert (trigger.table, trigger.name) == (S_T, "a")
    assert (trigger.is_constraint, trigger.replace) == (True, False)
    assert trigger.calls == QualifiedName("x", "f")
    assert '"a"' not in trigger.definition


def test_create_function() -> None:
    body = " BEGIN RETURN NEW; END "
    (function,) = read_statements(
        f"CREATE FUNCTION s.F() RETURNS trigger SECURITY DEFINER AS $${body}$$ LANGUAGE PLPGSQL"
    )
    assert isinstance(function, CreateFunction)
    assert function.function == QualifiedName("s", "f")
    assert (function.body, function.language) == (body, "plpgsql")
    assert function.returns_trigger
    assert "security" in function.options


def test_create_function_that_is_no_trigger_function() -> None:
    (function,) = read_statements("CREATE FUNCTION f(a name) RETURNS int RETURN 1")
    assert isinstance(function, CreateFunction)
    assert (function.body, function.language) == (None, "sql")
    assert (function.returns_trigger, function.arguments) == (False, 1)


@pytest.mark.parametrize(
    ("sql", "line", "column", "words"),
    [
        ("SELECT 1;\nDROP TRIGER x", 2, 6, 'syntax error at or near "TRIGER"'),
        ("SELECT 'é😀', from", 1, 14, 'syntax error at or near "from"'),
        ("\n  SELECT 'abc", 2, 10, "unterminated quoted string"),
        ("SELECT (", 1, 9, "syntax error at end of input"),
        ("SELECT 1;\n\0 DROP TABLE t", 2, 1, "NUL"),
        ("SELECT '\ud800'", 1, 9, "surrogate"),
    ],
)
def test_text_that_does_not_parse(sql: str, line: int, column: int, words: str) -> None:
    with pytest.raises(SqlSyntaxError) as caught:
        read_statements(sql)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert words in error.message
    assert f"line {line}, column {column}" in str(error)
    assert error.exit_code == 2


def test_an_error_without_a_position() -> None:
    with pytest.raises(SqlSyntaxError, match="cannot be marked NOT VALID") as caught:
        read_statements(
            "CREATE CONSTRAINT TRIGGER a AFTER INSERT ON t NOT VALID"
            " FOR EACH ROW EXECUTE FUNCTION f()"
        )
    assert (caught.value.line, caught.value.column) == (None, None)
    assert "(line" not in str(caught.value)


def test_a_script_gives_each_statement_with_its_text() -> None:
    script = "-- é\nSELECT 'é;';\n\n /* x */ DROP TRIGGER a ON t; \n-- end"

    assert read_script(script) == [
        ("-- é\nSELECT 'é;'", [Other("SelectStmt")]),
        ("/* x */ DROP TRIGGER a ON t", [DropTriggerStatement(T, "a")]),
    ]
    assert read_script("SELECT 1") == [("SELECT 1", [Other("SelectStmt")])]
    with pytest.raises(SqlSyntaxError):
        read_script("SELECT 1; nonsense")
