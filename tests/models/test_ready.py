"""What `ready()` and dynamic imports bring, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.unread import GapKind
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import write_project

MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
TRIGGERS = """
import pgtrigger
from shop.models import Order

pgtrigger.register(pgtrigger.Protect(name="keep", operation=pgtrigger.Delete))(Order)
"""
APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        {ready}
{below}"""
LOAD = "def load(name='shop'):\n    import shop.triggers\n"


def apps(ready: str, below: str = "") -> str:
    return APPS.format(ready=ready.replace("\n", "\n        "), below=below)


FOUND = {
    "a method with an import": {
        "shop/apps.py": apps("self.load()", "    def load(self):\n        from . import triggers\n")
    },
    "a method that imports by call": {
        "shop/apps.py": apps(
            "self.load('triggers')",
            "    def load(self, module):\n"
            "        from importlib import import_module\n"
            "        import_module(f'{self.name}.{module}')\n",
        )
    },
    "a static method": {
        "shop/apps.py": apps(
            "self.load()", "    @staticmethod\n    def load():\n        import shop.triggers\n"
        )
    },
    "a function of the module": {"shop/apps.py": apps("load()", LOAD)},
    "a function of another module": {
        "shop/loading.py": LOAD,
        "shop/apps.py": apps("from shop.loading import load as do\ndo()"),
    },
    "a function of a module": {
        "shop/loading.py": LOAD,
        "shop/apps.py": apps("from shop import loading\nloading.load()"),
    },
    "a function of a module by its whole name": {
        "shop/loading.py": LOAD,
        "shop/apps.py": apps("import shop.loading\nshop.loading.load()"),
    },
    "a function that a package passes on": {
        "tools/__init__.py": "from .loading import load\n",
        "tools/loading.py": LOAD,
        "shop/apps.py": apps("from tools import load\nload()"),
    },
    "a base's ready": {
        "shop/base.py": "from django.apps import AppConfig\n\n\nclass Base(AppConfig):\n"
        "    def ready(self):\n        import shop.triggers\n",
        "shop/apps.py": "from shop import base\n\n\nclass ShopConfig(base.Base):\n"
        "    name = 'shop'\n\n    def ready(self):\n        super().ready()\n",
    },
    "functions that call each other": {
        "shop/apps.py": apps(
            "one(1)",
            "def one(n):\n    if n:\n        two(n)\n\n\n"
            "def two(n):\n    import shop.triggers\n    one(n - 1)\n",
        )
    },
    "__import__": {"shop/apps.py": apps("__import__('shop.triggers')")},
    "__import__ with names": {
        "shop/apps.py": apps("__import__('shop', globals(), locals(), ['triggers'], 0).triggers"),
        "shop/__init__.py": "",
    },
}
NOT_FOUND = {
    "pkgutil": {
        "shop/apps.py": apps(
            "import importlib, pkgutil\nimport shop\n"
            "for item in pkgutil.iter_modules(shop.__path__):\n"
            "    if item.name == 'triggers':\n"
            "        importlib.import_module(f'shop.{item.name}')"
        )
    },
    "a star import of what a folder holds": {
        "shop/apps.py": apps("import shop.models"),
        "shop/late/__init__.py": "import glob\nimport os\n\n"
        "files = glob.glob(os.path.join(os.path.dirname(__file__), '*.py'))\n"
        "__all__ = [os.path.basename(file)[:-3] for file in files if '__' not in file]\n",
        "shop/late/triggers.py": TRIGGERS,
        "shop/models.py": MODELS + "\n\nfrom shop.late import *\n",
        "shop/triggers.py": "",
    },
}


def registered(root: Path) -> set[str]:
    return {trigger.uri for trigger in registered_triggers(DjangoProject(root))}


@pytest.mark.parametrize("name", FOUND)
def test_ready_is_followed_through_what_it_calls(name: str, tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS, {"shop/triggers.py": TRIGGERS, **FOUND[name]})

    analysis = analyze(root)

    found = {trigger.uri for trigger in analysis.triggers}
    assert found == registered(root) == {"shop.Order:keep"}
    assert analysis.unresolved == ()


@pytest.mark.parametrize("name", NOT_FOUND)
def test_what_is_imported_by_an_unknown_name_is_not_taken_for_absent(
    name: str, tmp_path: Path
) -> None:
    root = write_project(tmp_path, MODELS, {"shop/triggers.py": TRIGGERS, **NOT_FOUND[name]})

    analysis = analyze(root)

    assert registered(root) == {"shop.Order:keep"}
    assert analysis.triggers == ()
    [one] = analysis.unresolved
    assert (one.uri, one.model) == (None, None)
    assert "imports modules by names that are not known" in one.reason


@pytest.mark.parametrize(
    "line", ["broken()", "if broken(): pass", "for item in broken(): pass", "x = broken()"]
)
def test_what_stands_after_an_exception_in_ready_is_not_taken_for_absent(
    line: str, tmp_path: Path
) -> None:
    files = {
        "shop/apps.py": apps(f"from shop.late import broken, declare\n{line}\ndeclare()"),
        "shop/late.py": "import pgtrigger\n\n\ndef broken():\n    return {}['x']\n\n\n"
        "def declare():\n    from shop.models import Order\n\n"
        "    pgtrigger.Protect(name='keep', operation=pgtrigger.Delete).register(Order)\n",
    }

    analysis = analyze(write_project(tmp_path, MODELS, files))

    assert analysis.triggers == ()
    [gap] = analysis.certificate.gaps
    assert gap.kind is GapKind.UNACCOUNTED_SITE
    assert gap.span is not None
    assert Path(gap.span.path).name == "late.py"
    assert "`ready` may call it" in gap.reason
    assert "KeyError" in gap.reason


def test_an_exception_in_ready_hides_nothing_where_nothing_is_registered(tmp_path: Path) -> None:
    files = {"shop/apps.py": apps("{}['x']\nprint('ready')")}

    analysis = analyze(write_project(tmp_path, MODELS, files))

    assert (analysis.unresolved, analysis.certificate.gaps) == ((), ())


def test_imports_by_unknown_names_are_nothing_where_no_triggers_wait(tmp_path: Path) -> None:
    files = NOT_FOUND["pkgutil"] | {"shop/triggers.py": "", "shop/plain.py": "X = 1\n"}

    analysis = analyze(write_project(tmp_path, MODELS, files))

    assert analysis.unresolved == ()
