"""Classifies real objects by the names of their base classes, so that no library must be loaded."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any


def is_query(value: Any) -> bool:
    """Whether a value asks a database when it is looked into."""
    return has_base(type(value), "django.db.models.query", "QuerySet")


def is_trigger(value: Any) -> bool:
    """Whether a value is a trigger of django-pgtrigger."""
    core = sys.modules.get("pgtrigger.core")
    return core is not None and isinstance(value, core.Trigger)


def is_field_class(cls: type) -> bool:
    """Whether a class is a Django field."""
    return has_base(cls, "django.db.models.fields", "Field")


def is_rendered_model(value: Any) -> bool:
    """Whether a value is a model that the `models` stage rendered."""
    return isinstance(value, type) and has_base(value, "django.db.models.base", "Model")


def _has_base(cls: type, module: str, name: str) -> bool:
    return any(base.__name__ == name and base.__module__.startswith(module) for base in cls.__mro__)


# Asked for each field and each call. Classes of a project hold the interpreter that made them, so a
# process that reads many projects must not remember all of them.
has_base: Callable[[type, str, str], bool] = functools.lru_cache(maxsize=1024)(_has_base)
"""Whether a class derives from a library's class, by name: the library need not be loaded."""


def is_migration(value: Any) -> bool:
    """Whether a value is a class of migrations, which nothing here instantiates."""
    return isinstance(value, type) and has_base(
        value, "django.db.migrations.migration", "Migration"
    )


def is_lazy_text(value: Any) -> bool:
    """Whether a value is a text that Django translates when it is read."""
    return has_base(type(value), "django.utils.functional", "Promise")
