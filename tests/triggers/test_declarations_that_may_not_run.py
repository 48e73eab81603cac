"""A model, or a call, that Python may not come to declares nothing for certain."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import analyzed

IMPORTS = "import os\n\nimport pgtrigger\nfrom django.db import models\n\n"
EXTRA = """
class Extra(models.Model):
    class Meta:
        app_label = "shop"
        triggers = [pgtrigger.Protect(name="extra", operation=pgtrigger.Delete)]
"""
INDENTED = EXTRA.replace("\n", "\n    ")
CAUGHT = """
try:
    from shop.extra import Extra
except {caught}:
    Extra = None
"""


def test_a_model_in_a_branch_that_may_not_be_taken_is_unresolved(tmp_path: Path) -> None:
    models = f"{IMPORTS}if os.path.getmtime('x') > 1:\n{INDENTED}\n"

    analysis = analyzed(tmp_path, models)

    assert analysis.triggers == ()
    (unresolved,) = analysis.unresolved
    assert "getmtime" in unresolved.reason


def test_a_trigger_that_is_registered_on_such_a_model_is_unresolved(tmp_path: Path) -> None:
    models = (
        f"{IMPORTS}if os.path.getmtime('x') > 1:\n    class Extra(models.Model):\n        pass\n"
        "from django.apps import apps\n"
        "pgtrigger.register(pgtrigger.Protect(name='extra', operation=pgtrigger.Delete))("
        "apps.get_model('shop', 'Extra'))\n"
    )

    analysis = analyzed(tmp_path, models)

    assert analysis.triggers == ()
    assert analysis.unresolved


@pytest.mark.parametrize("error", ["ImportError", "RuntimeError"])
@pytest.mark.parametrize("raising", ["if os.environ['NOWHERE']:\n    raise {}('no')", "raise {}()"])
def test_what_follows_on_an_exception_that_an_importer_catches_is_unresolved(
    tmp_path: Path, error: str, raising: str
) -> None:
    extra = f"{IMPORTS}{raising.format(error)}\n{EXTRA}"

    analysis = analyzed(tmp_path, CAUGHT.format(caught="Exception"), {"shop/extra.py": extra})

    assert analysis.triggers == ()
    (unresolved,) = analysis.unresolved
    assert error in unresolved.reason


@pytest.mark.parametrize(
    "statement",
    [
        "if {}['x']:\n    pass",
        "while {}['x']:\n    pass",
        "for item in {}['x']:\n    pass",
        "for item in map({}.__getitem__, 'x'):\n    pass",
        "with {}['x']:\n    pass",
        "match {}['x']:\n    case 1:\n        pass",
        "class Empty:\n    for item in {}['x']:\n        pass",
    ],
)
def test_what_follows_on_a_statement_that_cannot_begin_is_unresolved(
    tmp_path: Path, statement: str
) -> None:
    extra = f"{IMPORTS}{statement}\n{EXTRA}"

    analysis = analyzed(tmp_path, CAUGHT.format(caught="Exception"), {"shop/extra.py": extra})

    assert analysis.triggers == ()
    (unresolved,) = analysis.unresolved
    assert "KeyError" in unresolved.reason


def test_what_stands_before_the_exception_is_declared(tmp_path: Path) -> None:
    extra = f"{IMPORTS}{EXTRA}\nif os.environ['NOWHERE']:\n    raise ValueError('no')\n"

    analysis = analyzed(tmp_path, CAUGHT.format(caught="Exception"), {"shop/extra.py": extra})

    assert [trigger.name for trigger in analysis.triggers] == ["extra"]


def test_nobody_catches_what_a_module_of_models_raises(tmp_path: Path) -> None:
    """Django imports the module itself: where it raises, there is no project."""
    models = f"{IMPORTS}if os.environ['NOWHERE']:\n    raise ValueError('no')\n{EXTRA}"

    analysis = analyzed(tmp_path, models)

    assert [trigger.name for trigger in analysis.triggers] == ["extra"]
