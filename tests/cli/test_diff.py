"""`diff` on small projects."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pgtrigger_codegen.cli.main import main
from tests.cli.test_makemigrations import MODELS, UNREADABLE, Write, run, write

__all__ = ["write"]

PROTECT = 'pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)'
RENAME = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order_protect")]
    operations = [migrations.RenameField("order", "status", "state")]
"""


def diff(root: Path, *args: str) -> Result:
    return CliRunner().invoke(main, ["-C", str(root), "diff", *args])


def change(root: Path, declaration: str) -> None:
    (root / "shop/models.py").write_text(MODELS.replace(PROTECT, declaration))


@pytest.fixture
def project(tmp_path: Path, write: Write) -> Path:
    write()
    assert run(tmp_path).exit_code == 0
    return tmp_path


def test_no_difference(project: Path) -> None:
    result = diff(project)

    assert (result.exit_code, result.stdout) == (0, "No differences\n")


def test_a_new_trigger(tmp_path: Path, write: Write) -> None:
    write()

    result = diff(tmp_path)

    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[:2] == ["+ shop.Order:protect", "  no migration creates it"]
    assert all(line.startswith(("+", "@@")) for line in lines[2:])
    assert not (tmp_path / "shop/migrations/0002_order_protect.py").exists()


def test_another_definition_and_body(project: Path) -> None:
    change(
        project,
        'pgtrigger.Trigger(name="protect", operation=pgtrigger.Update, when=pgtrigger.Before, '
        'condition=pgtrigger.Q(old__status="paid"), func="RETURN OLD;")',
    )

    result = diff(project)

    assert result.exit_code == 1
    assert result.stdout.startswith(
        "~ shop.Order:protect\n"
        "  event changed: DELETE → UPDATE\n"
        "  condition changed: none → WHEN (OLD.\"status\" = 'paid')\n"
        "  function changed\n"
        "@@ "
    )
    assert "\n-    BEFORE DELETE\n+    BEFORE UPDATE\n" in result.stdout
    assert "\n+    RETURN OLD;\n" in result.stdout


def test_a_removed_trigger(project: Path) -> None:
    change(project, "")

    result = diff(project)

    assert result.exit_code == 1
    assert result.stdout.startswith("- shop.Order:protect\n  the source no longer declares it\n@@ ")


def test_a_renamed_column(project: Path) -> None:
    declaration = PROTECT[:-1] + ', condition=pgtrigger.Q(old__status="x"))'
    change(project, declaration)
    assert run(project, "--name", "x").exit_code == 0
    (project / "shop/migrations/0004_rename.py").write_text(
        RENAME.replace("0002_order_protect", "0003_x")
    )
    (project / "shop/models.py").write_text(
        MODELS.replace(PROTECT, declaration).replace("status", "state")
    )

    result = diff(project)

    assert result.exit_code == 1
    assert (
        "migration shop.0004_rename renames column 'status' of table shop_order to 'state'"
        in result.stdout
    )
    assert "only the recorded hash differs" in result.stdout


def test_a_renamed_column_is_a_reason(project: Path) -> None:
    declared = PROTECT.replace(")", ', condition=pgtrigger.Q(old__status="paid"))', 1)
    change(project, declared)
    assert run(project).exit_code == 0
    models = MODELS.replace(PROTECT, declared.replace("status", "state"))
    (project / "shop/models.py").write_text(models.replace("status =", "state ="))

    assert (
        "condition changed: column 'status' renamed to 'state': WHEN (OLD.\"status\" = 'paid') → "
    ) in diff(project).stdout


def test_colors_by_the_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(project, "")
    assert "\x1b" not in diff(project).stdout

    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31m-" in diff(project).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in diff(project).stdout


def test_colors(project: Path) -> None:
    change(project, "")

    assert "\x1b[31m-" in diff(project, "--color").stdout
    assert "\x1b" not in diff(project, "--no-color").stdout


def test_unresolved(project: Path, write: Write) -> None:
    write(audit=UNREADABLE)

    assert diff(project).exit_code == 2
    assert diff(project, "shop").exit_code == 0
