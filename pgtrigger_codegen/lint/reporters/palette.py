"""Colours, or none: the command line decides, reporters only name what a text is."""

from __future__ import annotations

import click
from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Severity

_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


class Palette(Struct, frozen=True):
    """Puts terminal colours around texts, when they are wanted."""

    colour: bool = False

    def path(self, text: str) -> str:
        return self._style(text, bold=True)

    def severity(self, text: str, severity: Severity) -> str:
        return self._style(text, fg=_SEVERITY_COLOURS[severity], bold=True)

    def punctuation(self, text: str) -> str:
        return self._style(text, fg="cyan")

    def gutter(self, text: str) -> str:
        return self._style(text, fg="blue", bold=True)

    def fixable(self, text: str) -> str:
        return self._style(text, fg="cyan", bold=True)

    def strong(self, text: str) -> str:
        return self._style(text, bold=True)

    def _style(self, text: str, *, fg: str | None = None, bold: bool = False) -> str:
        return click.style(text, fg=fg, bold=bold or None) if self.colour and text else text
