"""States that the database is PostgreSQL: django-pgtrigger's triggers exist nowhere else.

Projects that also run on another database ask for the engine before they declare triggers. What
such a test is answered with is an assumption, and listed as one.
"""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

ENGINE = "django.db.backends.postgresql"
VENDOR = "postgresql"


def connection_attribute(vm: Machine, special: Special, name: str, span: Span) -> Any:
    """`connection.vendor` and what else names the engine; `NotImplemented` for the rest."""
    if name == "vendor":
        vm.assume("connection.vendor", VENDOR, span)
        return VENDOR
    if name == "settings_dict":
        vm.assume("connection.settings_dict['ENGINE']", ENGINE, span)
        return {"ENGINE": ENGINE}
    return NotImplemented


def databases_setting(vm: Machine, value: Any, span: Span) -> Any:
    """`settings.DATABASES` with an engine wherever the settings do not name one that is known."""
    if isinstance(value, Unknown) or value == {}:
        value = {"default": {}}
    if not isinstance(value, dict):
        return value
    return {alias: _with_engine(vm, alias, found, span) for alias, found in value.items()}


def _with_engine(vm: Machine, alias: Any, database: Any, span: Span) -> Any:
    if isinstance(database, dict):
        if isinstance(database.get("ENGINE"), str) and database["ENGINE"]:
            return database
    elif not isinstance(database, Unknown):
        return database
    vm.assume(f"DATABASES[{alias!r}]['ENGINE']", ENGINE, span)
    return {**(database if isinstance(database, dict) else {}), "ENGINE": ENGINE}
