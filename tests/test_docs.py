"""Every command that README and docs show is run, and what is generated is up to date.

A `console` block is a story: its lines that start with `$` run one after the other on a copy of
the shop, on a database of its own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.cli.main import COMMANDS
from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject
from tests.support.projects import REPOSITORY, copy_project

_PAGES = ("README.md", *(f"docs/{page.name}" for page in sorted(REPOSITORY.glob("docs/*.md"))))
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")

# `lint` finds something to say about the shop.
_EXIT_CODES = {"lint": {0, 1}}
_FROM_GIT = "git+https://github.com/pgtrigger-codegen/pgtrigger-codegen"
_NOT_RUN = {
    "python -m pytest": "tests/testing/test_page.py does, on a project of its own",
    f'pip install "pgtrigger-codegen @ {_FROM_GIT}"': "git is not asked in tests",
    f'pip install "pgtrigger-codegen[verify] @ {_FROM_GIT}"': "nor for the extra",
    f'pip install "pgtrigger-codegen[editor] @ {_FROM_GIT}"': "nor for this one",
}


@pytest.mark.early
@pytest.mark.usefixtures("one_analysis")
@pytest.mark.parametrize("page", _PAGES)
def test_commands_run(
    page: str, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database)
    # `verify` would start a server for each command: tests/verification has it do so.
    monkeypatch.setenv("PGTRIGGER_CODEGEN_DSN", database)
    project = DjangoProject(copy_project("shop", tmp_path), database)
    commands = _commands(page)
    # `--check` is shown as what a project runs that is in step; the story above it makes it so.
    if page == "docs/makemigrations.md":
        assert commands[0] == "pgtrigger-codegen makemigrations"

    for command in commands:
        if command not in _NOT_RUN:
            _run(project, shlex.split(command))


def test_there_are_commands_to_run() -> None:
    assert sum(len(_commands(page)) for page in _PAGES) > 15


@pytest.mark.parametrize("page", [*_PAGES, "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"])
def test_links_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for target in _LINK.findall(path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_table_of_commands(update_expected: bool) -> None:
    readme = REPOSITORY / "README.md"
    before, _, rest = readme.read_text().partition("<!-- commands -->\n")
    table, _, after = rest.partition("<!-- /commands -->")
    expected = _command_table()
    if update_expected:
        table = expected
        readme.write_text(f"{before}<!-- commands -->\n{table}<!-- /commands -->{after}")

    assert table == expected


def test_the_setup_command_writes_the_shops_migrations(tmp_path: Path) -> None:
    """All of it but the installation, which is what has made this test run."""
    setup = _marked("setup-command")
    install, separator, rest = setup.partition("'.[dev]' && ")
    assert install == "python3 -m venv .venv && .venv/bin/pip install --quiet --editable "
    assert separator
    copy_project("shop", tmp_path / "fixtures" / "projects")
    # Twice: a clone in which it has run before is no other.
    for _ in range(2):
        _shell(rest.replace(".venv/bin", str(Path(sys.executable).parent)), tmp_path)

    written = {
        path.relative_to(tmp_path / "build" / "shop").parts[1]
        for path in (tmp_path / "build" / "shop").rglob("0002_*.py")
    }
    assert written == {"catalog", "customers", "orders"}


def test_ci_runs_the_readmes_test_command() -> None:
    assert _marked("test-command") == ".venv/bin/python -m pytest -n auto"
    assert "<!-- test-command -->" in (REPOSITORY / ".ci" / "run").read_text()
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)


def _commands(page: str) -> list[str]:
    blocks = _CONSOLE.findall((REPOSITORY / page).read_text())
    return [
        line.removeprefix("$ ")
        for block in blocks
        for line in block.splitlines()
        if line.startswith("$ ")
    ]


def _run(project: DjangoProject, words: list[str]) -> None:
    match words:
        case ["pgtrigger-codegen", "init"]:
            # Whoever reads the page is asked; here nobody answers.
            _run(project, [*words, "--yes"])
        case ["pgtrigger-codegen", command, *options]:
            outcome = run_cli(project.root, command, *options)
            assert outcome.exit_code in _EXIT_CODES.get(command, {0}), outcome.stderr
        case ["python", "manage.py", *arguments]:
            project.manage(*arguments)
        case ["git", "init", "--quiet"]:
            subprocess.run(words, cwd=project.root, check=True)
        case _:
            pytest.fail(f"no test knows how to run {words}")


def _marked(name: str) -> str:
    text = (REPOSITORY / "README.md").read_text()
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)\n```\n<!-- /{name} -->", text, re.DOTALL)
    assert found
    assert "\n" not in found[1], "one command is one line"
    return found[1]


def _shell(command: str, folder: Path) -> None:
    result = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def _command_table() -> str:
    rows = [f"| `{name}` | {summary} |\n" for name, (_, summary) in COMMANDS.items()]
    return "| command | |\n|---|---|\n" + "".join(rows)
