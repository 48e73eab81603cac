from __future__ import annotations

from pathlib import Path
from typing import Any

import pgtrigger
import pytest
from django.db import models
from django.db.migrations.state import ModelState, StateApps

from pgtrigger_codegen.evaluator.values.unknown import Refusal
from pgtrigger_codegen.models.django_setup import configure
from pgtrigger_codegen.project.project import Settings
from tests.evaluator.code import execute

SOURCE = """
    import os
    import pgtrigger

    class WithModel(pgtrigger.Func):
        def render(self, model):
            return f"{model._meta.db_table} {self.func}"

    class WithSuper(pgtrigger.Func):
        def render(self, model):
            return super().render(model) + "!"

    class WithKeywords(pgtrigger.Func):
        def render(self, **kwargs):
            return super().render(**kwargs, extra="x")

    class WithNothing(pgtrigger.Func):
        def render(self):
            return "never"

    class NotKnown(pgtrigger.Func):
        def render(self, model):
            return os.environ["X"]
"""


@pytest.fixture(scope="module")
def order() -> Any:
    configure(Settings(None, {}))
    fields: list[Any] = [
        ("id", models.AutoField(primary_key=True)),
        ("paid", models.IntegerField()),
    ]
    return ModelState("shop", "Order", fields).render(StateApps([], {}))


@pytest.mark.parametrize(
    ("name", "func", "expected"),
    [
        ("WithModel", "SELECT 1", "shop_order SELECT 1"),
        ("WithSuper", "{meta.db_table}.{columns.paid}", "shop_order.paid!"),
        ("WithKeywords", "{meta.db_table} {extra}", "shop_order x"),
    ],
)
def test_both_signatures_render(
    tmp_path: Path, order: Any, name: str, func: str, expected: str
) -> None:
    rendered = execute(tmp_path, SOURCE)[name](func)
    trigger = pgtrigger.Trigger(
        name="t", when=pgtrigger.Before, operation=pgtrigger.Update, func=rendered
    )
    assert trigger.render_func(order) == expected


def test_a_signature_that_the_library_never_had_raises(tmp_path: Path, order: Any) -> None:
    trigger = pgtrigger.Trigger(
        name="t",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=execute(tmp_path, SOURCE)["WithNothing"](""),
    )
    with pytest.raises(TypeError):
        trigger.render_func(order)


def test_what_render_does_not_know_is_refused(tmp_path: Path, order: Any) -> None:
    trigger = pgtrigger.Trigger(
        name="t",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=execute(tmp_path, SOURCE)["NotKnown"](""),
    )
    with pytest.raises(Refusal) as refused:
        trigger.render_func(order)
    assert "`X`" in refused.value.unknown.reason
