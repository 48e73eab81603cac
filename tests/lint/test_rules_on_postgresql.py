"""What the definition rules announce is what PostgreSQL says, and nothing else is refused."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from tests.lint.cases import Case, read_cases
from tests.lint.installing import refusals
from tests.support.django_process import DjangoProject

# Each installs a whole fixture of cases.
pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
DEFINITION_RULES = sorted(FIXTURES.glob("PGT2*.md"))

# In PostgreSQL's words, by rule.
REASONS = {
    "PGT201": "INSERT trigger's WHEN condition cannot reference OLD values",
    "PGT202": "DELETE trigger's WHEN condition cannot reference NEW values",
    "PGT203": "does not exist|cannot use subquery in trigger WHEN condition",
    "PGT204": "statement trigger's WHEN condition cannot reference column values",
    "PGT205": "TRUNCATE FOR EACH ROW triggers are not supported",
    "PGT206": "(?i)transition table|OLD TABLE|NEW TABLE",
    "PGT207": "BEFORE trigger's WHEN condition cannot reference NEW (generated|system) columns",
    "PGT208": "does not exist|is ambiguous|FieldError|FieldDoesNotExist",
    "PGT209": "does not exist",
    "PGT210": "is a (table|view)|INSTEAD OF triggers (cannot|must)",
    "PGT211": "syntax error",
    "PGT212": "goes by another name",
    "PGT213": "does not exist",
    "PGT214": "syntax error|does not exist|aggregate functions|type boolean|invalid input",
}


@pytest.mark.parametrize("fixture", DEFINITION_RULES, ids=lambda fixture: fixture.stem)
def test_refused_are_the_triggers_that_are_reported(
    fixture: Path, tmp_path: Path, postgres: str
) -> None:
    cases = {tmp_path / str(number): case for number, case in enumerate(read_cases(fixture))}
    for folder, case in cases.items():
        folder.mkdir()
        case.write(folder)

    outcomes = refusals(cases, postgres)

    for folder, case in cases.items():
        refused = {uri: why for uri, why in outcomes[folder].items() if why is not None}
        reported = errors(folder)
        assert outcomes[folder], f"{case.name}: a case without triggers shows nothing"
        assert refused.keys() == reported.keys(), case.name
        for uri, code in reported.items():
            assert re.search(REASONS[code], refused[uri]), refused[uri]


def test_a_constant_condition_fires_for_every_row_or_for_none(
    tmp_path: Path, database: str
) -> None:
    fixture = FIXTURES / "PGT215-always-true-or-false-condition.md"
    for number, case in enumerate(read_cases(fixture)):
        folder = tmp_path / str(number)
        folder.mkdir()
        case.write(folder)
        analysis = analyze(folder)
        words = {one.span: one.message for one in run(analysis) if one.code == "PGT215"}
        for trigger in analysis.triggers:
            if not trigger.parts.condition or "random()" in trigger.parts.condition:
                continue  # without one, or not reported, since it is not provable
            fires_for = fired(database, trigger.parts.condition)
            match words.get(trigger.span):
                case message if message and "not a choice" in message:
                    pass  # other values are not in the way of a server
                case None:
                    assert 0 < fires_for < 3, trigger.parts.condition
                case message:
                    expected = 0 if "never fires" in message else 3
                    assert fires_for == expected, trigger.parts.condition


def fired(dsn: str, condition: str) -> int:
    """For how many of three rows a trigger with that condition fires."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            f"""
            CREATE TABLE shop_order (total integer, paid boolean, status text);
            INSERT INTO shop_order VALUES (NULL, NULL, NULL), (1, TRUE, 'new'), (0, FALSE, 'gone');
            CREATE FUNCTION cancel() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER t BEFORE UPDATE ON shop_order FOR EACH ROW
                {condition} EXECUTE FUNCTION cancel();
            """.encode()
        )
        updated = connection.execute("UPDATE shop_order SET total = 0").rowcount
        connection.rollback()
    return 3 - updated


@pytest.mark.parametrize(
    ("name", "lost"),
    [
        ("A column of UPDATE OF", True),
        ("Not firing: a column that the trigger does not name", False),
        ("Not firing: the trigger is written anew", False),
    ],
)
def test_a_trigger_is_lost_with_its_column(
    name: str, lost: bool, database: str, tmp_path: Path
) -> None:
    case("PGT403-removed-column-in-trigger", name).write(tmp_path)
    project = DjangoProject(tmp_path, database)

    migrated = project.try_manage("migrate")

    # Before Django 6.0 the trigger is gone, and from then on the migration fails.
    assert (migrated.returncode != 0 or not triggers_of(database, "shop_order")) is lost


@pytest.mark.parametrize(
    ("name", "fails"),
    [("A trigger without a reverse", True), ("Not firing: with a reverse", False)],
)
def test_nobody_migrates_back_past_irreversible_sql(
    name: str, fails: bool, database: str, tmp_path: Path
) -> None:
    case("PGT406-irreversible-trigger-sql", name).write(tmp_path)
    project = DjangoProject(tmp_path, database)
    project.manage("migrate")

    back = project.try_manage("migrate", "shop", "0001")

    assert ("IrreversibleError" in back.stderr) is fails
    assert bool(triggers_of(database, "shop_order")) is fails


def case(fixture: str, name: str) -> Case:
    (found,) = (one for one in read_cases(FIXTURES / f"{fixture}.md") if one.name == name)
    return found


def triggers_of(dsn: str, table: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        return [name for (name,) in rows]


def errors(root: Path) -> dict[str, str]:
    """By URI, the code of what is reported as an error."""
    analysis = analyze(root)
    found = {
        match[1]: finding.code
        for finding in run(analysis)
        if finding.severity == "error" and (match := re.match("Trigger `([^`]+)`", finding.message))
    }
    unresolved = {item.uri: CODES[item.cause] for item in analysis.unresolved if item.uri}
    return found | unresolved
