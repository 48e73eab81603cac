"""Stage cli: our own Markdown pages, as a terminal shows them.

Of Markdown there is what the pages of the rules have: headings, paragraphs, lists, blocks of code
and code in the text. Lines break between words alone.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

_WIDEST = 100  # columns; longer lines are hard to read
_CODE = re.compile(r"`([^`]+)`")
_FENCE = "```"
_ITEM = re.compile(r"^- ", re.MULTILINE)


def rendered(page: str, width: int, *, colour: bool) -> str:
    """The page for a terminal; ends with a line break.

    Args:
        width: Columns of the terminal.
        colour: Whether headings and code are coloured; else code in the text keeps its backticks.
    """
    blocks = (_block(block, min(width, _WIDEST), colour=colour) for block in _blocks(page))
    return "\n\n".join(blocks) + "\n"


def _blocks(page: str) -> Iterator[str]:
    """Headings, paragraphs, lists and fenced code, each with its own lines."""
    lines: list[str] = []
    is_code = False
    for line in page.split("\n"):
        is_fence = line.startswith(_FENCE)
        is_heading = not is_code and line.startswith("#")
        if lines and not is_code and (is_fence or is_heading or not line):
            yield "\n".join(lines)
            lines = []
        if line or is_code:
            lines.append(line)
        if is_heading or (is_fence and is_code):
            yield "\n".join(lines)
            lines = []
        is_code ^= is_fence
    if lines:
        yield "\n".join(lines)


def _block(block: str, width: int, *, colour: bool) -> str:
    if block.startswith("#"):
        return _styled(block.lstrip("#").strip(), colour=colour, bold=True)
    if block.startswith(_FENCE):
        code = block.split("\n")[1:-1]
        return "\n".join(
            f"    {_styled(line, colour=colour, fg='cyan')}" if line else "" for line in code
        )
    if _ITEM.match(block):
        items = _ITEM.split(block)[1:]
        return "\n".join(_text(item, width, colour=colour, first="- ") for item in items)
    return _text(block, width, colour=colour)


def _text(text: str, width: int, *, colour: bool, first: str = "") -> str:
    wrapped = textwrap.fill(
        " ".join(text.split()),
        width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return _CODE.sub(lambda found: _coloured_lines(found[1]), wrapped) if colour else wrapped


def _coloured_lines(code: str) -> str:
    """Code in the text may go over the end of a line."""
    return "\n".join(_styled(line, colour=True, fg="cyan") for line in code.split("\n"))


def _styled(text: str, *, colour: bool, bold: bool = False, fg: str | None = None) -> str:
    return click.style(text, bold=bold or None, fg=fg) if colour else text
