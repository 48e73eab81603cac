"""The format for people: each finding with its source, in ruff's look."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note
from pgtrigger_codegen.lint.reporters.frame import gutter_width, render_frame
from pgtrigger_codegen.lint.reporters.heading import heading, place, summary
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line


def full(report: Report) -> str:
    """Headings, source frames, notes and help."""
    blocks = ["\n".join(_block(finding, report)) + "\n" for finding in report.diagnostics]
    return "\n".join((*blocks, summary(report))) + "\n"


def _block(finding: Diagnostic, report: Report) -> Iterator[str]:
    palette = report.palette
    lines = report.lines(finding.span.path)
    yield heading(finding, report)
    yield from render_frame(
        lines,
        finding.span,
        palette=palette,
        label=palette.severity(finding.code, finding.severity),
    )
    bullet = palette.gutter(" " * gutter_width(lines, finding.span) + " =")
    here, elsewhere = _partition(finding)
    for note in here:
        yield f"{bullet} {palette.strong('note')}: {one_line(note.message)}"
    if help := finding.help or (finding.fix.title if finding.fix else None):
        yield f"{bullet} {palette.strong('help')}: {one_line(help)}"
    for note in elsewhere:
        yield from _note(note, report)


def _partition(finding: Diagnostic) -> tuple[list[Note], list[Note]]:
    """The notes about the finding's own place, and those with a place of their own."""
    here = [note for note in finding.notes if note.span == finding.span]
    return here, [note for note in finding.notes if note.span != finding.span]


def _note(note: Note, report: Report) -> Iterator[str]:
    palette = report.palette
    yield f"{palette.strong('note')}: {place(note.span, report)} {one_line(note.message)}"
    yield from render_frame(
        report.lines(note.span.path), note.span, palette=palette, underline="-", context=0
    )
