"""Stage sql: the place of a syntax error in a body.

For PL/pgSQL the parser gives a message and no position. Since it reads from the front, the text
cut off behind the fault gives the same message, and cut off before it another one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from itertools import pairwise

from msgspec import Struct

from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.sql.body_text import create_function, placed_tokens
from pgtrigger_codegen.sql.lexer import Kind, Token, tokenize
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_function, parse_sql, walk

_NAMED = re.compile(
    r'at or near "(.*)"\Z|\A"(.*)" is not a known variable|exception condition "(.*)"\Z', re.DOTALL
)
_OPENING = frozenset({"BEGIN", "ELSE", "LOOP", "THEN"})
_SQL = frozenset({"DELETE", "INSERT", "MERGE", "SELECT", "UPDATE", "WITH"})
_BLOCKS = frozenset({"IF", "CASE", "WHILE", "FOR", "FOREACH", "DECLARE"})

Placed = list[tuple[Token, TextRange]]


class BodyError(Struct, frozen=True):
    """The error of PostgreSQL's parser for a body, in its words.

    Attributes:
        place: None where it cannot be told, or when DECLARE is at fault.
    """

    message: str
    place: TextRange | None


def locate_error(declare: str, func: str, message: str) -> BodyError:
    """Finds the place that the parser's message is about."""
    if message.startswith("unterminated"):
        what, _, _ = message.partition(" at or near")  # followed by all the rest of the text
        return BodyError(what, _last_token(func))
    tokens = placed_tokens(func)
    if _message(declare, "", end="\nEND;") == message or not tokens:
        return BodyError(message, None)
    pieces = list(_pieces(tokens))
    if "end of input" in message:
        return BodyError(message, _unfinished(declare, pieces) or tokens[-1][1])
    # Cuts behind the fault have its message, so the first that has it can be bisected for.
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high) // 2
        if _message(declare, func[: pieces[middle][-1][1].end]) == message:
            high = middle
        else:
            low = middle + 1
    if low == len(pieces):
        return BodyError(message, tokens[-1][1])  # only the END that follows makes it wrong
    return BodyError(message, _within(declare, func, pieces[low], message))


def unnoticed_error(function: Node, func: str) -> BodyError | None:
    """What PostgreSQL refuses and the parser, which knows neither types nor triggers, lets pass."""
    returns = [node for key, node in walk(function.get("action")) if key == "PLpgSQL_stmt_return"]
    if any("lineno" in node and "expr" not in node for node in returns):
        return BodyError('missing expression at or near ";"', _bare_return(func))
    for datum in function.get("datums", ()):
        variable = datum.get("PLpgSQL_var", {})
        name = variable.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
        if message := _type_error(name):
            return BodyError(message, None)
    return None


def _bare_return(func: str) -> TextRange | None:
    tokens = placed_tokens(func)
    for (token, place), (after, _) in pairwise(tokens):
        if token.text.upper() == "RETURN" and after.text == ";":
            return place
    return None


@functools.lru_cache(maxsize=1024)
def _type_error(name: str) -> str | None:
    if not name or "%" in name:
        return None  # `table.column%TYPE`
    try:
        parse_sql(f"SELECT CAST(NULL AS {name})")
    except SqlSyntaxError as error:
        return f'invalid type name "{name}" ({error.message})'
    return None


def _message(declare: str, func: str, *, end: str = "") -> str | None:
    try:
        parse_function(create_function(declare, func, end))
    except SqlSyntaxError as error:
        return error.message
    return None


def _last_token(func: str) -> TextRange | None:
    """What is not closed runs to the end of the text."""
    last, start = None, 0
    for token in tokenize(func):
        last = TextRange(start, start + len(token.text))
        start = last.end
    return last


def _pieces(tokens: Placed) -> Iterator[Placed]:
    """The tokens up to each semicolon, and what is left behind the last."""
    piece: Placed = []
    for item in tokens:
        piece.append(item)
        if item[0].text == ";":
            yield piece
            piece = []
    if piece:
        yield piece


def _within(declare: str, func: str, piece: Placed, message: str) -> TextRange | None:
    """The token that the message names, in the statement that is at fault."""
    if message.startswith("missing"):
        return piece[-1][1]
    statement = _statement(piece)
    match = _NAMED.search(message)
    if match is None:
        return statement[0][1]
    name = next(group for group in match.groups() if group is not None)
    named = [place for token, place in piece if token.text.lower() == name.lower()]
    if len(named) == 1:
        return named[0]
    for place in named:
        if _message(declare, func[: place.end]) == message:
            return place
    # An expression is read to its end before it is parsed, so ask the parser of SQL alone.
    return _by_sql(func, statement) or statement[0][1]


def _by_sql(func: str, statement: Placed) -> TextRange | None:
    """Where the SQL of a statement breaks off."""
    words = [token.text.upper() for token, _ in statement]
    end = statement[-1][1].start if words[-1] == ";" else statement[-1][1].end
    if words[0] in _SQL:
        start, prefix = statement[0][1].start, ""
    else:
        signs = (place.end for token, place in statement if token.text in (":=", "="))
        start, prefix = next(signs, end), "SELECT "
    text = func[start:end]
    try:
        parse_sql(prefix + text)
    except SqlSyntaxError as error:
        if error.line is None or error.column is None:
            return None
        lines = (prefix + text).split("\n")
        offset = sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1
        at = start + offset - len(prefix)
        return next((place for _, place in statement if place.start == at), None)
    return None


def _unfinished(declare: str, pieces: list[Placed]) -> TextRange | None:
    """The semicolon that came too early: of the first statement that alone is unfinished."""
    for piece in pieces:
        statement = _statement(piece)
        if statement[-1][0].text != ";":
            continue
        text = " ".join(token.text for token, _ in statement)
        if statement[0][0].text.upper() in _BLOCKS:
            continue
        if "end of input" in (_message(declare, text, end="\nEND;") or ""):
            return statement[-1][1]
    return None


def _statement(piece: Placed) -> Placed:
    """The piece without what opens blocks before it: `IF x THEN y := 1;` is `y := 1;`."""
    start = 0
    for index, (token, _) in enumerate(piece[:-1]):
        if token.kind is Kind.WORD and token.text.upper() in _OPENING:
            if token.text.upper() in ("ELSE", "THEN") and _in_case(piece[:index]):
                continue
            start = index + 1
    return piece[start:]


def _in_case(tokens: Placed) -> bool:
    words = [token.text.upper() for token, _ in tokens if token.kind is Kind.WORD]
    return words.count("CASE") > words.count("END")
