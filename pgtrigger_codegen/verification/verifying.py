"""The run as a whole: a room, the tables, then each trigger."""

from __future__ import annotations

from collections.abc import Callable

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.project_texts import ProjectTexts
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from pgtrigger_codegen.verification.facts import TriggerVerdict, Verdict, Verification
from pgtrigger_codegen.verification.installing import prove_installation
from pgtrigger_codegen.verification.room import Room
from pgtrigger_codegen.verification.schema import Schema, make_schema


def verify(
    room: Room,
    analysis: Analysis,
    triggers: tuple[CompiledTrigger, ...],
    say: Callable[[str], None],
) -> Verification:
    """Prove triggers in an empty database.

    Args:
        triggers: Those asked for, of the analysis.
        say: Told what is going on.

    Raises:
        DatabaseError: The session or the server is gone.
    """
    schema = make_schema(room, analysis.models, triggers, say)
    texts = ProjectTexts(analysis)
    verdicts = []
    for number, trigger in enumerate(triggers, start=1):
        say(f"Proving triggers: {number} of {len(triggers)}")
        verdicts.append(_verdict(room, schema, trigger, texts))
        room.keep()
    return Verification(room.version, room.origin, len(schema.creations), tuple(verdicts))


def _verdict(
    room: Room, schema: Schema, trigger: CompiledTrigger, texts: ProjectTexts
) -> TriggerVerdict:
    label = trigger.concrete_model
    if (reason := schema.missing.get(label)) is not None:
        return TriggerVerdict(trigger, Verdict.NOT_PROVABLE, reason)
    creation = schema.creations[label]
    if not creation.managed:
        reason = f"Django does not make table {creation.table} (`managed = False`)"
        return TriggerVerdict(trigger, Verdict.NOT_PROVABLE, reason)
    return prove_installation(room, trigger, texts, creation.unknown_fields)
