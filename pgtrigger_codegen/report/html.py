"""The report as a page of HTML that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgtrigger_codegen.report.facts import WORDS, Finding, NotRead, Report, TriggerChange
from pgtrigger_codegen.report.wording import (
    headline,
    limits,
    migrations,
    operation_rows,
    reverses,
    to_do,
    waits,
    without_migration,
)
from pgtrigger_codegen.source.markup import html_sentence, html_text
from pgtrigger_codegen.source.place import Place

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --add: #2da44e33; --del: #cf222e33; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; }
td { vertical-align: top; }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); overflow-x: auto; padding: .5rem 0; }
pre span { display: block; padding: 0 .75rem; min-height: 1.45em; overflow-wrap: normal; }
.add { background: var(--add); } .del { background: var(--del); } .hunk { opacity: .6; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem 1rem; }
summary { cursor: pointer; } .missing, .new { font-weight: 600; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(report: Report) -> str:
    """The whole page."""
    title = html_sentence(headline(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html_text(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html_text(headline(report))}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}</h1>\n{''.join(_body(report))}</body>\n</html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    if report.is_empty:
        return
    lines = [html_sentence(line) for line in to_do(report)]
    if report.changes and (left := limits(report).removeprefix(", as")):
        lines.append(f"All that is said here holds as{html_sentence(left)}.")
    if lines:
        yield f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>\n"
    if report.changes:
        heads = "<th>change<th>trigger<th>who waits<th>reverses<th>lint<th>migration<th>table"
        yield f"<table>\n<tr>{heads}\n{''.join(map(_row, report.changes))}</table>\n"
    for change in report.changes:
        yield f"<details><summary>{''.join(_section(change))}</details>\n"
    if report.findings:
        yield f"<h2>Other new findings of lint</h2>\n{_findings(report.findings)}"
    if report.unresolved:
        yield f"<h2>Triggers that could not be read</h2>\n{_unread(report.unresolved)}"
    if report.not_read:
        yield f"<h2>Not read, and may hide triggers</h2>\n{_unread(report.not_read)}"


def _row(change: TriggerChange) -> str:
    missing = without_migration(change)
    names = ", ".join(_code(name) for name in migrations(change))
    migration = f'<span class="missing">{missing}</span>' if missing else names
    cells = (
        WORDS[change.kind],
        _code(change.uri),
        html_sentence(waits(change)),
        reverses(change),
        ", ".join(_code(finding.code) for finding in change.findings),
        migration,
        _code(change.table),
    )
    return f"<tr>{''.join(f'<td>{cell}' for cell in cells)}\n"


def _section(change: TriggerChange) -> Iterator[str]:
    old = f", from {_code(change.old_uri)}" if change.old_uri else ""
    yield f"{_code(change.uri)} {WORDS[change.kind]}{old}</summary>\n<ul>"
    for line in change.advice:
        yield f"<li><strong>{html_sentence(line)}</strong></li>"
    for reason in change.reasons:
        yield f"<li>{html_sentence(reason)}</li>"
    if change.place:
        yield f"<li>declared at {_place(change.place)}</li>"
    yield "</ul>\n"
    if change.diff:
        yield f"<pre>{''.join(map(_diff_line, change.diff))}</pre>\n"
    if change.operations:
        yield "<table>\n<tr><th>operation<th>statement<th>lock<th>waits until the end\n"
        for row in operation_rows(change):
            yield f"<tr>{''.join(f'<td>{html_sentence(cell)}' for cell in row)}\n"
        yield "</table>\n"
    if change.findings:
        yield _findings(change.findings)


def _diff_line(line: str) -> str:
    kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "")
    return f'<span class="{kind}">{html_text(line)}</span>'


def _findings(findings: Iterable[Finding]) -> str:
    items = (
        f"<li>{finding.severity} {_code(finding.code)} at {_place(finding.place)}:"
        f" {html_sentence(finding.message)}"
        + (f" – {html_sentence(finding.help)}" if finding.help else "")
        + "</li>"
        for finding in findings
    )
    return f"<ul>{''.join(items)}</ul>\n"


def _unread(items: Iterable[NotRead]) -> str:
    listed = []
    for item in items:
        new = '<span class="new">new</span> ' if item.is_new else ""
        place = f" at {_place(item.place)}" if item.place else ""
        listed.append(
            f"<li>{new}{html_sentence(item.hides)}{place}: {html_sentence(item.reason)}</li>"
        )
    return f"<ul>{''.join(listed)}</ul>\n"


def _code(text: str) -> str:
    return f"<code>{html_text(text)}</code>"


def _place(place: Place) -> str:
    return _code(f"{place.path}:{place.line}")
