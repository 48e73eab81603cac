"""Stage source: text from a repository or a database within a line of somebody else's text.

A file, a table or a trigger can be named anything. Within a comment, a line break in its name ends
the comment, and the rest of the name is code.
"""

from __future__ import annotations

import re

# All that a terminal may act on, but for tabs and line breaks: what drives it, ends a line by
# another name, or changes the direction of writing.
_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def one_line(text: str) -> str:
    """The text with escapes for whatever is not printed: line breaks and other control characters,
    characters that change the direction of writing, lone surrogates.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def has_active_characters(text: str) -> bool:
    """Whether a terminal may act on the text."""
    return _ACTIVE.search(text) is not None


def escaped(text: str, prefix: str = "\\u") -> str:
    """The text with escapes for what a terminal acts on; tabs and line breaks stay.

    The escapes are those of JSON: a document in that format keeps its meaning.

    Args:
        prefix: What stands before the four digits.
    """
    return _ACTIVE.sub(lambda match: f"{prefix}{ord(match[0]):04x}", text)
