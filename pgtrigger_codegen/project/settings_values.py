"""Stage project: the values that a settings module sets, at its top level or in a class.

With django-configurations, an object of the class that `DJANGO_CONFIGURATION` names holds the
settings.
"""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.django.configurations import is_configuration, settings_of_class
from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.project.config import TABLE
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.project.settings_name import CONFIGURATION
from pgtrigger_codegen.source.span import Span


def settings_of(
    module: str, configuration: str | None, interpreter: Interpreter
) -> Settings | Unknown:
    """The settings of a module; unknown where it does not parse.

    Args:
        configuration: The class that holds them, where one is named.
    """
    interpreter.loader.start(module)
    scope = interpreter.module(module)
    if isinstance(scope, Unknown):
        return scope
    place = Span(str(scope.module.path), 1, 1, 1, 1)
    values = {
        name: interpreter.name(name, scope, place) for name in list(scope.names) if name.isupper()
    }
    incomplete = scope.open_ended
    classes = _classes(scope, place, interpreter)
    if classes:
        of_class = _of_class(classes, configuration, scope, interpreter)
        if isinstance(of_class, Unknown):
            incomplete = incomplete or of_class
        else:
            values |= of_class
    if incomplete is not None and "INSTALLED_APPS" not in values:
        values["INSTALLED_APPS"] = incomplete
    return Settings(module, values, place, incomplete=incomplete)


def _classes(scope: Scope, place: Span, interpreter: Interpreter) -> dict[str, Any]:
    """The classes of settings that a module defines or imports, by name."""
    found = {name: interpreter.name(name, scope, place) for name in list(scope.names)}
    return {name: cls for name, cls in found.items() if is_configuration(interpreter, cls)}


def _of_class(
    classes: dict[str, Any], configuration: str | None, scope: Scope, interpreter: Interpreter
) -> dict[str, Any] | Unknown:
    place = Span(str(scope.module.path), 1, 1, 1, 1)
    if configuration is None:
        own = [name for name, cls in classes.items() if cls.__module__ == scope.module.name]
        if len(own) != 1:
            lines = " or ".join(f'`{CONFIGURATION} = "{name}"`' for name in own or classes)
            return Unknown(
                f"the settings are in one of its classes; choose with {lines} under "
                f"[tool.{TABLE}.env] in pyproject.toml",
                place,
            )
        (configuration,) = own
        interpreter.assume(CONFIGURATION, configuration, place)
    if configuration not in classes:
        return Unknown(f"it has no class `{configuration}`, which {CONFIGURATION} names", place)
    return settings_of_class(interpreter, classes[configuration], place)
