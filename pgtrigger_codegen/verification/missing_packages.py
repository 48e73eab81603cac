"""Stand-ins for the models of packages whose migrations are not there.

A package that is not installed has no migrations to apply, and Django makes the tables of an app
without migrations by itself. Each model that foreign keys lead to there gets a table with a key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.migrations.operations import (
    AddField,
    AlterField,
    CreateModel,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

Label = tuple[str, str]
"""App and model, in small letters."""


def missing_models(operation: Operation, app_label: str, state: ProjectState) -> list[Label]:
    """The models that an operation refers to and that Django's state does not have, sorted."""
    named = set(_references(operation, app_label))
    return sorted(label for label in named if label not in state.models)


def stand_in_model(label: Label) -> ModelState:
    """A model of that name with a key alone."""
    return ModelState(label[0], label[1], [("id", models.BigAutoField(primary_key=True))])


def _references(operation: Operation, app_label: str) -> Iterator[Label]:
    match operation:
        case CreateModel():
            own = (app_label, operation.name.lower())
            for base in operation.bases or ():
                if isinstance(base, str) and "." in base:
                    yield _label(base, own)
            for _, field in operation.fields:
                yield from _targets(field, own)
        case AddField() | AlterField():
            yield from _targets(operation.field, (app_label, operation.model_name_lower))
        case SeparateDatabaseAndState():
            for inner in (*operation.state_operations, *operation.database_operations):
                yield from _references(inner, app_label)


def _targets(field: Any, own: Label) -> Iterator[Label]:
    remote = getattr(field, "remote_field", None)
    for model in (getattr(remote, "model", None), getattr(remote, "through", None)):
        if isinstance(model, str) and (label := _label(model, own)) != own:
            yield label


def _label(name: str, own: Label) -> Label:
    app_label, model_name = resolve_relation(name, *own)
    return app_label, model_name
