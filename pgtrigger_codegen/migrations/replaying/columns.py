"""Stage migrations: the effect of a column's change on a trigger that names the column.

PostgreSQL keeps `WHEN` and `UPDATE OF` as references to columns, not as text: a rename is
followed there, and Django's `DROP COLUMN … CASCADE` takes the whole trigger along. A body is
text, and stays as it is.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from pgtrigger_codegen.sql.lexer import Kind, Token, folded_name, text_of, tokenize


def names_column(create_trigger: str, column: str) -> bool:
    """Whether a CREATE TRIGGER statement refers to that column of its table."""
    return column in columns_named(create_trigger)


@functools.lru_cache(maxsize=4096)  # each change of a table asks about all triggers on it
def columns_named(create_trigger: str) -> frozenset[str]:
    """The columns of its table that a CREATE TRIGGER statement refers to."""
    tokens = list(tokenize(create_trigger))
    return frozenset(folded_name(tokens[index]) for index in _column_references(tokens))


def names_word(text: str, name: str) -> bool:
    """Whether the name stands in the text at all, in any case."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def rename_column(create_trigger: str, old: str, new: str) -> str:
    """The statement after the column has got another name."""
    tokens = list(tokenize(create_trigger))
    quoted = '"' + new.replace('"', '""') + '"'
    for index in _column_references(tokens):
        if folded_name(tokens[index]) == old:
            tokens[index] = Token(Kind.QUOTED_NAME, quoted)
    return text_of(tokens)


def _column_references(tokens: list[Token]) -> Iterator[int]:
    """Where columns stand: behind `OLD.` and `NEW.`, and in the list of `UPDATE OF`."""
    before: list[str] = ["", ""]
    in_list = False
    for index, token in enumerate(tokens):
        if token.kind in _BLANK:
            continue
        word = token.text.upper() if token.kind is Kind.WORD else ""
        if before == ["UPDATE", "OF"]:
            in_list = True
        elif word in ("OR", "ON"):
            in_list = False
        if token.kind in _NAMES and (in_list or before in _ROWS):
            yield index
        before = [before[1], word or token.text]


_NAMES = frozenset({Kind.WORD, Kind.QUOTED_NAME})
_BLANK = frozenset({Kind.SPACE, Kind.LINE_COMMENT, Kind.BLOCK_COMMENT})
_ROWS = (["OLD", "."], ["NEW", "."])
