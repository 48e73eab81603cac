"""A key more in a TOML file: everything else stays, to the letter."""

from __future__ import annotations

import tomllib

import pytest

from pgtrigger_codegen.project.toml_edit import with_keys

TABLE = ("tool", "pgtrigger-codegen")
VALUES = {"settings": "shop.settings"}
LINE = 'settings = "shop.settings"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"[tool.pgtrigger-codegen]\n{LINE}"),
        ("[project]\nname = 'x'", f"[project]\nname = 'x'\n\n[tool.pgtrigger-codegen]\n{LINE}"),
        (
            "[tool.pgtrigger-codegen] # ours\nexclude = []\n\n[tool.ruff]\n",
            f"[tool.pgtrigger-codegen] # ours\n{LINE}exclude = []\n\n[tool.ruff]\n",
        ),
        ("[tool.pgtrigger-codegen]", f"[tool.pgtrigger-codegen]\n{LINE}"),
        (
            "[ tool . 'pgtrigger-codegen' ]\n",
            f"[ tool . 'pgtrigger-codegen' ]\n{LINE}",
        ),
        (
            "[tool.pgtrigger-codegen.lint]\nignore = []\n",
            f"[tool.pgtrigger-codegen.lint]\nignore = []\n\n[tool.pgtrigger-codegen]\n{LINE}",
        ),
        # What only looks like the table is text.
        (
            "x = '''\n[tool.pgtrigger-codegen]\n'''\n[tool.pgtrigger-codegen]\n",
            f"x = '''\n[tool.pgtrigger-codegen]\n'''\n[tool.pgtrigger-codegen]\n{LINE}",
        ),
    ],
)
def test_the_key_is_added(text: str, expected: str) -> None:
    assert with_keys(text, TABLE, VALUES) == expected


@pytest.mark.parametrize(
    "text",
    [
        "tool = {}\n",
        "tool.pgtrigger-codegen = { exclude = [] }\n",
        "[tool]\npgtrigger-codegen.exclude = []\n",
        "[[tool.pgtrigger-codegen]]\n",
        "tool = 1\n",
    ],
)
def test_where_there_is_no_room_nothing_is_changed(text: str) -> None:
    assert with_keys(text, TABLE, VALUES) is None


def test_values_are_quoted() -> None:
    changed = with_keys("", TABLE, {"python": 'C:\\env "é"'})

    assert changed is not None
    assert tomllib.loads(changed)["tool"]["pgtrigger-codegen"]["python"] == 'C:\\env "é"'
