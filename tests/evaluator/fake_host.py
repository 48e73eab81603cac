"""A project with settings and an environment, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pgtrigger_codegen.evaluator.protocols.host import PathKind
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span


class FakeHost:
    """A project with these settings and this environment, and nothing else."""

    def __init__(self, settings: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.settings = settings
        self.environment = environment
        self.takes_defaults = True

    @property
    def app_names(self) -> tuple[str, ...]:
        return ()

    def app_name(self, label: str, span: Span) -> str | Unknown:
        return Unknown("no apps here", span)

    def setting(self, name: str, span: Span) -> Any:
        return self.settings.get(name, Unknown(f"`settings.{name}` is not set", span))

    def has_setting(self, name: str) -> bool | Unknown:
        return name in self.settings

    def assign_setting(self, name: str | Unknown, value: Any, span: Span) -> None:
        raise Refusal(Unknown("no settings are assigned here"))

    def model_label(self, model: ModelClass | ThroughModel) -> str | Unknown:
        return Unknown("no labels here")

    def model_class(self, label: str, span: Span | None) -> ModelClass | Unknown:
        return Unknown(f"no model `{label}` here", span)

    def models(self, app_label: str | None, span: Span) -> Any:
        return Unknown("no models here", span)

    def model_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> Any:
        return Unknown(f"no option `{name}` here", span)

    def has_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> bool | Unknown:
        return Unknown("no models")

    def rendered_attribute(self, model: type, name: str, span: Span) -> Any:
        return Unknown(f"no attribute `{name}` here", span)

    def model_behind(self, model: type) -> ModelClass | ThroughModel | None:
        return None

    def rendered(self, model: ModelClass | ThroughModel) -> type | Unknown:
        return Unknown("no models here")

    def rendered_field(self, model: ModelClass | ThroughModel, name: str) -> Any:
        return None

    def found_at(self, path: Path, span: Span) -> tuple[str, PathKind] | Unknown:
        return Unknown("no paths here", span)

    def read_text(self, path: Path, span: Span) -> str | Unknown:
        return path.read_text(encoding="utf-8")
