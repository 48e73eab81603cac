from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.reporters.junit import junit
from tests.lint import facts
from tests.lint.reporters.examples import FINDINGS, report


@dataclass(frozen=True)
class Element:
    """What an element must have and may have."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What servers agree on: Jenkins (xunit-plugin), GitLab, Azure, CircleCI. Ant's older schema has
# attributes (`file`, `line`) that Jenkins refuses, so they are not here.
SCHEMA: Mapping[str, Element] = {
    "testsuites": Element(
        optional=names("name time tests failures errors"), children=names("testsuite")
    ),
    "testsuite": Element(
        required=names("name tests failures errors"),
        optional=names("time skipped timestamp hostname id package"),
        children=names("properties testcase system-out system-err"),
    ),
    "testcase": Element(
        required=names("name"),
        optional=names("classname time"),
        children=names("skipped error failure system-out system-err"),
    ),
    "failure": Element(optional=names("type message"), text=True),
    "system-out": Element(text=True),
}
COUNTS = names("tests failures errors")


@dataclass
class Violations:
    found: list[str] = field(default_factory=list)

    def check(self, element: ET.Element) -> list[str]:
        rules = SCHEMA[element.tag]
        given_names = set(element.attrib)
        self.found += [f"{element.tag} lacks {name}" for name in rules.required - given_names]
        allowed = rules.required | rules.optional
        self.found += [f"{element.tag} has {name}" for name in given_names - allowed]
        self.found += [
            f"{name} of {element.tag} is no number"
            for name in COUNTS & given_names
            if not element.attrib[name].isdecimal()
        ]
        if not rules.text and (element.text or "").strip():
            self.found.append(f"{element.tag} has text")
        for child in element:
            if child.tag not in rules.children:
                self.found.append(f"{child.tag} in {element.tag}")
            else:
                self.check(child)
        return self.found


def parsed(*findings: Diagnostic) -> ET.Element:
    return ET.fromstring(junit(report(*findings)).encode())


@pytest.mark.parametrize("findings", [(), FINDINGS], ids=["nothing", "findings of every kind"])
def test_valid(findings: tuple[Diagnostic, ...]) -> None:
    root = parsed(*findings)

    assert root.tag == "testsuites"
    assert Violations().check(root) == []


def test_the_schema_refuses_what_is_wrong() -> None:
    root = parsed(*FINDINGS)
    case = next(root.iter("testcase"))
    del case.attrib["name"]
    case.set("file", "shop/models.py")
    ET.SubElement(case, "testsuite")

    assert Violations().check(root) == [
        "testcase lacks name",
        "testcase has file",
        "testsuite in testcase",
    ]


def test_a_suite_for_each_file_with_its_counts() -> None:
    root = parsed(*FINDINGS)

    assert [counts(suite) for suite in suites(root)] == [
        ("shop/models.py", 3, 3),
        ("site-packages/other/models.py", 1, 0),
    ]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "3", "0")
    assert len(list(root.iter("testcase"))) == 4
    assert len(list(root.iter("failure"))) == 3


def test_a_case() -> None:
    (case,) = parsed(FINDINGS[0]).iter("testcase")

    assert case.attrib == {
        "name": "PGT103 some-rule (2:11)",
        "classname": "shop/models.py",
    }
    (failure,) = case
    assert failure.attrib == {"type": "error", "message": "Something is wrong"}
    assert failure.text == "shop/models.py:2:11: PGT103 Something is wrong\nhelp: Derive it"


def test_information_is_no_failure() -> None:
    (case,) = parsed(FINDINGS[3]).iter("testcase")

    assert [child.tag for child in case] == ["system-out"]


def test_nothing_found_is_one_case_that_passes() -> None:
    (case,) = parsed().iter("testcase")

    assert (case.get("name"), list(case)) == ("no findings", [])


@given(st.text())
def test_any_text_can_be_parsed(text: str) -> None:
    finding = facts.finding(facts.span(path=f"/project/{text}"), help=text)

    assert Violations().check(parsed(finding)) == []


def suites(root: ET.Element) -> Iterator[ET.Element]:
    return root.iter("testsuite")


def counts(suite: ET.Element) -> tuple[str, int, int]:
    name, tests, failures = (suite.attrib[key] for key in ("name", "tests", "failures"))
    return name, int(tests), int(failures)
