"""From a folder to the facts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.projects import analyzed, write_project

MODELS = """
import os
import pgtrigger
from django.contrib.auth.models import User
from django.db import connection, models

def names():
    return os.environ.get("NAME", "fallback")

class Order(models.Model):
    buyers = models.ManyToManyField(User)
    class Meta:
        if connection.vendor == "postgresql":
            triggers = [pgtrigger.Protect(name=names(), operation=pgtrigger.Delete)]
"""


def test_facts_of_models_and_assumptions(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, MODELS)

    order = analysis.models["shop.Order"]
    assert (order.table, order.columns, order.first_party) == ("shop_order", ("id",), True)
    through = analysis.models["shop.Order_buyers"]
    assert through.through_field == "shop.Order.buyers"
    assert through.columns == ("id", "order_id", "user_id")
    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Order:fallback"]
    assert {(found.name, found.value) for found in analysis.assumptions} == {
        ("NAME", "fallback"),
        ("connection.vendor", "postgresql"),
    }
    assert {path.name for path in analysis.read_files} >= {"settings.py", "models.py"}


def test_a_pinned_variable_is_no_assumption(tmp_path: Path) -> None:
    pinned = '[tool.pgtrigger-codegen.env]\nNAME = "pinned"\n'

    analysis = analyzed(tmp_path, MODELS, {"pyproject.toml": pinned})

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Order:pinned"]
    assert {found.name for found in analysis.assumptions} == {"connection.vendor"}


def test_a_file_that_does_not_parse_is_told_and_the_rest_read(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path, MODELS + "from shop import broken\n", {"shop/broken.py": "pgtrigger = = 1\n"}
    )

    (problem,) = analysis.syntax_problems
    assert Path(problem.span.path).name == "broken.py"
    assert (problem.span.line, problem.span.column) == (1, 13)
    assert len(analysis.triggers) == 1


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS)

    first, second = analyze(root), analyze(root)

    assert first.triggers == second.triggers
    assert first.models == second.models
    assert first.assumptions == second.assumptions


def test_settings_of_one_project_do_not_reach_the_next(tmp_path: Path) -> None:
    write_project(tmp_path / "a", MODELS)
    write_project(tmp_path / "b", MODELS)
    settings = tmp_path / "b" / "settings.py"
    settings.write_text(settings.read_text() + 'PGTRIGGER_SCHEMA = "apart"\n')

    without, with_schema, again = (analyze(tmp_path / name).triggers for name in "aba")

    assert [trigger.parts for trigger in without] == [trigger.parts for trigger in again]
    assert [trigger.parts.ignore_func_name for trigger in with_schema] == [
        '"apart"._pgtrigger_should_ignore'
    ]
    assert "apart" not in without[0].parts.ignore_func_name


TYPED = """
from typing import Generic, ParamSpec, TypeVar, TypeVarTuple
import pgtrigger
from django.db import models

T = TypeVar("T", bound=models.Model)
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")

class Keeper(models.QuerySet[T], Generic[T]):
    pass

class Order(models.Model):
    objects = Keeper.as_manager()
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""
# Every Python reads these, by whatever parser.
TYPE_PARAMETERS = """
import pgtrigger
from django.db import models

type Names[T] = list[T]

class Box[T: models.Model, *Ts, **P]:
    def get[R](self, default: R) -> T | R: ...

class Order(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
"""


# A class with type parameters derives from `Generic`, and its parameters are known in its bases.
GENERIC = """
import pgtrigger
from django.db import models

class Box[T, *Ts, **P]:
    def first[R](self, value: R) -> R:
        return value

class Named[T](Box[T, int, [str]]):
    name = "keep"

class Kept[T](Named[T], models.Model):
    class Meta:
        abstract = True

class Order[T](Kept[T]):
    class Meta:
        triggers = [
            pgtrigger.Protect(name=Named().first(Named.name), operation=pgtrigger.Delete)
        ]
"""


@pytest.mark.parametrize(
    "models", [TYPED, TYPE_PARAMETERS, GENERIC], ids=["typing", "PEP 695", "generic classes"]
)
def test_variables_of_types_are_no_obstacle(tmp_path: Path, models: str) -> None:
    """Their classes are written in C from Python 3.12 on, and have no `__dict__`."""
    analysis = analyzed(tmp_path, models)

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Order:keep"]
    assert not analysis.unresolved


def test_a_t_string_is_refused_where_it_stands(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, MODELS.replace("name=names()", 'name=t"{names()}"'))

    (unresolved,) = analysis.unresolved
    assert "a t-string is not evaluated" in unresolved.reason
    assert (unresolved.span.line, unresolved.span.column) == (14, 48)


def test_an_alias_of_a_type_is_a_name_that_can_be_imported(tmp_path: Path) -> None:
    files = {"shop/names.py": "type Names = list[\n    str\n]\n"}
    analysis = analyzed(tmp_path, f"from shop.names import Names\n{MODELS}", files)

    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Order:fallback"]
    assert not analysis.unresolved


@pytest.mark.parametrize(
    ("text", "ours", "theirs", "expected"),
    [
        ("x = = 1", (3, 11), (3, 13), "run it with Python 3.13"),
        ("x = = 1", (3, 11), None, None),  # no Python would read the file
        pytest.param(
            "x = t'{a!r }'",
            (3, 11),
            None,
            "If the project's Python is newer than",
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python reads the text"),
        ),
        ("x = = 1", (3, 13), (3, 13), None),
        ("x = = 1", (3, 14), None, None),
    ],
)
def test_how_to_read_what_only_a_newer_python_parses(
    text: str,
    ours: tuple[int, int],
    theirs: tuple[int, int] | None,
    expected: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"shop/broken.py": f"{text}\n"}
    if theirs is not None:
        version = ".".join(map(str, theirs))
        files[".venv/pyvenv.cfg"] = f"version = {version}.0\n"
        files[f".venv/lib/python{version}/site-packages/other.py"] = ""
    monkeypatch.setattr(sys, "version_info", (*ours, 0, "final", 0))
    analysis = analyzed(tmp_path, MODELS + "from shop import broken\n", files)
    monkeypatch.undo()

    (problem,) = analysis.syntax_problems
    if expected is None:
        assert problem.hint is None
    else:
        assert expected in (problem.hint or "")
        assert "language_version" in (problem.hint or "")
