"""Stage source: text from a repository or a database within a line of somebody else's text.

A file, a table or a trigger can be named anything. Within a comment, a line break in its name ends
the comment, and the rest of the name is code.
"""

from __future__ import annotations


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
