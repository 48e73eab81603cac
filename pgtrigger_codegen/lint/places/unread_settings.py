"""Settings that cannot be read, by the expression that is to blame: one cause has one finding."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.lint.places.settings_places import setting_place
from pgtrigger_codegen.source.span import Span


class UnreadSetting(Struct, frozen=True):
    """A setting, and why it is not known."""

    name: str
    unknown: Unknown


NAMES = (
    "INSTALLED_APPS",
    "AUTH_USER_MODEL",
    "DEFAULT_AUTO_FIELD",
    "MIGRATION_MODULES",
    "PGTRIGGER_MIGRATIONS",
    "PGTRIGGER_MODEL_META",
    "PGTRIGGER_SCHEMA",
    "TIME_ZONE",
    "USE_TZ",
)
"""The settings that matter to triggers."""


def unread_settings(analysis: Analysis) -> Mapping[Span, list[UnreadSetting]]:
    """Those that matter to triggers, by the place of what keeps them from being read."""
    found: dict[Span, list[UnreadSetting]] = {}
    for name in NAMES:
        unknown = first_unknown(analysis.project.settings.get(name))
        place = setting_place(analysis, name) if unknown is not None else None
        if unknown is not None and place is not None:
            found.setdefault(unknown.span or place, []).append(UnreadSetting(name, unknown))
    return found
