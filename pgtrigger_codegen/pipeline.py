"""The whole program: from a folder to everything that is known of its triggers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pgtrigger_codegen.evaluator.assumption import Assumption
from pgtrigger_codegen.models.facts import LostTriggers, ModelFact
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """A file that does not parse."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Analysis:
    """The facts that lint, migrations and the command line work from.

    Attributes:
        models: By `app_label.ModelName`; all models of the installed apps that were read.
        triggers: Of first-party declarations, in a stable order.
        foreign_pgids: `(table, pgid)` of triggers that third-party packages declare or may own.
        notices: What the user should know of how the project was read (no settings found…).
        read_files: First-party files that were read.
    """

    project: Project
    models: Mapping[str, ModelFact]
    triggers: tuple[CompiledTrigger, ...]
    unresolved: tuple[UnresolvedTrigger, ...]
    assumptions: tuple[Assumption, ...]
    lost_triggers: tuple[LostTriggers, ...]
    syntax_problems: tuple[SyntaxProblem, ...]
    foreign_triggers: tuple[CompiledTrigger, ...]
    notices: tuple[str, ...]
    read_files: frozenset[Path]
