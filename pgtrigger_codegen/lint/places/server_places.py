"""Places in the project for a server's answers about triggers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.places.body_places import BodyPlaces
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.server_faults import FaultKind, ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

_FAMILY = "PGT6"


def placed_faults(context: LintContext, kind: FaultKind) -> Iterator[tuple[ServerFault, Span]]:
    """The faults of one kind, each with where it stands."""
    faults = [fault for fault in context.server_faults if fault.kind == kind]
    if not faults:
        return
    places = BodyPlaces(context.analysis)
    for trigger in context.analysis.triggers:
        for fault in faults:
            if fault.uri == trigger.uri:
                yield fault, places.span(owner_of(trigger), fault.place)


def owner_of(trigger: CompiledTrigger) -> BodyTrigger:
    """A declared trigger as the owner of its body."""
    return BodyTrigger(
        uri=trigger.uri,
        app_label=trigger.app_label,
        table=trigger.table,
        func=trigger.parts.func,
        span=trigger.span,
        declared=trigger,
    )


def told_once(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Without what the server says where a rule has found an error by reading.

    That is at the same place, or in the same words: a rule's place may be a statement's beginning.
    """
    findings = list(found)
    read = [
        one
        for one in findings
        if one.severity is Severity.ERROR and not one.code.startswith(_FAMILY)
    ]
    for one in findings:
        is_servers = one.code.startswith(_FAMILY) and one.severity is Severity.ERROR
        if not (is_servers and any(_are_one(one, other) for other in read)):
            yield one


def _are_one(servers: Diagnostic, read: Diagnostic) -> bool:
    if servers.span.path != read.span.path:
        return False
    words = servers.message.partition(": ")[2]
    return _overlap(servers.span, read.span) or (bool(words) and words in read.message)


def _overlap(one: Span, other: Span) -> bool:
    return (one.line, one.column) < (other.end_line, other.end_column) and (
        other.line,
        other.column,
    ) < (one.end_line, one.end_column)
