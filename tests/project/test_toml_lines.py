from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.project.toml_lines import key_line

TEXT = """\
[tool.ruff]
select = ["E"]

[tool.pgtrigger-codegen]
settings = "shop.settings"
lint.ignore = ["PGT1"]

[tool.pgtrigger-codegen.lint]  # the linter
select = [
    "PGT1",
]
severity = { PGT103 = "info" }

[tool.pgtrigger-codegen.lint.per-file-ignores]
"tests/**.py" = ["PGT1"]
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("settings",), 5),
        (("lint", "ignore"), 6),
        (("lint", "select"), 9),
        (("lint", "severity", "PGT103"), 12),
        (("lint", "per-file-ignores", "tests/**.py"), 15),
        (("lint", "gone"), 8),
        (("gone",), 4),
    ],
)
def test_lines(tmp_path: Path, key: tuple[str, ...], line: int) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(TEXT, encoding="utf-8")

    assert key_line(path, ("tool", "pgtrigger-codegen", *key)) == line


def test_a_table_of_others_is_no_place(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(TEXT, encoding="utf-8")

    assert key_line(path, ("tool", "gone", "key")) is None


def test_a_file_that_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    assert key_line(tmp_path / "pyproject.toml", ("tool",)) is None
