"""Hooks of pre-commit and workflows, as `init` adds them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pgtrigger_codegen import __version__
from pgtrigger_codegen.cli.init_hooks import pre_commit_step, with_hooks, workflow_step
from tests.support.projects import REPOSITORY, write_files

OURS = {
    "repo": "https://github.com/pgtrigger-codegen/pgtrigger-codegen",
    "rev": f"v{__version__}",
    "hooks": [{"id": "pgtrigger-codegen-lint"}, {"id": "pgtrigger-codegen-check"}],
}

NESTED = """\
default_stages: [commit]
repos:
# first
- repo: local
  hooks:
  - id: x
    args:
    - |
      - repo: no


# last
exclude: ^x
"""


@pytest.mark.parametrize(
    "text",
    [
        "repos:\n- repo: local\n  hooks: []\n",
        "repos:\n  - repo: local\n    hooks: []",
        "# why\nrepos: # all\n\n    -   repo: local\n        hooks: []\n\nci:\n  skip: [x]\n",
        NESTED,
    ],
)
@pytest.mark.parametrize("folder", [None, "services/shop"])
def test_the_list_has_one_item_more_and_nothing_else_is_different(
    text: str, folder: str | None
) -> None:
    changed = with_hooks(text, folder)
    assert changed is not None
    before, after = yaml.safe_load(text), yaml.safe_load(changed)
    added = after["repos"].pop()

    assert after == before
    # All lines are there, in their order.
    lines = iter(changed.splitlines())
    assert all(line in lines for line in text.splitlines() if line.strip())
    if folder is None:
        assert added == OURS
    else:
        assert [hook["entry"] for hook in added["hooks"]] == [
            "pgtrigger-codegen -C services/shop lint --force-exclude --",
            "pgtrigger-codegen -C services/shop makemigrations --check --staged --",
        ]
        assert {hook["files"] for hook in added["hooks"]} == {"^services/shop/"}


@pytest.mark.parametrize(
    "text",
    ["", "repos: []\n", "repos:\n", "repos: [{repo: local, hooks: []}]\n", "- repos:\n", "x: 1\n"],
)
def test_a_list_in_another_form_is_left_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / ".pre-commit-config.yaml").write_text(text)
    step = pre_commit_step(tmp_path, tmp_path)

    assert with_hooks(text, None) is None
    assert step is not None
    assert step.edits == ()
    assert "docs/ci.md" in (step.left or "")


def test_a_repository_without_pre_commit_gets_none(tmp_path: Path) -> None:
    assert pre_commit_step(tmp_path, tmp_path) is None


def test_the_hooks_are_those_that_are_shipped() -> None:
    shipped = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    entries = {hook["id"]: hook["entry"] for hook in shipped}
    changed = with_hooks("repos:\n- repo: local\n  hooks: []\n", "shop")
    assert changed is not None

    for hook in yaml.safe_load(changed)["repos"][-1]["hooks"]:
        assert hook["entry"].replace("-C shop ", "") == entries[hook["id"]]


def test_the_workflow_is_that_of_the_documentation(tmp_path: Path) -> None:
    write_files(tmp_path, {".github/workflows/tests.yml": "name: tests\n"})
    step = workflow_step(tmp_path, tmp_path)
    assert step is not None
    (edit,) = step.edits

    assert edit.path == tmp_path / ".github/workflows/triggers.yml"
    assert f"```yaml\n{edit.after}```" in (REPOSITORY / "docs/ci.md").read_text()


def test_each_project_of_a_repository_has_its_own_workflow(tmp_path: Path) -> None:
    write_files(tmp_path, {".github/workflows/tests.yml": "name: tests\n"})
    for folder in ("one", "two/app"):
        step = workflow_step(tmp_path, tmp_path / folder)
        assert step is not None
        (edit,) = step.edits
        edit.path.write_bytes(edit.content)
        steps = yaml.safe_load(edit.after)["jobs"]["triggers"]["steps"]
        assert steps[-1]["with"] == {"working-directory": folder}
        assert workflow_step(tmp_path, tmp_path / folder) is None
    names = {path.name for path in (tmp_path / ".github/workflows").iterdir()}
    assert names == {"tests.yml", "triggers-one.yml", "triggers-two-app.yml"}


def test_a_folder_whose_name_needs_quotes_is_left_to_people(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {".github/workflows/x.yml": "", ".pre-commit-config.yaml": "repos:\n- repo: local\n"},
    )
    for make in (pre_commit_step, workflow_step):
        step = make(tmp_path, tmp_path / "my shop")
        assert step is not None
        assert step.edits == ()
        assert "my shop" in (step.left or "")
