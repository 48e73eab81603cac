"""The format for programs that read line by line: the objects of `json`, one a line."""

from __future__ import annotations

import json

from pgtrigger_codegen.lint.reporters.json_list import finding_as_json
from pgtrigger_codegen.lint.reporters.report import Report


def json_lines(report: Report) -> str:
    """A JSON object on a line for each finding."""
    return "".join(
        json.dumps(finding_as_json(finding, report), ensure_ascii=False) + "\n"
        for finding in report.diagnostics
    )
