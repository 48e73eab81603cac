"""Stage triggers: everything that the modules of a project declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.models.facts import AbstractTriggers, LostTriggers
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger
from pgtrigger_codegen.triggers.compiling import TriggerCompiler
from pgtrigger_codegen.triggers.declaration import Declaration, declarations, foreign_declarations
from pgtrigger_codegen.triggers.inheritance import (
    abstract_triggers,
    inherited_classes,
    lost_triggers,
    uninherited,
)


class Declared(Struct, frozen=True):
    """The declarations in the modules of a project, without repetitions.

    Attributes:
        triggers, foreign_triggers: Sorted by URI.
        unresolved, foreign_unresolved: Declarations that cannot be compiled, sorted by place.
        lost: Models that do not get the triggers of an abstract base.
        uninherited: Abstract models with triggers that no model inherits from.
        assumptions: What was taken as given on the way.
    """

    triggers: tuple[CompiledTrigger, ...]
    unresolved: tuple[UnresolvedTrigger, ...]
    foreign_triggers: tuple[CompiledTrigger, ...]
    foreign_unresolved: tuple[UnresolvedTrigger, ...]
    lost: tuple[LostTriggers, ...]
    uninherited: tuple[AbstractTriggers, ...]
    assumptions: frozenset[Assumption]


def declare(reader: ModelReader) -> Declared:
    """Executes every module that may declare something, and compiles what is declared."""
    reader.read()
    own = _compile(reader, declarations(reader))
    reader.read_foreign()
    foreign = _compile(reader, foreign_declarations(reader))
    registry = reader.registry
    inherited = frozenset(inherited_classes(registry))
    return Declared(
        triggers=_triggers(own),
        unresolved=_unresolved(own),
        foreign_triggers=_triggers(foreign),
        foreign_unresolved=_unresolved(foreign),
        lost=tuple(dict.fromkeys(lost_triggers(registry))),
        uninherited=tuple(uninherited(abstract_triggers(registry), inherited)),
        assumptions=frozenset(reader.interpreter.trace.assumptions),
    )


Outcome = CompiledTrigger | UnresolvedTrigger


def _compile(reader: ModelReader, found: Iterator[Declaration]) -> list[Outcome]:
    compiler = TriggerCompiler(reader)
    return [compiler.compile(declaration) for declaration in list(found)]


def _triggers(outcomes: Iterable[Outcome]) -> tuple[CompiledTrigger, ...]:
    triggers = dict.fromkeys(one for one in outcomes if isinstance(one, CompiledTrigger))
    return tuple(sorted(triggers, key=lambda trigger: (trigger.uri, trigger.span)))


def _unresolved(outcomes: Iterable[Outcome]) -> tuple[UnresolvedTrigger, ...]:
    unresolved = dict.fromkeys(one for one in outcomes if isinstance(one, UnresolvedTrigger))
    return tuple(sorted(unresolved, key=place))


def place(unresolved: UnresolvedTrigger) -> tuple[Span, str]:
    """What unresolved triggers are sorted by."""
    return unresolved.span, unresolved.model or ""
