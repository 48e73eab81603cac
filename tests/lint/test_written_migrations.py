"""What `makemigrations` writes, the rules about migrations find nothing wrong with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from tests.migrations.scenarios.histories import HISTORIES
from tests.migrations.scenarios.histories_of_models import KINDS_OF_MODELS, SETTINGS
from tests.migrations.scenarios.histories_of_other_tables import OTHER_TABLES
from tests.migrations.scenarios.histories_of_schema import SCHEMA_CHANGES
from tests.migrations.scenarios.history import INITIAL
from tests.migrations.scenarios.project import ScenarioProject

pytestmark = pytest.mark.slow

ALL = {**HISTORIES, **OTHER_TABLES, **SCHEMA_CHANGES, **KINDS_OF_MODELS}
# Versions for which something is written though nothing is wrong.
PRECAUTIONS = {
    ("layout alone is no change until asked for", 1),
    ("column that only the body names becomes longer", 1),
    ("another app's body names the column whose type changes", 1),
}
MIGRATION_RULES = [rule for rule in RULES if rule.code.startswith("PGT4")]


@pytest.mark.parametrize("name", ALL)
def test_it_lints_clean(name: str, tmp_path: Path) -> None:
    no_server: Any = None
    project = ScenarioProject(tmp_path, no_server, "", "")
    project.create()
    project.configure(SETTINGS.get(name, ""))
    for number, stage in enumerate(ALL[name]):
        project.write_models("shop", stage.models)
        if stage.audit is not None or number == 0:
            project.write_models("audit", stage.audit or "")
        if stage.schema or number == 0:
            project.write_migration("shop", stage.schema or INITIAL, stage.needs)
        if stage.audit_schema:
            project.write_migration("audit", stage.audit_schema, stage.audit_needs)
        stage.act(project)

        before = run(analyze(tmp_path), rules=MIGRATION_RULES)
        project.makemigrations(*stage.arguments)
        after = run(analyze(tmp_path), rules=MIGRATION_RULES)

        pending = bool(stage.kinds) and (name, number) not in PRECAUTIONS
        assert bool(before) is pending, number
        assert after == [], number
