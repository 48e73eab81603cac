"""Rules that apply to whole packages, and to every module."""

from __future__ import annotations

# Packages whose objects may be values, but for what is below some of them. Of single modules a
# row tells (`rows.Module.objects`); what can be read of each object is decided there.
OBJECTS_BELOW = (
    "django.apps.config.",
    "django.contrib.postgres.",
    "django.core.exceptions.",
    "django.core.validators.",
    "django.db.migrations.",
    "django.db.models.",
    "django.utils.",
    "pgtrigger_codegen.",
)
NOT_BELOW = ("django.db.models.signals.", "django.db.models.sql.")
# Objects that are callable and are not called by what is given them: validators, stand-ins.
HARMLESS_OBJECTS = ("django.", "pgtrigger_codegen.")
# Modules with the classes of Django's fields.
FIELD_MODULES = ("django.db.models.fields", "django.contrib.postgres.fields")
# Modules whose functions are known by their names in a class.
STATIC_MODULES = ("pgtrigger.", "django.db.migrations.operations.")
# No operation of a migration has an effect on triggers that the order of a set could change.
ORDER_FREE_MODULES = "django.db.migrations.operations."
# Arguments of django-pgtrigger that it sorts, or only tests for membership.
ORDER_FREE_ARGUMENTS = frozenset({"exclude"})
# They store functions and call them when the project runs, or classes and ask what they are.
STORING_MODULES = ("django.contrib.", "django.core.", "django.db.", "dataclasses", "typing")
# Their functions are known by identity to those that are given them: no wrapper stands for one.
KNOWN_BY_IDENTITY = ("django.",)
# Packages of which modules are looked up, and never read; with what is read all the same.
NEVER_READ = frozenset({"django", "pgtrigger"})
READ_ALL_THE_SAME = ("django.contrib",)
# What watches a project that runs, and tells others of errors and times. It wraps what serves
# requests and runs queries; nothing that models or triggers are made of is changed by that.
WATCHING = ("opentelemetry.", "sentry_sdk.init.", "sentry_sdk.integrations.")
# A project may have a package by the name of one of these.
OFTEN_SHADOWED = frozenset({"decouple", "environ", "pgtrigger"})
