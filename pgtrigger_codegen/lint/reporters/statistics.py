"""How often each rule found something, in place of the findings."""

from __future__ import annotations

import json
from collections import Counter

from pgtrigger_codegen.lint.fixes.applying import may_apply
from pgtrigger_codegen.lint.reporters.heading import summary
from pgtrigger_codegen.lint.reporters.report import Report


def statistics(report: Report) -> str:
    """A line for each rule, the most frequent first, and the summary."""
    rows = _rows(report)
    width = max((len(str(count)) for _, _, count, _ in rows), default=0)
    lines = []
    for code, name, count, fixable in rows:
        marker = f"[{report.palette.fixable('*')}]" if fixable else "[ ]"
        lines.append(f"{count:{width}}  {report.palette.strong(code)}  {marker} {name}")
    return "\n".join((*lines, summary(report), ""))


def statistics_json(report: Report) -> str:
    """The same as a JSON list."""
    keys = ("code", "name", "count", "fixable")
    rows = [dict(zip(keys, row, strict=True)) for row in _rows(report)]
    return json.dumps(rows, indent=2) + "\n"


def _rows(report: Report) -> list[tuple[str, str, int, bool]]:
    """Code, name, count, and whether `--fix` would mend one of them."""
    counts = Counter((finding.code, finding.name) for finding in report.diagnostics)
    fixable = {
        finding.code
        for finding in report.diagnostics
        if may_apply(finding.fix, unsafe=report.unsafe_fixes)
    }
    rows = [(code, name, count, code in fixable) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))
