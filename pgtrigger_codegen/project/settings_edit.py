"""Stage project: the edit of the settings that turns django-pgtrigger's own migrations off."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.edits import set_constant
from pgtrigger_codegen.source.encoding import decode
from pgtrigger_codegen.source.overlay import read_bytes

_NAME = "PGTRIGGER_MIGRATIONS"


class SettingsEdit(Struct, frozen=True):
    """A settings file in its new form.

    Attributes:
        before: With line feeds alone, unless the file mixes line ends.
        after: The same, changed.
        content: The new bytes, in the file's encoding and with its line ends.
    """

    path: Path
    before: str
    after: str
    content: bytes


def runsql_mode_edit(project: Project) -> SettingsEdit | None:
    """What sets `PGTRIGGER_MIGRATIONS = False`; None where that is so, or without settings.

    The file is the settings module itself: what it imports from may serve other projects.
    """
    settings = project.settings
    if settings.runsql_mode or settings.span is None:
        return None
    return settings_edit(Path(settings.span.path), with_runsql_mode)


def with_runsql_mode(text: str) -> str:
    """The text of settings with `PGTRIGGER_MIGRATIONS = False`."""
    return set_constant(text, _NAME, "False")


def settings_edit(path: Path, change: Callable[[str], str]) -> SettingsEdit:
    """A change of a settings file.

    Raises:
        OSError: It cannot be read.
        SyntaxError: It is no Python, or not in the encoding that it declares.
    """
    text, encoding = decode(read_bytes(path))
    plain = text.replace("\r\n", "\n")
    newline = "\r\n" if text == plain.replace("\n", "\r\n") else "\n"
    before = plain if newline == "\r\n" else text
    after = change(before)
    return SettingsEdit(path, before, after, after.replace("\n", newline).encode(encoding))
