"""Stage migrations: models as they were at some point of the history.

Before 4.5, django-pgtrigger recorded triggers uncompiled (`pgtrigger.Protect(…)`), and compiles
them whenever the migration runs, on the model of that moment. So do we.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.migrations import operations
from django.db.migrations.exceptions import InvalidBasesError
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps

from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.migrations.schema.fields import ModelKey

# What Django raises where the state does not fit an operation or model: something was not read.
_MISFITS = (
    AttributeError,
    FieldDoesNotExist,
    InvalidBasesError,
    KeyError,
    LookupError,
    Refusal,
    TypeError,
    ValueError,
)


class StateModels:
    """Django's own project state, as far as it can be known."""

    def __init__(self) -> None:
        self._state = ProjectState()
        self._broken: str | None = None

    def apply(self, operation: Operation, app_label: str) -> None:
        """Follow one of Django's own operations."""
        try:
            if isinstance(operation, operations.CreateModel):
                self._state.add_model(_model_state(operation, app_label))
            else:
                operation.state_forwards(app_label, self._state)
        except _MISFITS as error:
            self._broken = self._broken or (
                f"{type(operation).__name__} in app {app_label!r} does not fit what was read of "
                f"the migrations before it ({type(error).__name__}: {error})"
            )

    def model(self, key: ModelKey) -> type[models.Model] | Unknown:
        """The model as it is now, or why it cannot be told."""
        if key not in self._state.models:
            why = f": {self._broken}" if self._broken else ""
            return Unknown(f"model {'.'.join(key)} is not known from the migrations{why}")
        try:
            apps = StateApps([], {})
            apps.render_multiple(
                [self._state.models[needed].clone() for needed in self._needs(key)]
            )
            return apps.get_model(*key)
        except _MISFITS as error:
            return Unknown(f"model {'.'.join(key)} cannot be made: {type(error).__name__}: {error}")

    def _needs(self, key: ModelKey) -> list[ModelKey]:
        """The model and all that it refers to, directly or through others."""
        found: dict[ModelKey, None] = {}
        pending = [key]
        while pending:
            current = pending.pop()
            if current not in found and current in self._state.models:
                found[current] = None
                pending.extend(_referred(self._state.models[current]))
        return list(found)


def _model_state(operation: operations.CreateModel, app_label: str) -> ModelState:
    """Without managers and mixins, which no trigger's SQL depends on."""
    options = {name: value for name, value in operation.options.items() if name != "triggers"}
    bases = tuple(base for base in operation.bases or () if isinstance(base, str))
    return ModelState(
        app_label,
        operation.name,
        list(operation.fields),
        options=options,
        bases=bases or (models.Model,),
    )


def _referred(state: ModelState) -> Iterator[ModelKey]:
    for base in state.bases:
        if isinstance(base, str):
            yield _key(base, state)
    for model_field in state.fields.values():
        remote = getattr(model_field, "remote_field", None)
        for target in (getattr(remote, "model", None), getattr(remote, "through", None)):
            if isinstance(target, str):
                yield _key(target, state)


def _key(label: str, state: ModelState) -> ModelKey:
    if label == "self":
        return state.app_label, state.name_lower
    app_label, _, name = label.rpartition(".")
    return app_label or state.app_label, name.lower()
