"""Steps of `init` for the places where a team's checks run: pre-commit and GitHub Actions."""

from __future__ import annotations

import re
from pathlib import Path

from pgtrigger_codegen import __version__
from pgtrigger_codegen.cli.init_steps import Step, plain_text, text_step

_REPOSITORY = "pgtrigger-codegen/pgtrigger-codegen"
_URL = f"https://github.com/{_REPOSITORY}"
_REV = f"v{__version__}"
_COMMANDS = {
    "pgtrigger-codegen-lint": "lint --force-exclude",
    "pgtrigger-codegen-check": "makemigrations --check --staged",
}
"""The hooks, and their commands where the project is a folder of the repository."""

_REPOS = re.compile(r"^repos:[ \t]*(#[^\n]*)?\n(?P<items>(?:[ \t#-][^\n]*\n|\n)*)", re.MULTILINE)
_ITEM = re.compile(r"^(?P<indent>[ \t]*)-[ \t]+repo:", re.MULTILINE)

_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
"""Names of folders that mean themselves in YAML, in a shell and in a command line."""

_WORKFLOW = """\
name: {name}
on: pull_request
permissions:
  contents: read
  pull-requests: write # for the comment; leave it out, and the report is in the job summary alone
jobs:
  triggers:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
        with:
          fetch-depth: 0 # the report compares with the target branch
          persist-credentials: false
      - uses: {action}
"""


def pre_commit_step(repository: Path, project: Path) -> Step | None:
    """The hooks, in a repository that uses pre-commit."""
    path = repository / ".pre-commit-config.yaml"
    text = plain_text(path)
    if text is None:
        return None
    folder = _folder(repository, project)
    if _URL in text and (folder is None or f"-C {folder} " in text):
        return None
    title = f"Add the hooks to {path.name}"
    why = "They need neither the project's environment nor a database."
    if folder is not None and not _PLAIN.fullmatch(folder):
        return Step("pre-commit", title, why, left=_by_hand(folder))
    after = with_hooks(text, folder)
    if after is None:
        left = "its `repos` are written in a way that is not changed here: see docs/ci.md"
        return Step("pre-commit", title, why, left=left)
    return text_step("pre-commit", title, why, path, text, after)


def with_hooks(text: str, folder: str | None) -> str | None:
    """The configuration of pre-commit with our hooks at the end of its list.

    Args:
        folder: The project's folder in the repository; None for the repository's own.

    Returns:
        None where `repos` is no list with an item on each line.
    """
    found = list(_REPOS.finditer(text if text.endswith("\n") else f"{text}\n"))
    if len(found) != 1 or (item := _ITEM.search(found[0]["items"])) is None:
        return None
    indent = item["indent"]
    if _first_item(found[0]["items"]) != indent:
        return None
    items = found[0]["items"].rstrip()
    start = found[0].start("items")
    block = "".join(f"{indent}{line}\n" for line in _hooks(folder))
    ended = text if text.endswith("\n") else f"{text}\n"
    return f"{ended[: start + len(items)]}\n{block}{ended[start + len(items) + 1 :]}"


def workflow_step(repository: Path, project: Path) -> Step | None:
    """A workflow of GitHub Actions, in a repository that has some."""
    workflows = repository / ".github" / "workflows"
    if not workflows.is_dir():
        return None
    folder = _folder(repository, project)
    title = "Check pull requests in .github/workflows"
    why = "Findings become annotations, and a report tells reviewers what a change does."
    if folder is not None and not _PLAIN.fullmatch(folder):
        return Step("workflow", title, why, left=_by_hand(folder))
    wanted = f"working-directory: {folder}\n" if folder else f"uses: {_REPOSITORY}@"
    files = (*workflows.glob("*.yml"), *workflows.glob("*.yaml"))
    if any(wanted in (plain_text(path) or "") for path in files):
        return None
    name = "triggers" if folder is None else f"triggers-{folder.replace('/', '-')}"
    path = workflows / f"{name}.yml"
    if path.exists():
        return None
    text = _WORKFLOW.format(name=name, action=f"{_REPOSITORY}@{_REV}")
    if folder is not None:
        text += f"        with:\n          working-directory: {folder}\n"
    title = f"Check pull requests in .github/workflows/{path.name}"
    return text_step("workflow", title, why, path, None, text)


def _folder(repository: Path, project: Path) -> str | None:
    return None if project == repository else project.relative_to(repository).as_posix()


def _by_hand(folder: str) -> str:
    return f"the folder is called {folder!r}, which needs quotes: see docs/ci.md"


def _first_item(items: str) -> str | None:
    line = next((one for one in items.splitlines() if one.lstrip().startswith("-")), "")
    return line[: len(line) - len(line.lstrip())]


def _hooks(folder: str | None) -> list[str]:
    lines = [f"- repo: {_URL}", f"  rev: {_REV}", "  hooks:"]
    for hook, command in _COMMANDS.items():
        lines.append(f"    - id: {hook}")
        if folder is not None:
            lines += [
                f"      name: {hook} ({folder})",
                f"      entry: pgtrigger-codegen -C {folder} {command} --",
                f"      files: ^{re.escape(folder)}/",
            ]
    return lines
