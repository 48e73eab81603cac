"""Runs programs of pure Python where no Django can be imported; run as a script, with a folder.

Prints, as JSON, the names of the programs that came out equal, refused and different.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import io
import json
import sys
import types
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

_ABSENT = ("django", "pgtrigger", "psycopg")


class _NotInstalled(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in _ABSENT:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


sys.meta_path.insert(0, _NotInstalled())

from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader  # noqa: E402
from pgtrigger_codegen.evaluator.python.machine import PythonMachine  # noqa: E402
from pgtrigger_codegen.evaluator.python.plain import PlainPython  # noqa: E402
from pgtrigger_codegen.evaluator.values.scope import Scope  # noqa: E402
from pgtrigger_codegen.evaluator.values.trace import Trace  # noqa: E402
from pgtrigger_codegen.evaluator.values.unknown import first_unknown  # noqa: E402
from pgtrigger_codegen.source.finder import ModuleFinder  # noqa: E402
from pgtrigger_codegen.source.span import Span  # noqa: E402
from tests.evaluator.fake_host import FakeHost  # noqa: E402
from tests.evaluator.programs import programs  # noqa: E402

_START = Span("", 1, 1, 1, 1)


def main(folder: Path) -> None:
    """Runs all of them."""
    outcomes: dict[str, list[str]] = {"equal": [], "refused": [], "different": []}
    for name, source in programs().items():
        if "django" in source:
            continue
        (folder / "main.py").write_text(source, encoding="utf-8")
        loader = ModuleLoader(ModuleFinder([folder]), complete=True)
        vm = PythonMachine(loader, FakeHost({}, {}), PlainPython(), Trace())
        ours, theirs = _evaluated(vm), _run(source, folder)
        if first_unknown(ours) is not None:
            outcomes["refused"].append(name)
        else:
            same = ours == theirs and repr(ours) == repr(theirs)
            outcomes["equal" if same else "different"].append(name)
    loaded = sorted(set(_ABSENT) & sys.modules.keys())
    sys.stdout.write(json.dumps({**outcomes, "loaded": loaded}))


def _evaluated(vm: PythonMachine) -> Any:
    scope = vm.module("main")
    assert isinstance(scope, Scope), scope
    return vm.guarded(lambda: vm.name("result", scope, _START), _START)


def _run(source: str, folder: Path) -> Any:
    names: dict[str, Any] = {"__name__": "main", "__file__": str(folder / "main.py")}
    sys.modules["main"] = types.ModuleType("main")  # data classes look there
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "main.py", "exec", dont_inherit=True), names)
    del sys.modules["main"]
    return names["result"]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
