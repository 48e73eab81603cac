from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pgtrigger_codegen.cli.rule import rule
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint.registry import RULES
from tests.support.cli import run_cli


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rule, arguments, catch_exceptions=False)


@pytest.mark.parametrize("wanted", ["PGT103", "lost-inherited-triggers"])
def test_one_rule(wanted: str) -> None:
    result = run(wanted)

    assert result.exit_code == 0
    assert result.stdout.startswith("# lost-inherited-triggers (PGT103)\n\nSeverity: error. ")
    assert "class Meta(Audited.Meta):" in result.stdout


def test_one_rule_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")

    result = run_cli(Path(), "rule", "PGT103")

    assert result.stdout.startswith("\x1b[1mlost-inherited-triggers (PGT103)\x1b[0m\n\nSeverity")
    assert "\n    \x1b[36m    class Meta(Audited.Meta):\x1b[0m\n" in result.stdout
    assert "```" not in result.stdout


def test_one_rule_as_json() -> None:
    document = json.loads(run("PGT103", "--output-format", "json").stdout)

    explanation = document.pop("explanation")
    assert explanation.startswith("# lost-inherited-triggers (PGT103)\n")
    summary = document.pop("summary")
    assert summary.startswith("Reports a model whose abstract base declares triggers that do not")
    assert "\n" not in summary
    assert document == {
        "code": "PGT103",
        "name": "lost-inherited-triggers",
        "severity": "error",
        "fixable": True,
        "on_by_default": True,
        "url": "https://pgtrigger-codegen.github.io/pgtrigger-codegen/rules/PGT103/",
    }


def test_all_rules() -> None:
    text = run("--all").stdout
    documents = json.loads(run("--all", "--output-format", "json").stdout)

    assert [document["code"] for document in documents] == [one.code for one in RULES]
    assert all(document["summary"] for document in documents)
    assert text == "\n".join(document["explanation"] for document in documents)


@pytest.mark.parametrize("arguments", [(), ("PGT103", "--all")])
def test_one_or_all(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert "Give the CODE of a rule, or --all." in result.stderr


def test_an_unknown_rule() -> None:
    with pytest.raises(CodegenError, match="did you mean PGT103"):
        run("lost-inherited-trigger")
