"""Stage source: whether git ignores a file, by its `.gitignore` files alone.

What git ignores is not the project's: settings of one machine, keys, dumps. No process is started,
since this is asked while a project is evaluated. That a file was added all the same is not looked
at: such a file counts as ignored.

The rules are those of https://git-scm.com/docs/gitignore.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.files import read_within


class _Pattern(Struct, frozen=True):
    """One line.

    Attributes:
        expression: Matches a path below the folder of the file that the line is in.
        brings_back: Whether the line takes an earlier one back (`!`).
        only_folders: Whether only folders match (`/` at the end).
    """

    expression: re.Pattern[str]
    brings_back: bool
    only_folders: bool


def is_ignored(path: Path, work_tree: Path) -> bool:
    """Whether git ignores a file, which lies in the work tree; both are resolved."""
    parts = path.relative_to(work_tree).parts
    return any(
        _matches(work_tree, parts[:length], is_folder=length < len(parts))
        for length in range(1, len(parts) + 1)
    )


def _matches(work_tree: Path, parts: Sequence[str], *, is_folder: bool) -> bool:
    """Whether the last line that matches says so; inner files come after outer ones."""
    ignored = False
    for base, patterns in _sources(work_tree, parts[:-1]):
        below = os.fsencode("/".join(parts[base:])).decode("latin-1")
        for pattern in patterns:
            fits = is_folder or not pattern.only_folders
            if fits and pattern.expression.fullmatch(below):
                ignored = not pattern.brings_back
    return ignored


def _sources(work_tree: Path, folders: Sequence[str]) -> Iterator[tuple[int, list[_Pattern]]]:
    """The patterns that count in a folder, with how many folders deep their file is."""
    yield 0, _read(_users_own_list())
    yield 0, _read(work_tree / ".git" / "info" / "exclude")
    for depth in range(len(folders) + 1):
        yield depth, _read(work_tree.joinpath(*folders[:depth], ".gitignore"))


def _users_own_list() -> Path:
    """The file that `core.excludesFile` of the user's configuration names, or git's default."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "git")
    named = folder / "ignore"
    for path in (folder / "config", Path(os.path.expanduser("~/.gitconfig"))):
        section = ""
        for line in _text(path).splitlines():
            if header := _SECTION.match(line):
                section = header[1].lower()
            elif section == "core" and (setting := _EXCLUDES_FILE.match(line)):
                named = Path(os.path.expanduser(setting[1].strip().strip('"')))
    return named


_SECTION = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_EXCLUDES_FILE = re.compile(r"\s*excludesfile\s*=\s*(.*)", re.IGNORECASE)


def _text(path: Path) -> str:
    """A file's bytes as text, since git compares bytes; nothing of one that is not read."""
    try:
        return read_within(path, Boundary("/")).decode("latin-1")
    except OSError:
        return ""


def _read(path: Path) -> list[_Pattern]:
    lines = _text(path).split("\n")
    return [pattern for line in lines if (pattern := _pattern(line)) is not None]


def _pattern(line: str) -> _Pattern | None:
    line = line.removesuffix("\r")
    line = re.sub(r"(?<!\\) +$", "", line)
    if not line or line.startswith("#"):
        return None
    brings_back = line.startswith("!")
    line = line.removeprefix("!")
    only_folders = line.endswith("/")
    line = line.removesuffix("/")
    anchored = "/" in line
    try:
        expression = re.compile(("" if anchored else "(?:.*/)?") + _expression(line), re.DOTALL)
    except re.error:
        return None  # a bracket that git does not understand either
    return _Pattern(expression, brings_back, only_folders)


def _expression(pattern: str) -> str:
    """A pattern with slashes in it as a regular expression."""
    parts = pattern.removeprefix("/").split("/")
    last = len(parts) - 1
    text = ""
    for index, part in enumerate(parts):
        if part == "**":
            text += ".*" if index == last else "(?:.*/)?"
        else:
            text += _part(part) + ("" if index == last else "/")
    return text


def _part(part: str) -> str:
    text, index = "", 0
    while index < len(part):
        character = part[index]
        index += 1
        if character == "*":
            text += "[^/]*"
        elif character == "?":
            text += "[^/]"
        elif character == "\\" and index < len(part):
            text += re.escape(part[index])
            index += 1
        elif character == "[" and (end := _end_of_bracket(part, index)) > 0:
            text += _bracket(part[index:end])
            index = end + 1
        else:
            text += re.escape(character)
    return text


def _end_of_bracket(part: str, start: int) -> int:
    first = start + 1 if part[start : start + 1] in ("!", "^") else start
    return part.find("]", first + 1)


def _bracket(inside: str) -> str:
    negated = inside[:1] in ("!", "^")
    inside = inside[1:] if negated else inside
    escaped = inside.replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
    return f"(?!/)[{'^' if negated else ''}{escaped}]"
