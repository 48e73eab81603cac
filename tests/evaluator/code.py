"""Executes source text with the interpreter, and with Python itself to compare."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.finder import ModuleFinder
from pgtrigger_codegen.source.span import Span
from tests.evaluator.fake_host import FakeHost
from tests.support.projects import write_files

START = Span("", 1, 1, 1, 1)


@dataclass
class Executed:
    """What became of a module."""

    vm: Interpreter
    scope: Scope

    def __getitem__(self, name: str) -> Any:
        return self.vm.guarded(lambda: self.vm.name(name, self.scope, START), START)

    def refusal(self, name: str) -> tuple[str, str]:
        """Why a name is not known, and the text of the expression that defeated it."""
        value = self[name]
        assert isinstance(value, Unknown), value
        assert value.span is not None, value
        return value.reason, text_at(value.span)


def execute(
    folder: Path,
    source: str,
    /,
    *,
    files: Mapping[str, str] = {},
    settings: Mapping[str, Any] = {},
    environment: Mapping[str, str] = {},
    complete: bool = True,
) -> Executed:
    """Executes the text as module `main`, beside other files."""
    write_files(folder, {**files, "main.py": source})
    loader = ModuleLoader(ModuleFinder([folder]), complete=complete)
    vm = Interpreter(loader, FakeHost(settings, environment))
    scope = vm.module("main")
    assert isinstance(scope, Scope), scope
    return Executed(vm, scope)


def text_at(span: Span) -> str:
    """The text of a span, the first line of it."""
    line = Path(span.path).read_text(encoding="utf-8").splitlines()[span.line - 1]
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]


def check_as_python(folder: Path, source: str) -> None:
    """The interpreter binds every public name to what Python binds it to."""
    source = textwrap.dedent(source)
    expected: dict[str, Any] = {"__name__": "main", "__file__": str(folder / "main.py")}
    exec(compile(source, "main.py", "exec", dont_inherit=True), expected)
    ours = execute(folder, source)
    compared = {
        name: value
        for name, value in expected.items()
        if not name.startswith("_") and _is_data(value)
    }
    assert compared, "nothing to compare"
    assert {name: ours[name] for name in compared} == compared
    assert {name: type(ours[name]) for name in compared} == {
        name: type(value) for name, value in compared.items()
    }


def _is_data(value: Any) -> bool:
    if type(value) in (list, tuple, set, frozenset):
        return all(_is_data(item) for item in value)
    if type(value) is dict:
        return all(_is_data(item) for pair in value.items() for item in pair)
    return value is None or type(value) in (str, bytes, int, bool, float, complex)
