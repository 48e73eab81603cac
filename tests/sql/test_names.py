from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.sql.names import (
    QualifiedName,
    called_function,
    dollar_quote,
    quote_literal,
    quote_table,
    table_name,
)
from pgtrigger_codegen.sql.parser import parse_sql


def _constant(literal: str) -> str:
    """The text that PostgreSQL reads from a literal."""
    (statement,) = parse_sql(f"SELECT {literal}")
    (target,) = statement["SelectStmt"]["targetList"]
    value: str = target["ResTarget"]["val"]["A_Const"]["sval"].get("sval", "")
    return value


@given(st.text(st.sampled_from("$bodyx2 \n'\\")))
def test_quoted_text_comes_back(text: str) -> None:
    assert _constant(dollar_quote(text)) == text
    assert _constant(quote_literal(text)) == text


def test_plain_dollar_quotes_where_they_do() -> None:
    assert dollar_quote("BEGIN $x$ END") == "$$BEGIN $x$ END$$"


@pytest.mark.parametrize(
    ("table", "sql", "name"),
    [
        ("orders", '"orders"', QualifiedName(None, "orders")),
        ("Camel Table's", '"Camel Table\'s"', QualifiedName(None, "Camel Table's")),
        ('erc"."report', '"erc"."report"', QualifiedName("erc", "report")),
        ('"erc"."Report"', '"erc"."Report"', QualifiedName("erc", "Report")),
        ("a.b", '"a.b"', QualifiedName(None, "a.b")),
    ],
)
def test_tables(table: str, sql: str, name: QualifiedName) -> None:
    assert quote_table(table) == sql
    assert table_name(table) == name


def test_names_print_as_people_write_them() -> None:
    assert [str(QualifiedName("a", "b")), str(QualifiedName(None, "b"))] == ["a.b", "b"]


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ("pgtrigger_x()", QualifiedName(None, "pgtrigger_x")),
        ("Public.\"Fn\" ('a(', 1)", QualifiedName("public", "Fn")),
    ],
)
def test_called_function(call: str, name: QualifiedName) -> None:
    assert called_function(call) == name
