"""Which bases from packages can make no model and no trigger, told from the packages' text."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.models.plain_bases import PlainBases
from pgtrigger_codegen.source.module import Module
from tests.models.packages import loaded

LAZY = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from .inner import *
_NAMES: dict = {"Base": (__spec__.parent, ".inner"), "Other": (__spec__.parent, ".inner")}
def __getattr__(name):
    return find(_NAMES[name])
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class Base: pass", True),
        ("class Base(Exception): pass", True),
        ("import abc\nclass Base(abc.ABC): pass", True),
        ("from enum import Enum as E\nclass Base(E): pass", True),
        ("class Kind(type): pass\nclass Base(metaclass=Kind): pass", True),
        (
            "class Base(Generic[T]): pass\nfrom typing import Generic, TypeVar\nT = TypeVar('T')",
            True,
        ),
        ("from .inner import Base", True),
        ("from package.inner import Base as Base", True),
        ("from . import inner\nBase = inner.Base", True),
        ("import package.inner as other\nclass Base(other.Base): pass", True),
        ("from django import forms\nclass Base(forms.Form): pass", True),
        ("from typing import final\n@final\nclass Base: pass", True),
        (LAZY, True),
        ("from django.db import models\nclass Base(models.Model): pass", False),
        ("from django.db.models import Model as Base", False),
        ("from django.contrib.auth.models import AbstractUser as Base", False),
        ("from .inner import Model as Base", False),
        ("from .inner import Made as Base", False),
        ("class Base(metaclass=made()): pass", False),
        ("class Base(made()): pass", False),
        ("class Base(**options): pass", False),
        ("Base = made()", False),
        ("from .inner import Base as Other\nBase, rest = Other", False),
        ("def Base(): pass", False),
        ("if x:\n    class Base: pass", False),
        ("class Base: pass\nBase = other", False),
        ("class Base: pass\nwith x as Base: pass", False),
        ("class Base(Base): pass", False),
        ("class Base(Other): pass\nclass Other(Base): pass", False),
        ("from elsewhere import Base", False),
        ("from .inner import *", False),
        ("class Base: pass\nfrom .inner import *", False),
        ("@made\nclass Base: pass", False),
        ("import pgtrigger\nclass Base: pass", False),
        ("from main import Base", False),
        (LAZY.replace('"Base": (__spec__.parent, ".inner")', '"Base": made()'), False),
        (f"{LAZY}\nBase = made()", False),
        ("", False),
    ],
)
def test_a_base_is_plain_where_its_text_says_so(tmp_path: Path, text: str, expected: bool) -> None:
    inner = "from django.db import models\nclass Base: pass\nclass Model(models.Model): pass\n"
    files = {
        "lib/package/__init__.py": text,
        "lib/package/inner.py": f"{inner}Made = made(Base)\n",
        "own/main.py": "from package import Base\n",
    }
    loader = loaded(tmp_path, files)
    main = loader.load("main")
    assert isinstance(main, Module)

    base = ast.parse("Base", mode="eval").body

    assert PlainBases(loader, ("pgtrigger",)).is_plain(main, base) is expected
