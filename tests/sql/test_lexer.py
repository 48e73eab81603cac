from __future__ import annotations

import pytest
from hypothesis import given

from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name, tokenize
from tests.sql import strategies


def _texts(sql: str) -> list[str]:
    return [token.text for token in code_tokens(sql)]


@given(strategies.lexical_noise)
def test_tokens_join_to_the_text(sql: str) -> None:
    tokens = list(tokenize(sql))
    assert "".join(token.text for token in tokens) == sql
    assert all(token.text for token in tokens)


@pytest.mark.parametrize(
    "literal",
    [
        "'it''s'",
        "'back\\'",
        r"E'it\'s\\'",
        r"e'\''",
        "U&'\\0041'",
        "B'01'",
        "$$a 'b' $x$ c$$",
        "$tag$ $$ $tag$",
        '"a ""b"" \' c"',
        "'over\nlines'",
        "'unterminated",
        "$$unterminated",
    ],
)
def test_a_literal_is_one_token(literal: str) -> None:
    assert _texts(literal) == [literal]


def test_a_string_ends_where_it_ends() -> None:
    assert _texts("'a\\' || b || 'c'") == ["'a\\'", "||", "b", "||", "'c'"]


def test_block_comments_nest() -> None:
    tokens = list(tokenize("/* a /* b */ ' */x"))
    assert [token.kind for token in tokens] == [Kind.BLOCK_COMMENT, Kind.WORD]


def test_an_open_comment_runs_to_the_end() -> None:
    assert [token.kind for token in tokenize("a/* /* b */ c")] == [Kind.WORD, Kind.BLOCK_COMMENT]


def test_comments_are_no_code() -> None:
    assert _texts("a -- 'b\nc /* d */ e") == ["a", "c", "e"]


def test_dollar_within_a_name_opens_no_quote() -> None:
    assert _texts("a$$b c$$") == ["a$$b", "c$$"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("a=-1", ["a", "=", "-", "1"]),
        ("a @- b", ["a", "@-", "b"]),
        ("a<>b", ["a", "<>", "b"]),
        ("a*/*c*/b", ["a", "*", "b"]),
        ("a+--c", ["a", "+"]),
        ("x::text[]", ["x", "::", "text", "[", "]"]),
        ("x:=1", ["x", ":=", "1"]),
        ("1..10", ["1", "..", "10"]),
        ("1.5e-3", ["1.5e-3"]),
        ("a.b%TYPE", ["a", ".", "b", "%", "TYPE"]),
    ],
)
def test_operators(sql: str, expected: list[str]) -> None:
    assert _texts(sql) == expected


def test_names_fold_as_in_postgresql() -> None:
    assert [folded_name(token) for token in tokenize('Abc"D""e"')] == ["abc", 'D"e']
