"""Runs `lint` on a small project whose analysis is a literal; files and output are real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli import lint as command
from pgtrigger_codegen.cli.common import Target
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.project.config import load_config
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span
from tests.lint import facts

SOURCE = """\
class Audited(models.Model):
    class Meta:
        abstract = True
        triggers = [KEEP]


class Order(Audited):
    class Meta:
        ordering = []
"""
_FIX = ("class Meta:\n        ordering", "class Meta(Audited.Meta):\n        ordering")
FIXED = SOURCE.replace(*_FIX)
SILENCED = SOURCE.replace(
    "class Meta:\n        ordering",
    "class Meta:  # pgtrigger-codegen: ignore[PGT103]\n        ordering",
)


def lost_triggers(path: Path) -> dict[str, Any]:
    """What is found in the file, until it is fixed."""
    if b"Audited.Meta)" in read_bytes(str(path)):
        return {"read_files": frozenset({path})}
    lost = LostTriggers(
        model="Order",
        base="Audited",
        triggers=("keep",),
        cause="own-meta",
        span=Span(str(path), 8, 11, 8, 15),
        base_span=Span(str(path), 1, 7, 1, 14),
        meta_bases=(),
    )
    return {"lost_triggers": (lost,), "read_files": frozenset({path})}


def analyse(
    monkeypatch: pytest.MonkeyPatch, root: Path, found: Callable[[], dict[str, Any]]
) -> None:
    """Makes the analysis of any folder give these facts."""

    def analyze_target(target: Target, *, history: bool, remember: bool) -> Analysis:
        known = facts.analysis()
        project = Project(root, known.project.settings, known.project.apps)
        return facts.analysis(
            project=project, config=load_config(root), notices=("No settings",), **found()
        )

    monkeypatch.setattr(command, "analyze_target", analyze_target)


def lint(*arguments: str, stdin: str | None = None) -> Result:
    """Runs the command in the current folder; an error surfaces as the exception it is."""
    return CliRunner().invoke(
        command.lint, arguments, input=stdin, obj=Target(Path.cwd(), None), catch_exceptions=False
    )
