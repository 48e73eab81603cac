"""Triggers that hooks register, held against a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import analyzed, write_project

APPS = """
    from django.apps import AppConfig, apps
    from django.db.models.signals import class_prepared

    from shop.rules import AUDITED, forbid, mark


    class ShopConfig(AppConfig):
        name = "shop"

        def ready(self):
            import pgtrigger

            for label in ("Order", "shop.Invoice"):
                model = apps.get_model(label) if "." in label else self.get_model(label)
                pgtrigger.register(forbid("ready"))(model)
            for model in self.get_models():
                if model._meta.proxy:
                    pgtrigger.register(forbid("proxy"))(model)
            for model in AUDITED:
                forbid("audited").register(model)
            # Too late: all models are prepared.
            class_prepared.connect(mark, weak=False)
"""
RULES = """
    import pgtrigger
    from django.db.models.signals import class_prepared
    from django.dispatch import receiver

    AUDITED = []


    def forbid(name):
        return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


    def mark(sender, **kwargs):
        pgtrigger.register(forbid("never"))(sender)


    @receiver(class_prepared)
    def protect_labelled(sender, **kwargs):
        if getattr(sender, "protected", False) and not sender._meta.proxy:
            AUDITED.append(sender)
            pgtrigger.register(forbid(f"protected_{sender._meta.model_name}"))(sender)


    def protect_links(sender, **kwargs):
        if sender._meta.auto_created:
            pgtrigger.register(forbid("link"))(sender)


    class_prepared.connect(protect_links)
"""
MODELS = """
    import pgtrigger
    from django.contrib.auth import get_user_model
    from django.db import models
    from django.db.models import signals

    from shop.rules import forbid


    class Early(models.Model):
        protected = True


    class Base(models.Model):
        class Meta:
            abstract = True


    def by_base(sender, **kwargs):
        if sender is not Early and issubclass(sender, Base):
            pgtrigger.register(forbid("by_base"))(sender)


    class Before(Base):
        pass


    signals.class_prepared.connect(by_base)
    signals.class_prepared.connect(by_base)


    def only_invoices(sender, signal, **kwargs):
        forbid("only_invoices").register(sender)


    signals.class_prepared.connect(only_invoices, sender="shop.Invoice")


    class Order(Base):
        protected = True
        users = models.ManyToManyField("auth.User")


    class Invoice(Base):
        number = models.IntegerField()


    class Staff(get_user_model()):
        class Meta:
            proxy = True


    class Declared(models.Model):
        kind = "plain"

        def __init_subclass__(cls, kind="plain", **kwargs):
            super().__init_subclass__(**kwargs)
            cls.kind = kind
            triggers = [forbid(f"is_{kind}"), *getattr(cls.Meta, "extra", ())]
            cls.Meta.triggers = triggers

        class Meta:
            abstract = True


    class Loose(Declared, kind="loose"):
        pass


    class Tight(Declared, kind="tight"):
        pass


    class Own(Declared, kind="own"):
        class Meta:
            triggers = [forbid("of_its_own")]


    class Mark:
        def contribute_to_class(self, model, name):
            pass


    class Marking(models.Model):
        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            cls.Meta.triggers = [forbid(f"marked_{hasattr(cls, 'mark')}".lower())]

        class Meta:
            abstract = True


    class Marked(Marking):
        mark = Mark()


    class Signalled(models.Model):
        @classmethod
        def _prepared(cls, sender, **kwargs):
            if not sender._meta.abstract:
                pgtrigger.register(forbid("signalled"))(sender)

        def __init_subclass__(cls, **kwargs):
            super().__init_subclass__(**kwargs)
            signals.class_prepared.connect(Signalled._prepared, sender=cls)

        class Meta:
            abstract = True


    class Letter(Signalled):
        pass


    Through = type(
        "UserGroupRules",
        (get_user_model().groups.through,),
        {
            "__module__": __name__,
            "Meta": type("Meta", (), {"proxy": True, "triggers": [forbid("made")]}),
        },
    )


    def make(name):
        class Meta:
            triggers = [forbid(f"made_{name}".lower())]

        return type(name, (Base,), {"__module__": "shop.models", "Meta": Meta, "protected": True})


    One, Two = make("One"), make("Two")
"""


def test_hooks_register_what_they_register_in_django(tmp_path: Path) -> None:
    files = {"shop/apps.py": APPS, "shop/rules.py": RULES}
    root = write_project(tmp_path, MODELS, files)
    analysis = analyze(root)
    assert analysis.unresolved == ()
    theirs = registered_triggers(DjangoProject(root))
    assert {trigger.uri: trigger.hash for trigger in analysis.triggers} == {
        trigger.uri: trigger.hash for trigger in theirs
    }
    origins = {trigger.uri: trigger.origin for trigger in analysis.triggers}
    assert origins["shop.Order:by_base"] == "hook"
    assert origins["shop.Loose:is_loose"] == "meta"


def refused(root: Path, models: str) -> dict[str | None, str]:
    """Refusals by model; nothing else may come of the project."""
    analysis = analyzed(root, models)
    assert analysis.triggers == ()
    return {item.model: item.reason for item in analysis.unresolved}


HEAD = """
import os
import pgtrigger
from django.db import models
from django.db.models.signals import class_prepared
from django.dispatch import receiver

PROTECT = pgtrigger.Protect(name="p", operation=pgtrigger.Delete)
"""
TWO_MODELS = """
class Base(models.Model):
    class Meta:
        abstract = True


class One(Base):
    pass


class Two(Base):
    pass
"""


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("if os.environ['X']: pgtrigger.register(PROTECT)(sender)", "`X`"),
        ("for t in load(): pgtrigger.register(t)(sender)", "`load`"),
        ("assert sender._meta.app_label == 'other'", "AssertionError"),
        ("while True: pass", "steps"),
    ],
)
def test_models_of_a_receiver_that_is_not_followed_are_listed(
    tmp_path: Path, body: str, reason: str
) -> None:
    hook = "def hook(sender, **kwargs):\n    if issubclass(sender, Base):\n        {}\n"
    connect = "class_prepared.connect(hook)\n"
    base, rest = TWO_MODELS.split("class One", 1)
    models = HEAD + base + hook.format(body) + connect + "class One" + rest
    found = refused(tmp_path, models)
    assert set(found) == {"shop.One", "shop.Two"}
    assert all(reason in text for text in found.values())


def test_a_receiver_that_nothing_holds_is_not_taken_as_called(tmp_path: Path) -> None:
    connect = "class_prepared.connect(lambda sender, **kw: PROTECT.register(sender), {})\n"
    base, rest = TWO_MODELS.split("class One", 1)
    held = HEAD + base + connect.format("weak=False") + "class One" + rest
    found = analyzed(tmp_path / "held", held)
    assert {"shop.One:p", "shop.Two:p"} <= {trigger.uri for trigger in found.triggers}
    weak = HEAD + base + connect.format("weak=True") + "class One" + rest
    reasons = refused(tmp_path / "weak", weak)
    assert "weakly" in reasons["shop.One"]


def test_a_receiver_sees_no_model_that_was_prepared_before(tmp_path: Path) -> None:
    hook = (
        "\n@receiver([class_prepared])\ndef hook(sender, **kwargs):\n    PROTECT.register(sender)\n"
    )
    last = "\nclass Three(Base):\n    pass\n"
    analysis = analyzed(tmp_path, HEAD + TWO_MODELS + hook + last)
    assert {trigger.uri for trigger in analysis.triggers} == {"shop.Three:p"}
    assert analysis.unresolved == ()


def test_registering_a_class_that_django_has_not_prepared_is_refused(tmp_path: Path) -> None:
    models = HEAD + TWO_MODELS.replace(
        "    class Meta:",
        "    def __init_subclass__(cls, **kw):\n        PROTECT.register(cls)\n\n    class Meta:",
    )
    found = refused(tmp_path, models)
    assert set(found) == {"shop.One", "shop.Two"}
    assert "before" in found["shop.One"]


def test_a_subclass_hook_that_is_not_followed_leaves_the_model_in_doubt(tmp_path: Path) -> None:
    models = HEAD + TWO_MODELS.replace(
        "    class Meta:",
        "    def __init_subclass__(cls, **kw):\n        cls.x = {}['y']\n\n    class Meta:",
    )
    found = refused(tmp_path, models)
    assert set(found) == {"shop.One", "shop.Two"}
    assert "KeyError" in found["shop.One"]


def test_a_class_made_of_what_is_not_known_is_not_made(tmp_path: Path) -> None:
    models = HEAD + "Made = type(os.environ['X'], (models.Model,), {'__module__': __name__})\n"
    analysis = analyzed(tmp_path, models + "PROTECT.register(Made)\n")
    [item] = analysis.unresolved
    assert "`X`" in item.reason


def test_a_model_made_without_a_module_raises_as_in_django(tmp_path: Path) -> None:
    models = HEAD + "Made = type('Made', (models.Model,), {})\nPROTECT.register(Made)\n"
    [item] = analyzed(tmp_path, models).unresolved
    assert "__module__" in item.reason


def test_options_that_no_trigger_depends_on_may_be_assigned_to(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        """
        import pgtrigger
        from django.db import models

        def allow(model):
            model._meta.permissions = [("see", "May see")]
            model._meta.ordering = ["id"]
            return model

        @allow
        class Order(models.Model):
            class Meta:
                triggers = [pgtrigger.Protect(name="keep", operation=pgtrigger.Delete)]
        """,
    )
    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Order:keep"]


ASSIGNED = """
    import pgtrigger
    from django.db import models
    from django.db.models.signals import class_prepared
    from django.dispatch import receiver


    def forbid(name):
        return pgtrigger.Protect(name=name, operation=pgtrigger.Delete)


    class Marked(models.Model):
        class Meta:
            abstract = True


    class Listed(Marked):
        class Meta:
            abstract = True
            triggers = [forbid("listed")]


    @receiver(class_prepared)
    def add_trigger(sender, **kwargs):
        if not issubclass(sender, Marked) or sender._meta.proxy or sender._meta.swapped:
            return
        if not hasattr(sender._meta, "triggers"):
            sender._meta.triggers = []
        existing = [trigger.name for trigger in sender._meta.triggers]
        if "added" not in existing:
            sender._meta.triggers.append(forbid("added"))
        if getattr(sender._meta, "triggers", None) is None:
            raise ValueError


    class Plain(Marked):
        pass


    class Own(Marked):
        class Meta:
            db_table = "own"
            triggers = [forbid("own")]


    class First(Listed):
        pass


    class Second(Listed):
        pass


    class Proxy(Plain):
        class Meta:
            proxy = True


    class Other(models.Model):
        pass
"""


def test_what_a_receiver_assigns_to_meta_is_declared(tmp_path: Path) -> None:
    root = write_project(tmp_path, ASSIGNED)
    analysis = analyze(root)

    assert [one.reason for one in analysis.unresolved] == []
    theirs = registered_triggers(DjangoProject(root))
    assert len(theirs) > 5
    assert {one.uri: one.hash for one in analysis.triggers} == {one.uri: one.hash for one in theirs}
    assert not analysis.certificate.gaps


@pytest.mark.parametrize(
    "line",
    [
        "if unknown():\n            sender._meta.triggers = [forbid('x')]",
        "sender._meta.db_table = 'elsewhere'",
        "sender._meta.triggers = unknown()",
    ],
)
def test_what_is_assigned_to_meta_and_not_known_is_named(tmp_path: Path, line: str) -> None:
    text = ASSIGNED.replace(
        "        if not hasattr(", f"        {line}\n        if not hasattr(", 1
    )
    text = f"    from elsewhere import unknown\n{text}"
    analysis = analyzed(tmp_path, text)

    refused = [one for one in analysis.unresolved if "ValueError" not in one.reason]
    assert len(refused) == 4, "one for each model that has it"
    assert not {one.uri for one in analysis.triggers} & {"shop.Plain:added", "shop.Own:own"}
