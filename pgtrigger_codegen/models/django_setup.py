"""Django, configured for compiling: the project's values where they reach SQL, and no apps.

Time zone settings and the schema of the shared function change conditions and hashes. Django's
settings are global, and one process may read several projects, so this is the one place that
sets them; no connection to a database is ever opened.
"""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
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


def configure(settings: Settings) -> None:
    """Sets Django up for one project; the project configured before is forgotten."""
    from django.conf import UserSettingsHolder, global_settings
    from django.conf import settings as django_settings

    values: dict[str, Any] = {
        "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": ""}},
        "INSTALLED_APPS": [],
        "SECRET_KEY": "not a secret: nothing is signed here",
    }
    for name in _RELEVANT:
        value = settings.get(name)
        # django-pgtrigger has `None` mean something: the search path decides.
        is_set = value is not None or (name == "PGTRIGGER_SCHEMA" and name in settings.values)
        if is_set and first_unknown(value) is None:
            values[name] = value
    holder = UserSettingsHolder(global_settings)
    for name, value in values.items():
        setattr(holder, name, value)
    django_settings._wrapped = holder
    for name, value in settings.values.items():
        assign_model(name, value)
    _forget_cached_settings()


def assign_model(name: str, value: object) -> None:
    """Tells Django of a setting that says which model stands in for a swappable one."""
    from django.conf import settings as django_settings

    if name.endswith("_MODEL") and isinstance(value, str):
        setattr(django_settings, name, value)


def hand_over(settings: Settings, prefixes: tuple[str, ...]) -> None:
    """Gives Django the project's settings that a library reads."""
    from django.conf import settings as django_settings

    for name, value in settings.values.items():
        if name.startswith(prefixes):
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
