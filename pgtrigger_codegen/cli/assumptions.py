"""Chooses the assumptions that the output depends on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.source.overlay import read_bytes

# Settings that decide which apps and models there are, and what their triggers look like.
_DECIDING = re.compile(
    r"INSTALLED_APPS|DATABASES|DATABASE_ROUTERS|AUTH_USER_MODEL|DEFAULT_AUTO_FIELD|DEFAULT_TABLESPACE"
    r"|MIGRATION_MODULES|USE_TZ|TIME_ZONE|(PGTRIGGER|PGHISTORY)_\w+"
)


_VARIABLE = "environment variable"


def assumptions_that_count(analysis: Analysis) -> tuple[Assumption, ...]:
    """Those without which a setting that counts, an app or a trigger might be another.

    What the settings assume counts where a deciding setting depends on it, or one that a module of
    the project asks for; what modules assume counts where the module is the project's.
    """
    settings = analysis.project.settings
    texts = list(_texts(analysis)) if settings.unsettled else []
    reasons = [
        reason
        for name, found in settings.unsettled.items()
        if _DECIDING.fullmatch(name) or _is_asked_for(texts, name)
        for reason in found
    ]
    return tuple(
        one
        for one in analysis.assumptions
        if (_is_meant(one, reasons) if one in settings.assumed else _is_own(one))
    )


def _is_meant(assumption: Assumption, reasons: list[str]) -> bool:
    """Whether reasons name an assumption; those that name no variable may be about any."""
    named = f"{_VARIABLE} `{assumption.name}`"
    return any(named in reason or _VARIABLE not in reason for reason in reasons)


def _is_own(assumption: Assumption) -> bool:
    return not {"site-packages", "dist-packages"}.intersection(Path(assumption.span.path).parts)


def _is_asked_for(texts: Iterable[bytes], setting: str) -> bool:
    name = setting.encode()
    asks = re.compile(rb"\bsettings\b[^\n]{0,40}\b" + re.escape(name) + rb"\b")
    return any(name in text and asks.search(text) is not None for text in texts)


def _texts(analysis: Analysis) -> Iterator[bytes]:
    """The files that name the settings at all, each of which is asked about many names."""
    for path in analysis.read_files:
        try:
            text = read_bytes(path)
        except OSError:
            continue
        if b"settings" in text:
            yield text
