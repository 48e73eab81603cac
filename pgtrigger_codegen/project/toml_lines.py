"""Stage project: the line of each key in a TOML file, which `tomllib` does not give.

Only for messages: what is written in an unusual way has no line, and no message depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from pgtrigger_codegen.source.files import read_within

_HEADER = re.compile(r"\s*\[\[?\s*(?P<keys>[^\[\]#]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNMENT = re.compile(r"""\s*(?P<keys>(?:[\w.-]|"[^"]*"|'[^']*'|\s)+?)\s*=""")
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*(?:\.|$)""")


def key_line(path: Path, keys: Sequence[str]) -> int | None:
    """The line, from 1, at which the key under these tables is set; of its table if not there."""
    try:
        lines = read_within(path).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    wanted = list(keys)
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(lines, 1):
        if header := _HEADER.fullmatch(line):
            table = found = _parts(header["keys"])
        elif assignment := _ASSIGNMENT.match(line):
            found = [*table, *_parts(assignment["keys"])]
        else:
            continue
        if found == wanted[: len(found)] and (best is None or len(found) > best[0]):
            best = (len(found), number)
    # `[tool]` alone says nothing of where a key below it stands.
    return best[1] if best is not None and best[0] > 1 else None


def _parts(text: str) -> list[str]:
    return ["".join(match) for match in _PART.findall(text)]
