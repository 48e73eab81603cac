"""`config` on real projects: every value, and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.errors import ConfigError
from tests.support.cli import run_cli, run_json
from tests.support.projects import copy_project

TABLE = """\
[tool.pgtrigger-codegen]
settings = "shop.settings"
exclude = ["attic"]
databases = ["default"]
python = "environment"

[tool.pgtrigger-codegen.env]
PGDATABASE = "shop_test"

[tool.pgtrigger-codegen.lint]
ignore = ["PGT1"]
severity = { PGT001 = "warning" }
baseline = "known.json"

[tool.pgtrigger-codegen.lint.per-file-ignores]
"attic/*" = ["PGT002"]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    project = copy_project("shop", tmp_path)
    (project / "pyproject.toml").unlink(missing_ok=True)
    (project / ".git").mkdir()
    return project


def resolved(project: Path, *options: str) -> dict[str, tuple[Any, str]]:
    values = run_json(project, *options, "config")
    return {value["name"]: (value["value"], value["origin"]) for value in values}


def environment(folder: Path) -> Path:
    (folder / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("version = 3.12.1\n")
    return folder


def test_what_is_found(shop: Path) -> None:
    values = resolved(shop)

    value, origin = values["configuration"]
    assert value is None
    assert "no pyproject.toml has a table" in origin
    assert values["root"] == (str(shop), "the folder given")
    module, origin = values["settings"]
    assert module == "shop.settings"
    assert origin.startswith("manage.py:")
    assert values["source-roots"] == (["."], "found")
    assert values["exclude"] == ([], "default")
    assert values["python"] == (None, "no virtual environment was found")
    assert values["apps"] == (["customers", "catalog", "orders"], "shop/settings.py:1")
    assert "auth" in values["third-party apps"][0]
    assert values["RunSQL mode"] == (True, "shop/settings.py:1")
    value, origin = values["assumed PGDATABASE"]
    assert value == "'shop'"
    assert origin.startswith("shop/settings.py:")
    rules, origin = values["lint.rules"]
    assert {"PGT001", "PGT103"} <= set(rules)
    assert origin == "default"


def test_what_is_configured(shop: Path) -> None:
    environment(shop / "environment")
    (shop / "pyproject.toml").write_text(TABLE)

    values = resolved(shop)

    assert values["configuration"] == ("pyproject.toml", "found")
    assert values["settings"] == ("shop.settings", "pyproject.toml:2")
    assert values["exclude"] == (["attic"], "pyproject.toml:3")
    assert values["databases"] == (["default"], "pyproject.toml:4")
    assert values["python"] == (str(shop / "environment"), "pyproject.toml:5")
    assert values["python-version"] == ("3.12", "found")
    assert values["env"] == ({"PGDATABASE": "shop_test"}, "pyproject.toml:7")
    assert not any(name.startswith("assumed PGDATABASE") for name in values)
    rules, origin = values["lint.rules"]
    assert not any(code.startswith("PGT1") for code in rules)
    assert origin == "pyproject.toml:11"
    assert values["lint.severity"] == ({"PGT001": "warning"}, "pyproject.toml:12")
    assert values["lint.baseline"] == ("known.json", "pyproject.toml:13")
    assert values["lint.per-file-ignores"] == ({"attic/*": ["PGT002"]}, "pyproject.toml:15")
    assert values["lint.fixable"] == (["ALL"], "default")
    assert values["lint.unfixable"] == ([], "default")


def test_an_environment_that_is_found(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(shop / ".venv")
    assert resolved(shop)["python"] == (str(shop / ".venv"), "found")

    other = environment(shop.parent / "other")
    monkeypatch.setenv("VIRTUAL_ENV", str(other))
    assert resolved(shop)["python"] == (str(other), "VIRTUAL_ENV")


def test_settings_of_the_command_line(shop: Path) -> None:
    assert resolved(shop, "--settings", "shop.settings")["settings"][1] == "--settings"


def test_a_configuration_of_another_file(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.pgtrigger-codegen]\nsettings = 'other'\n")
    (shop.parent / "ci.toml").write_text(
        '[tool.pgtrigger-codegen]\nsource-roots = ["shop"]\n[tool.pgtrigger-codegen.lint]\n'
        'select = ["PGT103"]\n'
    )
    option = ("--config", str(shop.parent / "ci.toml"))

    values = resolved(shop, *option)

    assert values["configuration"] == (str(shop.parent / "ci.toml"), "--config")
    assert values["settings"][0] == "shop.settings"
    assert values["lint.rules"][0] == ["PGT103"]
    found = run_cli(shop, *option, "lint", "--output-format", "json").data
    assert {one["code"] for one in found} == {"PGT103"}


def test_no_configuration(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.pgtrigger-codegen]\nnothing = 1\n")

    assert run_cli(shop, "show").exit_code == ConfigError.exit_code
    assert resolved(shop, "--isolated")["configuration"] == (None, "--isolated")
    assert run_cli(shop, "--isolated", "show").exit_code == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool]", "ci.toml has no table [tool.pgtrigger-codegen]"),
        ("[tool", "ci.toml is not valid TOML"),
        ("[tool.pgtrigger-codegen]\nnothing = 1", "ci.toml:2: unknown key `nothing`"),
    ],
)
def test_a_file_that_is_no_configuration(shop: Path, text: str, message: str) -> None:
    (shop / "ci.toml").write_text(text)

    outcome = run_cli(shop, "--config", str(shop / "ci.toml"), "show")

    assert outcome.exit_code == ConfigError.exit_code
    assert message in outcome.stderr


def test_one_configuration_or_none(shop: Path) -> None:
    (shop / "ci.toml").write_text("[tool.pgtrigger-codegen]")

    outcome = run_cli(shop, "--config", str(shop / "ci.toml"), "--isolated", "show")

    assert outcome.exit_code == 2
    assert "--config cannot be combined with --isolated." in outcome.stderr


def test_text(shop: Path) -> None:
    (shop / "pyproject.toml").write_text(TABLE.replace('python = "environment"\n', ""))

    lines = run_cli(shop, "config").stdout.splitlines()

    assert "settings               shop.settings  (pyproject.toml:2)" in lines
    assert "RunSQL mode            yes  (shop/settings.py:1)" in lines
    assert "python                 none  (no virtual environment was found)" in lines
    assert "env                    PGDATABASE = shop_test  (pyproject.toml:6)" in lines
    assert "lint.per-file-ignores  attic/* = PGT002  (pyproject.toml:14)" in lines


def test_an_error_of_the_configuration(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.pgtrigger-codegen.lint]\nselect = 1\n")

    outcome = run_cli(shop, "config")

    assert outcome.exit_code == ConfigError.exit_code
    assert f"{shop / 'pyproject.toml'}:2: `select`" in outcome.stderr


def test_what_is_known_of_the_reading(tmp_path: Path) -> None:
    package = tmp_path / "library"
    package.mkdir()
    for name in ("__init__.py", "models.py"):
        (package / name).touch()
    (tmp_path / ".git").mkdir()

    outcome = run_cli(tmp_path, "config")

    assert "note: no settings module was found" in outcome.stderr
    assert "apps                   library  (found)" in outcome.stdout.splitlines()
