"""What `docs/ci.md` shows beside the GitHub Action: the job for GitLab, and the hooks."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.cli import run_cli
from tests.support.git_project import PROTECT, STAMP, GitProject
from tests.support.projects import REPOSITORY

PAGE = (REPOSITORY / "docs" / "ci.md").read_text()
HOOKS = {
    hook["id"]: hook for hook in yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
}
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _documents() -> list[dict[str, Any]]:
    return [yaml.safe_load(block) for block in _BLOCK.findall(PAGE)]


@pytest.mark.slow
def test_the_job_for_gitlab(tmp_path: Path) -> None:
    (job,) = (document["triggers"] for document in _documents() if "triggers" in document)
    project = GitProject(tmp_path / "project", PROTECT)
    project.declare(PROTECT, STAMP.replace("RETURN NEW;", ""))
    project.commit()
    called = tmp_path / "called"
    tools = _tools(tmp_path / "bin", called)
    variables = {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "REPORT_TOKEN": "secret",
        "CI_API_V4_URL": "https://gitlab.example.org/api/v4",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": project.git("rev-parse", "main").strip(),
    }

    result = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=project.root,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1, result.stderr
    assert "1 added" in (project.root / job["artifacts"]["paths"][0]).read_text()
    quality = json.loads((project.root / job["artifacts"]["reports"]["codequality"]).read_text())
    assert "missing-return" in {finding["check_name"] for finding in quality}
    pip, curl = called.read_text().splitlines()
    assert pip == "pip install pgtrigger-codegen"
    assert curl.endswith(
        "body@report.md https://gitlab.example.org/api/v4/projects/3/merge_requests/7/notes"
    )


def _tools(folder: Path, called: Path) -> Path:
    folder.mkdir()
    for name in ("pip", "curl"):
        (folder / name).write_text(f"#!/bin/sh\necho {name} \"$@\" >> '{called}'\n")
    (folder / "pgtrigger-codegen").write_text(
        f"#!/bin/sh\nexec '{sys.executable}' -m pgtrigger_codegen \"$@\"\n"
    )
    for path in folder.iterdir():
        path.chmod(0o755)
    return folder


def test_the_hooks_are_there_and_the_one_that_writes_is_off() -> None:
    (listed,) = (document["repos"][0]["hooks"] for document in _documents() if "repos" in document)
    shown = re.findall(r"id: ([\w-]+)$", PAGE, re.MULTILINE)

    assert [hook["id"] for hook in listed] == ["pgtrigger-codegen-lint", "pgtrigger-codegen-check"]
    assert set(shown) == set(HOOKS)


def test_what_the_hook_writes_has_to_be_added(tmp_path: Path) -> None:
    project = GitProject(tmp_path, PROTECT)
    project.declare(PROTECT, STAMP)
    project.git("add", "--all")

    written = _run(project, "pgtrigger-codegen-makemigrations")
    refused = _run(project, "pgtrigger-codegen-check")
    project.git("add", "--all")
    accepted = _run(project, "pgtrigger-codegen-check")

    assert [written, refused, accepted] == [0, 1, 0]


def _run(project: GitProject, hook: str) -> int:
    assert not HOOKS[hook]["pass_filenames"]
    program, *arguments = shlex.split(HOOKS[hook]["entry"])
    assert program == "pgtrigger-codegen"
    return run_cli(project.root, *arguments).exit_code
