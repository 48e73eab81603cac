"""The project's triggers together with what their functions do, for the rules."""

from __future__ import annotations

from collections.abc import Iterator

from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.body import Body, read_body
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def bodies(analysis: Analysis) -> Iterator[tuple[CompiledTrigger, Body]]:
    """Every trigger whose function parses."""
    for trigger in analysis.triggers:
        body = read_body(trigger.parts)
        if isinstance(body, Body):
            yield trigger, body


def row_bodies(analysis: Analysis) -> Iterator[tuple[CompiledTrigger, Body]]:
    """Those that run for each row, and so have NEW and OLD."""
    for trigger, body in bodies(analysis):
        if body.definition.is_row_level:
            yield trigger, body


def broken_bodies(analysis: Analysis) -> Iterator[tuple[CompiledTrigger, BodyError]]:
    """Every trigger whose function does not parse."""
    for trigger in analysis.triggers:
        body = read_body(trigger.parts)
        if isinstance(body, BodyError):
            yield trigger, body
