"""Tables that SQL names, and the models that own them.

Describing a model renders it, and a project may have thousands. So the owners of tables with
triggers are asked first, and all models only for a name that is still not known.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

from pgtrigger_codegen.lint.bodies import BodyTrigger
from pgtrigger_codegen.lint.definitions import table_owner
from pgtrigger_codegen.migrations.state import in_search_path
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.sql.names import QualifiedName, table_name


class Tables:
    """The tables of a project's models."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    def owner(self, table: QualifiedName) -> ModelFact | None:
        """The model with that table, where there is one."""
        table = in_search_path(table)
        label = self._with_triggers.get(table)
        model = self._analysis.models.get(label) if label else None
        return model or self._all.get(table)

    def owner_of(self, trigger: BodyTrigger) -> ModelFact | None:
        """The model that owns the trigger's table."""
        if trigger.declared is not None:
            return table_owner(self._analysis, trigger.declared)
        return self.owner(table_name(trigger.table))

    def names(self) -> list[str]:
        """The names of all tables that are in the search path."""
        return [table.name for table in self._all if table.schema is None]

    @functools.cached_property
    def _with_triggers(self) -> dict[QualifiedName, str]:
        return {
            in_search_path(table_name(trigger.table)): trigger.concrete_model
            for trigger in self._analysis.triggers
        }

    @functools.cached_property
    def _all(self) -> Mapping[QualifiedName, ModelFact]:
        # A proxy has the table of its model, and fewer facts.
        found = {
            in_search_path(table_name(model.table)): model
            for model in self._analysis.models.values()
            if model.proxy_of is not None
        }
        return found | {
            in_search_path(table_name(model.table)): model
            for model in self._analysis.models.values()
            if model.proxy_of is None
        }
