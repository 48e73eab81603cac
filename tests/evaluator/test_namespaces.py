"""Namespaces as values: what binds names by them is followed, or nothing is known of the names."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from tests.evaluator.code import execute

_OTHER = {"other.py": "a = 3\n"}
_KNOWN = {
    "item": ("globals()['a'] = 2", 2),
    "kept": ("g = globals()\ng['a'] = 2", 2),
    "update by names": ("globals().update(a=2)", 2),
    "update by a dictionary": ("globals().update({'a': 2})", 2),
    "update by a module": ("import other\nglobals().update(vars(other))", 3),
    "update in place": ("g = globals()\ng |= {'a': 2}", 2),
    "locals of a module": ("locals()['a'] = 2", 2),
    "vars of a module": ("vars()['a'] = 2", 2),
    "in a function": ("def f():\n    globals()['a'] = 2\nf()", 2),
    "of another module": ("import other\nvars(other)['a'] = 2\nfrom other import a", 2),
    "__dict__": ("import other\nother.__dict__['a'] = 2\nfrom other import a", 2),
    "attribute of a module": ("import other\nother.a = 2\nfrom other import a", 2),
    "attribute of a listed module": ("import os\nos.sep = 2\na = os.sep", 2),
    "sys.modules": ("import sys\nsys.modules[__name__].__dict__['a'] = 2", 2),
    "read": ("b = 2\na = globals()['b']", 2),
    "get": ("a = globals().get('a')", 1),
    "get what is not there": ("a = globals().get('b', 2)", 2),
    "get nothing": ("a = globals().get('b')", None),
    "setdefault": ("b = 2\na = globals().setdefault('b', 3)", 2),
    "setdefault binds": ("globals().setdefault('b', 3)\na = b", 3),
    "pop": ("b = 2\na = globals().pop('b')", 2),
    "pop what is not there": ("a = globals().pop('b', 2)", 2),
    "__setitem__": ("globals().__setitem__('a', 2)", 2),
    "in": ("a = 'a' in globals()", True),
    "not in": ("a = 'b' not in globals()", True),
    "deletion": ("b = 2\ndel globals()['b']\na = 'b' in globals()", False),
    "deletion of an attribute": ("import other\ndel other.a\na = hasattr(other, 'a')", False),
    "class body": ("class C:\n    b = 1\n    locals()['b'] = 2\na = C.b", 2),
    "only new names": ("for k in f:\n    if k not in globals():\n        globals()[k] = 2", 1),
    "names of which some are known": (
        "import environ\nvars().update(environ.Env().email_url('MAIL', default='smtp://'))",
        1,
    ),
    "setdefault of any name": ("b = 2\na = globals().get('b')", 2),
}


@pytest.mark.parametrize(("source", "expected"), _KNOWN.values(), ids=_KNOWN)
def test_names_bound_by_a_namespace_are_bound(
    source: str, expected: object, tmp_path: Path
) -> None:
    executed = execute(tmp_path, f"from package import f\na = 1\n{source}", files=_OTHER)
    assert executed["a"] == expected


_UNKNOWN = {
    "exec": "exec('a = 2')",
    "exec in a function": "def g():\n    exec('a = 2', globals())\ng()",
    "exec of a dictionary": "d = {'a': 1}\nexec('a = 2', d)\na = d['a']",
    "exec in a class": "class C:\n    a = 1\n    exec('a = 2')\na = C.a",
    "a name that is not known": "globals()[f] = 2",
    "names that are not known": "globals().update(f)",
    "names some of which are known": "globals().update({'b': 1, **f})",
    "names that are not known, by `**`": "globals().update(**f)",
    "another operator": "g = globals()\ng += f",
    "cleared": "globals().clear()",
    "given away": "f(globals())",
    "given away by name": "f(names=globals())",
    "a method given away": "f(globals().update)",
    "given to an operator": "import operator\noperator.setitem(globals(), 'a', 2)",
    "a module given away": "import sys\nf(sys.modules[__name__])",
    "the module of a frame": "import sys\nsys._getframe().f_globals['a'] = 2",
    "the module of a frame by update": "import sys\nsys._getframe().f_globals.update(a=2)",
    "the module of a function": "def g(): pass\ng.__globals__['a'] = 2",
    "an attribute by a name that is not known": (
        "import other\nsetattr(other, f, 2)\nfrom other import a"
    ),
    "perhaps": "if f: globals()['a'] = 2",
    "other names than the new ones": "if f not in globals():\n    globals()[f.x] = 2",
    "new names or others": (
        "if f not in globals():\n    globals()[f] = 2\nelse:\n    globals()[f] = 3"
    ),
    "an import of * that is not followed": "from package.names import *",
    "the length": "a = len(globals())",
    "items": "a = list(globals().items())",
    "Python's own names": "a = globals().get('__builtins__')",
    "a module's own names": "a = __spec__.name",
    "a module's own annotations": "a = 'b' if __annotations__ else 'c'",
    "of a function": "def g(b):\n    return locals()['b']\na = g(1)",
}


@pytest.mark.parametrize("source", _UNKNOWN.values(), ids=_UNKNOWN)
def test_names_that_may_be_bound_anew_are_not_known(source: str, tmp_path: Path) -> None:
    executed = execute(tmp_path, f"from package import f\na = 1\n{source}", files=_OTHER)
    assert first_unknown(executed["a"]) is not None


def test_what_an_import_has_bound_is_not_what_a_later_import_of_everything_is_for(
    tmp_path: Path,
) -> None:
    source = "from other import a\nfrom package.names import *\n"
    assert execute(tmp_path, source, files=_OTHER)["a"] == 3


def test_the_reason_is_what_was_called(tmp_path: Path) -> None:
    executed = execute(tmp_path, "a = 1\nexec('a = 2')")
    assert executed.refusal("a") == (
        "may be bound anew: calls `exec`, which is not evaluated",
        "exec('a = 2')",
    )


def test_settings_for_mail_are_not_known_but_the_others_are(tmp_path: Path) -> None:
    source = """
        import environ
        A = 1
        EMAIL_PORT = 25
        vars().update(environ.Env().email_url("MAIL", default="smtp://"))
        """
    executed = execute(tmp_path, textwrap.dedent(source))
    assert executed["A"] == 1
    assert first_unknown(executed["EMAIL_PORT"]) is not None
