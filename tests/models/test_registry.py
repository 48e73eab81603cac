from __future__ import annotations

from pathlib import Path

from tests.support.projects import analyzed

MODELS = """
    import pgtrigger
    from django.apps.registry import Apps
    from django.db import models
    from elsewhere import OtherMeta

    class Ours(models.Model):
        class Meta(OtherMeta):
            triggers = [pgtrigger.Protect(name="p", operation=pgtrigger.Delete)]

    class Theirs(models.Model):
        class Meta:
            apps = Apps()
            triggers = [pgtrigger.Protect(name="p", operation=pgtrigger.Delete)]
"""


def test_a_model_of_another_registry_is_not_the_projects(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, MODELS)
    [item] = analysis.unresolved  # a Meta that is not known may name a registry, or may not
    assert "OtherMeta" in item.reason
    assert analysis.triggers == ()
    assert "shop.Theirs" not in analysis.models
