"""Stage project: the edit of the settings that turns django-pgtrigger's own migrations off."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.edits import set_constant
from pgtrigger_codegen.source.files import read_within

_NAME = "PGTRIGGER_MIGRATIONS"


class SettingsEdit(Struct, frozen=True):
    """A settings file in its new form."""

    path: Path
    before: str
    after: str


def runsql_mode_edit(project: Project) -> SettingsEdit | None:
    """What sets `PGTRIGGER_MIGRATIONS = False`; None where that is so, or without settings.

    The file is the settings module itself: what it imports from may serve other projects.
    """
    settings = project.settings
    if settings.runsql_mode or settings.span is None:
        return None
    path = Path(settings.span.path)
    before = read_within(path).decode().replace("\r\n", "\n")
    return SettingsEdit(path, before, set_constant(before, _NAME, "False"))
