"""Colours, or none: the command line decides, reporters only name what a text is."""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.lint.diagnostic import Severity

# Parameters of "select graphic rendition" (ECMA-48, 8.3.117).
_BOLD = 1
_RED, _YELLOW, _BLUE, _CYAN = 31, 33, 34, 36
_SEVERITY_COLOURS = {Severity.ERROR: _RED, Severity.WARNING: _YELLOW, Severity.INFO: _CYAN}


class Palette(Struct, frozen=True):
    """Puts terminal colours around texts, when they are wanted."""

    colour: bool = False

    def path(self, text: str) -> str:
        return self._style(text, _BOLD)

    def severity(self, text: str, severity: Severity) -> str:
        return self._style(text, _SEVERITY_COLOURS[severity], _BOLD)

    def punctuation(self, text: str) -> str:
        return self._style(text, _CYAN)

    def gutter(self, text: str) -> str:
        return self._style(text, _BLUE, _BOLD)

    def fixable(self, text: str) -> str:
        return self._style(text, _CYAN, _BOLD)

    def strong(self, text: str) -> str:
        return self._style(text, _BOLD)

    def _style(self, text: str, *parameters: int) -> str:
        if not self.colour or not text:
            return text
        return "".join(f"\033[{number}m" for number in parameters) + f"{text}\033[0m"
