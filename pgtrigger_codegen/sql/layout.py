"""Stage sql: lays out existing SQL by changing only whitespace.

The text of a condition or a function's body is the user's. What stands inside literals,
quoted names and comments is never touched: a text in which one of them spans lines stays as
it is.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator

from pgtrigger_codegen.sql.control_flow import INDENT, statements_on_lines
from pgtrigger_codegen.sql.lexer import Kind, Token, text_of, tokenize

MAX_WIDTH = 88


def one_line(sql: str) -> str:
    """The text with each run of whitespace as one space."""
    if sql == " ".join(sql.split()):
        return sql
    tokens = _stripped(tokenize(sql))
    if any(token.spans_lines for token in tokens):
        return text_of(tokens)
    return text_of(_with_spaces(tokens))


def condition(sql: str) -> str:
    """A `WHEN (…)` clause: on one line, or when long one line for each AND and OR."""
    line = one_line(sql)
    if len(INDENT + line) <= MAX_WIDTH or "\n" in line:
        return line
    broken = _break_conjunctions(line)
    opening, closing = line.find("("), line.rfind(")")
    if broken == line or closing != len(line) - 1:
        return line
    head, inner = line[: opening + 1], broken[opening + 1 : -1].strip()
    return f"{head}\n{indent(inner)}\n)"


def block(sql: str) -> str:
    """Statements or declarations, each line as far left as the block allows.

    A text on one line gets a line for each statement. The result has no line breaks at its
    ends.
    """
    tokens = list(tokenize(sql))
    if any(token.spans_lines for token in tokens):
        return text_of(_stripped(tokens))
    if "\n" not in sql.strip():
        return text_of(statements_on_lines(_stripped(tokens)))
    return _dedent(tokens)


def indent(sql: str, prefix: str = INDENT) -> str:
    """The text moved right, unless a literal or comment spans lines."""
    if "\n" not in sql and "\r" not in sql:
        return prefix + sql if sql else sql
    if any(token.spans_lines for token in tokenize(sql)):
        return sql
    return "\n".join(prefix + line if line else line for line in sql.split("\n"))


def _with_spaces(tokens: list[Token]) -> Iterator[Token]:
    """Make whitespace a single space, but for the line breaks that mean something."""
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        if token.kind is Kind.SPACE:
            text = "\n" if _needs_line_break(before, token, after) else " "
            yield Token(Kind.SPACE, text)
        else:
            yield token


def _needs_line_break(before: Token | None, space: Token, after: Token | None) -> bool:
    """Whether a line comment ends here, or a literal goes on in the next line."""
    if before is None or ("\n" not in space.text and "\r" not in space.text):
        return False
    continued = after is not None and before.kind is after.kind is Kind.STRING
    return continued or before.kind is Kind.LINE_COMMENT


def _break_conjunctions(line: str) -> str:
    """Start a line at each AND and OR that stands directly inside the outer parentheses."""
    tokens = list(tokenize(line))
    depth = 0
    result = []
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.text in ("(", ")"):
            depth += 1 if token.text == "(" else -1
        conjunction = after is not None and after.text.upper() in ("AND", "OR")
        breaks = token.kind is Kind.SPACE and depth == 1 and conjunction
        result.append(Token(Kind.SPACE, "\n") if breaks else token)
    return text_of(result)


def _dedent(tokens: list[Token]) -> str:
    """Remove the margin that all lines share, and whitespace at the ends of lines."""
    opens_with_break = bool(tokens) and "\n" in tokens[0].text
    body = _stripped(tokens)
    if opens_with_break:
        body = [tokens[0], *body]
    breaks = [token.text for token in body if _is_break(token)]
    # Character by character is what a margin is.
    margin = os.path.commonprefix([text.rpartition("\n")[2] for text in breaks])  # noqa: RUF071
    lines = (
        Token(Kind.SPACE, _dedented_break(token.text, margin)) if _is_break(token) else token
        for token in body
    )
    return text_of(lines).strip("\n")


def _is_break(token: Token) -> bool:
    return token.kind is Kind.SPACE and "\n" in token.text


def _dedented_break(text: str, margin: str) -> str:
    """Line breaks (at most one blank line) and what is left of the indentation."""
    return "\n" * min(text.count("\n"), 2) + text.rpartition("\n")[2].removeprefix(margin)


def _stripped(tokens: Iterator[Token] | list[Token]) -> list[Token]:
    """Without whitespace at either end."""
    result = list(tokens)
    while result and result[-1].kind is Kind.SPACE:
        result.pop()
    while result and result[0].kind is Kind.SPACE:
        result.pop(0)
    return result
