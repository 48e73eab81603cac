from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.projects import analyzed

MODELS = """
    import pgtrigger
    from django.db import models

    class Custom(models.DateField):
        def add_more(self, cls):
            cls.add_to_class("more", models.TextField())

        def contribute_to_class(self, cls, name, **kwargs):
            {body}

    class Order(models.Model):
        paid = Custom(db_column="paid_on")
        total = models.IntegerField()

        class Meta:
            triggers = [
                pgtrigger.Protect(
                    name="one",
                    operation=pgtrigger.Update,
                    condition=pgtrigger.Q(old__paid__df=pgtrigger.F("new__paid")),
                ),
                pgtrigger.ReadOnly(name="all", exclude=["total"]),
            ]
"""
SUPER = "super().contribute_to_class(cls, name, **kwargs)"


@pytest.mark.parametrize(
    "body",
    [
        SUPER,
        f"{SUPER}; setattr(cls, name + '_text', property(str))",
        f"models.signals.post_init.connect(print, sender=cls); {SUPER}",
    ],
)
def test_a_field_that_only_adds_itself_is_read(tmp_path: Path, body: str) -> None:
    analysis = analyzed(tmp_path, MODELS.format(body=body))
    assert analysis.unresolved == ()
    conditions = {trigger.name: trigger.parts.condition for trigger in analysis.triggers}
    assert '"paid_on"' in conditions["one"]
    assert conditions["all"].count("IS DISTINCT FROM") == 2


@pytest.mark.parametrize(
    "body",
    [
        f"cls.add_to_class(name + '_text', models.TextField()); {SUPER}",
        f"models.TextField().contribute_to_class(cls, name + '_text'); {SUPER}",
        f"self.add_more(cls); {SUPER}",
    ],
)
def test_a_field_that_may_add_others_is_no_field_list(tmp_path: Path, body: str) -> None:
    analysis = analyzed(tmp_path, MODELS.format(body=body))
    [trigger] = analysis.triggers
    [refused] = analysis.unresolved
    assert (trigger.name, refused.uri) == ("one", "shop.Order:all")
    assert "adds fields" in refused.reason
    assert analysis.models["shop.Order"].columns is None


def test_a_field_that_is_not_made_whole_is_not_known(tmp_path: Path) -> None:
    models = """
        import pgtrigger
        from django.db import models

        class Half(models.DateField):
            def __init__(self):
                pass

        class Order(models.Model):
            paid = Half()

            class Meta:
                triggers = [pgtrigger.ReadOnly(name="all", fields=["paid"])]
    """
    (unresolved,) = analyzed(tmp_path, models).unresolved
    assert "the `__init__` of `Half` does not call that of its base" in unresolved.reason
