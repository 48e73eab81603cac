"""The report as Markdown, for the comment on a pull request: short first, details folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

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
from pgtrigger_codegen.source.markup import (
    html_sentence,
    html_text,
    markdown_block,
    markdown_code,
    markdown_text,
)
from pgtrigger_codegen.source.place import Place
from pgtrigger_codegen.source.wording import counted

MARKER = "<!-- pgtrigger-codegen report -->"
"""Begins the text: by this, a later run finds its comment."""

MOST_BYTES = 65_000
"""GitHub takes comments of 65,536 characters."""


def markdown(report: Report, most: int | None = MOST_BYTES) -> str:
    """The whole text.

    Args:
        most: The largest number of bytes; details are left out to keep to it. None for any.
    """
    if report.is_empty:
        return f"{MARKER}\n{markdown_text(headline(report))}.\n"
    head = "".join(_head(report))
    sections = [*map(_change, report.changes), *_others(report)]
    return _fitted(report, head, sections, most)


def _fitted(report: Report, head: str, sections: Sequence[str], most: int | None) -> str:
    """As many rows and sections as there is room for, and the number of the others."""
    room = _Room(most)
    text = [head]
    room.take(head, reserve=_RESERVE)
    rows = list(map(_row, report.changes))
    if rows:
        shown = room.fitting(rows, share=2)
        left = len(rows) - len(shown)
        text += [_TABLE, *shown]
        if left:
            text.append(f"\n… and {counted(left, 'more trigger')}.\n")
        text.append("\n")
    fitting = room.fitting(sections)
    text += fitting
    if left := len(sections) - len(fitting):
        text.append(
            f"\n{counted(left, 'section')} with details left out here:"
            " `pgtrigger-codegen report --max-length 0` prints all.\n"
        )
    return "".join(text)


_RESERVE = 600  # bytes for the sentences on what is left out, and the head of the table


class _Room:
    """Counts the bytes that are left."""

    def __init__(self, most: int | None) -> None:
        self._left = most

    def take(self, text: str, reserve: int) -> None:
        if self._left is not None:
            self._left -= len(text.encode()) + reserve

    def fitting(self, texts: Iterable[str], share: int = 1) -> list[str]:
        """The first of the texts, as many as fit into what is left divided by `share`."""
        listed = list(texts)
        if self._left is None:
            return listed
        most = self._left // share
        shown = []
        for text in listed:
            size = len(text.encode())
            if size <= most:
                shown.append(text)
                most -= size
                self._left -= size
            else:
                break
        return shown


def _head(report: Report) -> Iterator[str]:
    yield f"{MARKER}\n### {markdown_text(headline(report))}\n\n"
    lines = list(to_do(report))
    if report.changes and (left := limits(report).removeprefix(", as")):
        lines.append(f"All that is said here holds as{left}.")
    if lines:
        yield "".join(f"- {markdown_text(line)}\n" for line in lines) + "\n"


_TABLE = f"| | trigger | who waits | reverses | lint | migration | table |\n{'|---' * 7}|\n"


def _row(change: TriggerChange) -> str:
    missing = without_migration(change)
    names = ", ".join(markdown_code(name) for name in migrations(change))
    migration = f"**{missing}**" if missing else names
    cells = (
        WORDS[change.kind].replace(" ", "&nbsp;"),
        markdown_code(change.uri),
        markdown_text(waits(change)).replace(" ", "&nbsp;"),
        reverses(change).replace(" ", "&nbsp;"),
        _counts(change.findings),
        migration,
        markdown_code(change.table),
    )
    return f"| {' | '.join(cells)} |\n"


def _counts(findings: Sequence[Finding]) -> str:
    levels = [finding.severity for finding in findings]
    return ", ".join(
        counted(levels.count(level), noun)
        for level, noun in (("error", "new error"), ("warning", "new warning"), ("info", "note"))
        if level in levels
    )


def _change(change: TriggerChange) -> str:
    return "".join(_section(change))


def _section(change: TriggerChange) -> Iterator[str]:
    old = f", from <code>{html_text(change.old_uri)}</code>" if change.old_uri else ""
    title = f"<code>{html_sentence(change.uri)}</code> {WORDS[change.kind]}{old}"
    yield f"<details><summary>{title}</summary>\n\n"
    for line in change.advice:
        yield f"- **{markdown_text(line)}**\n"
    for reason in change.reasons:
        yield f"- {markdown_text(reason)}\n"
    if change.place:
        yield f"- declared at {_place(change.place)}\n"
    yield "\n"
    if change.diff:
        yield markdown_block("\n".join(change.diff), "diff") + "\n"
    yield from _operations(change)
    if change.findings:
        yield from _findings(change.findings)
        yield "\n"
    yield "</details>\n\n"


def _operations(change: TriggerChange) -> Iterator[str]:
    if not change.operations:
        return
    yield "| operation | statement | lock | waits until the end |\n|---|---|---|---|\n"
    for row in operation_rows(change):
        yield f"| {' | '.join(map(markdown_text, row))} |\n"
    yield "\n"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        code, message = markdown_code(finding.code), markdown_text(finding.message)
        help = f" – {markdown_text(finding.help)}" if finding.help else ""
        yield f"- {finding.severity} {code} at {_place(finding.place)}: {message}{help}\n"


def _others(report: Report) -> Iterator[str]:
    if report.findings:
        count = counted(len(report.findings), "other new finding")
        body = "".join(_findings(report.findings))
        yield f"<details><summary>{count} of lint</summary>\n\n{body}\n</details>\n\n"
    if report.unresolved:
        count = counted(len(report.unresolved), "trigger")
        yield _unread_section(f"{count} that could not be read", report.unresolved)
    if report.not_read:
        count = counted(len(report.not_read), "place")
        yield _unread_section(f"{count} not read, which may hide triggers", report.not_read)


def _unread_section(title: str, items: Iterable[NotRead]) -> str:
    lines = "".join(map(_unread, sorted(items, key=lambda item: not item.is_new)))
    return f"<details><summary>{title}</summary>\n\n{lines}\n</details>\n\n"


def _unread(item: NotRead) -> str:
    new = "**new** " if item.is_new else ""
    place = f" at {_place(item.place)}" if item.place else ""
    return f"- {new}{markdown_text(item.hides)}{place}: {markdown_text(item.reason)}\n"


def _place(place: Place) -> str:
    return markdown_code(f"{place.path}:{place.line}")
