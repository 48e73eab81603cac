"""Stage migrations: SQL as a Python literal that people can read.

The literal evaluates to exactly the text, and survives editors and formatters: what they would
strip or replace (blanks at the end of a line, tabs, carriage returns, characters that cannot be
seen) is escaped.
"""

from __future__ import annotations

import re


def sql_literal(sql: str) -> str:
    """A triple-quoted literal that starts on a line of its own."""
    lines = sql.split("\n")
    text = "\n".join(_visible_end(_escaped(line)) for line in lines)
    text = _CLOSING_QUOTES.sub(lambda match: match.group().replace('"', '\\"'), text)
    return f'"""\\\n{text}"""'


def string_literal(text: str) -> str:
    """A literal on one line, in double quotes as formatters want them."""
    escaped = _escaped(text).replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# Three quotes, and one at the end, which would run into the closing ones.
_CLOSING_QUOTES = re.compile(r'"""|"\Z')


def _escaped(text: str) -> str:
    if text.isprintable() and "\\" not in text:  # nearly every line
        return text
    return "".join(_ESCAPES.get(char) or _escaped_char(char) for char in text)


_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\n"}


def _escaped_char(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _visible_end(line: str) -> str:
    """The line with a last blank written so that nothing strips it."""
    return f"{line[:-1]}\\x20" if line.endswith(" ") else line
