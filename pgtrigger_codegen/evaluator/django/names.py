"""Names of Django and of its kin that the interpreter stands in for, wherever they come from."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.django import configurations, dynaconf_settings, signals
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.models import SettingsObject

NAMES: dict[str, Any] = {
    **configurations.NAMES,
    **dynaconf_settings.NAMES,
    **signals.NAMES,
    "django.utils.module_loading.autodiscover_modules": Special("autodiscover_modules"),
    "django.utils.module_loading.import_string": Special("import_string"),
    "split_settings.tools.include": Special("split_settings.include"),
    "split_settings.tools.optional": Special("split_settings.optional"),
    "django.conf.settings": SettingsObject(),
    # Their module imports a model of an app, and here no apps are installed.
    "django.contrib.contenttypes.fields.GenericForeignKey": Special("private_field"),
    "django.contrib.contenttypes.fields.GenericRelation": Special("private_field"),
    "django.apps.apps": Special("apps"),
    "django.utils.translation.gettext": Special("gettext"),
    "django.contrib.auth.get_user_model": Special("get_user_model"),
    "django.db.connection": Special("connection"),
    "django.db.connections": Special("connections"),
    "pgtrigger.register": Special("register"),
    "pgtrigger.registry.register": Special("register"),
}
