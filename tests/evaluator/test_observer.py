"""One observer is told what an evaluation leans on, by few kinds of event."""

from __future__ import annotations

import ast
import typing
from pathlib import Path

import grimp

from pgtrigger_codegen import evaluator
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols import machine
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.protocols.observer import Observer
from pgtrigger_codegen.evaluator.python.machine import PythonMachine
from pgtrigger_codegen.evaluator.python.plain import PlainPython
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.module import Module
from tests.evaluator.fake_host import FakeHost

_EVENTS = {name for name in vars(Observer) if not name.startswith("_")}


class _Diary:
    """Keeps the kinds of event that it is told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str, object]] = []

    def decided(self, module: Module, test: ast.expr, outcome: object) -> None:
        self.told.append(("decided", outcome))

    def called(self, module: Module, node: ast.AST) -> None:
        self.told.append(("called", getattr(node, "name", None)))

    def unfinished(self, module: Module, node: ast.AST, reason: str) -> None:
        self.told.append(("unfinished", getattr(node, "name", None)))

    def assumed(self, assumption: object) -> None:
        self.told.append(("assumed", getattr(assumption, "name", None)))

    def passed_over(self, unread: object) -> None:
        self.told.append(("passed_over", getattr(unread, "reason", None)))


def test_there_are_at_most_five_kinds_of_event() -> None:
    assert 1 <= len(_EVENTS) <= 5


def test_one_observer_hears_of_all(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(
        "import os\n"
        "def f():\n"
        "    import main.missing\n"
        "    return 1 if os.environ.get('DEBUG', 'on') == 'on' else 2\n"
        "x = f()\n"
        "def g():\n"
        "    return x.y\n"
        "y = g()\n"
    )
    diary = _Diary()
    loader = ModuleLoader(ModuleFinder([tmp_path]), complete=True)
    vm = PythonMachine(loader, FakeHost({}, {}), PlainPython(), diary)

    vm.module("main")

    assert ("decided", True) in diary.told
    assert ("called", "f") in diary.told
    assert ("assumed", "DEBUG") in diary.told
    assert ("unfinished", "g") in diary.told
    assert {kind for kind, _ in diary.told} == _EVENTS


def test_the_rules_know_no_other() -> None:
    """All of them are typed against the machine, which has one; none knows who keeps what."""
    hints = typing.get_type_hints(Machine, vars(machine))
    graph = grimp.build_graph("pgtrigger_codegen", cache_dir=None)
    keeper = "pgtrigger_codegen.evaluator.values.trace"
    within = {
        name
        for name in graph.find_modules_that_directly_import(keeper)
        if name.startswith(f"{evaluator.__name__}.")
    }

    assert [name for name, hint in hints.items() if hint is Observer] == ["observer"]
    assert within == {"pgtrigger_codegen.evaluator.interpreter"}
