"""The tables that SQL names, with the models that own them."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Mapping

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger
from pgtrigger_codegen.lint.facts.definitions import table_owner
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.sql.names import QualifiedName, table_name


class ModelTables:
    """The tables of a project's models; a model is described when its table is asked for."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._similar: dict[str, str | None] = {}

    def owner(self, table: QualifiedName) -> ModelFact | None:
        """The model with that table, where there is one."""
        label = self._labels.get(in_search_path(table))
        return self._analysis.models.get(label) if label else None

    def owner_of(self, trigger: BodyTrigger) -> ModelFact | None:
        """The model that owns the trigger's table."""
        if trigger.declared is not None:
            return table_owner(self._analysis, trigger.declared)
        return self.owner(table_name(trigger.table))

    def similar(self, table: str) -> str | None:
        """The name that is almost that one, of the tables in the search path."""
        if table not in self._similar:
            names = [known.name for known in self._labels if known.schema is None]
            close = difflib.get_close_matches(table, names, n=1, cutoff=0.85)
            self._similar[table] = close[0] if close else self._by_words.get(_words(table))
        return self._similar[table]

    def of_app(self, name: str) -> str | None:
        """The table of an app of the project that has that name behind the app's label."""
        return self._by_own_name.get(name)

    @functools.cached_property
    def _by_words(self) -> Mapping[frozenset[str], str | None]:
        """Tables by the words in their names; None for words that several have."""
        found: dict[frozenset[str], str | None] = {}
        for table in self._labels:
            if table.schema is None and len(words := _words(table.name)) > 2:
                found[words] = None if words in found else table.name
        return found

    @functools.cached_property
    def _by_own_name(self) -> Mapping[str, str | None]:
        """Tables by name without their app's label; None for a name that several have."""
        found: dict[str, str | None] = {}
        for table, label in self._labels.items():
            app_label = label.partition(".")[0]
            app = self._analysis.project.apps.get(app_label)
            if app is not None and app.first_party and table.schema is None:
                name = table.name.removeprefix(f"{app_label}_")
                if name != table.name:
                    found[name] = None if name in found else table.name
        return found

    @functools.cached_property
    def _labels(self) -> Mapping[QualifiedName, str]:
        tables = self._analysis.models.tables
        return {in_search_path(table_name(table)): label for table, label in tables.items()}


def _words(table: str) -> frozenset[str]:
    """`shop_order_tags` → shop, order, tag: people mix up the two models in such a name."""
    return frozenset(word.removesuffix("s") for word in table.split("_"))
