from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.config import Config, load_config


def write_table(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "pyproject.toml"
    path.write_text(f"[tool.pgtrigger-codegen]\n{text}\n", encoding="utf-8")
    return path


def error_for(folder: Path, text: str) -> ConfigError:
    path = write_table(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_config(folder)
    assert str(path) in str(caught.value)
    assert caught.value.help
    return caught.value


def test_every_key(tmp_path: Path) -> None:
    path = write_table(
        tmp_path,
        """
        settings = "shop.settings"
        apps = ["shop", "shop.apps.ShopConfig"]
        source-roots = ["backend", "lib/python"]
        exclude = ["fixtures/**"]
        python = ".venv/bin/python"
        databases = ["default"]
        env = { STAGE = "test" }
        lint = { ignore = ["PGT101"], deep = { key = 1 } }
        """,
    )
    assert load_config(tmp_path) == Config(
        path=path,
        settings="shop.settings",
        apps=("shop", "shop.apps.ShopConfig"),
        source_roots=(tmp_path / "backend", tmp_path / "lib/python"),
        exclude=("fixtures/**",),
        python=tmp_path / ".venv/bin/python",
        databases=("default",),
        env={"STAGE": "test"},
        lint={"ignore": ["PGT101"], "deep": {"key": 1}},
    )


def test_no_pyproject_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert load_config(tmp_path) == Config()


def test_empty_table_is_found(tmp_path: Path) -> None:
    path = write_table(tmp_path, "")
    assert load_config(tmp_path) == Config(path=path)


def test_walks_up_past_files_without_the_table(tmp_path: Path) -> None:
    path = write_table(tmp_path, 'source-roots = ["backend"]')
    inner = tmp_path / "backend" / "shop"
    inner.mkdir(parents=True)
    (tmp_path / "backend" / "pyproject.toml").write_text("[tool.other]\n", encoding="utf-8")
    config = load_config(inner)
    assert config.path == path
    # Relative to the file, not to the folder that the search began in.
    assert config.source_roots == (tmp_path / "backend",)


def test_nearest_table_wins(tmp_path: Path) -> None:
    write_table(tmp_path, 'settings = "far"')
    write_table(tmp_path / "inner", 'settings = "near"')
    assert load_config(tmp_path / "inner").settings == "near"


def test_does_not_leave_the_repository(tmp_path: Path) -> None:
    write_table(tmp_path, 'settings = "outside"')
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert load_config(tmp_path / "repository").settings is None


def test_python_keeps_symbolic_links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/python").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_table(tmp_path, 'python = "link/python"')
    assert load_config(tmp_path).python == tmp_path / "link/python"


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ('setings = "shop"', "`setings`", "`settings`"),
        ('source_roots = ["src"]', "`source_roots`", "`source-roots`"),
        ("Exclude = []", "`Exclude`", "`exclude`"),
        ("zzz = 1", "`zzz`", "the keys are: apps, databases, env, exclude, lint, python"),
    ],
)
def test_unknown_key(tmp_path: Path, text: str, key: str, suggestion: str) -> None:
    error = error_for(tmp_path, text)
    assert f"unknown key {key}" in str(error)
    assert suggestion in str(error.help)


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        (
            "settings = 1",
            "`settings` in [tool.pgtrigger-codegen] must be a string",
            "",
        ),
        ("settings = true", "not a boolean", ""),
        ('settings = ""', "is empty", ""),
        ('settings = "shop/settings.py"', "not one", '"shop.settings"'),
        ('settings = "a-b"', "not one", '"shop.settings"'),
        ('apps = "shop"', "must be a list of strings, not a string", 'apps = ["shop"]'),
        ("apps = { a = 1 }", "not a table", ""),
        ("apps = [1]", "item 1 is a number", ""),
        ('apps = ["shop", ""]', "item 2 is an empty string", ""),
        ('apps = ["./shop"]', '"./shop" is not one', '"shop"'),
        ("source-roots = 1979-05-27", "not a date or time", ""),
        ("exclude = [[]]", "item 1 is a list", ""),
        ("python = []", "not a list", ""),
        ('env = "A=1"', "`env` in [tool.pgtrigger-codegen] must be a table", ""),
        ("env = { DEBUG = true }", "`DEBUG` in [tool.pgtrigger-codegen.env]", 'DEBUG = "true"'),
        ("env = { PORT = 5432 }", "not a number", 'PORT = "5432"'),
        ("lint = []", "`lint`", "[tool.pgtrigger-codegen.lint]"),
    ],
)
def test_wrong_value(tmp_path: Path, text: str, message: str, help: str) -> None:
    error = error_for(tmp_path, text)
    assert message in str(error)
    assert help in str(error.help)


def test_an_error_names_the_line(tmp_path: Path) -> None:
    error = error_for(tmp_path, "databases = []\nsettings = 1")

    assert f"{tmp_path / 'pyproject.toml'}:3: `settings`" in str(error)


@pytest.mark.parametrize("content", [b"[tool", b'a = "\xff"'])
def test_what_is_not_toml(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="is not valid TOML") as caught:
        load_config(tmp_path)
    assert str(path) in str(caught.value)


def test_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\npgtrigger-codegen = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="must be a table, not a number"):
        load_config(tmp_path)
