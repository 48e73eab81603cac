"""Stage project: a key more in a TOML file, with all else as it is written.

The change is made in the text. Whether it says what is wanted, and nothing else, Python's own
parser decides.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any


def with_keys(text: str, table: Sequence[str], values: Mapping[str, str]) -> str | None:
    """The text with these keys in the table, which is added where it is missing.

    Args:
        text: With line feeds alone.
        values: Keys that the table does not have.

    Returns:
        None where the table is written in a way that leaves no room, such as in one line.
    """
    wanted = _with(tomllib.loads(text), table, values)
    lines = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()
    )
    name = ".".join(table)
    for candidate in (*_below_headers(text, table, lines), f"{_ended(text)}[{name}]\n{lines}"):
        try:
            if tomllib.loads(candidate) == wanted:
                return candidate
        except tomllib.TOMLDecodeError:
            continue
    return None


def _with(
    document: dict[str, Any], table: Sequence[str], values: Mapping[str, str]
) -> dict[str, Any]:
    document = copy.deepcopy(document)
    inner = document
    for key in table:
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            return document
    inner |= values
    return document


def _below_headers(text: str, table: Sequence[str], lines: str) -> list[str]:
    """The text with the lines below each line that may begin the table."""
    parts = (rf'\s*["\']?{re.escape(part)}["\']?\s*' for part in table)
    header = re.compile(rf"^[ \t]*\[{'[.]'.join(parts)}\][^\n]*(\n|\Z)", re.MULTILINE)
    return [
        text[: found.end()] + ("" if found[1] else "\n") + lines + text[found.end() :]
        for found in header.finditer(text)
    ]


def _ended(text: str) -> str:
    """The text, so that a table can follow."""
    if not text.strip():
        return text
    return text + ("" if text.endswith("\n") else "\n") + "\n"
