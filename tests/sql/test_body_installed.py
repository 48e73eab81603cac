from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.body import Body
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.body_installed import InstalledBody, read_installed_body
from pgtrigger_codegen.sql.names import QualifiedName

TRIGGER = "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()"
BODY = """
<<outer>>
DECLARE
    -- BEGIN of all
    number integer := (SELECT 1);
BEGIN
    IF NEW.a = 'END' THEN
        NEW.b := number;
    END IF;
    RETURN NEW;
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END outer;
"""


def read(source: str, language: str = "plpgsql") -> InstalledBody | None:
    function = f"CREATE FUNCTION f() RETURNS trigger AS $f$ {source} $f$ LANGUAGE {language}"
    return read_installed_body(QualifiedName(None, "orders"), TRIGGER, function)


def test_what_is_between_begin_and_end() -> None:
    found = read(BODY)

    assert found is not None
    assert isinstance(found.facts, Body)
    assert found.func.strip().startswith("IF NEW.a")
    assert found.func.strip().endswith("RETURN NULL;")
    places = [use.place for use in found.facts.uses]
    assert [found.func[place.start : place.end] for place in places if place] == ["NEW.a", "NEW.b"]


@pytest.mark.parametrize("declared", ["orders", "orders%ROWTYPE", 'audit."Orders"'])
def test_variables_of_a_row_type(declared: str) -> None:
    source = BODY.replace("BEGIN\n", f"    line {declared};\nBEGIN\n    line.b := NEW.c;\n")

    found = read(source)

    assert found is not None
    assert isinstance(found.facts, Body)
    assert [use.column for use in found.facts.uses] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (BODY.replace("RETURN NEW", "RETRUN NEW"), 'syntax error at or near "RETRUN"'),
        (BODY.replace("'END'", "'END"), "unterminated quoted string"),
        (BODY.replace("END outer;", ""), "syntax error at end of input"),
        (BODY.replace("END outer;", "END; RETURN NEW;"), 'syntax error at or near "RETURN"'),
        ("RETURN NEW;", 'syntax error at or near "RETURN"'),
    ],
)
def test_what_is_wrong(source: str, message: str) -> None:
    found = read(source)

    assert found is not None
    assert isinstance(found.facts, BodyError)
    assert found.facts.message.startswith(message)


@pytest.mark.parametrize(
    ("source", "language"), [("SELECT 1", "sql"), ("return null", "plpython3u")]
)
def test_other_languages(source: str, language: str) -> None:
    assert read(source, language) is None
