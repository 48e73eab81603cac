"""Stage project: checks labels of apps that a user gives, and suggests the right ones."""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.source.misspelling import meant


def label_help(label: str, known: Iterable[str]) -> str:
    """What to do about a label that no app of the project has.

    Args:
        known: The labels of the project's apps.
    """
    labels = sorted(known)
    listed = f"apps of the project: {', '.join(labels) or 'none'}"
    close = meant(label, labels)
    return f"did you mean {close!r}? {listed}" if close else listed
