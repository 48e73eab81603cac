"""Views that models read, and triggers on them that only a table can have."""

from __future__ import annotations

import re

from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.facts.project_files import migration_texts
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.definition import Definition


def needs_table(context: LintContext, definition: Definition, model: ModelFact | None) -> bool:
    """Whether a trigger that views cannot have is on a view."""
    row_level = definition.is_row_level or "TRUNCATE" in definition.events
    return (
        definition.timing != "INSTEAD OF"
        and row_level
        and model is not None
        and not model.managed
        and _is_view(context, model.table)
    )


def _is_view(context: LintContext, table: str) -> bool:
    """Whether SQL in a migration of the project creates a view of that name."""
    name = re.escape(table.replace('"', ""))
    pattern = re.compile(rf"CREATE\s+(OR\s+REPLACE\s+)?VIEW\s+[\\\"]*{name}\b", re.IGNORECASE)
    return any(
        pattern.search(text)
        for _, text in migration_texts(context.analysis.project.first_party_apps)
    )
