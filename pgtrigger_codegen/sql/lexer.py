"""Stage sql: text → tokens, by PostgreSQL's own lexical rules.

Whoever lays out or compares SQL must know what is whitespace and what is the inside of a
literal. The parser cannot tell: it keeps neither comments nor the text of a PL/pgSQL body.
Joined together, the tokens give the text back exactly; text that breaks off inside a literal
or comment ends in one last token of that kind.

Rules: https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """The kind of a token."""

    SPACE = "space"
    LINE_COMMENT = "line comment"
    BLOCK_COMMENT = "block comment"
    STRING = "string"
    DOLLAR_STRING = "dollar-quoted string"
    QUOTED_NAME = "quoted identifier"
    WORD = "word"
    NUMBER = "number"
    OPERATOR = "operator"
    OTHER = "other"


class Token(NamedTuple):
    """A piece of SQL text."""

    kind: Kind
    text: str

    @property
    def spans_lines(self) -> bool:
        """Whether the token holds a line break that is not ours to move."""
        return self.kind is not Kind.SPACE and ("\n" in self.text or "\r" in self.text)


COMMENTS = frozenset({Kind.LINE_COMMENT, Kind.BLOCK_COMMENT})


def tokenize(sql: str) -> Iterator[Token]:
    """Yield the tokens of a text of SQL or PL/pgSQL, whitespace and comments included."""
    position = 0
    while position < len(sql):
        token = _token_at(sql, position)
        yield token
        position += len(token.text)


def code_tokens(sql: str) -> list[Token]:
    """The tokens that mean something: neither whitespace nor comments."""
    return [
        token
        for token in tokenize(sql)
        if token.kind is not Kind.SPACE and token.kind not in COMMENTS
    ]


def text_of(tokens: Iterable[Token]) -> str:
    """The text that tokens were cut from."""
    return "".join(token.text for token in tokens)


def comments(sql: str) -> list[str]:
    """The comments in a text of SQL or PL/pgSQL, line by line without their indentation.

    Those in the bodies of functions count.
    """
    found: list[str] = []
    for token in tokenize(sql):
        if token.kind in COMMENTS:
            found += [line.strip() for line in token.text.splitlines()]
        elif token.kind is Kind.DOLLAR_STRING:
            tag = token.text[: token.text.index("$", 1) + 1]
            found += comments(token.text[len(tag) : -len(tag)])
    return found


def folded_name(token: Token) -> str:
    """The name that an identifier stands for: PostgreSQL folds unquoted ones to lower case."""
    if token.kind is Kind.QUOTED_NAME:
        return token.text[1:-1].replace('""', '"')
    return token.text.lower()


# One alternative for each kind. Those that may run to the end of the text without being
# closed say so with `(?:'|\Z)`.
#
# Whatever is not ASCII may be part of a name. The classes say so by the ASCII characters that may
# not: `re` takes milliseconds to compile one that lists all others.
_NAME_START = r"[^\x00-@\[-\^`{-\x7f]"
_TAG_PART = r"[^\x00-/:-@\[-\^`{-\x7f]"
_NAME_PART = r"[^\x00-#%-/:-@\[-\^`{-\x7f]"
_SIMPLE = re.compile(
    rf"""
      (?P<SPACE>[ \t\n\r\f\v]+)
    | (?P<LINE_COMMENT>--[^\n\r]*)
    | (?P<STRING>[eE]'(?:[^'\\]|\\.|''|\\\Z)*(?:'|\Z)
                |(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
    | (?P<QUOTED_NAME>(?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
    | (?P<WORD>{_NAME_START}{_NAME_PART}*)
    | (?P<NUMBER>(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    """,
    re.VERBOSE | re.DOTALL,
)
_DOLLAR = re.compile(rf"\$(?:{_NAME_START}{_TAG_PART}*)?\$")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_OPERATOR = re.compile(r"[-+*/<>=~!@#%^&|`?]+")
_PAIR = re.compile(r":=|::|\.\.")


_SIMPLE_KINDS = {name: Kind[name] for name in _SIMPLE.groupindex}


def _token_at(sql: str, position: int) -> Token:
    if match := _SIMPLE.match(sql, position):
        return Token(_SIMPLE_KINDS[str(match.lastgroup)], match.group())
    if sql.startswith("/*", position):
        return Token(Kind.BLOCK_COMMENT, sql[position : _comment_end(sql, position)])
    if match := _DOLLAR.match(sql, position):
        end = sql.find(match.group(), match.end())
        stop = len(sql) if end < 0 else end + len(match.group())
        return Token(Kind.DOLLAR_STRING, sql[position:stop])
    if match := _PAIR.match(sql, position):
        return Token(Kind.OPERATOR, match.group())
    if match := _OPERATOR.match(sql, position):
        return Token(Kind.OPERATOR, _trim_operator(match.group()))
    return Token(Kind.OTHER, sql[position])


def _comment_end(sql: str, position: int) -> int:
    """Where a block comment ends; unlike in C they nest."""
    depth = 0
    for edge in _COMMENT_EDGE.finditer(sql, position):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return len(sql)


def _trim_operator(text: str) -> str:
    """Cut a run of operator characters where PostgreSQL ends the operator.

    A comment ends it, and `a=-1` is `a = -1`: an operator of several characters ends in a
    sign only when it also holds one of the less usual characters.
    """
    for comment in ("--", "/*"):
        if (start := text.find(comment)) > 0:
            text = text[:start]
    if not set(text) & set("~!@#%^&|`?"):
        while len(text) > 1 and text[-1] in "+-":
            text = text[:-1]
    return text
