"""A library that has a provider, and is not installed itself."""

from __future__ import annotations

from importlib import metadata

import pytest

from pgtrigger_codegen.providers.loading import GROUP

ABSENT = "nowhere_at_all"


def add_absent_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adds a provider for `ABSENT` to those that are installed."""
    points = tuple(metadata.entry_points(group=GROUP))
    absent = metadata.EntryPoint(ABSENT, f"{ABSENT}:Provider", GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda **_: (*points, absent))
