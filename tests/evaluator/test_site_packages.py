"""Everything that is installed here goes through the interpreter without an exception.

A sample of it, that is; all of it with `PGTRIGGER_CODEGEN_ALL_MODULES=1`.
"""

from __future__ import annotations

import faulthandler
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.project.site_packages import own_site_packages
from pgtrigger_codegen.source.finder import ModuleFinder
from tests.evaluator.fake_host import FakeHost

pytestmark = pytest.mark.slow

_SAMPLE = 60
_ALL = bool(os.environ.get("PGTRIGGER_CODEGEN_ALL_MODULES"))


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    faulthandler.dump_traceback_later(3600 if _ALL else 300, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def test_every_module_is_executed_without_an_exception() -> None:
    names = sorted(name for folder in own_site_packages() for name in _modules(folder))
    if not _ALL:
        names = random.Random(1).sample(names, min(_SAMPLE, len(names)))
    vm = Interpreter(
        ModuleLoader(ModuleFinder([], own_site_packages()), complete=True), FakeHost({}, {})
    )

    outcomes = {name: vm.module(name) for name in names}

    executed = [name for name, scope in outcomes.items() if isinstance(scope, Scope)]
    assert len(executed) > len(names) * 0.9, {
        name: scope.reason for name, scope in outcomes.items() if isinstance(scope, Unknown)
    }


def _modules(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        if all(part.isidentifier() for part in parts):
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
