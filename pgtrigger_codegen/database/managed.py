"""Stage database: which of the triggers are the migrations' business.

What is done by hand to such a trigger, the migrations do not know of.
"""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.database.catalog import table_reference
from pgtrigger_codegen.migrations.reading.graph import build_graph
from pgtrigger_codegen.migrations.reading.reader import MigrationReader
from pgtrigger_codegen.migrations.replaying.replay import replay
from pgtrigger_codegen.migrations.replaying.state import in_search_path
from pgtrigger_codegen.pipeline import Analysis
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


def managed_triggers(analysis: Analysis) -> dict[str, str]:
    """The app whose migrations install a trigger, by URI.

    Raises:
        MigrationsError: The migrations go in a circle.
    """
    apps = analysis.project.apps
    reader = MigrationReader(apps, analysis.load_migration)
    own = sorted(label for label, app in apps.items() if app.first_party)
    triggers = replay(build_graph(reader, own)).triggers
    owners = {key: trigger.owner for key, trigger in triggers.items()}
    keys = {trigger.uri: _key(trigger) for trigger in _all(analysis)}
    return {uri: owners[key] for uri, key in keys.items() if key in owners}


def _all(analysis: Analysis) -> Iterable[CompiledTrigger]:
    return (*analysis.triggers, *analysis.foreign_triggers)


def _key(trigger: CompiledTrigger) -> tuple[object, str]:
    return in_search_path(table_reference(trigger.table)), trigger.pgid
