"""The cases under `fixtures/rules`: each is a project that goes through the whole program."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pgtrigger_codegen.cli.common import Target
from pgtrigger_codegen.cli.lint import lint
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.verification.facts import server_faults
from pgtrigger_codegen.verification.room import Limits, open_room
from pgtrigger_codegen.verification.verifying import verify
from tests.lint.cases import Case, read_cases
from tests.support.providers import add_absent_library

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "rules").glob("PGT*.md"))
CASES = {
    f"{fixture.stem}: {case.name}": case for fixture in FIXTURES for case in read_cases(fixture)
}


@pytest.fixture(autouse=True)
def _with_an_absent_library(monkeypatch: pytest.MonkeyPatch) -> None:
    add_absent_library(monkeypatch)


FIXED = {name: case for name, case in CASES.items() if case.fixed or case.unsafely_fixed}


VERIFIED = {name: case for name, case in CASES.items() if name.startswith("PGT6")}


READ = {name: case for name, case in CASES.items() if name not in VERIFIED}


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_findings(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)

    _are_announced(case, tmp_path, findings(tmp_path))


@pytest.mark.parametrize("name", VERIFIED)
def test_findings_of_a_server(name: str, tmp_path: Path, postgres: str) -> None:
    VERIFIED[name].write(tmp_path)
    analysis = analyze(tmp_path, settings=None)
    if name.startswith("PGT604"):
        said = tuple(
            ServerFault(trigger.uri, "warning", 'never read variable "price"')
            for trigger in analysis.triggers
            if "price" in trigger.parts.declare
        )
    else:
        with open_room(postgres, "--dsn", Limits()) as room:
            fires = name.startswith("PGT605")
            found = verify(room, analysis, analysis.triggers, lambda text: None, fires=fires)
            said = server_faults(found.verdicts)

    _are_announced(VERIFIED[name], tmp_path, run(analysis, server_faults=said))


def _are_announced(case: Case, tmp_path: Path, found: list[Diagnostic]) -> None:
    expected = sorted(case.expected, key=lambda one: (one.path, one.line, one.code))
    assert [place(tmp_path, one) for one in found] == [
        (one.path, one.line, one.severity, one.code) for one in expected
    ]
    for one, announced in zip(found, expected, strict=True):
        assert announced.message in one.message


@pytest.mark.parametrize("case", FIXED.values(), ids=FIXED)
def test_fixes(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    before = texts(tmp_path)

    safely = invoke(tmp_path, "--fix")

    assert texts(tmp_path) == before | case.fixed
    unsafely = invoke(tmp_path, "--fix", "--unsafe-fixes")
    assert texts(tmp_path) == before | case.fixed | case.unsafely_fixed
    for path, text in texts(tmp_path).items():
        ast.parse(text, path)
    last = unsafely if case.unsafely_fixed else safely
    assert "nothing left" in last.stdout
    assert (last.exit_code, findings(tmp_path)) == (0, [])


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda fixture: fixture.stem)
def test_each_rule_has_cases_for_firing_and_not_firing(fixture: Path) -> None:
    code = fixture.stem.partition("-")[0]
    fires = {any(one.code == code for one in case.expected) for case in read_cases(fixture)}

    assert fires == {True, False}


def findings(root: Path) -> list[Diagnostic]:
    # Cases of migrations are those of a branch that is not released yet.
    return run(analyze(root, settings=None), is_committed=lambda path: False)


def texts(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}


def invoke(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(lint, arguments, obj=Target(root, None), catch_exceptions=False)


def place(root: Path, found: Diagnostic) -> tuple[str, int, str, str]:
    path = Path(found.span.path).relative_to(root).as_posix()
    return path, found.span.line, found.severity, found.code


def test_a_link_to_a_module_that_is_imported_is_no_other_module(tmp_path: Path) -> None:
    (case,) = (one for one in CASES.values() if one.name == "Not firing: tests")
    case.write(tmp_path)
    (tmp_path / "shop" / "models.py").write_text(case.files["shop/tests/test_triggers.py"])
    (tmp_path / "shop" / "link.py").symlink_to("models.py")

    assert "PGT107" not in {one.code for one in findings(tmp_path)}
