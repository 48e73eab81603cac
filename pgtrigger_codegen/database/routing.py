"""Stage database: which triggers the project's routers keep out of a database."""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class Routing(Struct, frozen=True):
    """The routers' answers about one database.

    Attributes:
        disallowed: Reasons by URI.
        not_evaluated: Why routers could not be asked; their triggers count as allowed.
    """

    disallowed: dict[str, str]
    not_evaluated: tuple[str, ...]


def route(analysis: Analysis, alias: str) -> Routing:
    """Ask the routers about every trigger's model, as django-pgtrigger does."""
    disallowed: dict[str, str] = {}
    problems: dict[str, None] = {}
    for trigger in (*analysis.triggers, *analysis.foreign_triggers):
        app_label, model_name = _model(trigger)
        answer = analysis.allow_migrate(alias, app_label, model_name)
        if isinstance(answer, Unknown):
            problems[answer.reason] = None
        elif not answer.allowed:
            disallowed[trigger.uri] = (
                f"{answer.router} keeps {app_label}.{model_name} out of {alias!r}"
            )
    return Routing(disallowed, tuple(problems))


def _model(trigger: CompiledTrigger) -> tuple[str, str]:
    app_label, _, name = trigger.concrete_model.partition(".")
    return app_label, name.lower()
