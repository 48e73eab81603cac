"""The rules of Python stand alone: no Django, and a domain that knows nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import types
import typing
from pathlib import Path

from pgtrigger_codegen.evaluator.django.domain import Django
from pgtrigger_codegen.evaluator.protocols.domain import Domain
from pgtrigger_codegen.evaluator.protocols.events import Event
from pgtrigger_codegen.evaluator.python.plain import PlainPython

REPOSITORY = Path(__file__).parents[2]
_FEWEST_EQUAL = 480


def test_programs_run_where_no_django_is_installed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.evaluator.plain", str(tmp_path)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    outcomes = json.loads(run.stdout)
    assert outcomes["loaded"] == []
    assert outcomes["different"] == []
    assert len(outcomes["equal"]) >= _FEWEST_EQUAL, outcomes["refused"]


def test_the_rules_ask_little_of_the_libraries_around_them() -> None:
    """Rows are better than questions: whoever adds one here looks for a table first."""
    asked = {
        name
        for protocol in Domain.__mro__
        for name, value in vars(protocol).items()
        if isinstance(value, types.FunctionType)
        and value.__module__ == Domain.__module__
        and not name.startswith("_")
    }

    assert len(asked) <= 18
    assert asked == {name for name in vars(PlainPython) if callable(vars(PlainPython)[name])}
    assert asked <= vars(Django).keys()


def test_each_event_concerns_somebody() -> None:
    assert Django.events.keys() == set(typing.get_args(Event))
