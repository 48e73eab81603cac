"""What was not read is left alone in the database, whichever command asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.unread import (
    SETTINGS,
    Hidden,
    create_tables,
    installed,
    open_folder,
    write_complete_project,
)

AUDITED = "orders.Order:audited"
APPEND_ONLY = "audit.Log:append_only"


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    with open_folder() as folder:
        write_complete_project(folder)
        yield folder


@pytest.fixture
def project(pristine: Path, database: str) -> Iterator[Hidden]:
    create_tables(database)
    with open_folder() as folder:
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        found = Hidden(folder, database)
        outcome = found.run("install", "--yes")
        assert outcome.exit_code == 0, outcome.stderr
        yield found


def _remove_audit(root: Path) -> None:
    (root / "shop/audit/models.py").chmod(0o000)


def _settings(old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        assert old in SETTINGS
        path = root / "config/settings.py"
        path.write_text(path.read_text().replace(old, new))

    return change


HIDINGS: dict[str, Callable[[Path], object]] = {
    "a file without permission": _remove_audit,
    "an app under an environment variable": _settings(
        'os.environ.get("WITH_EXTRAS", "yes") == "yes"', 'os.environ.get("WITH_EXTRAS")'
    ),
    "an app under an assumed value": _settings(
        'os.environ.get("WITH_EXTRAS", "yes")', 'os.environ.get("WITH_EXTRAS", "no")'
    ),
    "settings in a class": lambda root: (root / "config/settings.py").write_text(
        "class Dev(Configuration):\n" + "".join(f"    {line}\n" for line in SETTINGS.splitlines())
    ),
    "apps from a helper": _settings('["pgtrigger", "softly",', '["pgtrigger", *apps(),'),
    "an app that is not there": lambda root: shutil.rmtree(root / "shop/audit"),
    "an import that leads nowhere": lambda root: (root / "shop/audit/rules.py").unlink(),
    "a package that is not there": lambda root: shutil.rmtree(next(root.glob(".venv/lib/*/*/*"))),
    "a syntax error": lambda root: (root / "shop/audit/models.py").write_text("class Log(\n"),
    "no models": lambda root: (root / "shop/audit/models.py").unlink(),
}


# `tests/cli/test_gaps.py` hides in all of these ways, and more, and asks what is missing.
_SOME = [
    pytest.param(hiding, marks=() if number % 3 == 0 else pytest.mark.slow)
    for number, hiding in enumerate(HIDINGS)
]


@pytest.mark.parametrize("hiding", _SOME)
def test_a_trigger_that_was_not_read_stays(project: Hidden, hiding: str) -> None:
    before = installed(project.dsn)
    assert len(before) == 9
    HIDINGS[hiding](project.root)

    pruned = project.run("prune", "--yes")

    assert installed(project.dsn) == before
    assert pruned.exit_code == 2, pruned.stderr
    listed = project.run("ls", "--output-format", "json")
    statuses = {entry["status"] for entry in listed.data}
    assert "PRUNE" not in statuses
    assert "UNKNOWN" in statuses
    assert listed.exit_code == 2
    checked = project.run("ls", "--check")
    assert checked.exit_code == 2
    for command in ("install", "enable", "disable"):
        outcome = project.run(command, "--yes")
        assert outcome.exit_code == 2, (command, outcome.stderr)
        assert installed(project.dsn) == before
    unknown = {
        f"{entry['table']}:{entry['pgid']}" for entry in listed.data if entry["status"] == "UNKNOWN"
    }
    uninstalled = project.run("uninstall", "--yes")
    assert uninstalled.exit_code == 2
    assert installed(project.dsn) == unknown


def test_a_trigger_that_is_named_may_be_changed_even_unread(project: Hidden) -> None:
    before = installed(project.dsn)
    _remove_audit(project.root)

    refused = project.run("uninstall", APPEND_ONLY)
    assert refused.exit_code == 2
    assert "--even-unread" in refused.stderr
    assert installed(project.dsn) == before

    disabled = project.run("disable", APPEND_ONLY, "--even-unread")
    assert (disabled.exit_code, disabled.stdout.count("disabled: ")) == (0, 1), disabled.stderr
    dropped = project.run("uninstall", APPEND_ONLY, "--even-unread")
    assert dropped.exit_code == 0, dropped.stderr
    (gone,) = before - installed(project.dsn)
    assert "append_only" in gone


def test_even_unread_prunes_only_what_is_named(project: Hidden) -> None:
    before = installed(project.dsn)
    _remove_audit(project.root)
    name = next(name.partition(":")[2] for name in before if "append_only" in name)

    assert project.run("prune", "--yes", name).exit_code == 2
    assert installed(project.dsn) == before
    assert project.run("prune", "--yes", "--even-unread").exit_code == 2  # names nothing
    assert installed(project.dsn) == before
    assert project.run("prune", "--yes", name, "--even-unread").exit_code == 0
    assert {one.partition(":")[2] for one in before - installed(project.dsn)} == {name}


def test_what_was_read_is_still_pruned(project: Hidden) -> None:
    path = project.root / "shop/orders/models/order.py"
    text = path.read_text()
    path.write_text(text.replace('pgtrigger.ReadOnly(name="read_only", fields=["status"]),', ""))
    before = installed(project.dsn)

    outcome = project.run("prune", "--yes")

    assert outcome.exit_code == 0, outcome.stderr
    (gone,) = before - installed(project.dsn)
    assert "read_only" in gone
