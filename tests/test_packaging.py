"""What is shipped, and what the project's own files say of each other."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml

import pgtrigger_codegen
from pgtrigger_codegen.cli.main import COMMANDS
from tests.support.projects import ALL, EVALUATION, PROJECTS, REPOSITORY


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def test_the_console_script_and_the_module_are_the_same_program() -> None:
    script = Path(sys.executable).with_name("pgtrigger-codegen")
    for command in ([str(script)], [sys.executable, "-m", "pgtrigger_codegen"]):
        result = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert result.stdout.strip().endswith(pgtrigger_codegen.__version__)


def test_names_of_files_are_no_options_for_the_hooks() -> None:
    """A file can be called `--exit-zero`, and pre-commit gives names as they are."""
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())

    assert [hook["entry"].split()[-1] for hook in hooks] == ["--", "--", "--"]


def test_the_installed_version_is_that_of_the_package() -> None:
    assert metadata.version("pgtrigger-codegen") == pgtrigger_codegen.__version__


def test_types_are_shipped() -> None:
    assert Path(pgtrigger_codegen.__file__).with_name("py.typed").exists()


def test_help_needs_neither_django_nor_libcst() -> None:
    script = (
        "import sys; from pgtrigger_codegen.cli.main import main;"
        "main(['--help'], standalone_mode=False);"
        "print([n for n in ('django', 'libcst', 'pgtrigger', 'rich') if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[-1] == "[]"


def test_every_border_is_guarded(pyproject: dict[str, Any]) -> None:
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    forbidden = {
        module
        for contract in contracts
        if contract["type"] == "forbidden"
        for module in contract["forbidden_modules"]
    }
    libraries = {"libcst", "django", "pgtrigger", "pgparse", "psycopg", "click", "rich"}
    assert forbidden == libraries | {"pygls", "lsprotocol"}
    exhaustive = {
        container: contract["exhaustive"]
        for contract in contracts
        if contract["type"] == "layers"
        for container in contract["containers"]
    }
    assert exhaustive == {
        "pgtrigger_codegen": True,
        "pgtrigger_codegen.evaluator": True,
        "pgtrigger_codegen.lint": True,
        "pgtrigger_codegen.migrations": True,
    }


def test_no_import_is_exempt_from_its_contract(pyproject: dict[str, Any]) -> None:
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    exempt = [contract["name"] for contract in contracts if "ignore_imports" in contract]
    assert exempt == []


def test_every_package_is_in_the_contracts(pyproject: dict[str, Any]) -> None:
    """Forbidden contracts list their sources, so a new package would be free of them."""
    allowed = {
        "libcst": {"source"},
        "django": {
            *("evaluator", "models", "triggers", "providers", "migrations", "verification"),
            "testing",  # beside the project's own Django
        },
        "pgtrigger": {"evaluator", "triggers", "providers", "migrations", "testing"},
        "pgparse": {"sql"},
        "psycopg": {"database", "verification"},
        "click": {"cli"},
        "pygls": {"server"},
    }
    package = Path(pgtrigger_codegen.__file__).parent
    packages = _modules_in(package)
    for contract in pyproject["tool"]["importlinter"]["contracts"]:
        if contract["type"] != "forbidden":
            continue
        if contract["source_modules"][0].startswith("pgtrigger_codegen.evaluator."):
            rooms = {name.rpartition(".")[2] for name in contract["source_modules"]}
            assert rooms | {"django", "interpreter"} == _modules_in(package / "evaluator")
            continue
        sources = {name.rpartition(".")[2] for name in contract["source_modules"]}
        library = contract["forbidden_modules"][0]
        assert sources | allowed[library] >= packages, library
        assert not sources & allowed[library], library


def _modules_in(folder: Path) -> set[str]:
    return {
        path.stem
        for path in folder.iterdir()
        if not path.stem.startswith(("__", "."))
        and (path.suffix == ".py" or (path / "__init__.py").is_file())
    }


def test_hooks_call_commands_that_exist() -> None:
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())

    assert [hook["id"] for hook in hooks] == [
        "pgtrigger-codegen-lint",
        "pgtrigger-codegen-check",
        "pgtrigger-codegen-makemigrations",
    ]
    for hook in hooks:
        program, command, *_ = hook["entry"].split()
        assert program == "pgtrigger-codegen"
        assert command in COMMANDS
        assert hook["require_serial"] is True
        # Bodies of triggers are read from files of SQL.
        assert hook["types_or"] == ["python", "sql"]


def test_every_fixture_project_is_in_the_tests() -> None:
    assert {path.name for path in PROJECTS.iterdir() if path.is_dir()} == {*ALL, EVALUATION}


def test_the_changelog_has_an_unreleased_section() -> None:
    assert "\n## [Unreleased]\n" in (REPOSITORY / "CHANGELOG.md").read_text()
