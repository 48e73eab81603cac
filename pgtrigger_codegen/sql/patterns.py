"""Stage sql: regular expressions, written as constants, that PostgreSQL refuses.

Little is said: what depends on options or on escapes that are read differently is taken for right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pgtrigger_codegen.sql.constant_faults import text_of
from pgtrigger_codegen.sql.parser import Node

PATTERN_HELP = "Correct the regular expression; `\\\\` before a sign takes its meaning away"
OPERATORS = frozenset({"~", "~*", "!~", "!~*"})


def invalid_pattern(text: str) -> str | None:
    """Why a text is no regular expression; None where it may be one."""
    if text.startswith("***") or "(?" in text or _ODD_BRACKETS.search(text):
        return None  # options, which may change the syntax; classes of characters
    rest = _ESCAPED.sub("a", text)
    if "\\" in rest:
        return f"{_INVALID} invalid escape \\ sequence"
    rest = _BRACKETS.sub("a", rest)
    if _NOTHING_REPEATED.search(rest):
        return f"{_INVALID} quantifier operand invalid"
    for least, most in _REPEATED.findall(rest):
        if max(int(least), int(most or 0)) > _MOST or (most and int(most) < int(least)):
            return f"{_INVALID} invalid repetition count(s)"
    if "[" in rest:
        return f"{_INVALID} brackets [] not balanced"
    depth = 0
    for sign in rest:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    return f"{_INVALID} parentheses () not balanced" if depth else None


def of_pattern_call(name: str, arguments: Sequence[Node]) -> str | None:
    """Why a call fails that takes a regular expression, and perhaps options."""
    flags_at = _FLAGS_AT.get(name)
    if flags_at is None or not 2 <= len(arguments) <= flags_at + 1:
        return None
    flags = text_of(arguments[flags_at]) if len(arguments) == flags_at + 1 else ""
    for flag in flags or "":
        if flag.isalpha() and flag not in _FLAGS:
            return f'invalid regular expression option: "{flag}"'
    pattern = text_of(arguments[1])
    if pattern is None or flags is None or not set(flags).isdisjoint("bqxe"):
        return None
    return invalid_pattern(pattern)


_INVALID = "invalid regular expression:"
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_BRACKETS = re.compile(r"\[\^?\]?[^\]]*\]")
_ODD_BRACKETS = re.compile(r"\[[.:=]|\[[^\]]*\\")
_REPEATED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_MOST = 255
_NOTHING_REPEATED = re.compile(r"(?:\A|[(|])[*+?]")
_FLAGS = frozenset("bcegimnpqstwx")
_FLAGS_AT = {
    "regexp_match": 2,
    "regexp_matches": 2,
    "regexp_replace": 3,
    "regexp_split_to_array": 2,
    "regexp_split_to_table": 2,
}
