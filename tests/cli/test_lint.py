"""`lint` on a real project, analysis and all; `tests/lint` has its options one by one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pgtrigger_codegen.cli.main import main
from pgtrigger_codegen.lint.reporters.formats import REPORTERS
from tests.lint.cases import read_cases
from tests.support.cli import run_cli, run_process
from tests.support.projects import copy_project, write_project

ROOT = Path(__file__).parents[2]
ORDER = "shop/orders/models/order.py"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_ACTIONS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return copy_project("shop", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lnit"], "No such command 'lnit'. Did you mean 'lint'?\n"),
        (["report-all"], "No such command 'report-all'.\n"),
        (["show", "catalog.category:archve"], "did you mean `catalog.Category:archive`?\n"),
        (["show", "orders.Order:nothing"], "help: a URI is app_label.ModelName:trigger_name"),
        (["collapse", "order", "0001"], "help: did you mean 'orders'? apps of the project: "),
    ],
)
def test_what_does_not_exist(shop: Path, arguments: list[str], message: str) -> None:
    outcome = run_cli(shop, *arguments)

    assert outcome.exit_code == 2
    assert message in outcome.stderr


def test_git_is_asked_which_migrations_are_released(tmp_path: Path) -> None:
    fixture = ROOT / "fixtures/rules/PGT412-trigger-mixed-with-slow-operation.md"
    read_cases(fixture)[0].write(tmp_path)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    options = ("lint", "--fail-level", "warning")

    # Outside of git, what is there is taken to have run.
    assert run_cli(tmp_path, *options).exit_code == 0
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert run_cli(tmp_path, *options).exit_code == 1
    for arguments in (("add", "."), (*identity, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    assert run_cli(tmp_path, *options).exit_code == 0


def test_a_diff_is_what_fix_does(shop: Path) -> None:
    before = (shop / ORDER).read_text()
    diff = run_cli(shop, "lint", "--diff").stdout
    assert (shop / ORDER).read_text() == before

    run_cli(shop, "lint", "--fix-only")

    after = (shop / ORDER).read_text()
    changed = [line for line in diff.splitlines() if line[:1] in "+-" and line[1:2] not in "+-"]
    assert after != before
    assert changed == ["-    class Meta:", "+    class Meta(Timestamped.Meta):"]
    assert changed[1][1:] in after.splitlines()
    assert run_cli(shop, "lint", "--diff").exit_code == 0


ODD = """\
import pgtrigger
from django.db import models


@pgtrigger.register(pgtrigger.Protect(name="\\x01\\ud800<&'\\">]]>", operation=pgtrigger.Delete))
class Größe(models.Model):
    pass
"""


@pytest.mark.parametrize("name", [name for name in REPORTERS if name != "junit"])
def test_any_name_can_be_written(shop: Path, name: str) -> None:
    (shop / ORDER).write_text(ODD, encoding="utf-8")
    options = ("--select", "PGT105", "--output-format", name)

    run_cli(shop, "lint", *options, "--output-file", str(shop / "report"))

    assert b"ud800" in (shop / "report").read_bytes()


def test_any_name_can_be_printed(shop: Path) -> None:
    (shop / ORDER).write_text(ODD, encoding="utf-8")
    repository = str(Path(__file__).parents[2])

    # A process of its own: what is printed is encoded for the terminal.
    printed = run_process(
        shop,
        *("lint", "--select", "PGT105"),
        variables={"PYTHONIOENCODING": "ascii", "PYTHONPATH": repository},
    )

    assert (printed.exit_code, printed.stderr.count("Traceback")) == (1, 0)
    assert "ud800" in printed.stdout


def test_text_that_is_not_saved(shop: Path) -> None:
    path = shop / ORDER
    before = path.read_text()
    head, meta, tail = before.rpartition("class Meta:\n")
    typed = f"{head}{meta.replace(':', '(Timestamped.Meta):')}{tail}"
    options = ("--stdin-filename", ORDER, "--select", "PGT103", "--output-format", "json", "-")

    saved = invoke(shop, *options, stdin=before)
    unsaved = invoke(shop, *options, stdin=typed)

    assert [finding["code"] for finding in json.loads(saved)] == ["PGT103"]
    assert json.loads(unsaved) == []
    assert path.read_text() == before


def test_silenced_projects_stay_as_they_are(shop: Path) -> None:
    triggers = run_cli(shop, "show", "--output-format", "sql").stdout

    assert run_cli(shop, "lint", "--add-ignores").exit_code == 0

    assert run_cli(shop, "lint").stdout == "All checks passed!\n"
    assert "# pgtrigger-codegen: ignore[PGT103]" in (shop / ORDER).read_text()
    assert run_cli(shop, "show", "--output-format", "sql").stdout == triggers


def test_a_baseline_for_all_there_is(shop: Path) -> None:
    run_cli(shop, "lint", "--baseline", "known.json", "--write-baseline")

    outcome = run_cli(shop, "lint", "--baseline", "known.json")

    assert (outcome.exit_code, outcome.stdout) == (0, "All checks passed!\n")
    assert "stale" not in outcome.stderr


def invoke(project: Path, *arguments: str, stdin: str) -> str:
    command = ["-C", str(project), "lint", *arguments]
    return CliRunner().invoke(main, command, input=stdin, catch_exceptions=False).stdout


def test_files_of_another_project_within_are_not_said_to_be_right(tmp_path: Path) -> None:
    manage = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo")\n'
    files = {"example/manage.py": manage, "example/demo.py": "", "example/shop/models.py": "x = 1"}
    root = write_project(tmp_path, "", files)

    outcome = run_cli(root, "lint", "example/shop/models.py")
    assert outcome.exit_code == 2
    assert "All checks passed" not in outcome.stdout + outcome.stderr
    assert "-C example lint" in outcome.stderr

    both = run_cli(root, "lint", "example/shop/models.py", "shop/models.py")
    assert both.exit_code == 0, both.stderr
    assert "example/shop/models.py was skipped" in both.stderr
