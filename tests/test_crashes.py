"""A bug of ours costs one thing: the rest is read and reported, and the run ends with 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.migrations.state import ModelState

from pgtrigger_codegen.cli import show
from pgtrigger_codegen.crashes import REPORT, Crash, contain, met
from pgtrigger_codegen.evaluator.modules import loader
from pgtrigger_codegen.evaluator.python.imports import reading_names
from pgtrigger_codegen.lint.facts import bodies
from pgtrigger_codegen.lint.registry import find_rule
from pgtrigger_codegen.models import rendering
from pgtrigger_codegen.source.module import read_module
from pgtrigger_codegen.sql.body import read_body
from pgtrigger_codegen.triggers import compiling
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, TriggerParts
from tests.support.cli import run_cli, run_process
from tests.support.projects import copy_project, small_project

CRASHES: list[BaseException] = [
    ValueError("a bug"),
    RecursionError("deep"),
    MemoryError(),
    KeyError("it"),
    BaseException("unusual"),
    SystemExit(0),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that no test changes."""
    return copy_project("shop", tmp_path_factory.mktemp("crashes"))


@pytest.fixture(scope="module")
def linted(shop: Path) -> list[dict[str, Any]]:
    """What `lint` finds without a crash."""
    found: list[dict[str, Any]] = run_cli(shop, "lint", "--output-format", "json").data
    return found


@pytest.fixture(scope="module")
def count(shop: Path) -> int:
    """How many triggers there are without a crash."""
    return len(run_cli(shop, "show", "--output-format", "json").data["triggers"])


def _raising(error: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.usefixtures("crashes_contained")
@pytest.mark.parametrize("error", CRASHES, ids=repr)
def test_a_crash_is_contained(error: BaseException) -> None:
    with met() as found:
        outcome = contain("a test", _raising(error))
        assert isinstance(outcome, Crash)
        assert found == [outcome]
    assert type(error).__name__ in outcome.reason
    assert "fail" in outcome.details


@pytest.mark.usefixtures("crashes_contained")
def test_what_is_meant_passes() -> None:
    with pytest.raises(KeyboardInterrupt):
        contain("a test", _raising(KeyboardInterrupt()))
    with pytest.raises(LookupError):
        contain("a test", _raising(KeyError()), LookupError)
    assert contain("a test", lambda: 1) == 1


def test_tests_see_bugs() -> None:
    with pytest.raises(ValueError, match="a bug"):
        contain("a test", _raising(ValueError("a bug")))


@pytest.mark.usefixtures("crashes_contained")
@pytest.mark.parametrize("error", CRASHES, ids=repr)
def test_a_rule(
    error: BaseException,
    shop: Path,
    linted: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = find_rule("PGT305")

    monkeypatch.setattr(type(rule), "check", _raising(error))
    outcome = run_cli(shop, "lint", "--output-format", "json")
    assert outcome.exit_code == 2
    found = {(one["code"], one["message"]) for one in outcome.data}
    assert {(one["code"], one["message"]) for one in linted} <= found
    ours = [message for code, message in found if code == "PGT305" and "internal error" in message]
    assert len(ours) == 1
    assert f"internal error in rule PGT305 ({type(error).__name__}" in ours[0]
    assert REPORT in ours[0]
    assert REPORT in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.usefixtures("crashes_contained")
def test_a_finding_of_a_crash_is_not_silenced(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(find_rule("PGT305")), "check", _raising(ValueError("a bug")))
    outcome = run_cli(shop, "lint", "--exit-zero", "shop/settings.py")
    assert outcome.exit_code == 2
    assert "internal error in rule PGT305" in outcome.stdout


@pytest.mark.usefixtures("crashes_contained")
def test_a_body(shop: Path, linted: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []

    def read(parts: TriggerParts) -> object:
        seen.append(parts)
        if parts == seen[0]:
            raise RuntimeError("a bug")
        return read_body(parts)

    monkeypatch.setattr(bodies, "read_body", read)
    outcome = run_cli(shop, "lint", "--output-format", "json")
    assert outcome.exit_code == 2
    unchecked = [one for one in outcome.data if one["code"] == "PGT315"]
    assert "is not checked: internal error in the reading of a function's body" in str(unchecked)
    assert len(outcome.data) >= len(linted)


@pytest.mark.usefixtures("crashes_contained")
@pytest.mark.parametrize("error", CRASHES, ids=repr)
def test_a_trigger(
    error: BaseException, shop: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:

    def compiled(**facts: Any) -> CompiledTrigger:
        if facts["name"].startswith("p"):
            raise error
        return CompiledTrigger(**facts)

    monkeypatch.setattr(compiling, "CompiledTrigger", compiled)
    outcome = run_cli(shop, "show", "--output-format", "json")
    assert outcome.exit_code == 2
    left, unresolved = len(outcome.data["triggers"]), outcome.data["unresolved"]
    assert 0 < left < count
    assert left + len(unresolved) == count
    assert all("internal error" in one["reason"] for one in unresolved)


@pytest.mark.usefixtures("crashes_contained")
def test_a_model(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    def state(app_label: str, name: str, *arguments: Any, **options: Any) -> ModelState:
        if (app_label, name) == ("catalog", "Product"):
            raise ValueError("a bug")
        return ModelState(app_label, name, *arguments, **options)

    monkeypatch.setattr(rendering, "ModelState", state)
    outcome = run_cli(shop, "show", "--output-format", "json")
    assert outcome.exit_code == 2
    assert outcome.data["triggers"]
    assert "internal error in the rendering of a model" in str(outcome.data["unresolved"])


@pytest.mark.usefixtures("crashes_contained")
@pytest.mark.parametrize(
    "error", [e for e in CRASHES if not isinstance(e, RecursionError)], ids=repr
)
def test_a_statement(error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_project(tmp_path)
    count = len(run_cli(project, "show", "--output-format", "json").data["triggers"])
    models = project / "shop" / "catalog" / "models.py"
    models.write_text(models.read_text() + "\nhere_is_a_bug\n")
    real = reading_names.read_name

    def read_name(vm: object, name: str, *args: object) -> object:
        if name == "here_is_a_bug":
            raise error
        return real(vm, name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(reading_names, "read_name", read_name)
    outcome = run_cli(project, "show", "--output-format", "json")
    assert outcome.exit_code == 2
    assert len(outcome.data["triggers"]) == count
    assert "internal error in the evaluator" in outcome.stderr
    assert run_cli(project, "makemigrations", "--check").exit_code == 2


@pytest.mark.usefixtures("crashes_contained")
def test_a_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str, path: Path, **options: bool) -> object:
        if name == "shop.catalog.models":
            raise RuntimeError("a bug")
        return read_module(name, path, **options)

    monkeypatch.setattr(loader, "read_module", read)
    outcome = run_cli(shop, "lint", "--output-format", "json")
    assert outcome.exit_code == 2
    assert "internal error in the reading of a file" in str(outcome.data)


@pytest.mark.usefixtures("crashes_contained")
@pytest.mark.parametrize("error", CRASHES, ids=repr)
def test_the_command(error: BaseException, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "analyze_target", _raising(error))
    outcome = run_cli(shop, "show")
    if isinstance(error, SystemExit):
        return  # a command may end that way
    assert outcome.exit_code == 2
    assert f"error: internal error in the command ({type(error).__name__}" in outcome.stderr
    assert REPORT in outcome.stderr


def test_users_see_no_traceback_unless_they_ask(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    script = (
        "from pgtrigger_codegen.cli import show\n"
        "def fail(*a, **k): raise BaseException('a bug')\n"
        "show.analyze_target = fail\n"
        "from pgtrigger_codegen.cli.entry import run\n"
        "run()"
    )
    for options, shown in (((), False), (("--traceback",), True)):
        result = run_process(project, *options, "show", python=("-c", script))
        assert ("Traceback" in result.stderr) is shown
        assert "a bug" in result.stderr
        assert result.exit_code == 2


def test_a_crash_is_not_remembered(tmp_path: Path) -> None:
    project = small_project(tmp_path)
    script = (
        "from pgtrigger_codegen.models.rendering import ModelRenderer\n"
        "def fail(*a): raise ValueError('a bug')\n"
        "ModelRenderer._render_closure = fail\n"
        "from pgtrigger_codegen.cli.entry import run\n"
        "run()"
    )
    assert run_process(project, "show", python=("-c", script)).exit_code == 2
    assert run_process(project, "show").exit_code == 0
