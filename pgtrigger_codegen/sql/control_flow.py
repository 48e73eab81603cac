"""Stage sql: PL/pgSQL on one line → a line for each statement.

django-pgtrigger's own classes squeeze their bodies into one line, and people will read them
in migrations. Only whitespace becomes line breaks, never the other way round.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.sql.lexer import COMMENTS, Kind, Token

INDENT = "    "


def statements_on_lines(tokens: list[Token]) -> Iterator[Token]:
    """Break a text without line breaks after each statement, and where blocks begin and end.

    A text with control structures that are not followed here breaks after each `;` alone.
    """
    levels = _levels(tokens)
    for index, token in enumerate(tokens):
        if token.kind is not Kind.SPACE or not 0 < index < len(tokens) - 1:
            yield token
            continue
        before, after = tokens[index - 1], tokens[index + 1]
        begins = levels is not None and levels[index + 1] > levels[index - 1]
        goes_on = (
            levels is not None and before.text != ";" and levels[index + 1] < levels[index - 1]
        )
        if (before.text == ";" or begins or goes_on) and after.kind not in COMMENTS:
            yield Token(Kind.SPACE, "\n" + INDENT * (levels[index + 1] if levels else 0))
        else:
            yield token


_OPENING = frozenset({"BEGIN", "ELSE", "LOOP", "THEN"})
_CLOSING = frozenset({"ELSE", "ELSEIF", "ELSIF", "END"})
# CASE and MERGE have THEN or ELSE without a block; the others begin sections of a block.
_NOT_FOLLOWED = frozenset({"CASE", "DECLARE", "EXCEPTION", "MERGE"})


def _levels(tokens: list[Token]) -> list[int] | None:
    """How deep in blocks each token stands, BEGIN and END as deep as what they belong to.

    None when the blocks do not add up, or are of another kind.
    """
    levels = []
    level = parentheses = 0
    previous = ""
    for token in tokens:
        word = token.text.upper()
        parentheses += {"(": 1, ")": -1}.get(word, 0)
        bare = token.kind is Kind.WORD and parentheses == 0
        if bare and word in _NOT_FOLLOWED:
            return None
        if bare and word in _CLOSING:
            level -= 1
        if level < 0:
            return None
        levels.append(level)
        if bare and word in _OPENING and previous != "END":
            level += 1
        previous = previous if token.kind is Kind.SPACE else word
    return None if level else levels
