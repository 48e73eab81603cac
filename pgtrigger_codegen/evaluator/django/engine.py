"""PostgreSQL is given: triggers of django-pgtrigger exist nowhere else.

Projects that also run on another database ask for the engine before they declare triggers. What
such a test is answered with is an assumption, and listed as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.python.machine import Interpreter

ENGINE = "django.db.backends.postgresql"
VENDOR = "postgresql"


def connection_attribute(vm: Interpreter, name: str, span: Span) -> Any:
    """`connection.vendor` and what else names the engine; None for other attributes."""
    if name == "vendor":
        vm.assume("connection.vendor", VENDOR, span)
        return VENDOR
    if name == "settings_dict":
        vm.assume("connection.settings_dict['ENGINE']", ENGINE, span)
        return {"ENGINE": ENGINE}
    return None


def databases_setting(vm: Interpreter, value: Any, span: Span) -> Any:
    """`settings.DATABASES` with an engine wherever the settings do not name one that is known."""
    if isinstance(value, Unknown) or value == {}:
        value = {"default": {}}
    if not isinstance(value, dict):
        return value
    return {alias: _with_engine(vm, alias, found, span) for alias, found in value.items()}


def _with_engine(vm: Interpreter, alias: Any, database: Any, span: Span) -> Any:
    if isinstance(database, dict):
        if isinstance(database.get("ENGINE"), str) and database["ENGINE"]:
            return database
    elif not isinstance(database, Unknown):
        return database
    vm.assume(f"DATABASES[{alias!r}]['ENGINE']", ENGINE, span)
    return {**(database if isinstance(database, dict) else {}), "ENGINE": ENGINE}
