from __future__ import annotations

import pytest

from pgtrigger_codegen.sql.control_flow import statements_on_lines
from pgtrigger_codegen.sql.lexer import tokenize


def _lines(sql: str) -> list[str]:
    text = "".join(token.text for token in statements_on_lines(list(tokenize(sql))))
    assert text.split() == sql.split()
    return text.split("\n")


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("", [""]),
        ("a;", ["a;"]),
        ("a := ';'; b(1);c; d;", ["a := ';';", "b(1);c;", "d;"]),
        ("a; -- b", ["a; -- b"]),
        ("a; /* b */ c;", ["a; /* b */ c;"]),
        (
            "IF (a) THEN b; ELSIF c THEN d; e; ELSE f; END IF; g;",
            [
                "IF (a) THEN",
                "    b;",
                "ELSIF c THEN",
                "    d;",
                "    e;",
                "ELSE",
                "    f;",
                "END IF;",
                "g;",
            ],
        ),
        (
            "FOR i IN 1..2 LOOP if a then b; end if; END LOOP; c;",
            [
                "FOR i IN 1..2 LOOP",
                "    if a then",
                "        b;",
                "    end if;",
                "END LOOP;",
                "c;",
            ],
        ),
        ("BEGIN a; END; b;", ["BEGIN", "    a;", "END;", "b;"]),
        ("IF a THEN NULL; END IF;", ["IF a THEN", "    NULL;", "END IF;"]),
    ],
)
def test_lines(sql: str, lines: list[str]) -> None:
    assert _lines(sql) == lines


@pytest.mark.parametrize(
    "sql",
    [
        "x := CASE WHEN a THEN 1 ELSE 2 END; IF b THEN c; END IF;",
        "MERGE INTO a USING b ON c WHEN MATCHED THEN DELETE; IF b THEN c; END IF;",
        "a; EXCEPTION WHEN OTHERS THEN b;",
        "END IF; a; IF b THEN c;",
        "IF b THEN c;",
    ],
)
def test_what_is_not_followed_breaks_after_statements_alone(sql: str) -> None:
    assert _lines(sql) == [part.strip() + ";" for part in sql.rstrip(";").split("; ")]


def test_case_in_parentheses_is_no_block() -> None:
    sql = "a := (CASE WHEN b THEN 1 ELSE 2 END); IF c THEN d; END IF;"
    assert _lines(sql) == [
        "a := (CASE WHEN b THEN 1 ELSE 2 END);",
        "IF c THEN",
        "    d;",
        "END IF;",
    ]
