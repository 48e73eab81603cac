"""The whole run: makes a room and the tables, then proves each trigger."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.lint.facts.project_texts import ProjectTexts
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.absence import UnmodelledSource
from pgtrigger_codegen.verification.facts import TriggerVerdict, Verdict, Verification
from pgtrigger_codegen.verification.firing import fire
from pgtrigger_codegen.verification.installing import prove_installation
from pgtrigger_codegen.verification.planning import Planned, plan_body
from pgtrigger_codegen.verification.reading import BodyReader
from pgtrigger_codegen.verification.room import Room
from pgtrigger_codegen.verification.rows import RowBuilder
from pgtrigger_codegen.verification.schema import Schema, make_schema


def verify(
    room: Room,
    analysis: Analysis,
    triggers: tuple[CompiledTrigger, ...],
    say: Callable[[str], None],
    *,
    fires: bool = False,
) -> Verification:
    """Prove triggers in an empty database.

    Args:
        triggers: Those asked for, of the analysis.
        say: Told what is going on.
        fires: Whether the triggers' events are performed too.

    Raises:
        DatabaseError: The session or the server is gone.
    """
    schema = make_schema(room, analysis.models, triggers, say)
    source = UnmodelledSource(
        ProjectTexts(analysis),
        has_all_tables=not (analysis.certificate.gaps or analysis.models.unplaced),
        tables=frozenset(table_reference(table).name for table in analysis.models.tables),
    )
    reader = BodyReader(analysis)
    builder = RowBuilder(room, schema, analysis.models) if fires else None
    verdicts = []
    for number, trigger in enumerate(triggers, start=1):
        say(f"Proving triggers: {number} of {len(triggers)}")
        verdict = _verdict(room, schema, trigger, source, reader)
        if builder is not None:
            verdict = _with_events(room, builder, schema, verdict, source)
        verdicts.append(verdict)
        room.keep()
    return Verification(room.version, room.origin, len(schema.creations), tuple(verdicts))


def _verdict(
    room: Room,
    schema: Schema,
    trigger: CompiledTrigger,
    source: UnmodelledSource,
    reader: BodyReader,
) -> TriggerVerdict:
    label = trigger.concrete_model
    if (reason := schema.missing.get(label)) is not None:
        return TriggerVerdict(trigger, Verdict.NOT_PROVABLE, reason)
    creation = schema.creations[label]
    if not creation.managed:
        reason = f"Django does not make table {creation.table} (`managed = False`)"
        return TriggerVerdict(trigger, Verdict.NOT_PROVABLE, reason)
    installed = prove_installation(room, trigger, source, creation.unknown_fields)
    if installed.verdict is not Verdict.PROVEN:
        return installed
    return _with_body(installed, plan_body(room, schema, trigger, source, reader))


def _with_events(
    room: Room,
    builder: RowBuilder,
    schema: Schema,
    verdict: TriggerVerdict,
    source: UnmodelledSource,
) -> TriggerVerdict:
    """The verdict on a trigger with what came of its events, where it can be installed."""
    trigger = verdict.trigger
    if not verdict.is_installed:
        return verdict
    fired, faults = fire(room, builder, trigger, source, schema)
    if not faults:
        return replace(verdict, fired=fired)
    told = {fault.message for fault in verdict.faults if fault.kind == "statement"}
    new = tuple(one for one in faults if not any(one.message.endswith(words) for words in told))
    if verdict.verdict is Verdict.FAILED or not new:
        return replace(verdict, fired=fired, faults=(*verdict.faults, *new))
    return replace(
        verdict,
        verdict=Verdict.FAILED,
        reason=new[0].message,
        faults=(*new, *verdict.faults),
        fired=fired,
    )


def _with_body(installed: TriggerVerdict, planned: Planned) -> TriggerVerdict:
    """The verdict on a trigger that can be installed, by what its function does."""
    faults = (*planned.faults, *planned.doubts, *planned.warnings)
    if planned.faults:
        return replace(
            installed,
            verdict=Verdict.FAILED,
            reason=f"{counted(len(planned.faults), 'statement')} of its function cannot run: "
            f"{planned.faults[0].message}",
            faults=faults,
        )
    if planned.doubts:
        others = len(planned.doubts) - 1
        reason = planned.doubts[0].message + (f", and {others} more" if others else "")
        return replace(installed, verdict=Verdict.NOT_PROVABLE, reason=reason, faults=faults)
    return replace(installed, faults=faults)
