"""Constants of packages are known without executing the packages, where nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.module import Module
from tests.evaluator.fake_host import FakeHost

SOURCE = "import package\nVALUE = package.VERSION\n"
OTHERS = "import os\nclass Registry(dict):\n    pass\nREGISTRY = Registry()\n"


def evaluated(
    folder: Path,
    text: str,
    others: Mapping[str, str] = {},
    *,
    is_eager: bool = False,
    source: str = SOURCE,
) -> tuple[Interpreter, object]:
    """The value of the name that the project takes from the package, and what was executed."""
    site = folder / "lib"
    files = {"package/__init__.py": text, **{f"package/{key}.py": others[key] for key in others}}
    for name, content in files.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "own").mkdir(exist_ok=True)
    (folder / "own/main.py").write_text(source)
    loader = ModuleLoader(ModuleFinder([folder / "own"], [site]), complete=True, is_eager=is_eager)
    vm = Interpreter(loader, FakeHost({}, {}))
    scope = vm.module("main")
    assert isinstance(scope, Scope)
    return vm, scope.names["VALUE"]


@pytest.mark.parametrize(
    ("text", "others"),
    [
        (f"VERSION = '1.2'\n{OTHERS}", {}),
        (f"VERSION: str = '1.2'\n{OTHERS}", {}),
        (f"from .version import VERSION\n{OTHERS}__all__ = ['VERSION', \"VERSION\"]\n", {}),
        (f"from package.version import VERSION as VERSION\n{OTHERS}", {}),
        (f"from .version import NUMBER as VERSION\n{OTHERS}", {}),
        (f"from .asked import VERSION\n{OTHERS}", {"asked": "from .version import VERSION\n"}),
    ],
)
def test_a_constant_is_known_without_its_package(
    tmp_path: Path, text: str, others: dict[str, str]
) -> None:
    others = {"version": "VERSION = NUMBER = '1.2'\n", **others}

    vm, value = evaluated(tmp_path, text, others)

    assert value == "1.2"
    assert "package" not in vm.scopes
    assert evaluated(tmp_path, text, others, is_eager=True)[1] == value


def test_that_a_constant_is_not_known_is_known_without_its_package(tmp_path: Path) -> None:
    text, version = "from .version import VERSION\n", "VERSION = input()\n"

    vm, value = evaluated(tmp_path, text, {"version": version})

    assert isinstance(value, Unknown)
    assert "package" not in vm.scopes
    assert evaluated(tmp_path, text, {"version": version}, is_eager=True)[1] == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("VERSION = '1'\nVERSION = '2'\n", "2"),
        ("VERSION = '1'\nif True:\n    VERSION = '2'\n", "2"),
        ("VERSION = '1'\nfor VERSION in ['2']: pass\n", "2"),
        ("VERSION = '1'\nVERSION += '2'\n", "12"),
        ("VERSION = '1'\ndef f():\n    global VERSION\n    VERSION = '2'\nf()\n", "2"),
        ("VERSION = '1'\nfrom .other import *\n", "2"),
        ("VERSION = '1'\nfrom .other import(VERSION)\n", "2"),
        ("VERSION = '1' + '2'\n", "12"),
        ("from .other import LIST as VERSION\nVERSION.append(1)\n", [1]),
        ("from .other import LIST as VERSION\nfrom . import other\nother.LIST.append(1)\n", [1]),
        ("VERSION = '1'  # of what is for Django\nfrom django import forms\n", "1"),
    ],
)
def test_what_a_module_may_do_to_a_name_is_done(
    tmp_path: Path, text: str, expected: object
) -> None:
    vm, value = evaluated(tmp_path, text, {"other": "VERSION = '2'\nLIST = []\n"})

    assert value == expected
    assert "package" in vm.scopes


@pytest.mark.parametrize("word", ["django", "pgtrigger"])
def test_a_package_that_may_declare_something_is_executed(tmp_path: Path, word: str) -> None:
    vm, value = evaluated(tmp_path, "VERSION = '1'\n", {"inner": f"import {word}\n"})

    assert value == "1"
    assert "package" in vm.scopes


def test_other_names_than_those_of_constants_execute_the_package(tmp_path: Path) -> None:
    vm, value = evaluated(tmp_path, "name = '1'\n", source="import package\nVALUE = package.name\n")

    assert value == "1"
    assert "package" in vm.scopes


def test_a_module_of_the_project_is_executed(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/package.py").write_text("VERSION = '1'\n")

    vm, value = evaluated(tmp_path, "VERSION = '2'\n")

    assert value == "1"
    assert "package" in vm.scopes


def test_what_the_module_binds_after_a_name_was_asked_for_is_still_executed(
    tmp_path: Path,
) -> None:
    source = "import package\nFIRST = package.VERSION\nVALUE = package.REGISTRY['a']\n"

    vm, value = evaluated(tmp_path, "VERSION = '1'\nREGISTRY = {'a': 1}\n", source=source)

    assert value == 1
    assert isinstance(vm.loader.load("package"), Module)
