"""Names of tables, by Django's rules.

https://docs.djangoproject.com/en/stable/ref/models/options/#table-names
"""

from __future__ import annotations

from django.db.backends.utils import truncate_name

from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.models.registry import ModelRegistry

MAX_NAME_LENGTH = 63
"""PostgreSQL's limit for identifiers, to which Django cuts the names it makes up."""


def default_table_name(app_label: str, model_name: str) -> str:
    """The table of a model that names none."""
    return truncate_name(f"{app_label}_{model_name.lower()}", MAX_NAME_LENGTH)


def written_table_name(model: ModelClass, registry: ModelRegistry) -> str | Unknown:
    """The table of a model that is not a proxy, from its source: rendering it costs much more."""
    explicit = meta.option(model, "db_table")
    if (unknown := first_unknown(explicit)) is not None:
        return unknown
    label = registry.label(model)
    if isinstance(label, Unknown):
        return label
    if explicit is not meta.MISSING and not isinstance(explicit, str | None):
        return Unknown(f"`db_table` of `{model.name}` is not a string", model.span)
    if explicit is not meta.MISSING and explicit:
        return str(explicit)
    return default_table_name(*label.split("."))
