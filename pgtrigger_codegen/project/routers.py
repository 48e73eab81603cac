"""Stage project: the answers of the project's database routers, as far as they can be read.

A router is asked as Django asks it: `allow_migrate(db, app_label, **hints)`, and the first that
does not answer None decides. Routers are code, so an answer may be `Unknown`.

https://docs.djangoproject.com/en/stable/topics/db/multi-db/#allow_migrate
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.classes import MISSING, find_attribute
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.source.span import Span


class RouterAnswer(Struct, frozen=True):
    """Whether a model's tables belong in a database.

    Attributes:
        router: The router that decided; None where none of them cared.
    """

    allowed: bool
    router: str | None = None


class AllowMigrate(Protocol):
    """Asks the routers."""

    def __call__(
        self, alias: str, app_label: str, model_name: str | None, /, **hints: str
    ) -> RouterAnswer | Unknown:
        """What they answer of a database's alias, an app's label and a model's name.

        Args:
            model_name: In lower case; None for an operation that is about none.
            hints: What else an operation says of itself.
        """


def always_allowed(
    alias: str, app_label: str, model_name: str | None, /, **hints: str
) -> RouterAnswer | Unknown:
    """The answer of a project without routers."""
    return RouterAnswer(allowed=True)


class Routers:
    """The routers of a project."""

    def __init__(self, interpreter: Interpreter, settings: Settings) -> None:
        self._interpreter = interpreter
        self._settings = settings
        self._span = settings.span or Span(settings.module or "settings", 1, 1, 1, 1)

    def allow_migrate(
        self, alias: str, app_label: str, model_name: str | None, /, **hints: str
    ) -> RouterAnswer | Unknown:
        """What the routers answer, in their order."""
        if model_name is not None:
            hints = {"model_name": model_name, **hints}
        routers = self._settings.get("DATABASE_ROUTERS", ())
        if unknown := first_unknown(routers):
            return unknown
        if not isinstance(routers, list | tuple):
            return Unknown("`DATABASE_ROUTERS` is not a list", self._span)
        for router in routers:
            answer = self._ask(router, alias, app_label, hints)
            if isinstance(answer, Unknown):
                return answer
            if answer is not None:
                return RouterAnswer(bool(answer), str(router))
        return RouterAnswer(allowed=True)

    def _ask(self, router: object, alias: str, app_label: str, hints: dict[str, str]) -> Any:
        if not isinstance(router, str):
            return Unknown("a router is not given by its dotted name", self._span)
        return self._interpreter.guarded(
            lambda: self._answer(router, alias, app_label, hints), self._span
        )

    def _answer(self, router: str, alias: str, app_label: str, hints: dict[str, str]) -> Any:
        module, _, name = router.rpartition(".")
        scope = self._interpreter.module(module)
        if isinstance(scope, Unknown):
            return scope
        cls = self._interpreter.name(name, scope, self._span)
        instance = self._interpreter.apply(cls, (), {}, self._span)
        if isinstance(instance, Unknown):
            return instance
        if find_attribute(type(instance), "allow_migrate") is MISSING:
            return None  # Django passes over routers without the method.
        method = self._interpreter.attribute(instance, "allow_migrate", self._span)
        return self._interpreter.apply(method, (alias, app_label), hints, self._span)
