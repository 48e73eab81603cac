"""What was not read is never taken for absent, whichever command asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.unread import (
    AUDIT_APPS,
    SETTINGS,
    TRIGGERS,
    Hidden,
    open_folder,
    write_complete_project,
)

pytestmark = pytest.mark.usefixtures("one_analysis")


@pytest.fixture(scope="module")
def pristine() -> Iterator[Path]:
    with open_folder() as folder:
        write_complete_project(folder)
        yield folder


@pytest.fixture
def project(pristine: Path) -> Iterator[Hidden]:
    with open_folder() as folder:
        shutil.copytree(pristine, folder, dirs_exist_ok=True)
        yield Hidden(folder)


def test_a_project_that_was_read_has_no_gaps(project: Hidden) -> None:
    shown = project.run("show", "--output-format", "json", "--no-cache").data
    assert {trigger["uri"] for trigger in shown["triggers"]} == TRIGGERS
    # That another app of a package may be installed elsewhere hides none of the project's own.
    assert [(gap["kind"], gap["concerns"]) for gap in shown["gaps"]] == [
        ("assumed-branch", "other-apps")
    ]
    checked = project.run("makemigrations", "--check", "--no-cache")
    assert (checked.exit_code, checked.stdout) == (0, "No changes detected\n")
    assert project.run("lint", "--no-cache", "--ignore", "PGT115").exit_code == 0


def test_migrations_elsewhere_hide_nothing(project: Hidden) -> None:
    changes = (project.root / "shop/orders/migrations").rename(
        project.root / "shop/orders/db_changes"
    )
    for path in changes.glob("0*.py"):
        path.write_text(f"{path.read_text()}\n# pgtrigger.Protect(name='keep_orders')\n")
    settings = project.root / "config/settings.py"
    settings.write_text(
        settings.read_text() + 'MIGRATION_MODULES = {"orders": "shop.orders.db_changes"}\n'
    )
    shown = project.run("show", "--output-format", "json", "--no-cache").data
    assert [gap["kind"] for gap in shown["gaps"]] == ["assumed-branch"]
    checked = project.run("makemigrations", "--check", "--no-cache")
    assert (checked.exit_code, checked.stdout) == (0, "No changes detected\n")


def _unlink(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def _without_permission(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).chmod(0o000)


def _folder(root: Path) -> None:
    (root / "shop/audit/models.py").unlink()
    (root / "shop/audit/models.py").mkdir()


def _dangling(root: Path) -> None:
    (root / "shop/audit/models.py").unlink()
    (root / "shop/audit/models.py").symlink_to("gone.py")


def _other_case(root: Path) -> None:
    (root / "shop/orders/models/item.py").rename(root / "shop/orders/models/Item.py")


def _syntax_error(root: Path) -> None:
    path = root / "shop/audit/models.py"
    path.write_text(path.read_text() + "\nclass Broken(\n")


def _unreached_without_a_name(root: Path) -> None:
    (root / "shop/orders/models/__init__.py").write_text("from .order import Order\n")
    path = root / "shop/orders/models/item.py"
    path.write_text(path.read_text().replace('"keep_items"', "NAMES.keep"))


def _unreached_with_a_helper(root: Path) -> None:
    (root / "shop/orders/models/__init__.py").write_text("from .order import Order\n")
    (root / "shop/orders/models/item.py").write_text(
        "from django.db import models\nfrom shop.core.helpers import keep\n\n\n"
        "class Item(models.Model):\n    class Meta:\n        triggers = [keep('keep_items')]\n"
    )


def _settings(old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / "config/settings.py"
        assert old in SETTINGS
        path.write_text(path.read_text().replace(old, new))

    return change


def _class_based(root: Path) -> None:
    path = root / "config/settings.py"
    lines = [f"    {line}" for line in path.read_text().splitlines()]
    path.write_text("class Dev(Configuration):\n" + "\n".join(lines) + "\n")


HIDINGS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a file without permission": (
        _without_permission("shop/audit/models.py"),
        "unreadable-file",
        "shop/audit/models.py",
    ),
    "a folder without permission": (
        _without_permission("shop/audit"),
        "unreadable-file",
        "shop/audit",
    ),
    "a folder in place of a file": (_folder, "unreadable-file", "shop/audit/models.py"),
    "a link that leads nowhere": (_dangling, "unreadable-file", "shop/audit/models.py"),
    "no models although migrations made some": (
        _unlink("shop/audit/models.py"),
        "missing-models",
        "shop/audit/migrations/0001_initial.py",
    ),
    "an import that leads nowhere": (
        _unlink("shop/orders/models/item.py"),
        "missing-import",
        "shop/orders/models/__init__.py",
    ),
    "a file in another case": (_other_case, "missing-import", "shop/orders/models/__init__.py"),
    "an import in ready() that leads nowhere": (
        _unlink("shop/audit/rules.py"),
        "missing-import",
        "shop/audit/apps.py",
    ),
    "a module with a model that nothing imports any more": (
        lambda root: (root / "shop/orders/models/__init__.py").write_text(
            "from .order import Order\n"
        ),
        "unreached-site",
        "shop/orders/models/item.py",
    ),
    "such a module in which the trigger's name is no literal": (
        _unreached_without_a_name,
        "unreached-site",
        "shop/orders/models/item.py",
    ),
    "such a module without the library's name": (
        _unreached_with_a_helper,
        "unreached-site",
        "shop/orders/models/item.py",
    ),
    "a config of an app with an unknown base": (
        lambda root: (root / "shop/audit/apps.py").write_text(
            AUDIT_APPS.replace("from django.apps import AppConfig", "")
        ),
        "unread-base",
        "shop/audit/apps.py",
    ),
    "a config of an app that its module does not have": (
        _settings('"shop.audit"', '"shop.audit.apps.Config"'),
        "unread-base",
        "shop/audit/apps.py",
    ),
    "a config whose ready() is not known": (
        lambda root: (root / "shop/audit/apps.py").write_text(
            AUDIT_APPS.replace("def ready", "ready = unknown()\n\n    def start")
        ),
        "unread-base",
        "shop/audit/apps.py",
    ),
    "a syntax error": (_syntax_error, "syntax-error", "shop/audit/models.py"),
    "a part of INSTALLED_APPS that is not known": (
        _settings('"shop.audit", "shop.stock"]', '"shop.stock", *more_apps()]'),
        "unknown-setting",
        "config/settings.py",
    ),
    "an app under an assumed value": (
        _settings('os.environ.get("WITH_EXTRAS", "yes")', 'os.environ.get("WITH_EXTRAS", "no")'),
        "assumed-branch",
        "config/settings.py",
    ),
    "settings in a class": (_class_based, "unknown-setting", "config/settings.py"),
    "an app of the project that is not there": (
        lambda root: (root / "shop/audit").rename(root / "elsewhere"),
        "app-not-found",
        "config/settings.py",
    ),
    "a dynamic import": (
        lambda root: (root / "shop/orders/models/__init__.py").write_text(
            "import os\nfrom importlib import import_module\n\n"
            "for name in os.listdir(os.environ['MODELS']):\n    import_module(name)\n"
        ),
        "dynamic-import",
        "shop/orders/models/__init__.py",
    ),
}


@pytest.mark.parametrize("hiding", HIDINGS)
def test_what_is_hidden_is_named_and_kept(project: Hidden, hiding: str) -> None:
    hide, kind, path = HIDINGS[hiding]
    hide(project.root)
    before = set(project.root.rglob("migrations/*.py"))

    shown = project.run("show", "--output-format", "json", "--no-cache")
    assert shown.exit_code == 0
    (gap,) = [gap for gap in shown.data["gaps"] if gap["kind"] == kind]
    assert gap["path"] == path
    assert gap["reason"]
    if kind != "dynamic-import":  # which is told as what could not be resolved
        assert f"not read ({kind})" in project.run("show", "--no-cache").stdout

    linted = project.run("lint", "--no-cache", "--output-format", "json")
    assert linted.exit_code == 1
    places = [(one["path"], one["line"]) for one in linted.data if one["severity"] != "info"]
    assert places.count((path, gap["line"])) == 1

    for command in (
        ("makemigrations", "--check"),
        ("makemigrations",),
        ("diff",),
    ):
        outcome = project.run(*command, "--no-cache")
        assert outcome.exit_code == 2, command
        assert "No changes detected" not in outcome.stdout
        assert "No differences" not in outcome.stdout
        if hiding != "settings in a class" or command != ("makemigrations",):
            assert f"{path}:{gap['line']}:" in outcome.stderr, command
    assert set(project.root.rglob("migrations/*.py")) == before
