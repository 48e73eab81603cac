"""A stranger's repository with links, pipes and devices: nothing that they lead to is printed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Outcome, run_cli, run_process
from tests.support.projects import small_project

_SECRET = "hunter2-in-the-environment"
_QUICK = ("the environment", "a pipe", "too large")
_COMMANDS = (
    ("show", "--output-format", "json"),
    ("lint", "--output-format", "full"),
    ("makemigrations", "--check"),
)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose triggers have migrations, so that they can seem to be gone."""
    project = small_project(tmp_path_factory.mktemp("pristine"))
    assert run_cli(project, "makemigrations").exit_code == 0
    return project


@pytest.fixture
def project(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CI_TOKEN", _SECRET)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "models.py").write_text(f"SECRET = '{_SECRET}'\nclass Broken(:\n")
    (tmp_path / "outside" / "token").write_text(_SECRET)
    project = Path(shutil.copytree(pristine, tmp_path / "project"))
    (project / ".git").mkdir()
    return project


def _all(project: Path) -> dict[str, Outcome]:
    return {" ".join(command): run_cli(project, *command) for command in _COMMANDS}


def _link(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def _large(path: Path) -> None:
    path.write_text("import pgtrigger\n" + "#" * 4 * 1024 * 1024)


_PLANTED: dict[str, Callable[[Path], None]] = {
    "the environment": _link("/proc/self/environ"),
    "a file of the system": _link("/etc/passwd"),
    "a token": _link("../../../outside/token"),
    "source elsewhere": _link("../../../outside/models.py"),
    "a device": _link("/dev/zero"),
    "a pipe": os.mkfifo,
    "too large": _large,
    "a folder": lambda path: path.mkdir(),
    "a circle": _link("models.py"),
}


@pytest.mark.parametrize(
    "kind",
    [kind if kind in _QUICK else pytest.param(kind, marks=pytest.mark.slow) for kind in _PLANTED],
)
def test_models_that_are_no_file_of_the_project(project: Path, kind: str) -> None:
    models = project / "shop" / "catalog" / "models.py"
    models.unlink()
    _PLANTED[kind](models)

    for command, outcome in _all(project).items():
        printed = outcome.stdout + outcome.stderr
        assert _SECRET not in printed, command
        assert "root:" not in printed, command
        assert "Traceback" not in printed
    # What may have been declared there is not taken for gone.
    assert "- Remove trigger" not in run_cli(project, "makemigrations", "--dry-run").stdout


def test_what_is_gone_would_be_removed(project: Path) -> None:
    """Else the test above would show nothing."""
    models = project / "shop" / "catalog" / "models.py"
    declared = '            pgtrigger.ReadOnly(name="fixed_title", fields=["title"]),\n'
    assert declared in models.read_text()
    models.write_text(models.read_text().replace(declared, ""))

    assert "- Remove trigger" in run_cli(project, "makemigrations", "--dry-run").stdout


@pytest.mark.parametrize("kind", ["the environment", "a device", "a pipe", "too large"])
def test_the_reason_is_said(project: Path, kind: str) -> None:
    settings = project / "shop" / "settings.py"
    settings.unlink()
    _PLANTED[kind](settings)
    reason = {
        "the environment": "a symbolic link leads out of the project",
        "a device": "a symbolic link leads out of the project",
        "a pipe": "it is not a regular file",
        "too large": "it is larger than 4 MiB",
    }[kind]

    outcome = run_cli(project, "show")

    assert outcome.exit_code == 2
    assert reason in outcome.stderr


@pytest.mark.parametrize(
    "name",
    [
        "pyproject.toml", "requirements.txt", "uv.lock", "Pipfile.lock", "setup.cfg", "pytest.ini",
        "manage.py", "shop/wsgi.py", ".venv/pyvenv.cfg", "shop/catalog/dump.sql", "tox.ini",
        "shop/catalog/migrations/0001_initial.py", "shop/catalog/migrations/0009_x.py",
        "shop/catalog/apps.py", "shop/__init__.py",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "kind",
    [
        "the environment",
        pytest.param("a device", marks=pytest.mark.slow),
        pytest.param("a pipe", marks=pytest.mark.slow),
    ],
)
def test_other_files_that_are_none(project: Path, name: str, kind: str) -> None:
    path = project / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    _PLANTED[kind](path)

    outcome = run_cli(project, "lint", "--output-format", "full")

    assert _SECRET not in outcome.stdout + outcome.stderr
    assert outcome.exit_code in (0, 1, 2)


@pytest.mark.parametrize("path", ["/proc/self/environ", "../../outside/token", "/etc/passwd"])
def test_settings_that_include_other_files(project: Path, path: str) -> None:
    settings = project / "shop" / "settings.py"
    settings.write_text(
        f"from split_settings.tools import include\ninclude({path!r})\n{settings.read_text()}"
    )

    for command, outcome in _all(project).items():
        printed = outcome.stdout + outcome.stderr
        assert _SECRET not in printed, command
        assert "root:" not in printed, command


def test_an_app_that_is_a_link_out_of_the_project(project: Path, tmp_path: Path) -> None:
    catalog = project / "shop" / "catalog"
    for written in (project / "shop" / "catalog" / "migrations").glob("0002_*"):
        written.unlink()
    assert "Add trigger catalog" in run_cli(project, "makemigrations", "--dry-run").stdout
    catalog.rename(tmp_path / "outside" / "catalog")
    catalog.symlink_to(tmp_path / "outside" / "catalog")

    outcome = run_cli(project, "makemigrations", "--dry-run")

    assert "Add trigger catalog" not in outcome.stdout
    assert "catalog" in outcome.stderr


def test_an_app_that_is_a_link_within_the_project(project: Path) -> None:
    before = run_cli(project, "show", "--output-format", "json").data
    catalog = project / "shop" / "catalog"
    (project / "libs").mkdir()
    catalog.rename(project / "libs" / "catalog")
    catalog.symlink_to("../libs/catalog")

    after = run_cli(project, "show", "--output-format", "json").data

    uris = [[trigger["uri"] for trigger in data["triggers"]] for data in (before, after)]
    assert uris[0] == uris[1]


@pytest.mark.parametrize(
    "folder", ["..", pytest.param("/", marks=pytest.mark.slow)], ids=["around", "everything"]
)
def test_a_folder_of_sources_around_the_project_lets_nothing_in(project: Path, folder: str) -> None:
    (project / "pyproject.toml").write_text(
        f'[tool.pgtrigger-codegen]\nsource-roots = ["{folder}"]\n'
    )
    models = project / "shop" / "catalog" / "models.py"
    models.unlink()
    models.symlink_to(project.parent / "outside" / "models.py")

    for command, outcome in _all(project).items():
        assert _SECRET not in outcome.stdout + outcome.stderr, command


@pytest.mark.parametrize("kind", ["a device", "a pipe"])
def test_the_program_ends_and_keeps_its_result(project: Path, kind: str) -> None:
    """What is kept is compared with the files of then, which must not hang either."""
    models = project / "shop" / "catalog" / "models.py"
    models.unlink()
    _PLANTED[kind](models)
    outcomes = [run_process(project, "lint") for _ in range(2)]

    assert outcomes[0].stdout == outcomes[1].stdout
    assert outcomes[0].exit_code == outcomes[1].exit_code
