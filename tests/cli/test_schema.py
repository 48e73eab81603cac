"""The JSON schemas: shipped, strict, and as what is really printed and really accepted."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from pgtrigger_codegen.cli.main import COMMANDS
from pgtrigger_codegen.cli.schema import SCHEMAS
from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.lint.options import lint_options
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.project.config import load_config
from tests.support.cli import run_cli
from tests.support.git_project import PROTECT, RENAME_FIELD, STAMP, GitProject
from tests.support.projects import copy_project, small_project
from tests.support.schemas import FOLDER, require_valid, schema, schema_name, validator

_OUTPUTS = tuple(name for name in SCHEMAS if name != "pyproject")


def test_every_file_is_offered() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCHEMAS)
    assert run_cli(Path(), "schema").stdout.split() == list(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_is_a_schema_with_a_name_and_words(name: str) -> None:
    printed = json.loads(run_cli(Path(), "schema", name).stdout)

    assert printed == schema(name)
    Draft7Validator.check_schema(printed)
    assert printed["$id"].endswith(f"/{'pgtrigger-codegen' if name == 'pyproject' else name}.json")
    assert printed["title"]
    assert printed["description"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_object_lets_an_unknown_key_pass(name: str) -> None:
    """A schema that does would not notice a new key, nor a misspelt one."""
    for part in _parts(schema(name)):
        if part.get("type") == "object":
            assert "additionalProperties" in part, part


@pytest.mark.parametrize("name", _OUTPUTS)
def test_every_key_is_required_but_for_what_options_add(name: str) -> None:
    added = {"sites", "content", "diff", "events", "migrations"}
    for part in _parts(schema(name)):
        assert set(part.get("properties", {})) - set(part.get("required", ())) <= added


def test_every_command_that_prints_json_has_one() -> None:
    printing = {
        name
        for name in COMMANDS
        if "json" in run_cli(Path(), name, "--help").stdout.replace("json-lines", "")
    }

    # `lint` has a second one, for --statistics; `schema` prints schemas.
    assert printing - {"schema"} == {*_OUTPUTS} - {"lint-statistics"}


def test_which_output_is_held_against_which() -> None:
    assert schema_name(["-C", "x", "show", "--output-format", "json"]) == "show"
    assert schema_name(["lint", "--statistics", "--output-format", "json"]) == "lint-statistics"
    assert schema_name(["show", "--output-format", "sql"]) is None
    assert schema_name(["show"]) is None


_COMMANDS = (
    "show --sites",
    "makemigrations --check",
    "makemigrations",
    "lint",
    "lint --statistics",
    "report",
    "graph",
    "collapse shop --check",
    "config",
)


def test_the_schemas_are_what_is_printed_key_by_key(tmp_path: Path) -> None:
    """`ls` and `verify` are held against theirs where they are tested, as all others are too."""
    documents = _documents(tmp_path)

    assert set(documents) == {*_OUTPUTS} - {"ls", "verify"}
    for name, printed in documents.items():
        for document in printed:
            require_valid(name, document)
        # A new key is noticed, wherever it is.
        for document, number in _objects_to_change(name, printed):
            twin = copy.deepcopy(document)
            list(_objects(twin))[number]["new-key"] = None
            assert not validator(name).is_valid(twin), (name, list(_objects(document))[number])


def _documents(folder: Path) -> dict[str, list[Any]]:
    """What the commands print for projects that have something to say, by schema."""
    history = GitProject(folder / "git", PROTECT, STAMP)
    history.write("shop/migrations/0003_rename.py", RENAME_FIELD)
    history.declare(PROTECT, STAMP, "pgtrigger.Protect(name=unknown())", column="state")
    adopted = copy_project("adopted", folder)
    runs = [(history.root, command) for command in _COMMANDS]
    runs += [(small_project(folder), command) for command in _COMMANDS[:3]]
    runs += [(adopted, "convert --check"), (adopted, "rule PGT103"), (adopted, "rule --all")]
    found: dict[str, list[Any]] = {}
    for root, command in runs:
        arguments = (*command.split(), "--output-format", "json")
        outcome = run_cli(root, *arguments)
        assert outcome.stdout, outcome.stderr
        found.setdefault(schema_name(arguments) or "", []).append(outcome.data)
    return found


def _objects_to_change(name: str, printed: list[Any]) -> Iterator[tuple[Any, int]]:
    """One object of each shape that the schema describes key by key."""
    seen = set()
    for document in printed:
        for number, found in enumerate(_objects(document)):
            if not _is_open(name, found) and frozenset(found) not in seen:
                seen.add(frozenset(found))
                yield document, number
    assert seen, name


def _is_open(name: str, found: dict[str, Any]) -> bool:
    """Whether an object has keys of the project's own, such as values of settings."""
    if name == "config":
        return set(found) != {"name", "value", "origin"}
    if name == "graph":
        return set(found) <= {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"}
    return False


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from _objects(inner)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


VALID = """
settings = "config.settings.production"
apps = ["library.members"]
source-roots = ["backend"]
exclude = ["scratch/**"]
python = ".venv"
databases = ["default"]
env = { TENANT_SCHEMA = "public", EMPTY = "" }

[tool.pgtrigger-codegen.lint]
select = ["ALL", "PGT1"]
extend-select = ["pgt103"]
ignore = [" lost-inherited-triggers "]
per-file-ignores = { "legacy/**" = ["PGT3"] }
severity = { PGT315 = "warning" }
fixable = ["ALL"]
unfixable = []
baseline = "known.json"
"""


@pytest.mark.parametrize("text", ["", VALID])
def test_what_is_accepted_is_valid(tmp_path: Path, text: str) -> None:
    table = _table(tmp_path, text)
    lint_options(load_config(tmp_path))

    require_valid("pyproject", table)


@pytest.mark.parametrize(
    "text",
    [
        "setings = 1",
        "settings = 1",
        'settings = ""',
        'settings = "shop/settings.py"',
        'apps = "shop"',
        'apps = ["shop", ""]',
        "source-roots = [1]",
        "env = { A = 1 }",
        "databases = [[]]",
        "lint = 1",
        "lint.ignroe = []",
        'lint.select = "PGT1"',
        'lint.severity = { PGT1 = "fatal" }',
        'lint.severity = { "E1" = "info" }',
        'lint.per-file-ignores = { "a" = ["E1"] }',
        'lint.ignore = ["lost"]',
        'lint.baseline = ""',
        'python = " "',
    ],
)
def test_what_is_refused_is_not(tmp_path: Path, text: str) -> None:
    table = _table(tmp_path, text)
    with pytest.raises(ConfigError):
        lint_options(load_config(tmp_path))

    assert not validator("pyproject").is_valid(table)


def test_the_schema_knows_every_key(tmp_path: Path) -> None:
    """Those that the error of an unknown key lists."""
    for key, properties in (
        ("zzz", schema("pyproject")["properties"]),
        ("lint.zzz", schema("pyproject")["properties"]["lint"]["properties"]),
    ):
        _table(tmp_path, f"{key} = 1")
        with pytest.raises(ConfigError) as caught:
            lint_options(load_config(tmp_path))
        listed = str(caught.value.help).removeprefix("the keys are: ").split(", ")
        assert listed == sorted(properties)


def test_every_rule_can_be_named() -> None:
    for rule in RULES:
        require_valid("pyproject", {"lint": {"select": [rule.code, rule.name, rule.code[:4]]}})


def _table(folder: Path, text: str) -> dict[str, Any]:
    content = f"[tool.pgtrigger-codegen]\n{text}\n"
    (folder / "pyproject.toml").write_text(content)
    table: dict[str, Any] = tomllib.loads(content)["tool"]["pgtrigger-codegen"]
    return table
