"""Django, configured for compiling: the project's values where they reach SQL, and no apps.

Time zone settings and the schema of the shared function change conditions and hashes. Django's
settings are global, and one process may read several projects, so this is the one place that
sets them; no connection to a database is ever opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import UserSettingsHolder, global_settings
from django.conf import settings as django_settings

from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.project.project import Settings

# Settings that change what compiles, with Django's own defaults.
_RELEVANT = (
    "USE_TZ",
    "TIME_ZONE",
    "PGTRIGGER_SCHEMA",
    "DEFAULT_AUTO_FIELD",
    "AUTH_USER_MODEL",
    "DEFAULT_TABLESPACE",
    "DEFAULT_INDEX_TABLESPACE",
)


# No SQL of a trigger names a tablespace: a model is no less known without.
_WITHOUT_EFFECT = ("DEFAULT_TABLESPACE", "DEFAULT_INDEX_TABLESPACE")


class _Settings(UserSettingsHolder):
    """Settings, of which some are not known: who reads one of them is stopped by the reason."""

    def __getattr__(self, name: str) -> Any:
        if (unknown := self.__dict__.get("withheld", {}).get(name)) is not None:
            raise Refusal(unknown)
        return super().__getattr__(name)


def configure(settings: Settings) -> None:
    """Sets Django up for one project; the project configured before is forgotten."""
    values: dict[str, Any] = {
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": ""}},
        "INSTALLED_APPS": [],
        "SECRET_KEY": "not a secret: nothing is signed here",
    }
    withheld: dict[str, Unknown] = {}
    for name in _RELEVANT:
        value = settings.get(name)
        if (unknown := first_unknown(value)) is not None:
            withheld[name] = _not_known(name, unknown)
        # django-pgtrigger has `None` mean something: the search path decides.
        elif value is not None or (name == "PGTRIGGER_SCHEMA" and name in settings.values):
            values[name] = value
    holder = _Settings(global_settings)
    for name, value in values.items():
        setattr(holder, name, value)
    django_settings._wrapped = holder
    for name, value in settings.values.items():
        _assign_model(name, value)
    for name, unknown in withheld.items():
        withhold(name, unknown)
    _forget_cached_settings()


def _not_known(name: str, unknown: Unknown) -> Unknown:
    reason = f"the setting `{name}` is not known: {unknown.reason}"
    return Unknown(reason, unknown.span, unknown.notes)


def assign(name: str, value: object) -> None:
    """Gives Django a setting that code assigns."""
    if name in _RELEVANT:
        setattr(django_settings, name, value)
    _assign_model(name, value)


def withhold(name: str, unknown: Unknown) -> None:
    """Keeps from Django a setting that is not known any more, if a trigger can depend on it."""
    if name in _WITHOUT_EFFECT or not (name in _RELEVANT or name.endswith("_MODEL")):
        return
    # Whoever has read a setting finds it where Django keeps values that were read.
    vars(django_settings).pop(name, None)
    holder = vars(django_settings._wrapped)
    holder.pop(name, None)
    holder.setdefault("withheld", {})[name] = unknown
    _forget_cached_settings()


def withhold_all(unknown: Unknown) -> None:
    """The same for all settings that a trigger can depend on."""
    for name in _RELEVANT:
        withhold(name, unknown)


def hand_over(values: Mapping[str, object]) -> None:
    """Gives Django the project's settings that a library reads."""
    for name, value in values.items():
        setattr(django_settings, name, value)


def _assign_model(name: str, value: object) -> None:
    """Tells Django of a setting that says which model stands in for a swappable one."""
    if name.endswith("_MODEL") and isinstance(value, str):
        setattr(django_settings, name, value)


def _forget_cached_settings() -> None:
    from django.apps import apps
    from django.db import connections
    from django.utils import timezone

    if not apps.ready:
        # As `django.setup()` does, which loads Django's mail, URLs and views for its logging first.
        apps.populate(())
    cached: tuple[Any, ...] = (timezone.get_default_timezone, apps.get_swappable_settings_name)
    for function in cached:
        function.cache_clear()
    for name in ("settings", "databases"):
        vars(connections).pop(name, None)
    connections._settings = None  # type: ignore[attr-defined]
    for connection in connections.all(initialized_only=True):
        for name in ("timezone", "timezone_name"):
            vars(connection).pop(name, None)
