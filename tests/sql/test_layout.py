from __future__ import annotations

from hypothesis import given

from pgtrigger_codegen.sql import layout
from pgtrigger_codegen.sql.lexer import Kind, tokenize
from tests.sql import strategies


def _tokens(sql: str) -> list[str]:
    return [token.text for token in tokenize(sql) if token.kind is not Kind.SPACE]


@given(strategies.lexical_noise | strategies.bodies())
def test_a_block_keeps_every_token(sql: str) -> None:
    assert _tokens(layout.block(sql)) == _tokens(sql)
    assert _tokens(layout.indent(layout.block(sql))) == _tokens(sql)


@given(strategies.lexical_noise | strategies.conditions)
def test_a_clause_keeps_every_token(sql: str) -> None:
    assert _tokens(layout.one_line(sql)) == _tokens(sql)
    assert _tokens(layout.condition(f"WHEN ({sql})")) == _tokens(f"WHEN ({sql})")


@given(strategies.bodies())
def test_laying_out_a_block_again_changes_nothing(sql: str) -> None:
    once = layout.block(sql)
    again = layout.block(f"\n{layout.indent(once)}")
    assert again == once


@given(strategies.conditions)
def test_laying_out_a_clause_again_changes_nothing(sql: str) -> None:
    once = layout.condition(f"WHEN ({sql})")
    assert layout.condition(once) == once


def test_shared_margin_goes() -> None:
    sql = "\n        IF a THEN   \n            b;\n\n\n        END IF;\n    "
    assert layout.block(sql) == "IF a THEN\n    b;\n\nEND IF;"


def test_a_first_line_without_margin_has_no_say() -> None:
    assert layout.block("IF a THEN\n        b;\n    END IF;") == "IF a THEN\n    b;\nEND IF;"


def test_statements_on_one_line_get_a_line_each() -> None:
    assert layout.block("a := ';'; b(1); c;") == "a := ';';\nb(1);\nc;"


def test_a_comment_stays_on_its_statement() -> None:
    assert layout.block("RETURN NEW; -- done") == "RETURN NEW; -- done"


def test_a_text_with_a_literal_over_lines_stays() -> None:
    sql = "a := 'x\n      y';\n          b;"
    assert layout.block(f"\n  {sql}  \n") == sql
    assert layout.indent(sql) == sql


def test_short_condition_stays_on_its_line() -> None:
    assert layout.condition("WHEN (a\n   AND b)") == "WHEN (a AND b)"


def test_long_condition_breaks_at_its_own_conjunctions() -> None:
    names = [letter * 40 for letter in "abc"]
    sql = "WHEN ({} OR ({} AND x) or {})".format(*names)
    assert layout.condition(sql).split("\n") == [
        "WHEN (",
        f"    {names[0]}",
        f"    OR ({names[1]} AND x)",
        f"    or {names[2]}",
        ")",
    ]


def test_line_comment_keeps_its_end() -> None:
    assert layout.one_line("a -- b\n   c") == "a -- b\nc"


def test_continued_literal_keeps_its_line_break() -> None:
    assert layout.one_line("'a'   \n   'b'") == "'a'\n'b'"
