"""Signals that a project makes and sends itself, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import write_project

MODELS = "from django.db import models\n\n\nclass Order(models.Model):\n    pass\n"
APPS = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from shop import rules

        {ready}
"""
RULES = """
import pgtrigger
from django.dispatch import Signal, receiver

go, stop = Signal(), Signal()


def forbid(name):
    from shop.models import Order

    pgtrigger.Protect(name=name, operation=pgtrigger.Delete).register(Order)


"""
FOLLOWED = {
    "decorated": ("@receiver(go)\ndef f(sender, **kwargs): forbid('a')", "rules.go.send(self)"),
    "connected": (
        "def f(sender, name, **kwargs): forbid(name)\ngo.connect(f)",
        "rules.go.send(sender=None, name='given')",
    ),
    "two signals": (
        (
            "@receiver([go, stop])\ndef f(sender, signal, **kwargs):\n"
            "    forbid('go' if signal is go else 'stop')"
        ),
        "rules.stop.send(1)\n        rules.go.send(1)",
    ),
    "connected twice": (
        (
            "names = iter('abc')\ndef f(sender, **kwargs): forbid(next(names))\n"
            "go.connect(f)\ngo.connect(f)\n"
            "def g(sender, **kwargs): forbid(next(names))\n"
            "def h(sender, **kwargs): forbid(next(names))\n"
            "go.connect(g, dispatch_uid='x')\ngo.connect(h, dispatch_uid='x')"
        ),
        "rules.go.send(1)",
    ),
    "of one sender": (
        (
            "class One: pass\nclass Two: pass\n"
            "@receiver(go, sender=One)\ndef f(sender, **kwargs): forbid('one')\n"
            "@receiver(go, sender=Two)\ndef g(sender, **kwargs): forbid('two')"
        ),
        "rules.go.send(rules.One)",
    ),
    "disconnected": (
        (
            "@receiver(go)\ndef f(sender, **kwargs): forbid('f')\n"
            "@receiver(go)\ndef g(sender, **kwargs): forbid('g')\n"
            "if not go.disconnect(f) or go.disconnect(f): go.disconnect(g)"
        ),
        "rules.go.send(1)",
    ),
    "an exception is a response": (
        (
            "@receiver(go)\ndef f(sender, **kwargs): raise ValueError('no')\n"
            "@receiver(go)\ndef g(sender, **kwargs):\n    forbid('g')\n    return 7"
        ),
        (
            "for function, response in rules.go.send_robust(1):\n"
            "            rules.forbid(f'{function.__name__}_{type(response).__name__}')"
        ),
    ),
    "a method of an object that a module has": (
        (
            "class Rules:\n    def f(self, sender, **kwargs): forbid('f')\n"
            "    @classmethod\n    def g(cls, sender, **kwargs): forbid('g')\n"
            "ours = Rules()\ngo.connect(ours.f)\ngo.connect(Rules.g)"
        ),
        "rules.go.send(1)",
    ),
    "never sent": ("@receiver(go)\ndef f(sender, **kwargs): forbid('f')", "rules.stop.send(1)"),
}
IN_DOUBT = {
    "a receiver that nothing else holds": (
        "def connect():\n    def f(sender, **kwargs): forbid('f')\n    go.connect(f)\nconnect()",
        "rules.go.send(1)",
    ),
    "a method of an object that nothing else holds": (
        "class Rules:\n    def f(self, sender, **_): forbid('f')\ngo.connect(Rules().f)",
        "rules.go.send(1)",
    ),
    "a sender that is told by its identity": (
        "@receiver(go, sender='x' * 2)\ndef f(sender, **kwargs): forbid('f')",
        "rules.go.send('xx')",
    ),
    "a receiver that may be connected": (
        "import absent\ndef f(sender, **kwargs): forbid('f')\nif absent.x: go.connect(f)",
        "rules.go.send(1)",
    ),
    "a signal that is not known": (
        "import absent\n@receiver(absent.signal)\ndef f(sender, **_):\n    pgtrigger.register()",
        "absent = 1",
    ),
    "a sender that is not known": (
        "import absent\n@receiver(go, sender=absent.x)\ndef f(sender, **kwargs): forbid('f')",
        "rules.go.send(1)",
    ),
    "a receiver that may be disconnected": (
        (
            "import absent\n@receiver(go)\ndef f(sender, **kwargs): forbid('f')\n"
            "go.disconnect(f, sender=absent.x)"
        ),
        "rules.go.send(1)",
    ),
    "who listens decides": (
        "@receiver(go)\ndef f(sender, **kwargs): pass\n",
        "if rules.go.has_listeners(): rules.forbid('f')",
    ),
}


def project(tmp_path: Path, rules: str, ready: str) -> Path:
    files = {"shop/apps.py": APPS.format(ready=ready), "shop/rules.py": f"{RULES}{rules}\n"}
    return write_project(tmp_path, MODELS, files)


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_receivers_register_is_what_they_register_in_django(tmp_path: Path, name: str) -> None:
    root = project(tmp_path, *FOLLOWED[name])

    analysis = analyze(root)

    assert [one.reason for one in analysis.unresolved] == []
    assert {trigger.uri for trigger in analysis.triggers} == {
        trigger.uri for trigger in registered_triggers(DjangoProject(root))
    }


@pytest.mark.parametrize("name", IN_DOUBT)
def test_what_a_receiver_may_register_is_unresolved(tmp_path: Path, name: str) -> None:
    analysis = analyze(project(tmp_path, *IN_DOUBT[name]))

    assert analysis.triggers == ()
    assert analysis.unresolved
