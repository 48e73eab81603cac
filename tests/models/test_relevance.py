"""Which modules of a project are executed, since they may declare triggers."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.modules.import_order import ImportOrder
from pgtrigger_codegen.models.relevance import RelevantModules
from tests.models.packages import loaded

PACKAGE = """
from django.db import models
class Kind(type): pass
class Schema(metaclass=Kind): pass
class Model(models.Model): pass
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from package import Schema\nclass A(Schema):\n    def __str__(self): pass\n", False),
        ("import package\nclass A(package.Schema): pass\n", False),
        ("import abc\nfrom django.db import models\nclass A(abc.ABC): pass\n", False),
        ("from package import Schema\nfrom first import x\nclass A(Schema):\n    a: x\n", False),
        ("from package import Model\nclass A(Model): pass\n", True),
        ("from package import Schema, Model\nclass A(Schema): pass\nclass B(Model): pass\n", True),
        ("from package import Schema\nclass A(Schema, metaclass=made): pass\n", True),
        ("from package import Schema\nclass A(Schema, **made): pass\n", True),
        # Python or the metaclass may call it, with what may register.
        ("from package import Schema\nclass A(Schema):\n    def __hook__(cls): pass\n", True),
        ("from package import Schema\nfrom first import x\nclass A(Schema):\n    a = x()\n", True),
        (
            "import package\nfrom first import x\nclass A(package.Schema):\n    @x\n    def f(): 0",
            True,
        ),
        (
            "from package import Schema\nclass A(Schema):\n    class Meta:\n        triggers = x\n",
            True,
        ),
        ("from nowhere import Base\nfrom django.db import models\nclass A(Base): pass\n", True),
    ],
)
def test_a_module_whose_bases_are_plain_is_not_executed(
    tmp_path: Path, text: str, expected: bool
) -> None:
    files = {
        "lib/package.py": PACKAGE,
        "own/first.py": "import pgtrigger\nx = pgtrigger.register\n",
        "own/main.py": text,
    }

    def may_declare(*, is_eager: bool) -> bool:
        loader = loaded(tmp_path, files, is_eager=is_eager)
        return RelevantModules(loader, ImportOrder(loader, ["first", "main"])).may_declare("main")

    assert may_declare(is_eager=False) is expected
    assert may_declare(is_eager=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("APPS = ['pgtrigger']\ndef x(): pass\n", False),
        ("from pgtrigger import register as x\n", True),
    ],
)
def test_what_is_used_of_a_module_counts_if_it_can_come_from_the_library(
    tmp_path: Path, text: str, expected: bool
) -> None:
    files = {
        "own/settings.py": "from first import *\n",
        "own/first.py": text,
        "own/between.py": "from settings import x\n",
        "own/main.py": "from between import x\nx()\n",
    }

    def may_declare(*, is_eager: bool) -> bool:
        loader = loaded(tmp_path, files, is_eager=is_eager)
        order = ImportOrder(loader, ["main"])
        return RelevantModules(loader, order, (), "settings").may_declare("main")

    assert may_declare(is_eager=False) is expected
    assert may_declare(is_eager=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("INSTALLED_APPS = ['pgtrigger']  # django-pgtrigger\n", False),
        ("INSTALLED_APPS = ['shop.apps.ShopConfig', 'pgtrigger']\n", False),
        ("MIDDLEWARE = ['pghistory.middleware.HistoryMiddleware']\n", False),
        ("x = f'{a} class_prepared'\n", False),
        ("import pgtrigger\n", True),
        ("if x:\n    from pghistory import track as t\n", True),
        ("from helpers import own_pgtrigger\n", True),
        ("x = y.class_prepared\n", True),
        ("def pgtrigger_of(x): pass\n", True),
        ("f(pgtrigger=1)\n", True),
        ("x = lambda pgtrigger: 1\n", True),
        ("x = import_module('pgtrigger')\n", True),
        ("x = import_string('pgtrigger.register')\n", True),
        ("x = __import__('pgtrigger')\n", True),
        ("x = sys.modules['pgtrigger']\n", True),
        ("x = getattr(y, 'class_prepared')\n", True),
        ("x = apps.get_app_config('pgtrigger')\n", True),
        ("x = eval('pgtrigger.register')\n", True),
    ],
)
def test_settings_that_install_the_library_declare_nothing(
    tmp_path: Path, text: str, expected: bool
) -> None:
    def may_declare(*, is_eager: bool) -> bool:
        loader = loaded(tmp_path, {"own/main.py": text}, is_eager=is_eager)
        order = ImportOrder(loader, ["main"])
        return RelevantModules(loader, order, ["pghistory"], "main").may_declare("main")

    assert may_declare(is_eager=False) is expected
    assert may_declare(is_eager=True)


def test_a_string_in_another_module_may_be_given_to_what_imports_by_it(tmp_path: Path) -> None:
    files = {
        "own/settings.py": "INSTALLED_APPS = ['pgtrigger']\n",
        "own/main.py": "from helpers import load\nload('pgtrigger.register')(Model)\n",
    }
    loader = loaded(tmp_path, files)
    relevant = RelevantModules(loader, ImportOrder(loader, ["main"]), (), "settings")

    assert not relevant.may_declare("settings")
    assert relevant.may_declare("main")
