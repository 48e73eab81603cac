# ruff: noqa: E501  (one case, one line)
from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.assumption import Assumption
from tests.evaluator.code import Executed, execute

CASES: dict[str, tuple[dict[str, str], str]] = {
    "from a module": ({"m.py": "x = 1"}, "from m import x as a"),
    "a module by alias": ({"m.py": "x = 1"}, "import m as n; a = n.x"),
    "a module in a package": ({"p/__init__.py": "", "p/m.py": "x = 1"}, "import p.m; a = p.m.x"),
    "a submodule by from": ({"p/__init__.py": "", "p/m.py": "x = 1"}, "from p import m; a = m.x"),
    "through a package": (
        {"p/__init__.py": "from .m import x", "p/m.py": "x = 1"},
        "from p import x; a = x",
    ),
    "relative to the package above": (
        {
            "p/__init__.py": "y = 0",
            "p/q/__init__.py": "",
            "p/q/m.py": "from ..n import x\nfrom .. import y",
            "p/n.py": "x = 1",
        },
        "from p.q.m import x, y; a = x + y",
    ),
    "a namespace package": ({"p/m.py": "x = 1"}, "from p.m import x; a = x"),
    "star": ({"m.py": "x = 1\n_y = 2"}, "_y = 3\nfrom m import *\na = x if _y == 3 else 0"),
    "star with __all__": (
        {"m.py": "__all__ = ['x']\nx = 1\ny = 2"},
        "y = 0\nfrom m import *\na = x + y",
    ),
    "star through a package": (
        {"p/__init__.py": "from .m import *", "p/m.py": "x = 1"},
        "from p import *; a = x",
    ),
    "star with a computed __all__": (
        {
            "m.py": "import n\n__all__ = ['x'] + n.__all__\nfrom n import *\nx = 1",
            "n.py": "__all__ = ['y']\ny = 0",
        },
        "from m import *; a = x + y",
    ),
    "type checking": (
        {},
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    a = 0\nelse:\n    a = 1",
    ),
    "typing.TYPE_CHECKING": ({}, "import typing\na = 0 if typing.TYPE_CHECKING else 1"),
    "the version of Django": ({}, "import django\na = 1 if django.VERSION >= (4, 2) else 0"),
    "the version of Python": ({}, "import sys\na = 1 if sys.version_info >= (3, 11) else 0"),
    "an import error": (
        {},
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\na = 1 if nowhere is None else 0",
    ),
    "an import error in a name": (
        {},
        "try:\n    from nowhere.deep import thing\nexcept ModuleNotFoundError:\n    thing = 1\na = thing",
    ),
    "no import error": (
        {"m.py": "x = 1"},
        "try:\n    from m import x\nexcept ImportError:\n    x = 0\na = x",
    ),
    "inside a function": (
        {"m.py": "x = 1"},
        "def f():\n    from m import x\n    return x\na = f()",
    ),
    "a cycle": (
        {
            "m.py": "from n import y\nx = 1\ndef f(): return y",
            "n.py": "from m import f\ny = 1\ndef g(): return f()",
        },
        "from n import g; a = g()",
    ),
    "a cycle through the package": (
        {
            "p/__init__.py": "from .m import x\nz = 0",
            "p/m.py": "import p\nx = 1\ndef f(): return p.z + x",
        },
        "from p.m import f; a = f()",
    ),
    "a vendored package of a library's name": (
        {"pgtrigger/__init__.py": "def register(x): return lambda y: x\nProtect = 1"},
        "import pgtrigger; a = pgtrigger.register(pgtrigger.Protect)(None)",
    ),
    "settings": ({}, "from django.conf import settings; a = settings.ONE"),
    "settings by module": ({}, "import django.conf; a = django.conf.settings.ONE"),
    "the dunder all of a module": (
        {"m.py": "__all__ = ['x']; x = 1"},
        "import m; a = len(m.__all__)",
    ),
    "a constant of a class": ({"m.py": "class C:\n    X = 1"}, "from m import C; a = C.X"),
    "a function elsewhere sees its own module": (
        {"m.py": "n = 1\ndef f(): return n"},
        "n = 5\nfrom m import f; a = f()",
    ),
    "importlib": ({"m.py": "x = 1"}, "import importlib; a = importlib.import_module('m').x"),
    "a name defined later in the module": ({}, "def f(): return later\nlater = 1\na = f()"),
    "a function that a module imports late": (
        {
            "m.py": "import importlib\ndef __getattr__(name):\n"
            "    return getattr(importlib.import_module('n'), name)",
            "n.py": "def f(): return 1",
        },
        "from m import f; a = f()",
    ),
    "an annotation only": ({"m.py": "x: int\nx = 1"}, "from m import x; a = x"),
}


@pytest.mark.parametrize(("files", "source"), CASES.values(), ids=CASES)
def test_names_lead_to_what_they_name(files: dict[str, str], source: str, tmp_path: Path) -> None:
    assert execute(tmp_path, source, files=files, settings={"ONE": 1})["a"] == 1


REFUSED = {
    "a module that is not found": ("import nowhere; a = nowhere.x + 1", {}, "`nowhere.x`"),
    "a name that a module has not": (
        "from m import y; a = y",
        {"m.py": "x = 1"},
        "`m` has no name `y`",
    ),
    "a module's __getattr__": (
        "from m import y; a = y",
        {"m.py": "def __getattr__(name): return 1"},
        "`__getattr__`",
    ),
    "a star that leads nowhere": ("from nowhere import *; a = thing", {}, "import of `*`"),
    "a file that does not parse": ("from m import x; a = x", {"m.py": "x = = 1"}, "does not parse"),
    "above the top": ("from ..m import x; a = x", {}, "leaves the package"),
    "an import in a circle": (
        "from m import x; a = x",
        {"m.py": "from n import x", "n.py": "from m import x"},
        "cycle",
    ),
    "a setting that is not set": (
        "from django.conf import settings; a = settings.TWO",
        {},
        "settings.TWO",
    ),
    "the standard library's process": ("import os; a = os.getpid()", {}, "os.getpid"),
}


@pytest.mark.parametrize(("source", "files", "reason"), REFUSED.values(), ids=REFUSED)
def test_refuses_names(source: str, files: dict[str, str], reason: str, tmp_path: Path) -> None:
    assert reason in execute(tmp_path, source, files=files).refusal("a")[0]


def test_a_module_that_may_be_installed_is_not_taken_as_absent(tmp_path: Path) -> None:
    source = "try:\n    import nowhere\n    a = 1\nexcept ImportError:\n    a = 2"

    reason, _ = execute(tmp_path, source, complete=False).refusal("a")
    assert reason == "whether `nowhere` is installed is not known"
    assert execute(tmp_path / "b", source, complete=True)["a"] == 2


def test_an_absent_module_is_an_assumption(tmp_path: Path) -> None:
    ours = execute(tmp_path, "try:\n    import nowhere\nexcept ImportError:\n    pass")

    (assumption,) = ours.vm.trace.assumptions
    assert (assumption.name, assumption.value) == ("module nowhere", "not installed")


def _values(ours: Executed) -> set[tuple[str, str]]:
    return {(a.name, a.value) for a in ours.vm.trace.assumptions if isinstance(a, Assumption)}


ENVIRONMENT = {
    "os.environ.get": ("import os; a = os.environ.get('X', 'd')", "d", "pinned"),
    "os.getenv": ("import os; a = os.getenv('X', 'd')", "d", "pinned"),
    "setdefault": ("import os; a = os.environ.setdefault('X', 'd')", "d", "pinned"),
    "decouple": ("from decouple import config; a = config('X', default='d')", "d", "pinned"),
    "environ": ("import environ; env = environ.Env(); a = env('X', default='d')", "d", "pinned"),
    "environ.str": ("import environ; env = environ.Env(); a = env.str('X', 'd')", "d", "pinned"),
    "environ.list": (
        "import environ; env = environ.Env(); a = env.list('X', default=['d'])",
        ["d"],
        ["pinned"],
    ),
    "environ by schema": (
        "import environ; env = environ.Env(X=(str, 'd')); a = env('X')",
        "d",
        "pinned",
    ),
}


@pytest.mark.parametrize(("source", "default", "pinned"), ENVIRONMENT.values(), ids=ENVIRONMENT)
def test_a_variable_is_pinned_or_its_default_assumed(
    source: str, default: object, pinned: object, tmp_path: Path
) -> None:
    assumed = execute(tmp_path, source)
    assert assumed["a"] == default
    assert _values(assumed) == {("X", str(default))}

    known = execute(tmp_path / "pinned", source, environment={"X": "pinned"})
    assert known["a"] == pinned
    assert _values(known) == set()


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        ("import environ; a = environ.Env().bool('X')", "on", True),
        ("import environ; a = environ.Env().bool('X')", "0", False),
        ("import environ; a = environ.Env().int('X')", "7", 7),
        ("import environ; a = environ.Env().float('X')", "0.5", 0.5),
        ("import environ; a = environ.Env()('X', cast=int)", "7", 7),
        ("from decouple import config; a = config('X', cast=bool)", "no", False),
        ("from decouple import config; a = config('X', cast=int)", "7", 7),
        ("import os; a = os.environ['X']", "7", "7"),
    ],
)
def test_a_pinned_variable_is_cast(source: str, text: str, value: object, tmp_path: Path) -> None:
    assert execute(tmp_path, source, environment={"X": text})["a"] == value


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os; a = os.environ.get('X')", "not pinned and has no default"),
        ("import os; a = os.environ.get(unknown, 'd')", "name `unknown`"),
        ("import os; a = os.environ.get(5, 'd')", "name of an environment variable"),
        ("import os; a = 'X' in os.environ", "os.environ"),
        ("import os; a = list(os.environ)", "os.environ"),
        ("from decouple import config; a = config('X', cast=lambda x: x)", "cast of a setting"),
        ("import environ; a = environ.Env()('X', cast=tuple)", "cast of a setting"),
        ("import environ; a = environ.Env().int('X')", "not pinned and has no default"),
    ],
)
def test_refuses_variables(source: str, reason: str, tmp_path: Path) -> None:
    assert reason in execute(tmp_path, source).refusal("a")[0]


def test_a_pinned_variable_that_is_no_number_raises(tmp_path: Path) -> None:
    ours = execute(
        tmp_path, "import environ; a = environ.Env().int('X')", environment={"X": "many"}
    )

    assert ours.refusal("a")[0].startswith("raises ValueError")


def test_the_engine_is_assumed_to_be_postgresql(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        "from django.db import connection, connections\na = connection.vendor\nb = connections['default'].vendor",
    )

    assert (ours["a"], ours["b"]) == ("postgresql", "postgresql")
    assert _values(ours) == {("connection.vendor", "postgresql")}


def test_no_module_is_imported_on_the_way(tmp_path: Path) -> None:
    execute(tmp_path, "import m; a = m.x", files={"m.py": "raise SystemExit\nx = 1"})

    assert "m" not in sys.modules


def test_the_command_line_is_taken_to_be_that_of_migrate(tmp_path: Path) -> None:
    ours = execute(tmp_path, 'import sys; a = "test" in sys.argv; b = sys.argv[1:2] == ["test"]')

    assert (ours["a"], ours["b"]) == (False, False)
    assert {item.name: item.value for item in ours.vm.trace.assumptions} == {
        "sys.argv": "manage.py migrate"
    }


def test_a_package_imports_its_own_modules(tmp_path: Path) -> None:
    files = {
        "package/__init__.py": "from . import inner\nfrom package import other as renamed\n",
        "package/inner.py": "from . import other\nn = other.n + 1",
        "package/other.py": "n = 1",
    }
    source = """
        import package
        from package import inner
        values = inner.n, package.inner.n, package.renamed.n
    """
    assert execute(tmp_path, source, files=files)["values"] == (2, 2, 1)


@pytest.mark.parametrize(
    ("name", "complete", "found"),
    [
        ("p.m", True, True),
        ("json", True, True),
        ("p.m", False, True),
        ("absent", True, False),
        ("p.absent", True, False),
        ("absent", False, None),
        ("absent.sub", True, None),
    ],
)
def test_whether_a_module_is_there(
    tmp_path: Path, name: str, complete: bool, found: bool | None
) -> None:
    files = {"p/__init__.py": "", "p/m.py": "raise ValueError"}
    source = f"import importlib.util\na = importlib.util.find_spec({name!r}) is not None"
    executed = execute(tmp_path, source, files=files, complete=complete)
    if found is None:
        assert executed.refusal("a")[1].startswith("importlib.util.find_spec")
    else:
        assert executed["a"] is found
    absent = {one.name for one in executed.vm.trace.assumptions if one.value == "not installed"}
    assert absent == ({f"module {name}"} if complete and found is not True else set())


def test_a_container_is_of_its_class_whatever_is_in_it(tmp_path: Path) -> None:
    executed = execute(
        tmp_path,
        "import absent\na = isinstance([absent.x], list)\nb = isinstance({1: absent.x}, list)\n"
        "c = isinstance(absent.x, list)",
    )
    assert (executed["a"], executed["b"]) == (True, False)
    assert "absent.x" in executed.refusal("c")[0]


def test_named_tuples_of_branches_of_which_one_runs(tmp_path: Path) -> None:
    executed = execute(
        tmp_path,
        "import absent\nfrom collections import namedtuple\nPair = namedtuple('Pair', 'x y')\n"
        "if absent.x:\n    a = Pair(1, 2)\nelse:\n    a = Pair(1, 3)\n",
    )
    assert "depends on a condition" in executed.refusal("a")[0]


ENDED = {
    "an unknown condition": "import os\nif os.environ['X']:\n    raise ValueError('no')\nx = 1",
    "an unknown condition in a function": (
        "import os\ndef check():\n    if os.environ['X']:\n        raise ValueError('no')\n"
        "check()\nx = 1"
    ),
    "in any case": "x = 1\nraise ValueError('no')",
    "an import error": "import os\nif os.environ['X']:\n    raise ImportError('no')\nx = 1",
}
IMPORTS = {
    "from": "try:\n    from m import x\nexcept Exception:\n    x = 0\na = x",
    "star": "try:\n    from m import *\nexcept Exception:\n    x = 0\na = x",
    "a module": "try:\n    import m\nexcept Exception:\n    m = None\na = 0 if m is None else m.x",
}


@pytest.mark.parametrize("raising", ENDED)
@pytest.mark.parametrize("importing", IMPORTS)
def test_what_a_module_binds_that_may_raise_is_not_known_where_that_is_caught(
    tmp_path: Path, raising: str, importing: str
) -> None:
    ours = execute(tmp_path, IMPORTS[importing], files={"m.py": ENDED[raising]})
    assert "raises" in ours.refusal("a")[0]
