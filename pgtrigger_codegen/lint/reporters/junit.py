"""JUnit's XML, in the dialect that Jenkins checks (xunit-plugin's junit-10.xsd)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import escaped

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_TOOL = "pgtrigger-codegen"
# The few characters that XML has no place for: `re` takes longer to compile a list of the others.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def junit(report: Report) -> str:
    """A suite for each file, a case for each finding; information is no failure."""
    from xml.etree import ElementTree as ET  # no other format needs it

    root = ET.Element("testsuites", {"name": _TOOL, **_counts(report.diagnostics)})
    by_file = groupby(report.diagnostics, key=lambda finding: finding.span.path)
    for path, findings in by_file:
        _add_suite(root, report.display_path(path), tuple(findings))
    if not report.diagnostics:
        # A report without cases makes some servers say that nothing was run.
        suite = ET.SubElement(root, "testsuite", {"name": _TOOL, **_counts((), cases=1)})
        ET.SubElement(suite, "testcase", name="no findings", classname=_TOOL)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _counts(findings: tuple[Diagnostic, ...], *, cases: int | None = None) -> dict[str, str]:
    failures = sum(finding.severity is not Severity.INFO for finding in findings)
    tests = len(findings) if cases is None else cases
    return {"tests": str(tests), "failures": str(failures), "errors": "0"}


def _add_suite(root: Element, path: str, findings: tuple[Diagnostic, ...]) -> None:
    from xml.etree import ElementTree as ET

    suite = ET.SubElement(root, "testsuite", {"name": _xml(path), **_counts(findings)})
    for finding in findings:
        line, column = finding.span.line, finding.span.column
        case = ET.SubElement(
            suite,
            "testcase",
            name=f"{finding.code} {finding.name} ({line}:{column})",
            classname=_xml(path),
        )
        text = _xml(f"{path}:{line}:{column}: {finding.code} {finding.message}")
        if finding.help:
            text += _xml(f"\nhelp: {finding.help}")
        if finding.severity is Severity.INFO:
            ET.SubElement(case, "system-out").text = text
        else:
            failure = ET.SubElement(
                case, "failure", type=finding.severity.value, message=_xml(finding.message)
            )
            failure.text = text


def _xml(text: str) -> str:
    """The text without characters that no XML document can hold, or that a terminal acts on."""
    return escaped(_NOT_XML.sub("\ufffd", text))
