"""Frees what a replay leaves behind, of which there is more than of all else together."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState


@contextmanager
def collecting() -> Iterator[None]:
    """A part that makes circles of objects again and again: the models that a state renders.

    The console script runs without the garbage collector. What is there before is left alone, since
    to look through it costs more than it could free.
    """
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.enable()
    try:
        yield
    finally:
        if not was_enabled:
            gc.disable()
        gc.collect()
        gc.unfreeze()


def without_apps(state: ProjectState) -> ProjectState:
    """A copy that takes less memory: without the models that were rendered from it."""
    copy = ProjectState(
        models={label: model.clone() for label, model in state.models.items()},
        real_apps=state.real_apps,
    )
    copy.is_delayed = state.is_delayed
    return copy
