"""The same declarations through us and through a real Django process.

`pytest --update-expected tests/evaluator/test_differential.py` writes the refusals anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import run_json
from tests.support.django_process import DjangoProject
from tests.support.oracle import OracleTrigger, registered_triggers
from tests.support.projects import copy_project, expected_file

# What a real process knows and nobody can know without running it.
UNKNOWABLE = "refused."


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_project("evaluation", tmp_path_factory.mktemp("project"))
    # An environment of the project's own, so that what it has not is known to be absent.
    environment = root / ".venv"
    (environment / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text("version = 3.11.0\n")
    return root


@pytest.fixture(scope="module")
def ours(project: Path) -> Any:
    return run_json(project, "show")


@pytest.fixture(scope="module")
def theirs(project: Path) -> dict[str, OracleTrigger]:
    return {trigger.uri: trigger for trigger in registered_triggers(DjangoProject(project))}


def test_the_fixture_is_large(theirs: dict[str, OracleTrigger]) -> None:
    assert sum(not uri.startswith(UNKNOWABLE) for uri in theirs) >= 150


def test_every_trigger_is_that_of_django_pgtrigger(
    ours: Any, theirs: dict[str, OracleTrigger]
) -> None:
    assert {
        entry["uri"]: (entry["pgid"], entry["hash"], entry["table"]) for entry in ours["triggers"]
    } == {
        uri: (trigger.pgid, trigger.hash, trigger.table)
        for uri, trigger in theirs.items()
        if not uri.startswith(UNKNOWABLE) or uri == "refused.Known:known"
    }


def test_every_trigger_is_named_once(ours: Any) -> None:
    uris = [entry["uri"] for entry in ours["triggers"]]

    assert sorted(uris) == sorted(set(uris))


def test_what_is_refused_and_why(
    ours: Any, theirs: dict[str, OracleTrigger], project: Path, update_expected: bool
) -> None:
    lines = [
        f"{entry['path']}:{entry['line']}:{entry['column']}: {entry['code']} {entry['reason']}\n"
        f"    {_text_at(project, entry)}\n"
        for entry in ours["unresolved"]
    ]
    expected = expected_file("evaluation", "refused.txt")
    if update_expected:
        expected.parent.mkdir(exist_ok=True)
        expected.write_text("".join(lines), encoding="utf-8")

    assert "".join(lines) == expected.read_text(encoding="utf-8")
    # As many as the real process has there, the one that is known aside: none is lost.
    assert len(lines) == sum(uri.startswith(UNKNOWABLE) for uri in theirs) - 1


def test_nothing_is_refused_that_can_be_known(ours: Any) -> None:
    assert {entry["path"].split("/")[0] for entry in ours["unresolved"]} == {"refused"}


def test_what_is_assumed(ours: Any) -> None:
    assert {(entry["name"], entry["value"]) for entry in ours["assumptions"]} == {
        ("PATH", ""),
        ("PGDATABASE", "evaluation"),
        ("connection.vendor", "postgresql"),
        ("module no_such_package_at_all", "not installed"),
    }


def _text_at(root: Path, entry: Any) -> str:
    line: str = (root / entry["path"]).read_text(encoding="utf-8").splitlines()[entry["line"] - 1]
    return line[entry["column"] - 1 :].rstrip()
