"""Stage source: singular and plural in messages."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number with its noun, in the singular for one.

    Args:
        noun: In the singular, with an `s` in the plural.
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
