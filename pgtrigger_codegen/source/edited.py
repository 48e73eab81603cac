"""The file that somebody edits: a run can stand before it reads that file for the first time.

Until then a run does the same, whatever the file holds. So the run can be begun before the next
edit, and a fork of it goes on with each text that the file gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stands_before(path: str, stand: Callable[[], None]) -> Iterator[None]:
    """Inside of it, a function is called before a file is read for the first time.

    Args:
        path: As the file is named where it is read; by another name it is another file.
    """
    global _standing  # noqa: PLW0603  (asked by whoever reads a file)
    before, _standing = _standing, (path, stand)
    try:
        yield
    finally:
        _standing = before


def is_awaited() -> bool:
    """Whether the run has yet to stand: until then it must be this process alone."""
    return _standing is not None


def about_to_read(path: str) -> None:
    """Says that a file, or the text that stands for it, is read next."""
    global _standing
    if _standing is not None and _standing[0] == path:
        (_, stand), _standing = _standing, None
        stand()


_standing: tuple[str, Callable[[], None]] | None = None
