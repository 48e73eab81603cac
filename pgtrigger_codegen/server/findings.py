"""Findings as the protocol has them: diagnostics, and actions that settle them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from lsprotocol import types
from msgspec import Struct, field

from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Severity
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.server.messages import Finding
from pgtrigger_codegen.server.positions import Positions
from pgtrigger_codegen.source.escaping import escaped

SOURCE = "pgtrigger-codegen"
WRITE_MIGRATIONS = "pgtrigger-codegen.writeMigrations"
WRITE_KIND = "source.writeMigrations.pgtrigger-codegen"

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}


class Texts(Struct, frozen=True):
    """The texts that an answer is about, and how to speak of them.

    Attributes:
        of: The text of a file, None where it is not known.
        uri: The editor's URI of a file, None where it is outside of the workspace.
        version: Of an open file.
        is_current: Whether a file still has that text.
        encoding: The units of columns.
    """

    of: Callable[[str], SourceText | None]
    uri: Callable[[str], str | None]
    version: Callable[[str], int | None]
    is_current: Callable[[str], bool]
    encoding: str
    _positions: dict[str, Positions] = field(default_factory=dict)

    def positions(self, path: str) -> Positions:
        """Translates places of a file."""
        if path not in self._positions:
            text = self.of(path)
            lines = text.lines if text is not None else ()
            self._positions[path] = Positions(lines, self.encoding)
        return self._positions[path]


def diagnostic(of: Finding, texts: Texts) -> types.Diagnostic:
    """A finding for the editor."""
    finding = of.diagnostic
    text = finding.message if finding.help is None else f"{finding.message}\nhelp: {finding.help}"
    related = [
        types.DiagnosticRelatedInformation(
            types.Location(uri, texts.positions(note.span.path).range(note.span)),
            escaped(note.message),
        )
        for note in finding.notes
        if (uri := texts.uri(note.span.path)) is not None
    ]
    return types.Diagnostic(
        range=texts.positions(finding.span.path).range(finding.span),
        message=escaped(text),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(of.url),
        source=SOURCE,
        related_information=related or None,
    )


def actions(
    findings: Iterable[Finding], texts: Texts, *, makes_versions: bool
) -> Iterator[types.CodeAction]:
    """What can be done about findings.

    Args:
        makes_versions: Whether the editor knows edits of a version of a document.
    """
    for finding in findings:
        found = finding.diagnostic
        shown = diagnostic(finding, texts)
        fix = found.fix
        if fix is not None and finding.has_fix:
            is_safe = fix.applicability is Applicability.SAFE
            edit = workspace_edit(fix.edits, texts, makes_versions=makes_versions)
            if edit is not None:
                yield types.CodeAction(
                    title=escaped(fix.title if is_safe else f"{fix.title} (unsafe)"),
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[shown],
                    is_preferred=is_safe,
                    edit=edit,
                )
        if finding.ignore is not None:
            edit = workspace_edit((finding.ignore,), texts, makes_versions=makes_versions)
            if edit is not None:
                yield types.CodeAction(
                    title=f"Ignore {found.code} ({found.name}) here",
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[shown],
                    edit=edit,
                )


def workspace_edit(
    edits: Iterable[Edit], texts: Texts, *, makes_versions: bool
) -> types.WorkspaceEdit | None:
    """Edits for the editor to make.

    None where one of the files is not the editor's to change, or has changed meanwhile.
    """
    by_path: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        path = edit.span.path
        text = texts.of(path)
        if text is None or texts.uri(path) is None or not texts.is_current(path):
            return None
        content = edit.content.replace("\n", text.newline)
        by_path.setdefault(path, []).append(
            types.TextEdit(texts.positions(path).range(edit.span), content)
        )
    uris: Mapping[str, str] = {path: texts.uri(path) or "" for path in by_path}
    if not makes_versions:
        return types.WorkspaceEdit(changes={uris[path]: made for path, made in by_path.items()})
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uris[path], texts.version(path)),
                list(made),
            )
            for path, made in by_path.items()
        ]
    )


def overlaps(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges share a place, be it only where one ends and the other begins."""

    def key(at: types.Position) -> tuple[int, int]:
        return at.line, at.character

    return key(one.start) <= key(other.end) and key(other.start) <= key(one.end)
