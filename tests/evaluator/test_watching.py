"""Packages that only watch a running project are not executed for what starts them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.callables import Function
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from tests.evaluator.fake_host import FakeHost
from tests.models.packages import loaded

_PACKAGE = {
    "sentry_sdk/__init__.py": (
        "from .api import init\nfrom .scope import named\nfrom .version import VERSION\n"
    ),
    "sentry_sdk/api.py": "def init(**options):\n    options['dropped'].clear()\n",
    "sentry_sdk/scope.py": "def named(name):\n    return f'{name}!'\n",
    "sentry_sdk/version.py": "VERSION = '2.1'\n",
    "sentry_sdk/integrations/__init__.py": "",
    "sentry_sdk/integrations/django.py": "class DjangoIntegration:\n    pass\n",
    "opentelemetry/__init__.py": "",
    "opentelemetry/trace.py": "def get_tracer(name):\n    return name\n",
}
_STARTED = """\
import sentry_sdk
from opentelemetry import trace
from sentry_sdk.integrations.django import DjangoIntegration

APPS = ["shop"]
OTHERS = ["shop"]


def before_send(event, hint):
    return event


sentry_sdk.init(integrations=[DjangoIntegration()], before_send=before_send, dropped=APPS)
TRACER = trace.get_tracer(__name__)
VERSION = sentry_sdk.VERSION
"""


def test_what_starts_them_is_not_executed(tmp_path: Path) -> None:
    vm, names = _executed(tmp_path, _STARTED)

    assert not [name for name in vm.scopes if name.startswith(("sentry_sdk", "opentelemetry"))]
    assert names["VERSION"] == "2.1"
    assert names["OTHERS"] == ["shop"]
    assert isinstance(names["before_send"], Function)


def test_nothing_is_known_of_what_they_are_given_or_give(tmp_path: Path) -> None:
    names = _executed(tmp_path, _STARTED)[1]

    assert first_unknown(names["APPS"]) is not None
    assert isinstance(names["TRACER"], Unknown)


def test_their_other_functions_are_read(tmp_path: Path) -> None:
    text = "from sentry_sdk import named\nVALUE = named('shop')\n"

    assert _executed(tmp_path, text)[1]["VALUE"] == "shop!"


@pytest.mark.parametrize("place", ["eager", "own"])
def test_they_are_read_on_demand_and_where_they_are_the_project(tmp_path: Path, place: str) -> None:
    vm, names = _executed(tmp_path, _STARTED, is_eager=place == "eager", own=place == "own")

    assert {"sentry_sdk.api", "sentry_sdk.integrations.django"} <= set(vm.scopes)
    assert names["APPS"] == []
    assert names["TRACER"] == "main"


def _executed(
    folder: Path, text: str, *, is_eager: bool = False, own: bool = False
) -> tuple[Interpreter, Mapping[str, object]]:
    place = "own" if own else "lib"
    files = {"own/main.py": text, **{f"{place}/{name}": _PACKAGE[name] for name in _PACKAGE}}
    vm = Interpreter(loaded(folder, files, is_eager=is_eager), FakeHost({}, {}))
    scope = vm.module("main")
    assert isinstance(scope, Scope)
    return vm, scope.names
