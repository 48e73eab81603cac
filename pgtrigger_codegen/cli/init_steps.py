"""The steps of `init`: what each would change, to be shown before anything is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.work_tree import require_clean
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.baseline import Baseline
from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.migrations.conversion.converter import convert
from pgtrigger_codegen.project.config import TABLE, read_toml, toml_table
from pgtrigger_codegen.project.settings_edit import SettingsEdit
from pgtrigger_codegen.project.toml_edit import with_keys
from pgtrigger_codegen.source.original_text import OriginalText
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.transaction.write_files import Change

BASELINE = "pgtrigger-codegen-baseline.json"
_MANY = 10
"""Findings from which on a project is offered to begin with a baseline."""

_MOST_LINES = 40
"""Of a change that is shown in full."""

_PENDING = "PGT401"
"""Migrations that are missing: the next command writes them."""


class FileEdit(Struct, frozen=True):
    """A file in its new form.

    Attributes:
        before: None for a new file. This and `after` have line feeds alone, for differences.
        content: The bytes, with the file's encoding and line ends.
    """

    path: Path
    before: str | None
    after: str
    content: bytes

    @property
    def change(self) -> Change:
        return Change(self.path, self.content, is_new=self.before is None)


class Step(Struct, frozen=True):
    """Something to do.

    Attributes:
        name: For `--skip`.
        title: A request, such as `Set PGTRIGGER_MIGRATIONS = False`.
        why: One sentence.
        left: What to do by hand, where `init` cannot do the step; nothing is changed then.
    """

    name: str
    title: str
    why: str
    edits: tuple[FileEdit, ...] = ()
    left: str | None = None

    def lines(self, root: Path) -> Iterator[str]:
        """What changes: as a unified diff, with paths from a folder, where that can be read."""
        for edit in self.edits:
            name = _shown(edit.path, root)
            diff = list(
                difflib.unified_diff(
                    (edit.before or "").splitlines(),
                    edit.after.splitlines(),
                    "/dev/null" if edit.before is None else f"a/{name}",
                    f"b/{name}",
                    lineterm="",
                )
            )
            if len(diff) <= _MOST_LINES:
                yield from diff
            else:
                added, removed = (sum(line[0] == sign for line in diff[2:]) for sign in "+-")
                yield f"{name}: {counted(added, 'line')} added, {removed} removed"


def settings_step(edit: SettingsEdit | None, shown: str, *, sets: bool, adds: bool) -> Step:
    """RunSQL mode, and django-pgtrigger among the apps.

    Args:
        edit: None where no change of a file was found that has the effect.
        sets: Whether the mode is to be set.
        adds: Whether the app is to be added.
    """
    wanted = ["set PGTRIGGER_MIGRATIONS = False"] if sets else []
    wanted += ['add "pgtrigger" to INSTALLED_APPS'] if adds else []
    request = " and ".join(wanted)
    title = f"{request[0].upper()}{request[1:]} in {shown}"
    why = "Otherwise Django's makemigrations would add the same triggers a second time."
    why = why if sets else "django-pgtrigger tells Django of the triggers."
    if edit is None:
        left = f"{request}, where all settings of the project take it from"
        return Step("settings", title, why, left=left)
    return Step(
        "settings", title, why, (FileEdit(edit.path, edit.before, edit.after, edit.content),)
    )


def conversion_step(analysis: Analysis) -> Step | None:
    """`convert`, where migrations have operations of django-pgtrigger."""
    assert analysis.sites is not None
    found = convert(
        analysis.project,
        analysis.load_migration,
        analysis.sites,
        (),
        analysis.config.databases,
        analysis.allow_migrate,
    )
    if not found.files and not found.obstacles:
        return None
    title = f"Turn django-pgtrigger's operations into RunSQL in {counted(len(found.files), 'file')}"
    why = "Nothing changes in any database; later changes of these triggers need no other step."
    if found.obstacles:
        reason = f"{counted(len(found.obstacles), 'operation')} cannot be converted"
        return Step("convert", title, why, left=f"{reason}: pgtrigger-codegen convert tells why")
    try:
        require_clean(analysis.project.root, [file.path for file in found.files])
    except CodegenError as error:
        return Step("convert", title, why, left=f"{error.args[0]}; then pgtrigger-codegen convert")
    edits = [_utf8_edit(file.path, file.before, file.after) for file in found.files]
    return Step("convert", title, why, tuple(edits))


def configuration_step(analysis: Analysis, values: dict[str, str]) -> Step | None:
    """Keys of the tool's table, as far as it does not have them."""
    path, there = _configuration(analysis)
    missing = {key: value for key, value in values.items() if key not in there}
    if not missing:
        return None
    keys = " and ".join(missing)
    why = "These cannot be told from the project's files, or not everywhere."
    return _toml_step(
        "config", f"Write {keys} into [tool.{TABLE}] of {path.name}", why, path, (), missing
    )


def baseline_step(analysis: Analysis, findings: list[Diagnostic]) -> Step | None:
    """A baseline, where there is much to say about a project that begins."""
    path, _ = _configuration(analysis)
    shown = [one for one in findings if one.code != _PENDING]
    counted_ones = [one for one in shown if one.severity is not Severity.INFO]
    if len(counted_ones) <= _MANY or "baseline" in analysis.config.lint:
        return None
    file = path.parent / BASELINE
    if file.exists():
        return None
    title = f"List {counted(len(shown), 'finding')} of today in {BASELINE}"
    why = "lint then reports only what is new; work on the list as you like."
    step = _toml_step("baseline", title, why, path, ("lint",), {"baseline": BASELINE})
    if step.left is not None:
        return step
    text = Baseline.of(shown, analysis.project.display_path).render()
    edit = FileEdit(file, None, text, text.encode(errors="backslashreplace"))
    return Step(step.name, title, why, (*step.edits, edit))


def text_step(name: str, title: str, why: str, path: Path, before: str | None, after: str) -> Step:
    """A step that changes one file of UTF-8 text."""
    return Step(name, title, why, (_utf8_edit(path, before, after),))


def plain_text(path: Path) -> str | None:
    """A file's text with line feeds alone; None where there is no such file of UTF-8."""
    try:
        return read_bytes(path).decode().removeprefix("\ufeff").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return None


def _configuration(analysis: Analysis) -> tuple[Path, dict[str, object]]:
    """The file that has the tool's table, or is to have it; and the table."""
    path = analysis.config.path or analysis.project.root / "pyproject.toml"
    if not path.is_file():
        return path, {}
    table = toml_table(read_toml(path), "tool", TABLE)
    return path, table if isinstance(table, dict) else {}


def _toml_step(
    name: str, title: str, why: str, path: Path, inner: tuple[str, ...], values: dict[str, str]
) -> Step:
    before = plain_text(path)
    keys = ("tool", TABLE, *inner)
    after = with_keys(before or "", keys, values)
    if after is None:
        lines = ", ".join(f'{key} = "{value}"' for key, value in values.items())
        return Step(name, title, why, left=f"write {lines} into [{'.'.join(keys)}] of {path.name}")
    return text_step(name, title, why, path, before, after)


def _utf8_edit(path: Path, before: str | None, after: str) -> FileEdit:
    form = OriginalText() if before is None else OriginalText.read(path)
    return FileEdit(path, before, after, form.with_text(after).encode())


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
