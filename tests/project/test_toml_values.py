from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.toml_values import TomlTable, strings


@pytest.mark.parametrize(
    ("key", "help"),
    [("select", 'write select = ["PGT1"]'), ("shop/*", 'write "shop/*" = ["PGT1"]')],
)
def test_what_to_write_is_toml(tmp_path: Path, key: str, help: str) -> None:
    table = TomlTable(tmp_path / "pyproject.toml", ("tool", "pgtrigger-codegen"))

    with pytest.raises(ConfigError) as caught:
        strings(table, key, "PGT1")

    assert caught.value.help == help
