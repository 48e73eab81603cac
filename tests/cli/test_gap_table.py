"""Every kind of gap with every command: the page `docs/gaps.md` is made here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pgtrigger_codegen.source.unread import GapKind
from tests.support.projects import REPOSITORY
from tests.support.providers import ABSENT, add_absent_library
from tests.support.unread import (
    SETTINGS,
    Hidden,
    create_tables,
    installed,
    open_folder,
    write_complete_project,
)

PAGE = REPOSITORY / "docs" / "gaps.md"
AUDIT = "shop/audit/models.py"
INTRO = """# Gaps: code that was not read

Triggers may be declared in code that `pgtrigger-codegen` could not read. So it never treats unread
code as if it declared nothing. Each place that it could not read is a *gap*. A gap says which
triggers it may hide: all, those of an app, those on a table, or a trigger of one name. All commands
decide from these gaps alone:

- `show` lists them, in JSON as `gaps`. Its last line counts all places in the source that can
  declare a trigger. `show --sites` lists these places, with the result for each.
- `lint` reports each once, at its place.
- `makemigrations`, `makemigrations --check` and `diff` remove no trigger that a gap may hide, name
  the gap and exit with 2.
- `ls` gives a trigger that a gap may hide the status `UNKNOWN`. `prune`, `uninstall`, `enable` and
  `disable` leave such a trigger alone and exit with 2. With `--even-unread`, they also change
  triggers of this kind that you name on the command line.

Some gaps most likely hide no trigger of the project's own, such as an app of a package that is not
installed. Such a gap also keeps triggers from being dropped, but changes the exit code only if
there is a trigger to keep.

A test makes this table: it provokes each kind of gap in a project whose triggers are all installed.
The table shows exit codes; *kept* counts the installed triggers that the command left alone because
of the gap.

"""
COMMANDS = (
    "`show`",
    "`lint`",
    "`makemigrations --check`",
    "`makemigrations`",
    "`diff`",
    "`ls --check`",
    "`prune`",
)
HEAD = f"| kind | concerns | {' | '.join(COMMANDS)} |\n{'|---' * (len(COMMANDS) + 2)}|\n"


def _append(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        path.write_text(path.read_text() + text)

    return change


def _replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return change


def _link_outside(root: Path) -> None:
    (root / AUDIT).unlink()
    (root / AUDIT).symlink_to("/usr/bin/env")


PROVOKED: dict[GapKind, Callable[[Path], object]] = {
    GapKind.UNREADABLE_FILE: lambda root: (root / AUDIT).chmod(0o000),
    GapKind.REFUSED_FILE: _link_outside,
    GapKind.SYNTAX_ERROR: _append(AUDIT, "class Broken(\n"),
    GapKind.MISSING_IMPORT: lambda root: (root / "shop/orders/models/item.py").unlink(),
    GapKind.DYNAMIC_IMPORT: lambda root: (root / "shop/orders/models/__init__.py").write_text(
        "import os\nfrom importlib import import_module\n\n"
        "for name in os.listdir(os.environ['MODELS']):\n    import_module(name)\n"
    ),
    GapKind.MISSING_MODELS: lambda root: (root / AUDIT).unlink(),
    GapKind.APP_NOT_FOUND: lambda root: shutil.rmtree(root / "shop/audit"),
    GapKind.SETTINGS_NOT_FOUND: lambda root: (root / "manage.py").unlink(),
    GapKind.UNKNOWN_SETTING: _replace("config/settings.py", '"shop.audit"', "*more_apps()"),
    GapKind.ASSUMED_BRANCH: _replace("config/settings.py", '"yes") ==', '"no") =='),
    GapKind.LIMIT_PASSED: _append(
        AUDIT, "\n\nfor i in range(90_000):\n    x = [i, i, i, i]\npgtrigger.register(*x)(Log)\n"
    ),
    GapKind.MISSING_PROVIDER: _append(AUDIT, f"\nimport {ABSENT}\n"),
    GapKind.UNRESOLVED_DECLARATION: _replace(AUDIT, '"append_only"', "unknown_name()"),
    GapKind.UNREAD_BASE: lambda root: shutil.rmtree(root / ".venv"),
    GapKind.UNREACHED_SITE: _replace("shop/audit/apps.py", "from shop.audit import rules", "pass"),
    GapKind.UNACCOUNTED_SITE: _append(
        AUDIT,
        "\nimport asyncio\n\n\nasync def later():\n    pgtrigger.register(\n"
        '        pgtrigger.Protect(name="later", operation=pgtrigger.Delete)\n    )(Log)\n\n\n'
        "DONE = asyncio.run(later())\n",
    ),
}
NOT_PROVOKED = {GapKind.READING_FAILED: "a failure of this tool: as a syntax error"}


def _row(kind: GapKind, project: Hidden, before: set[str]) -> str:
    shown = project.run("show", "--output-format", "json", "--no-cache")
    found = [gap for gap in shown.data["gaps"] if gap["kind"] == kind]
    assert found, (kind, shown.data["gaps"])
    linted = project.run("lint", "--no-cache", "--output-format", "json")
    codes = {one["code"] for one in linted.data if one["path"] == found[0]["path"]}
    codes &= {"PGT001", "PGT002", "PGT003", "PGT004", "PGT006", "PGT107", "PGT117"}
    cells = [f"{shown.exit_code}", f"{linted.exit_code} {' '.join(sorted(codes))}".strip()]
    cells += [
        f"{project.run(*command, '--no-cache').exit_code}"
        for command in (("makemigrations", "--check"), ("makemigrations",), ("diff",))
    ]
    listed = project.run("ls", "--check", "--output-format", "json")
    unknown = sum(entry["status"] == "UNKNOWN" for entry in listed.data)
    pruned = project.run("prune", "--yes")
    cells += [f"{listed.exit_code}", f"{pruned.exit_code}, {unknown} kept"]
    assert installed(project.dsn) == before, kind
    return f"| `{kind}` | {found[0]['concerns']} | {' | '.join(cells)} |\n"


@pytest.mark.slow
def test_the_page_of_gaps(
    database: str, update_expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_absent_library(monkeypatch)
    assert {*PROVOKED, *NOT_PROVOKED} == set(GapKind)
    assert '"yes") ==' in SETTINGS
    create_tables(database)
    page = INTRO + HEAD
    with open_folder() as pristine:
        write_complete_project(pristine)
        assert Hidden(pristine, database).run("install", "--yes").exit_code == 0
        before = installed(database)
        for kind, provoke in PROVOKED.items():
            with open_folder() as folder:
                shutil.copytree(pristine, folder, dirs_exist_ok=True)
                provoke(folder)
                page += _row(kind, Hidden(folder, database), before)
    for kind, why in NOT_PROVOKED.items():
        page += f"| `{kind}` | {why} | | | | | | | |\n"
    if update_expected:
        PAGE.write_text(page)
    assert PAGE.read_text() == page
