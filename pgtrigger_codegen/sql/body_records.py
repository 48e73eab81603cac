"""Stage sql: variables of a table's row type, which the parser cannot tell from others.

It knows no tables: with `DECLARE line shop_log;` it takes `line` for a single value, and refuses
`line.message := '…'`, which PostgreSQL takes. As a `record` the same variable is read for what it
is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.sql.body_text import placed_tokens
from pgtrigger_codegen.sql.lexer import Kind, Token, folded_name

_FIELD = re.compile(r'\A"(?P<name>[^"]+)\.[^".]+" is not a known variable\Z')
_RECORD = "record"


def as_record(declare: str, func: str, message: str) -> tuple[str, str, str] | None:
    """Both texts with the variable that the message is about as a record, and its type as written.

    None where it is about something else: a variable that is not declared or has no row type.
    """
    match = _FIELD.match(message)
    if match is None:
        return None
    name = match["name"]
    for place in _types_of(name, declare, in_declare=True):
        if may_be_row_type(declare[place.start : place.end]):
            written = declare[place.start : place.end]
            return declare[: place.start] + _RECORD + declare[place.end :], func, written
    for place in _types_of(name, func, in_declare=False):
        text = func[place.start : place.end]
        if may_be_row_type(text) and len(text) >= len(_RECORD):
            # Of the same length, so that all other places stay what they are.
            changed = func[: place.start] + _RECORD.ljust(len(text)) + func[place.end :]
            return declare, changed, text
    return None


_NAMES = frozenset({Kind.WORD, Kind.QUOTED_NAME})
_AFTER_TYPE = frozenset({"NOT", "DEFAULT", "COLLATE"})


def _types_of(name: str, text: str, *, in_declare: bool) -> Iterator[TextRange]:
    """Where the types stand with which variables of that name are declared."""
    tokens = placed_tokens(text)
    begins = in_declare
    for index, (token, _) in enumerate(tokens):
        word = token.text.upper() if token.kind is Kind.WORD else token.text
        if word in ("DECLARE", "BEGIN"):
            in_declare = begins = word == "DECLARE"
        elif begins and in_declare and token.kind in _NAMES and folded_name(token) == name:
            type_tokens = list(_type(tokens[index + 1 :]))
            if type_tokens:
                yield TextRange(type_tokens[0].start, type_tokens[-1].end)
        begins = word in ("DECLARE", ";")


def _type(tokens: list[tuple[Token, TextRange]]) -> Iterator[TextRange]:
    """The tokens of a type without parameters: `shop_log`, `audit."Log"%ROWTYPE`."""
    for index, (token, place) in enumerate(tokens):
        word = token.text.upper()
        if index == 0 and word == "CONSTANT":
            continue
        named = token.kind in _NAMES and word not in _AFTER_TYPE
        if not named and token.text not in (".", "%"):
            return
        yield place


# Built-in types of single values that variables commonly have.
_SINGLE = re.compile(
    r"(big|small)?(int|serial)\d?|integer|text|(var)?char|character|bool(ean)?|numeric|decimal|real"
    r"|double|float\d?|date|time|timetz|timestamp|timestamptz|interval|uuid|jsonb?|bytea|name|oid"
    r"|reg\w+|xml|inet|cidr|macaddr|money|point|tsvector|tsquery|refcursor|cursor|record|bit|void",
    re.IGNORECASE,
)


def may_be_row_type(type_name: str) -> bool:
    """Whether a variable of that type may have fields."""
    return _SINGLE.fullmatch(type_name.split(maxsplit=1)[0]) is None
