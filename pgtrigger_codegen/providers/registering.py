"""Collects the triggers that a library's own code registers, and takes them out of the registry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.confinement.identities import identity


def registered_by(action: Callable[[], object]) -> list[tuple[Any, Any]]:
    """The models and triggers that an action registers, which django-pgtrigger then forgets."""
    from pgtrigger import registry

    before = {identity(trigger) for _, trigger in registry.registered()}
    found: list[tuple[Any, Any]] = []
    try:
        action()
    finally:
        for model, trigger in registry.registered():
            if identity(trigger) not in before:
                registry.delete(trigger.get_uri(model))
                found.append((model, trigger))
    return found
