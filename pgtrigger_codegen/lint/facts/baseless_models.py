"""Models of the project with a base that is not known."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pgtrigger_codegen.models.facts import Models
from pgtrigger_codegen.source.span import Span


class BaselessModel(Struct, frozen=True):
    """What is said of a model with an unknown base, whether its table is known or not."""

    label: str
    name: str
    unread: str
    base: Span
    missing_package: str | None
    span: Span


def baseless_models(models: Models) -> Iterator[BaselessModel]:
    """The models of first-party code, in the order of their tables, the unplaced ones last."""
    for model in map(models.__getitem__, models.baseless):
        # A through model stands and falls with the model that has the field.
        is_through = model.through_field is not None and model.proxy_of is None
        if model.first_party and not is_through and model.unknown_base and model.unread:
            base, package = model.unknown_base, model.missing_package
            yield BaselessModel(model.label, model.name, model.unread, base, package, model.span)
    for item in models.unplaced:
        if item.first_party:
            base, package = item.unknown_base, item.missing_package
            yield BaselessModel(item.label, item.name, item.unread, base, package, item.span)
