"""What refuses to write at all; the rest is in `test_planner`."""

from __future__ import annotations

from typing import Any

import pytest

from pgtrigger_codegen.errors import MigrationsError
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.planning.preconditions import require_runsql_mode
from pgtrigger_codegen.project.project import Settings


@pytest.mark.parametrize("name", ["PGTRIGGER_MIGRATIONS", "PGTRIGGER_MODEL_META"])
def test_runsql_mode(name: str) -> None:
    settings = Settings("config.settings", {name: False})

    require_runsql_mode(settings)

    assert settings.runsql_mode


@pytest.mark.parametrize(
    ("module", "values", "message"),
    [
        ("config.settings", {}, r"are on(.|\n)*PGTRIGGER_MIGRATIONS = False in config\.settings"),
        ("config.settings", {"PGTRIGGER_MIGRATIONS": True}, "are on"),
        (
            "config.settings",
            {"PGTRIGGER_MIGRATIONS": Unknown("it is computed")},
            r"in config\.settings cannot be read: it is computed",
        ),
        (None, {}, r"no settings were found(.|\n)*\[tool\.pgtrigger-codegen\]"),
    ],
)
def test_any_other_mode_is_refused_with_what_to_set(
    module: str | None, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(MigrationsError, match=message):
        require_runsql_mode(Settings(module, values))
