"""What a release is made of; the workflows: what they run exists, and is run where it can be."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from pgtrigger_codegen import __version__
from pgtrigger_codegen.cli.main import COMMANDS
from tests.support.projects import REPOSITORY

WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text())
    for path in sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
}
RELEASE = WORKFLOWS["release.yml"]
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_hash(name: str) -> None:
    text = (REPOSITORY / ".github" / "workflows" / name).read_text()
    used = re.findall(r"uses: (.+)", text)

    assert used
    for action in used:
        assert _PINNED.fullmatch(action), action


def test_one_action_has_one_hash() -> None:
    """So that an upgrade forgets no place."""
    used = {
        action
        for path in (REPOSITORY / ".github" / "workflows").glob("*.yml")
        for action in re.findall(r"uses: (.+)", path.read_text())
    }

    assert len({action.partition("@")[0] for action in used}) == len(used)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_may_only_read_except_for_what_a_job_needs(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    allowed = {
        ("release.yml", "publish"): {"id-token": "write"},
        ("release.yml", "announce"): {"contents": "write"},
        ("site.yml", "deploy"): {"pages": "write", "id-token": "write"},
    }
    for job, content in WORKFLOWS[name]["jobs"].items():
        assert content.get("permissions") == allowed.get((name, job)), job
        assert "timeout-minutes" in content or job == "sessions", job


def test_a_wheel_is_tried_on_every_python_on_linux_and_macos() -> None:
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    pythons = re.findall(r"Python :: (3\.\d+)'", str(pyproject["project"]["classifiers"]))
    matrix = RELEASE["jobs"]["try"]["strategy"]["matrix"]

    assert matrix["python"] == pythons
    assert {system.partition("-")[0] for system in matrix["os"]} == {"ubuntu", "macos"}


def test_nothing_is_published_that_was_not_tried() -> None:
    jobs = RELEASE["jobs"]

    assert jobs["publish"]["if"] == "github.ref_type == 'tag'"
    assert set(jobs["publish"]["needs"]) == {"build", "try", "suite"}
    assert jobs["announce"]["needs"] == "publish"
    (publish,) = (step for step in jobs["publish"]["steps"] if "pypi-publish" in step["uses"])
    assert publish["with"] == {"attestations": True}


def test_sessions_and_scripts_that_workflows_name_exist() -> None:
    noxfile = _script(REPOSITORY / "noxfile.py")
    sessions = set()
    for command in _commands():
        sessions |= set(re.findall(r"--session \"?([\w-]+)", command))
        for variant in re.findall(r"--session \"tests\((.+)\)\"", command):
            assert variant in noxfile.IDS
        for script in re.findall(r"\.ci/\w+(?:\.py)?", command):
            assert (REPOSITORY / script).is_file(), script

    assert sessions >= {"docs", "dist", "tests"}
    for session in sessions:
        assert callable(getattr(noxfile, session)), session


def test_the_guide_names_sessions_files_and_environments_that_exist() -> None:
    guide = (REPOSITORY / "RELEASING.md").read_text()
    noxfile = _script(REPOSITORY / "noxfile.py")

    for session in re.findall(r"nox -s (\w+)", guide):
        assert callable(getattr(noxfile, session))
    for name in re.findall(r"`((?:\.ci|\.github|docs|pgtrigger_codegen)/[\w./]+)`", guide):
        assert (REPOSITORY / name).exists(), name
    for job in ("publish",):
        assert f"`{RELEASE['jobs'][job]['environment']['name']}`" in guide


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A repository that is ready for a release, as far as texts go."""
    for name in ("README.md", "CHANGELOG.md", "docs"):
        source = REPOSITORY / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    for page in (tmp_path / "README.md", *(tmp_path / "docs").glob("*.md")):
        text = re.sub(
            r'"pgtrigger-codegen(\[\w+\])? @ git[^"]+"', r"pgtrigger-codegen\1", page.read_text()
        )
        page.write_text(text)
    log = tmp_path / "CHANGELOG.md"
    heading = f"## [Unreleased]\n\n## [{__version__}] - 2027-01-31\n"
    log.write_text(log.read_text().replace("## [Unreleased]\n", heading))
    return tmp_path


def test_a_repository_that_is_ready_has_no_faults(changed: Path) -> None:
    assert list(_release().faults_of_release(f"v{__version__}", changed)) == []


def test_what_is_to_be_done_before_a_tag(changed: Path) -> None:
    release = _release()
    assert list(release.faults_of_release("v9.9.9", changed)) == [
        f"the tag is v9.9.9, and the package says {__version__}",
        "CHANGELOG.md has no section for v9.9.9, or an empty one",
    ]

    page = changed / "docs" / "verify.md"
    page.write_text(
        f'{page.read_text()}\npip install "pgtrigger-codegen[verify] @ git+https://x"\n'
    )

    assert list(release.faults_of_release(f"v{__version__}", changed)) == [
        "docs/verify.md still installs from git"
    ]


def test_notes_are_one_section_of_the_change_log(changed: Path) -> None:
    log = changed / "CHANGELOG.md"
    log.write_text(f"{log.read_text()}\n## [0.0.9] - 2026-01-01\n\n- The one before.\n")
    release = _release()

    notes = release.notes(f"v{__version__}", changed)

    assert notes.startswith("### Added")
    assert "## [" not in notes
    assert "The one before" not in notes
    assert release.notes("v0.0.9", changed) == "- The one before."
    assert release.notes("v0x0x9", changed) == ""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files elsewhere, with what `nox -s dist` makes of them."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (REPOSITORY / name).is_file() and not name.startswith(("tests/", "fixtures/projects")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, folder / name)
    for command in (
        [".ci/man_pages.py", "build/man"],
        ["-m", "build", "--no-isolation"],
        [".ci/release.py", "check"],
    ):
        result = subprocess.run(
            [sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return folder


@pytest.fixture(scope="module")
def installed(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed into a folder beside the packages that it needs."""
    folder = tmp_path_factory.mktemp("installed")
    (wheel,) = (clone / "dist").glob("*.whl")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, wheel],
        check=True,
    )
    return folder


@pytest.mark.slow
def test_man_pages_are_installed_and_say_what_the_help_says(installed: Path) -> None:
    pages = {path.name: path.read_text() for path in installed.glob("share/man/man1/*.1")}

    assert set(pages) == {
        "pgtrigger-codegen.1",
        *(f"pgtrigger-codegen-{name}.1" for name in COMMANDS),
    }
    lint = pages["pgtrigger-codegen-lint.1"]
    assert re.search(r"\\fB\\-\\-baseline\\fP FILE\nDo not report", lint)
    assert "\n\\fB\\-h,\\fP \\-\\-help\n" in lint
    assert lint.startswith('.TH "PGTRIGGER-CODEGEN-LINT" "1" "')
    for name in COMMANDS:
        assert f"\\fBpgtrigger-codegen-{name}(1)\\fP" in pages["pgtrigger-codegen.1"]
    for text in pages.values():
        requests = {line.split(" ")[0] for line in text.splitlines() if line[:1] in {".", "'"}}
        assert requests <= {".TH", ".SH", ".B", ".PP", ".TP"}
        assert "`" not in text
        assert "eager" not in text


@pytest.mark.slow
def test_the_wheel_works_as_the_workflow_tries_it(clone: Path, installed: Path) -> None:
    (step,) = (
        step for step in RELEASE["jobs"]["try"]["steps"] if step.get("name") == "Try the wheel"
    )

    result = _bash(step["run"], clone, PYTHONPATH=str(installed))

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(f"pgtrigger-codegen {__version__} works")


@pytest.mark.slow
def test_a_release_is_announced_with_its_notes(clone: Path, changed: Path, tmp_path: Path) -> None:
    (step,) = (step for step in RELEASE["jobs"]["announce"]["steps"] if "run" in step)
    shutil.copy(changed / "CHANGELOG.md", clone)
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {"pip": "exit 0", "gh": 'echo "$@"; cat notes.md'}.items():
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)

    result = _bash(step["run"], clone, TAG=f"v{__version__}", PATH=f"{tools}{os.pathsep}{_path()}")

    assert result.returncode == 0, result.stderr
    command, *notes = result.stdout.splitlines()
    assert command.startswith(f"release create v{__version__} dist/pgtrigger_codegen-{__version__}")
    assert notes[0] == "### Added"


def _commands() -> Iterator[str]:
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            yield from (step["run"] for step in job["steps"] if "run" in step)


def _bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a step as a runner does."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": _path(), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def _path() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def _release() -> Any:
    return _script(REPOSITORY / ".ci" / "release.py")


@functools.cache
def _script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
