"""Every command that writes, killed at random moments: the next run ends as if nothing was."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pgtrigger_codegen.transaction.journal import NAME
from tests.cli import test_collapse
from tests.migrations.conversion.histories import copy_history
from tests.support.cli import run_cli, start_process
from tests.support.projects import copy_project

pytestmark = pytest.mark.slow

_MOMENTS = int(os.environ.get("PGTRIGGER_CODEGEN_TEST_MOMENTS", "20"))
_SEED = int(os.environ.get("PGTRIGGER_CODEGEN_TEST_SEED", random.randrange(10**6)))


def _shop(folder: Path) -> Path:
    return copy_project("shop", folder)


def _bank(folder: Path) -> Path:
    """Migrations of django-pgtrigger, under version control."""
    return _committed(copy_history("django_pgtrigger_4_17", folder))


def _twice_changed(folder: Path) -> Path:
    """Migrations that are not committed, and can be collapsed."""
    project = folder / "project"
    (project / "shop" / "migrations").mkdir(parents=True)
    for package in ("shop", "shop/migrations"):
        (project / package / "__init__.py").touch()
    (project / "settings.py").write_text(test_collapse.SETTINGS)
    (project / "pyproject.toml").write_text('[tool.pgtrigger-codegen]\nsettings = "settings"\n')
    (project / "shop/migrations/0001_initial.py").write_text(test_collapse.INITIAL)
    _committed(project)
    for event in ("Delete", "Update"):
        (project / "shop/models.py").write_text(test_collapse.MODELS.format(event=event))
        assert run_cli(project, "makemigrations").exit_code == 0
    return project


def _committed(project: Path) -> Path:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for arguments in (("init", "-q"), ("add", "."), (*identity, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    return project


_FIXES = ("--select", "ALL", "--unsafe-fixes")
_COMMANDS: dict[str, tuple[Callable[[Path], Path], tuple[str, ...]]] = {
    "makemigrations": (_shop, ("makemigrations",)),
    "convert": (_bank, ("convert", "--settings")),
    "collapse": (_twice_changed, ("collapse", "shop", "0002")),
    "fix": (_shop, ("lint", *_FIXES, "--fix")),
    "add-ignores": (_shop, ("lint", *_FIXES[:2], "--add-ignores")),
    "write-baseline": (
        _shop,
        ("lint", *_FIXES[:2], "--baseline", "baseline.json", "--write-baseline"),
    ),
}


@pytest.mark.parametrize("name", _COMMANDS)
def test_killed_at_random_moments(name: str, tmp_path: Path) -> None:
    make, arguments = _COMMANDS[name]
    moments = random.Random(_SEED)
    before = make(tmp_path / "before")
    done = _copy(before, tmp_path / "done")
    started = time.monotonic()
    process = _start(done, arguments)
    process.communicate()
    duration = time.monotonic() - started
    assert process.returncode in (0, 1)
    as_before, as_done = _contents(before), _contents(done)
    assert as_before != as_done
    for number in range(_MOMENTS):
        project = _copy(before, tmp_path / str(number))
        process = _start(project, arguments)
        # Half of them while files are written, which takes a hundredth of the time.
        _wait(process, project, moments, duration, for_writing=number % 2 == 0)
        process.kill()
        process.communicate()
        left = {path: text for path, text in _contents(project).items() if _counts(path)}
        for path, text in left.items():
            assert text in (as_before.get(path), as_done.get(path)), (
                f"{path} is half written, seed {_SEED}"
            )

        again = _start(project, arguments)
        _, errors = again.communicate()

        assert again.returncode in (0, 1), errors
        assert _contents(project) == as_done, f"killed at moment {number}, seed {_SEED}"
        shutil.rmtree(project)


def _start(project: Path, arguments: tuple[str, ...]) -> subprocess.Popen[str]:
    return start_process(
        project,
        "--no-cache",
        *arguments,
        stdout=subprocess.DEVNULL,
        variables={"PYTHONDONTWRITEBYTECODE": "1"},
    )


def _wait(
    process: subprocess.Popen[str],
    project: Path,
    moments: random.Random,
    duration: float,
    *,
    for_writing: bool,
) -> None:
    if not for_writing:
        time.sleep(moments.uniform(0, duration))
        return
    pause = moments.uniform(0, 0.02)
    while process.poll() is None and not (project / NAME).exists():
        time.sleep(0.0002)
    time.sleep(pause)


def _counts(path: str) -> bool:
    """Whether a file is more than what a killed run leaves for the next one."""
    return not path.endswith(("~", NAME))


def _contents(project: Path) -> dict[str, bytes]:
    return {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in project.rglob("*")
        if path.is_file() and not {".git", "__pycache__"}.intersection(path.parts)
    }


def _copy(project: Path, target: Path) -> Path:
    return Path(shutil.copytree(project, target))
