"""What modules do to others as they are imported, held against a real Django process."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import SETTINGS, write_project

_MODELS = """
{imports}
import os

import pgtrigger
from django.conf import settings
from django.db import models
from shop.registry import NAMES, Plain


class Order(models.Model):
    class Meta:
        triggers = [
            pgtrigger.Protect(name=name, operation=pgtrigger.Delete)
            for name in (NAMES[-1], Plain.kind, os.environ.get("SHOP_NAME", "unset"))
        ]
"""
_REGISTRY = "NAMES = ['a']\n\n\nclass Plain:\n    kind = 'b'\n"
_ACTS = """
import os

from shop.registry import NAMES, Plain

NAMES.append("c")
Plain.kind = "d"
os.environ["SHOP_NAME"] = "e"
"""
_APPS = "from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n"
_WAYS = {
    "models": {"shop/acting.py": _ACTS, "imports": "import shop.acting"},
    "what models import": {
        "shop/acting.py": _ACTS,
        "shop/leading.py": "import shop.acting\n\nX = 1\n",
        "imports": "from shop.leading import X",
    },
    "a package around what models import": {
        "shop/inner/__init__.py": _ACTS,
        "shop/inner/quiet.py": "X = 1\n",
        "imports": "from shop.inner.quiet import X",
    },
    "settings": {"settings.py": SETTINGS + _ACTS, "imports": ""},
    "what settings import": {
        "shop/acting.py": _ACTS,
        "settings.py": f"{SETTINGS}\nimport shop.acting\n",
        "imports": "",
    },
    "an app": {"shop/__init__.py": _ACTS, "imports": ""},
    "the configuration of an app": {"shop/apps.py": _ACTS + _APPS, "imports": ""},
}


@pytest.mark.parametrize("name", _WAYS)
def test_what_an_import_does_to_others_is_in_the_triggers(name: str, tmp_path: Path) -> None:
    files = {"shop/registry.py": _REGISTRY, **_WAYS[name]}
    models = _MODELS.format(imports=files.pop("imports"))
    root = write_project(tmp_path, models, files)

    analysis = analyze(root)

    assert {trigger.uri for trigger in analysis.triggers} == {
        trigger.uri for trigger in registered_triggers(DjangoProject(root))
    }
    assert analysis.unresolved == ()
    assert {trigger.uri for trigger in analysis.triggers} == {
        f"shop.Order:{name}" for name in ("c", "d", "e")
    }


_SNAPSHOTS = {
    "a length": ("from shop.registry import NAMES\n\nSEEN = f'n{len(NAMES)}'\n", "n1"),
    "an item, by the module": ("import shop.registry as r\n\nSEEN = r.NAMES[-1]\n", "a"),
    "an attribute of a class": ("from shop.registry import Plain\n\nSEEN = Plain.kind\n", "b"),
    "a default": (
        (
            "from shop.registry import NAMES\n\n\ndef seen(last=NAMES[-1]):\n    return last\n\n\n"
            "SEEN = seen()\n"
        ),
        "a",
    ),
    "a condition": (
        (
            "from shop.registry import NAMES\n\nif 'c' in NAMES:\n    SEEN = 'late'\n"
            "else:\n    SEEN = 'early'\n"
        ),
        "early",
    ),
    "a function of that module": (
        "from shop.registry import last\n\nSEEN = last()\n",
        "a",
    ),
    "a variable": (
        "import os\n\nSEEN = os.environ.get('SHOP_NAME', 'unset')\n",
        "unset",
    ),
}


@pytest.mark.parametrize("name", _SNAPSHOTS)
def test_a_module_reads_what_others_change_later(name: str, tmp_path: Path) -> None:
    text, seen = _SNAPSHOTS[name]
    models = """
        import pgtrigger
        from django.db import models
        from shop import snapshot
        from shop import acting


        class Order(models.Model):
            class Meta:
                triggers = [pgtrigger.Protect(name=snapshot.SEEN, operation=pgtrigger.Delete)]
        """
    files = {
        "shop/registry.py": f"{_REGISTRY}\n\ndef last():\n    return NAMES[-1]\n",
        "shop/acting.py": _ACTS,
        "shop/snapshot.py": text,
    }
    root = write_project(tmp_path, textwrap.dedent(models), files)

    analysis = analyze(root)

    assert [trigger.uri for trigger in analysis.triggers] == [f"shop.Order:{seen}"]
    assert [one.uri for one in registered_triggers(DjangoProject(root))] == [f"shop.Order:{seen}"]
