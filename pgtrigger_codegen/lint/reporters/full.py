"""The format for people: each finding with its source, in ruff's look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note
from pgtrigger_codegen.lint.reporters.frame import first_line, gutter_width, render_frame
from pgtrigger_codegen.lint.reporters.heading import heading, place, summary
from pgtrigger_codegen.lint.reporters.report import Report
from pgtrigger_codegen.source.escaping import one_line

_MOST_NOTES = 3
"""Notes that are shown with their source: one cause is to be seen at a glance."""
_MOST_PLACES = 5


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
        cells=report.cells,
        label=palette.severity(finding.code, finding.severity),
    )
    bullet = palette.gutter(" " * gutter_width(lines, finding.span) + " =")
    here, elsewhere = _partition(finding)
    for note in here:
        yield f"{bullet} {palette.strong('note')}: {one_line(note.message)}"
    if help := finding.help or (finding.fix.title if finding.fix else None):
        yield f"{bullet} {palette.strong('help')}: {one_line(help)}"
    for note in elsewhere[:_MOST_NOTES]:
        yield from _note(note, report)
    if more := elsewhere[_MOST_NOTES:]:
        yield f"{palette.strong('note')}: and at {_places(more, report)}"


def _places(notes: Sequence[Note], report: Report) -> str:
    spans = (note.span for note in notes)
    places = list(
        dict.fromkeys(one_line(f"{report.display_path(span.path)}:{span.line}") for span in spans)
    )
    more = f", and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return f"{', '.join(places[:_MOST_PLACES])}{more}"


def _partition(finding: Diagnostic) -> tuple[list[Note], list[Note]]:
    """The notes about the finding's own place, and those with a place of their own."""
    here = [note for note in finding.notes if note.span == finding.span]
    return here, [note for note in finding.notes if note.span != finding.span]


def _note(note: Note, report: Report) -> Iterator[str]:
    palette = report.palette
    yield f"{palette.strong('note')}: {place(note.span, report)} {one_line(note.message)}"
    lines = report.lines(note.span.path)
    yield from render_frame(
        lines,
        first_line(lines, note.span),
        palette=palette,
        cells=report.cells,
        underline="-",
        context=0,
    )
