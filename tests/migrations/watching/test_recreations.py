"""Scripts that drop triggers to create them again, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pgtrigger_codegen.migrations.watching.recreations import Recreation, Replacement, recreations
from pgtrigger_codegen.sql.equivalence import InstalledTriggers
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.statements import DropTriggerStatement, Statement, read_statements

BEFORE = InstalledTriggers().after(
    read_statements(
        """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
        CREATE CONSTRAINT TRIGGER late AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();
        """
    )
)
DROP = "DROP TRIGGER keep ON t;"
CREATE = "CREATE TRIGGER keep AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();"
SAME = "CREATE TRIGGER keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();"
FUNCTION = "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"


DISABLE = "ALTER TABLE t DISABLE TRIGGER keep;"


@pytest.mark.parametrize(
    ("script", "left"),
    [
        (f"{DROP} {SAME}", ""),
        (f"{DROP} {SAME}\n{DISABLE}", DISABLE),
        (f"{DROP}{SAME}{DISABLE}", DISABLE),
        (f"{DROP}\n{SAME} {DISABLE}", DISABLE),
        (f"{DROP} {SAME[:-1]}", ""),
        (f"SELECT 1;\n{DROP} {SAME}\nSELECT 2;", "SELECT 1;\nSELECT 2;"),
        (f"SELECT 1; {DROP} {SAME} SELECT 2;", "SELECT 1; SELECT 2;"),
    ],
)
def test_statements_side_by_side_are_one_change(script: str, left: str) -> None:
    """Edits that overlap are refused, or cut off what stands behind them."""
    (found,) = recreations([script], BEFORE.triggers)
    assert found.changes is not None
    (changes,) = found.changes

    ends = [0, *(change.end for change in changes)]
    assert all(change.start >= end for change, end in zip(changes, ends, strict=False))
    for change in reversed(changes):
        script = script[: change.start] + change.content + script[change.end :]
    assert script == left


def test_a_trigger_that_is_disabled_before() -> None:
    """Created anew it fires again, and so nothing else does instead."""
    (found,) = recreations([f"{DISABLE} {DROP} {SAME}"], BEFORE.triggers)

    assert found.changes is None


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [
        ([f"{DROP} {CREATE}"], [CREATE.replace("CREATE", "CREATE OR REPLACE")]),
        ([DROP, CREATE], ["", CREATE.replace("CREATE", "CREATE OR REPLACE")]),
        ([f"{DROP} {FUNCTION} {SAME}"], [FUNCTION]),
        ([f"{DROP} {SAME}"], [""]),
        (
            [f"{DROP} {CREATE}".lower()],
            [CREATE.lower().replace("create", "create or replace")],
        ),
        (
            [f"{DROP} {CREATE.replace('CREATE', 'CREATE OR REPLACE')}"],
            [CREATE.replace("CREATE", "CREATE OR REPLACE")],
        ),
        ([f"{DROP} DROP FUNCTION f(); {FUNCTION} {SAME}"], [FUNCTION]),
        (
            [f"{DROP} DROP FUNCTION f(); {FUNCTION.replace(' OR REPLACE', '')} {SAME}"],
            [FUNCTION],
        ),
        (
            [f'DROP TRIGGER IF EXISTS keep ON public."t" CASCADE ; {CREATE}'],
            [CREATE.replace("CREATE", "CREATE OR REPLACE")],
        ),
        (
            [f"-- Why\n  {DROP}\n\n  {CREATE}\n"],
            [f"-- Why\n\n  {CREATE}\n".replace("CREATE", "CREATE OR REPLACE")],
        ),
        (
            [f"SELECT 1;\n\n{DROP}\n\n{CREATE}"],
            [f"SELECT 1;\n\n{CREATE}".replace("CREATE", "CREATE OR REPLACE")],
        ),
        (
            [f"{FUNCTION}\n{DROP} -- and again\n{SAME}\n    "],
            [f"{FUNCTION}\n-- and again\n    "],
        ),
        (
            [f"SELECT 'é'; {DROP} /* ö */ {CREATE}"],
            [f"SELECT 'é'; /* ö */ {CREATE}".replace("CREATE", "CREATE OR REPLACE")],
        ),
    ],
)
def test_what_is_replaced_instead(scripts: list[str], expected: list[str]) -> None:
    (found,) = recreations(scripts, BEFORE.triggers)

    assert changed(scripts, found) == expected


@pytest.mark.parametrize(
    "script",
    [
        DROP,
        CREATE,
        f"{CREATE} {DROP}",
        f"{DROP} UPDATE t SET a = 1; {CREATE}",
        f"{DROP} ALTER TABLE t DISABLE TRIGGER ALL; {CREATE}",
        f"{DROP} DO 'BEGIN END'; {CREATE}",
        f"{DROP} {CREATE.replace(' ON t ', ' ON other ')}",
        f"{DROP} {CREATE.replace('keep', 'other')}",
        f"{DROP} {CREATE.replace('CREATE', 'CREATE CONSTRAINT')}",
        f"DROP TRIGGER late ON t; {CREATE.replace('keep', 'late')}",
        f"DROP TRIGGER IF EXISTS other ON t; {CREATE.replace('keep', 'other')}",
    ],
)
def test_what_is_as_it_has_to_be(script: str) -> None:
    assert recreations([script], BEFORE.triggers) == []


def test_a_function_that_goes_too_early_takes_more_thought() -> None:
    other = CREATE.replace("f()", "g()")
    function = FUNCTION.replace("f()", "g()")

    (early,) = recreations([f"{DROP} DROP FUNCTION f(); {function} {other}"], BEFORE.triggers)
    (late,) = recreations([f"{DROP} {function} {other} DROP FUNCTION f();"], BEFORE.triggers)

    assert early.changes is None
    assert late.changes is not None


def test_what_does_not_parse() -> None:
    with pytest.raises(SqlSyntaxError):
        recreations([f"{DROP} CREATE TRIGGER"], BEFORE.triggers)


SPACE = st.sampled_from(["", " ", "\n", "\n\n", "\n    ", " -- é\n", "/* why */ ", "\t"])
STATEMENT = st.sampled_from(
    [DROP, CREATE, SAME, FUNCTION, "COMMENT ON TRIGGER keep ON t IS 'x';", "SELECT 'é;';"]
)


@example([("", DROP), ("", DROP), ("", CREATE)], "")
@example([("", DROP), ("", CREATE), ("", DROP), ("", SAME)], "")
@given(st.lists(st.tuples(SPACE, STATEMENT), max_size=6), SPACE)
def test_the_changed_script_leaves_the_same_triggers(
    statements: Sequence[tuple[str, str]], end: str
) -> None:
    script = "".join(f"{space}{statement}" for space, statement in statements) + end

    for found in recreations([script], BEFORE.triggers):
        (after,) = changed([script], found)
        before_it, after_it = read_statements(script), read_statements(after)
        assert _forms(before_it) == _forms(after_it)
        assert _drops(after_it) == _drops(before_it) - 1


def changed(scripts: Sequence[str], found: Recreation) -> list[str]:
    assert found.changes is not None
    return [apply(script, changes) for script, changes in zip(scripts, found.changes, strict=True)]


def apply(script: str, changes: Sequence[Replacement]) -> str:
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        script = script[: change.start] + change.content + script[change.end :]
    return script


def _forms(statements: list[Statement]) -> set[tuple[str, str, str | None]]:
    """All but the comments: a trigger that is created anew has none."""
    after = BEFORE.after(statements)
    return {(one.pgid, one.definition, one.function) for one in after.triggers.values()}


def _drops(statements: list[Statement]) -> int:
    return sum(isinstance(statement, DropTriggerStatement) for statement in statements)
