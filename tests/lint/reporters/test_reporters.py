from __future__ import annotations

import json
from typing import Any

import click
import pytest

from pgtrigger_codegen.lint.diagnostic import (
    Applicability,
    Diagnostic,
    Edit,
    Fix,
    Note,
    Severity,
)
from pgtrigger_codegen.lint.reporters.concise import concise
from pgtrigger_codegen.lint.reporters.formats import REPORTERS
from pgtrigger_codegen.lint.reporters.full import full
from pgtrigger_codegen.lint.reporters.heading import summary
from pgtrigger_codegen.lint.reporters.json_list import json_list
from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.lint.reporters.report import Report
from tests.lint import facts

LINES = ["class Order(Audited):", "    class Meta:", "        ordering = []"]
META = facts.span(2, 11)
BASE = facts.span(1, 13)
FIX = Fix("Derive `Meta`", Applicability.SAFE, (Edit(META, "Meta(Audited.Meta)"),))
UNSAFE = Fix("Derive `Meta`", Applicability.UNSAFE, FIX.edits)


def report(*diagnostics: Diagnostic, **options: Any) -> Report:
    return Report(
        diagnostics,
        lambda path: path.removeprefix("/project/"),
        len,
        lines=lambda path: LINES,
        **options,
    )


def test_full_shows_frame_notes_and_help() -> None:
    found = facts.finding(
        META,
        fix=FIX,
        help="Derive it",
        notes=(Note("Declared here", BASE), Note("Of this very place", META)),
    )

    assert full(report(found)).split("\n") == [
        "shop/models.py:2:11: PGT103 [*] Something is wrong",
        "  |",
        "1 | class Order(Audited):",
        "2 |     class Meta:",
        "  |           ^^^^^ PGT103",
        "3 |         ordering = []",
        "  |",
        "  = note: Of this very place",
        "  = help: Derive it",
        "note: shop/models.py:1:13: Declared here",
        "  |",
        "1 | class Order(Audited):",
        "  |             -----",
        "  |",
        "",
        "Found 1 error, 0 warnings.",
        "[*] 1 fixable with `--fix`.",
        "",
    ]


def test_without_help_the_fix_says_what_to_do() -> None:
    assert "  = help: Derive `Meta`\n" in full(report(facts.finding(META, fix=FIX)))


def test_a_file_that_cannot_be_shown_has_no_frame() -> None:
    found = Report((facts.finding(META),), str, len, lines=lambda path: [])

    assert full(found).split("\n")[1] == ""


def test_concise_is_one_line_each() -> None:
    found = (facts.finding(META), facts.finding(facts.span(3), severity=Severity.WARNING))

    assert concise(report(*found)) == (
        "shop/models.py:2:11: PGT103 Something is wrong\n"
        "shop/models.py:3:1: PGT103 Something is wrong\n"
        "Found 1 error, 1 warning.\n"
    )


def test_json_keeps_the_promise() -> None:
    found = facts.finding(META, fix=FIX, help="Derive it", notes=(Note("Declared here", BASE),))

    place = {"path": "shop/models.py", "line": 2, "column": 11, "end_line": 2, "end_column": 16}
    assert json.loads(json_list(report(found))) == [
        {
            "code": "PGT103",
            "name": "some-rule",
            "message": "Something is wrong",
            "severity": "error",
            **place,
            "notes": [
                {"message": "Declared here", "path": "shop/models.py", "line": 1, "column": 13}
            ],
            "help": "Derive it",
            "fix": {
                "title": "Derive `Meta`",
                "applicability": "safe",
                "edits": [{**place, "content": "Meta(Audited.Meta)"}],
            },
            "url": "https://pgtrigger-codegen.github.io/pgtrigger-codegen/rules/PGT103/",
        }
    ]


def test_json_without_fix_and_help() -> None:
    (found,) = json.loads(json_list(report(facts.finding(META))))

    assert (found["fix"], found["help"], found["notes"]) == (None, None, [])


def test_json_without_findings_is_a_list() -> None:
    assert json.loads(json_list(report())) == []


@pytest.mark.parametrize(
    ("fix", "unsafe_fixes", "lines"),
    [
        (None, False, []),
        (FIX, False, ["[*] 1 fixable with `--fix`."]),
        (UNSAFE, False, ["1 more fixable with `--fix --unsafe-fixes`, to be reviewed."]),
        (UNSAFE, True, ["[*] 1 fixable with `--fix --unsafe-fixes`."]),
    ],
)
def test_summary_tells_what_can_be_fixed(
    fix: Fix | None, unsafe_fixes: bool, lines: list[str]
) -> None:
    found = report(facts.finding(META, fix=fix), unsafe_fixes=unsafe_fixes)

    assert summary(found).split("\n")[1:] == lines


@pytest.mark.parametrize(
    ("severities", "fixed", "expected"),
    [
        ([], 0, "All checks passed!"),
        ([], 2, "Fixed 2, nothing left."),
        ([Severity.ERROR, Severity.ERROR], 1, "Found 2 errors, 0 warnings (1 fixed before)."),
        ([Severity.INFO], 0, "Found 0 errors, 0 warnings, 1 for information."),
    ],
)
def test_summary_counts(severities: list[Severity], fixed: int, expected: str) -> None:
    found = [facts.finding(META, severity=severity) for severity in severities]

    assert summary(report(*found, fixed=fixed)) == expected


@pytest.mark.parametrize("name", ["full", "concise"])
def test_colour_changes_nothing_but_colour(name: str) -> None:
    found = facts.finding(META, fix=FIX, notes=(Note("Declared here", BASE),))
    plain = REPORTERS[name](report(found))

    coloured = REPORTERS[name](report(found, palette=Palette(colour=True)))

    assert coloured != plain
    assert click.unstyle(coloured) == plain
