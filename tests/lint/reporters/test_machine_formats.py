"""json-lines, github, gitlab and statistics."""

from __future__ import annotations

import json
import re

from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.lint.reporters.formats import REPORTERS, STATISTICS
from pgtrigger_codegen.lint.reporters.github import github
from pgtrigger_codegen.lint.reporters.gitlab import gitlab
from pgtrigger_codegen.lint.reporters.json_lines import json_lines
from pgtrigger_codegen.lint.reporters.json_list import json_list
from pgtrigger_codegen.lint.reporters.palette import Palette
from pgtrigger_codegen.lint.reporters.statistics import statistics, statistics_json
from tests.lint import facts
from tests.lint.reporters.examples import FINDINGS, META, report


def test_json_lines_are_the_objects_of_json() -> None:
    lines = json_lines(report(*FINDINGS)).splitlines()

    assert [json.loads(line) for line in lines] == json.loads(json_list(report(*FINDINGS)))
    assert json_lines(report()) == ""


def test_github() -> None:
    commands = github(report(*FINDINGS)).splitlines()

    assert commands == [
        (
            "::error title=PGT103 (some-rule),file=shop/models.py,line=2,endLine=2,"
            "col=11,endColumn=16"
            "::shop/models.py:2:11: PGT103 Something is wrong%0Ahelp: Derive it"
        ),
        (
            "::error title=PGT104 (some-rule),file=shop/models.py,line=2,endLine=2,"
            "col=11,endColumn=16"
            "::shop/models.py:2:11: PGT104 Something is wrong"
        ),
        (
            "::warning title=PGT102 (some-rule),file=shop/models.py,line=3,endLine=7"
            "::shop/models.py:3:5: PGT102 Something is wrong"
        ),
        (
            "::notice title=PGT999 (some-rule),file=site-packages/other/models.py,line=9,endLine=9,"
            "col=1,endColumn=6::site-packages/other/models.py:9:1: PGT999 Something is wrong"
        ),
        "Found 2 errors, 1 warning, 1 for information.",
        "[*] 1 fixable with `--fix`.",
    ]


def test_github_escapes() -> None:
    finding = replace(
        facts.finding(facts.span(path="/project/a,b:100%.py")), message="100%\r\nof: it, all"
    )

    command = github(report(finding)).splitlines()[0]

    assert "file=a%2Cb%3A100%25.py,line=1" in command
    assert command.endswith("PGT103 100%25%0D%0Aof: it, all")


def test_github_names_files_from_the_root_of_the_repository() -> None:
    command = github(report(FINDINGS[1], repository_path=lambda path: f"backend{path[8:]}"))

    assert "file=backend/shop/models.py," in command


def test_gitlab() -> None:
    first, *others = json.loads(gitlab(report(*FINDINGS)))

    assert re.fullmatch("[0-9a-f]{64}", first.pop("fingerprint"))
    assert first == {
        "description": "PGT103: Something is wrong",
        "check_name": "some-rule",
        "severity": "major",
        "location": {
            "path": "shop/models.py",
            "positions": {
                "begin": {"line": 2, "column": 11},
                "end": {"line": 2, "column": 16},
            },
        },
    }
    assert [other["severity"] for other in others] == ["major", "minor", "info"]


def test_gitlab_fingerprints_are_unique() -> None:
    twice = (facts.finding(META), facts.finding(facts.span(9)))

    marks = [finding["fingerprint"] for finding in json.loads(gitlab(report(*twice)))]

    assert len(set(marks)) == 2


def test_statistics() -> None:
    many = [facts.finding(facts.span(line), code="PGT104") for line in range(1, 11)]

    assert statistics(report(*FINDINGS[:1], *many, *FINDINGS[2:3])) == (
        "10  PGT104  [ ] some-rule\n"
        " 1  PGT102  [ ] some-rule\n"
        " 1  PGT103  [*] some-rule\n"
        "Found 11 errors, 1 warning.\n"
        "[*] 1 fixable with `--fix`.\n"
    )


def test_statistics_of_nothing() -> None:
    assert statistics(report()) == "All checks passed!\n"
    assert json.loads(statistics_json(report())) == []


def test_statistics_with_colour() -> None:
    text = statistics(report(FINDINGS[0], palette=Palette(colour=True)))

    assert "\x1b[" in text


def test_statistics_as_json() -> None:
    assert json.loads(statistics_json(report(FINDINGS[0], FINDINGS[0], FINDINGS[2]))) == [
        {"code": "PGT103", "name": "some-rule", "count": 2, "fixable": True},
        {"code": "PGT102", "name": "some-rule", "count": 1, "fixable": False},
    ]


def test_all_formats_there_are() -> None:
    assert list(REPORTERS) == [
        "full",
        "concise",
        "grouped",
        "json",
        "json-lines",
        "sarif",
        "github",
        "gitlab",
        "junit",
        "azure",
        "pylint",
        "rdjson",
    ]
    assert set(STATISTICS) <= set(REPORTERS)


def test_every_format_ends_its_last_line() -> None:
    for name, reporter in REPORTERS.items():
        if name not in ("azure", "json-lines", "pylint"):  # nothing but the findings
            assert reporter(report()).endswith("\n"), name
        assert reporter(report(*FINDINGS)).endswith("\n"), name


def test_pylint() -> None:
    assert REPORTERS["pylint"](report(*FINDINGS)).splitlines() == [
        "shop/models.py:2: [PGT103(some-rule), ] Something is wrong",
        "shop/models.py:2: [PGT104(some-rule), ] Something is wrong",
        "shop/models.py:3: [PGT102(some-rule), ] Something is wrong",
        "site-packages/other/models.py:9: [PGT999(some-rule), ] Something is wrong",
    ]


def test_azure_has_no_information_and_escapes() -> None:
    odd = replace(facts.finding(facts.span(path="/project/a;b].py")), message="100%\nof it")

    assert REPORTERS["azure"](report(FINDINGS[2], FINDINGS[3], odd)).splitlines() == [
        (
            "##vso[task.logissue type=warning;sourcepath=shop/models.py;linenumber=3;"
            "columnnumber=5;code=PGT102;]Something is wrong"
        ),
        (
            "##vso[task.logissue type=error;sourcepath=a%3Bb%5D.py;linenumber=1;"
            "columnnumber=1;code=PGT103;]100%AZP25%0Aof it"
        ),
    ]


def test_rdjson_counts_bytes_and_suggests_what_is_in_the_same_file() -> None:
    lines = ["é = 1", "é" * 10 + "class Meta:"]
    fix = Fix("Derive", Applicability.SAFE, (Edit(META, "M"),))
    findings = facts.finding(META, fix=fix, help="Derive it"), FINDINGS[0]
    found = json.loads(REPORTERS["rdjson"](report(*findings, lines=lambda path: lines)))

    first, second = found["diagnostics"]
    assert first["message"] == "Something is wrong\nDerive it"
    assert first["location"]["range"]["start"] == {"line": 2, "column": 21}
    assert first["suggestions"] == [{"range": first["location"]["range"], "text": "M"}]
    assert first["code"]["url"].endswith("/rules/PGT103/")
    assert (first["severity"], second["suggestions"]) == ("ERROR", [])


def test_grouped() -> None:
    assert REPORTERS["grouped"](report(*FINDINGS[2:])).splitlines() == [
        "shop/models.py:",
        "  3:5 PGT102 Something is wrong",
        "",
        "site-packages/other/models.py:",
        "  9:1 PGT999 Something is wrong",
        "",
        "Found 0 errors, 1 warning, 1 for information.",
    ]
