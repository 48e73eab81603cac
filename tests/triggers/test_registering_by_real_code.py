"""`register` that reaches its model through Python's own functions is followed, or refused."""

from __future__ import annotations

from pathlib import Path

from tests.support.projects import analyzed

MODELS = """
import functools

import pgtrigger
from django.db import models


class Order(models.Model):
    pass


def protect(name):
    return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


"""


def test_map_is_followed(tmp_path: Path) -> None:
    models = (
        MODELS
        + """
list(map(pgtrigger.register(protect("mapped")), [Order]))
list(map(protect("method").register, [Order]))
"""
    )
    analysis = analyzed(tmp_path, models)

    names = {trigger.name for trigger in analysis.triggers}
    assert names == {"mapped", "method"}
    assert analysis.unresolved == ()


def test_a_function_that_registers_handed_to_a_refused_call_is_not_forgotten(
    tmp_path: Path,
) -> None:
    models = (
        MODELS
        + "functools.reduce(lambda model, t: pgtrigger.register(t)(model), [protect('a')], Order)\n"
    )

    (unresolved,) = analyzed(tmp_path, models).unresolved

    assert "the model `Order`" in unresolved.reason


def test_a_registration_handed_to_a_refused_call_is_not_forgotten(tmp_path: Path) -> None:
    models = MODELS + 'functools.partial(pgtrigger.register(protect("part")), Order)()\n'

    (unresolved,) = analyzed(tmp_path, models).unresolved

    assert (unresolved.span.line, unresolved.migration_app) == (16, "shop")
