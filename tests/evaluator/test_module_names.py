"""`hasattr` and `getattr` with a default, of modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluator.code import execute

FILES = {
    "local.py": "import os\nDEBUG = True\nNAMES = ()\nSECRET = os.environ['X']\n"
    "if os.environ['X']: MAYBE = 1\n",
    "open_ended.py": "from nowhere import *\n",
    "lazy.py": "def __getattr__(name): return 1\n",
    "dynamic.py": "def give(name): globals()[name] = 1\n",
    "package/__init__.py": "",
    "package/inner.py": "",
    "cycle.py": "import main\nSEEN = hasattr(main, 'a')\n",
}
HEAD = "import local, open_ended, lazy, dynamic, package, importlib\n"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("hasattr(local, 'DEBUG')", True),
        ("hasattr(local, 'PLUGINS')", False),
        ("hasattr(local, 'os')", True),
        ("getattr(local, 'PLUGINS', [])", []),
        ("getattr(local, 'NAMES', [])", ()),
        ("getattr(importlib.import_module('local'), 'LATER', 5)", 5),
    ],
)
def test_a_name_of_a_module(tmp_path: Path, expression: str, value: object) -> None:
    assert execute(tmp_path, f"{HEAD}a = {expression}", files=FILES)["a"] == value


@pytest.mark.parametrize(
    "expression",
    [
        "hasattr(local, 'MAYBE')",
        "getattr(local, 'MAYBE', 1)",
        "getattr(local, 'SECRET', 1)",
        "hasattr(open_ended, 'X')",
        "getattr(open_ended, 'X', 1)",
        "hasattr(lazy, 'X')",
        "hasattr(dynamic, 'X')",
        "getattr(package, 'inner', 1)",
        "hasattr(package, 'inner')",
        "hasattr(local, '__spec__')",
        "importlib.import_module('cycle').SEEN",
    ],
)
def test_a_name_that_a_module_may_have(tmp_path: Path, expression: str) -> None:
    executed = execute(tmp_path, f"{HEAD}a = {expression}", files=FILES)
    assert executed.refusal("a")[0]
