"""The gate, nox and the workflow agree on Pythons, Djangos and releases."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
import pytest
import yaml

from tests.support.projects import REPOSITORY

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_ANSWER = """#!/bin/sh
echo "{}"
"""


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def sessions() -> list[dict[str, Any]]:
    return _sessions("-s", *_names())


@pytest.fixture(scope="module")
def finder() -> ModuleType:
    path = REPOSITORY / ".ci" / "find_pythons.py"
    spec = importlib.util.spec_from_file_location("find_pythons", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_matrix_has_every_python_and_django_that_the_package_names(
    pyproject: dict[str, Any], sessions: list[dict[str, Any]]
) -> None:
    classifiers = pyproject["project"]["classifiers"]
    pythons = _last_parts(classifiers, r"Programming Language :: Python :: (\d+\.\d+)")
    djangos = _last_parts(classifiers, r"Framework :: Django :: (\d+\.\d+)")
    assert pythons[0] == pyproject["project"]["requires-python"].removeprefix(">=")

    for name in ("tests", "slow"):
        ran = {
            (session["python"], session["call_spec"]["django"])
            for session in sessions
            if session["name"] == name
        }
        # Django 6 needs Python 3.12.
        assert ran == {
            (python, django)
            for python in pythons
            for django in djangos
            if (python, django[0]) != ("3.11", "6")
        }


@pytest.mark.parametrize(
    ("session", "distribution"),
    [("pgtrigger", "django-pgtrigger"), ("pghistory", "django-pghistory")],
)
def test_the_matrix_has_the_newest_minor_release_and_two_before_it(
    session: str, distribution: str, sessions: list[dict[str, Any]]
) -> None:
    ran = [entry["call_spec"][session] for entry in sessions if entry["name"] == session]
    major, minor, *_ = map(int, _locked()[distribution].split("."))

    assert ran == [f"{major}.{number}" for number in (minor - 2, minor - 1, minor)]


def test_the_workflow_runs_every_session_but_the_one_that_writes(
    sessions: list[dict[str, Any]],
) -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())
    (tag,) = {step["env"]["TAG"] for step in workflow["jobs"]["sessions"]["steps"] if "env" in step}
    assert tag == "${{ github.event_name == 'schedule' && 'night' || 'change' }}"
    ran = {entry["session"] for name in ("night", "change") for entry in _sessions("-t", name)}

    assert {entry["session"] for entry in sessions} - ran == {"lock"}
    gate = [step.get("run") for step in workflow["jobs"]["gate"]["steps"]]
    assert ".ci/run" in gate


def test_the_workflow_may_only_read() -> None:
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text())
    assert workflow["permissions"] == {"contents": "read"}


def test_the_lock_names_all_that_is_installed_for_development(pyproject: dict[str, Any]) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    wanted = [*pyproject["project"]["dependencies"], *extras["dev"]]
    locked = _locked()
    # Not only what is named here, but what that needs in turn, in the environment of this run.
    names = {_name(requirement) for requirement in wanted}
    pending = sorted(names)
    while pending:
        for requirement in metadata.requires(pending.pop()) or ():
            name = _name(requirement)
            if "extra ==" not in requirement and name not in names and _is_installed(name):
                names.add(name)
                pending.append(name)

    assert not names - locked.keys()


def test_the_lock_names_no_place_to_download_from() -> None:
    text = (REPOSITORY / "requirements-dev.txt").read_text()
    assert "http" not in text
    assert "--" not in text


def test_all_that_is_imported_is_required_from_some_version_on(pyproject: dict[str, Any]) -> None:
    extras = pyproject["project"]["optional-dependencies"]
    required = pyproject["project"]["dependencies"]
    developed = [*required, *extras["dev"]]
    assert all(re.search(r"[>=]=\d", requirement) for requirement in developed)

    # Evaluated source may call sqlparse, which is looked up by its name.
    # A provider may be for a library that only some projects have: it asks for the library when
    # source calls it, and says so where it is not there.
    # Only pytest imports the plugin for it.
    # A language server needs an extra.
    optional = {"django-pgpubsub", "pytest", *map(_name, extras["editor"])}
    assert _distributions("pgtrigger_codegen") - optional | {"sqlparse"} <= set(
        map(_name, required)
    )
    assert optional <= set(map(_name, developed))
    assert _distributions("tests") | _distributions("benchmarks") <= set(map(_name, developed))


def test_the_security_policy_names_tests_that_exist() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text()
    named = re.findall(r"`(tests/[^`]+)`", text)
    assert named
    assert not [name for name in named if not (REPOSITORY / name).exists()]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"python3": "3 11 7 cpython"}, ["3.11.7"], id="one"),
        pytest.param(
            {"python3.12": "3 12 1 cpython", "python3.11": "3 11 2 cpython"},
            ["3.11.2", "3.12.1"],
            id="sorted",
        ),
        pytest.param(
            {"python3": "3 11 2 cpython", "python3.11": "3 11 9 cpython"},
            ["3.11.9"],
            id="the newest of a minor version",
        ),
        pytest.param({"python3": "3 10 13 cpython"}, [], id="too old"),
        pytest.param({"python3": "3 99 0 cpython"}, [], id="not known yet"),
        pytest.param({"python3": "3 11 15 pypy"}, [], id="another implementation"),
        pytest.param({"python3": "nonsense"}, [], id="no Python"),
        pytest.param({}, [], id="none"),
    ],
)
def test_pythons_on_the_path(
    answers: dict[str, str],
    expected: list[str],
    finder: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _only_in(tmp_path, monkeypatch)
    for name, answer in answers.items():
        _fake_python(tmp_path / "bin" / name, answer)

    assert _versions(finder) == expected


@pytest.mark.parametrize(
    "folder",
    [
        ".pyenv/versions/3.13.0/bin",
        ".local/share/uv/python/cpython-3.13.0-linux-x86_64-gnu/bin",
        ".asdf/installs/python/3.13.0/bin",
        ".local/share/mise/installs/python/3.13.0/bin",
        ".rye/py/cpython@3.13.0/bin",
    ],
)
def test_pythons_of_version_managers(
    folder: str, finder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _only_in(tmp_path, monkeypatch)
    _fake_python(tmp_path / "bin" / "python3.11", "3 11 7 cpython")
    _fake_python(tmp_path / folder / "python3", "3 13 0 cpython")

    assert _versions(finder) == ["3.11.7", "3.13.0"]


def test_the_gate_finds_this_python_if_it_is_on_the_path(finder: ModuleType) -> None:
    """With a real interpreter: the question that is put to it is one that it can answer."""
    real = Path(sys.base_prefix, "bin", "python3")
    version = finder.version_of(real)
    assert version == sys.version_info[:3]


def _sessions(*options: str) -> list[dict[str, Any]]:
    result = subprocess.run(
        [sys.executable, "-m", "nox", "--list", "--json", *options],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    sessions: list[dict[str, Any]] = json.loads(result.stdout)
    return sessions


def _names() -> list[str]:
    text = (REPOSITORY / "noxfile.py").read_text()
    return re.findall(r"^def ([a-z]\w*)\(session", text, re.MULTILINE)


def _last_parts(classifiers: list[str], pattern: str) -> list[str]:
    return [found[1] for line in classifiers if (found := re.fullmatch(pattern, line))]


def _locked() -> dict[str, str]:
    text = (REPOSITORY / "requirements-dev.txt").read_text()
    return {_name(name): version for name, version in _PINNED.findall(text)}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def _distributions(package: str) -> set[str]:
    """What a package's modules import, as distributions: the standard library and our own apart."""
    graph = grimp.build_graph(package, include_external_packages=True, cache_dir=None)
    found = {module.partition(".")[0] for module in graph.modules}
    owners = metadata.packages_distributions()
    own = {"pgtrigger_codegen", "tests", "benchmarks"}
    others = found - set(sys.stdlib_module_names) - own
    return {_name(owners[module][0]) for module in others}


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _only_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", str(folder / "bin"))
    for name in ("PYENV_ROOT", "UV_PYTHON_INSTALL_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def _fake_python(path: Path, answer: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_ANSWER.format(answer))
    path.chmod(0o755)


def _versions(finder: ModuleType) -> list[str]:
    pyproject = (REPOSITORY / "pyproject.toml").read_text()
    found = finder.find(finder.supported(pyproject))
    return [".".join(map(str, version)) for version, _ in found]
