"""The project's settings, as the code that Django imports has assigned them since."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import global_settings

from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.models import django_setup
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.source.span import Span


class CurrentSettings:
    """Settings by name; Django, which compiles with them, is told of each assignment."""

    def __init__(self, settings: Settings) -> None:
        self.read = settings
        self._assigned: dict[str, Any] = {}
        self._assigned_at: dict[str, Span] = {}
        self._assigned_any: Unknown | None = None

    def get(self, name: str, span: Span) -> Any:
        """What was assigned, the project's value, else Django's default."""
        if name in self._assigned or self._assigned_any is not None:
            return self._assigned.get(name, self._assigned_any)
        if name in self.read.values:
            return self.read.values[name]
        if hasattr(global_settings, name) and name.isupper():
            return getattr(global_settings, name)
        module = self.read.module
        where = f"in `{module}`" if module else "without a settings module"
        return Unknown(f"`settings.{name}` is not set {where}", span)

    def has(self, name: str) -> bool | Unknown:
        """Whether the project, or Django, sets it, or code assigned it."""
        if name in self._assigned or self._assigned_any is not None:
            return first_unknown(self._assigned.get(name, self._assigned_any)) or True
        if name in self.read.values or (name.isupper() and hasattr(global_settings, name)):
            return True
        return self.read.incomplete or False

    def of_library(self, prefixes: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        """The settings that a library reads, by name.

        Libraries read theirs as modules are imported: what is assigned meanwhile is not known,
        for some calls come before and some after.
        """
        if prefixes and self._assigned_any is not None:
            yield prefixes[0], self._assigned_any
        values = {**self.read.values, **self._assigned}
        for name, value in values.items():
            if name.startswith(prefixes):
                reason = f"`settings.{name}` is assigned to while models are made"
                place = self._assigned_at.get(name)
                yield name, value if place is None else Unknown(reason, place)

    def assign(self, name: str | Unknown, value: Any, span: Span) -> None:
        """`settings.NAME = value`, for a setting that is not there yet.

        Another value of one that is there would come too late for what has been read of it.

        Raises:
            Refusal: It is there, or its name or value is not known; nor is it from now on.
        """
        if isinstance(name, Unknown):
            reason = f"a setting is assigned by a name that is not known: {name.reason}"
            self._assigned_any = Unknown(reason, span, name.notes)
            django_setup.withhold_all(self._assigned_any)
            raise Refusal(self._assigned_any)
        present = self.has(name)
        unknown = first_unknown(value) or (present if isinstance(present, Unknown) else None)
        if unknown is not None or (present and self.get(name, span) != value):
            why = "it is set already" if unknown is None else unknown.reason
            reason = f"`settings.{name}` is assigned to: {why}"
            unknown = Unknown(reason, span, unknown.notes if unknown else ())
            self._assigned[name] = unknown
            django_setup.withhold(name, unknown)
            raise Refusal(unknown)
        if not present:
            self._assigned[name] = value
            self._assigned_at[name] = span
            django_setup.assign(name, value)
