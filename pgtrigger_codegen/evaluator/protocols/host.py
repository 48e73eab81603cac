"""The interpreter's questions about the project around it.

The evaluator knows Python; settings, app labels and model options are the business of later
stages, which answer through this interface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

PathKind = Literal["file", "folder", "nothing"]


class Host(Protocol):
    """The project, as interpreted code can see it."""

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables pinned by the configuration."""

    @property
    def takes_defaults(self) -> bool:
        """Whether a variable that is not pinned is taken to have the default in the source."""

    @property
    def app_names(self) -> Sequence[str]:
        """Dotted names of the installed apps, in order."""

    def app_name(self, label: str, span: Span) -> str | Unknown:
        """Dotted name of the app with a label."""

    def setting(self, name: str, span: Span) -> Any:
        """`settings.NAME`."""

    def has_setting(self, name: str) -> bool | Unknown:
        """Whether `settings.NAME` exists."""

    def assign_setting(self, name: str | Unknown, value: Any, span: Span) -> None:
        """`settings.NAME = value`; a value or a name that is not known makes what it may be so.

        Raises:
            Refusal: What the assignment does is not followed.
        """

    def model_label(self, model: ModelClass | ThroughModel) -> str | Unknown:
        """`app_label.ModelName`."""

    def model_class(self, label: str, span: Span | None) -> ModelClass | Unknown:
        """The class of a model, by its label in any case."""

    def models(self, app_label: str | None, span: Span) -> Any:
        """The models of one app or of all, default through models aside, in Django's order."""

    def model_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> Any:
        """`Model._meta.NAME`."""

    def has_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> bool | Unknown:
        """Whether an option of `Meta` that Django has no default for is given."""

    def rendered_attribute(self, model: type, name: str, span: Span) -> Any:
        """An attribute of a rendered model that only the user's class has."""

    def model_behind(self, model: type) -> ModelClass | ThroughModel | None:
        """What a rendered model was rendered from."""

    def rendered(self, model: ModelClass | ThroughModel) -> type | Unknown:
        """The real model, for real code."""

    def rendered_field(self, model: ModelClass | ThroughModel, name: str) -> Any:
        """The real model's own field; None where there is none, or not yet."""

    def found_at(self, path: Path, span: Span) -> tuple[str, PathKind] | Unknown:
        """The path, relative to the project's folder that it lies in, and what is there."""

    def read_text(self, path: Path, span: Span) -> str | Unknown:
        """The text of a file of the project."""
