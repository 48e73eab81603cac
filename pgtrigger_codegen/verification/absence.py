"""Whether something that the server does not find is certainly not there.

The tables here are made from the models alone. Functions, operators, types and columns may be made
by SQL of the project, of which some file then speaks.
"""

from __future__ import annotations

import re
from typing import Protocol

from pgtrigger_codegen.verification.room import Refused


class Texts(Protocol):
    """All that a project may set up its databases with."""

    def mention(self, pattern: str) -> bool:
        """Whether any of the texts has what a pattern describes, in capitals or not."""


UNDEFINED_COLUMN = "42703"
UNDEFINED_FUNCTION = "42883"
UNDEFINED_OBJECT = "42704"
UNDEFINED_TABLE = "42P01"
_UNDEFINED_SCHEMA = "3F000"
_NO_RIGHT = "42501"
_TOO_LONG = frozenset({"55P03", "57014"})
_NO_UNIQUE = "42P10"


def doubt(refused: Refused, texts: Texts) -> str | None:
    """Why the server may be wrong, in words; None where it is certainly right."""
    state = refused.sqlstate
    if state in _TOO_LONG:
        return refused.message
    if state == _NO_RIGHT:
        return f"{refused.message} (verify works as a role without rights)"
    if state == UNDEFINED_FUNCTION:
        return _of_function(refused.message, texts)
    if state in (_UNDEFINED_SCHEMA, UNDEFINED_OBJECT, UNDEFINED_TABLE):
        return f"{refused.message}, as far as the models say"
    if state == UNDEFINED_COLUMN:
        return _of_column(refused.message, texts)
    if state == _NO_UNIQUE and texts.mention(r"\bUNIQUE\b"):
        return f"{refused.message}, and SQL of the project speaks of UNIQUE"
    return None


_FUNCTION = re.compile(r"(?:function|procedure) (?:\S+\.)?\"?(\w+)\"?\(")
_COLUMN = re.compile(r"column (?:\S+\.)?\"?(\w+)\"?|has no field \"(\w+)\"")
_EXTENSIONS = r"\bEXTENSION\b|\b[A-Z]\w+Extension\("
_OPERATORS = r"\bCREATE\s+(CAST|OPERATOR)\b"


def _of_function(message: str, texts: Texts) -> str | None:
    match = _FUNCTION.match(message)
    made = _OPERATORS if match is None else rf"\bFUNCTION\b[^(;]*\b{re.escape(match[1])}\b"
    if texts.mention(made):
        return f"{message}, and SQL of the project speaks of it"
    if texts.mention(_EXTENSIONS):
        return f"{message}, and the project uses extensions"
    return None


def _of_column(message: str, texts: Texts) -> str | None:
    match = _COLUMN.search(message)
    if match is None:
        return f"{message}, as far as the models say"
    name = re.escape(match[1] or match[2])
    if texts.mention(rf"\bADD\s+(COLUMN\s+)?(IF\s+NOT\s+EXISTS\s+)?[\\\"]*{name}\b"):
        return f"{message}, and SQL of the project adds one of that name"
    return None
