"""The line that names a finding, and the lines that close a report."""

from __future__ import annotations

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Severity
from pgtrigger_codegen.lint.fixes.applying import may_apply
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.wording import counted


def heading(finding: Diagnostic, report: Report) -> str:
    """`path:line:column: CODE [*] message`."""
    palette = report.palette
    fixable = may_apply(finding.fix, unsafe=report.unsafe_fixes)
    marker = f"[{palette.fixable('*')}] " if fixable else ""
    code = palette.severity(finding.code, finding.severity)
    return f"{place(finding.span, report)} {code} {marker}{one_line(finding.message)}"


def place(span: Span, report: Report) -> str:
    """`path:line:column:`."""
    palette = report.palette
    colon = palette.punctuation(":")
    path = palette.path(one_line(report.display_path(span.path)))
    return f"{path}{colon}{span.line}{colon}{span.column}{colon}"


def summary(report: Report) -> str:
    """How many findings there are, and which of them `--fix` would mend."""
    lines = [_found(report)]
    safe = sum(may_apply(finding.fix, unsafe=False) for finding in report.diagnostics)
    unsafe = sum(
        finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE
        for finding in report.diagnostics
    )
    offered = safe + unsafe if report.unsafe_fixes else safe
    if offered:
        option = "--fix --unsafe-fixes" if report.unsafe_fixes and unsafe else "--fix"
        lines.append(f"[{report.palette.fixable('*')}] {offered} fixable with `{option}`.")
    if unsafe and not report.unsafe_fixes:
        lines.append(f"{unsafe} more fixable with `--fix --unsafe-fixes`, to be reviewed.")
    return "\n".join(lines)


def _found(report: Report) -> str:
    if not report.diagnostics:
        return f"Fixed {report.fixed}, nothing left." if report.fixed else "All checks passed!"
    counts = {
        severity: sum(finding.severity is severity for finding in report.diagnostics)
        for severity in Severity
    }
    parts = [
        counted(counts[Severity.ERROR], "error"),
        counted(counts[Severity.WARNING], "warning"),
    ]
    if counts[Severity.INFO]:
        parts.append(f"{counts[Severity.INFO]} for information")
    fixed = f" ({report.fixed} fixed before)" if report.fixed else ""
    return f"Found {', '.join(parts)}{fixed}."
