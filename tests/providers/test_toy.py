"""The provider in the documentation, for a library that exists only here."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.pipeline import analyze
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import REPOSITORY, write_project

_LIBRARY = '''
"""Writes a row for every change."""

import pgtrigger
from django.conf import settings
from django.db import models


class Mask:
    def __init__(self, column):
        self.column = column


class AuditTrigger(pgtrigger.Trigger):
    when = pgtrigger.After
    operation = pgtrigger.Update

    def __init__(self, entry, masks):
        self.entry, self.masks = entry, {mask.column for mask in masks}
        names = [field.name for field in entry._meta.fields if field.name not in ("id", "label")]
        super().__init__(name="audited", condition=pgtrigger.AnyChange(*names))

    def get_func(self, model):
        names = [field.column for field in self.entry._meta.fields if field.name != "id"]
        label = getattr(settings, "ACME_AUDIT_LABEL", "changed")
        values = [self._value(name, label) for name in names]
        table = self.entry._meta.db_table
        return (
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(values)});"
            " PERFORM acme_audit_user(); RETURN NULL;"
        )

    def _value(self, name, label):
        if name == "label":
            return f"'{label}'"
        return "'***'" if name in self.masks else f"NEW.{name}"


def entry_fields(model, names):
    fields = {name: model._meta.get_field(name).clone() for name in names}
    return {"label": models.TextField(), **fields}


def audited(*items, app_label=None):
    def decorate(model):
        names = [item for item in items if isinstance(item, str)]
        label = app_label or model._meta.app_label
        options = {"app_label": label, "db_table": f"{model._meta.db_table}_entry"}
        entry = type(
            f"{model.__name__}Entry",
            (models.Model,),
            {
                "__module__": model.__module__,
                "Meta": type("Meta", (), options),
                **entry_fields(model, names),
            },
        )
        masks = [item for item in items if isinstance(item, Mask)]
        pgtrigger.register(AuditTrigger(entry, masks))(model)
        return model

    return decorate
'''
_MODELS = """
import acme_audit
from acme_audit import audited
from django.contrib.auth.models import User
from django.db import models


class Hidden(acme_audit.Mask):
    def __init__(self, column):
        super().__init__(column.lower())


@audited("name", "price", Hidden("NAME"))
class Product(models.Model):
    price = models.IntegerField()
    name = models.CharField(max_length=20)


def also(model):
    return acme_audit.audited("size")(model)


@also
class Box(models.Model):
    size = models.IntegerField()


acme_audit.audited("username", app_label="shop")(User)
"""
_SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "pgtrigger", "shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}
ACME_AUDIT_LABEL = "touched"
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The library and the provider, installed in a folder."""
    site = tmp_path / "site-packages"
    info = site / "acme_audit-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-audit\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[pgtrigger_codegen.providers]\nacme_audit = acme_audit_codegen:AcmeAudit\n"
    )
    (site / "acme_audit.py").write_text(_LIBRARY)
    (site / "acme_audit_codegen.py").write_text(documented_provider())
    monkeypatch.syspath_prepend(site)
    for name in ("acme_audit", "acme_audit_codegen"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return site


def documented_provider() -> str:
    text = (REPOSITORY / "docs" / "providers.md").read_text(encoding="utf-8")
    found = re.search(
        r'^```python\n("""Tells pgtrigger-codegen.*?)^```$', text, re.MULTILINE | re.DOTALL
    )
    assert found is not None
    return found[1]


def _analyzed(root: Path, models: str, settings: str = _SETTINGS) -> Analysis:
    return analyze(write_project(root / "project", models, {"settings.py": settings}))


def test_the_documented_provider_is_short() -> None:
    assert len(documented_provider().splitlines()) <= 100


def test_triggers_are_those_of_a_django_process(library: Path, tmp_path: Path) -> None:
    analysis = _analyzed(tmp_path, _MODELS)

    # The process finds the library where we did.
    manage = tmp_path / "project" / "manage.py"
    manage.write_text(f"import sys\nsys.path.append({str(library)!r})\n{manage.read_text()}")
    theirs = registered_triggers(DjangoProject(tmp_path / "project"))
    assert [item.reason for item in analysis.unresolved] == []
    assert {t.uri: (t.pgid, t.hash) for t in analysis.triggers} == {
        t.uri: (t.pgid, t.hash) for t in theirs
    }
    assert {t.uri for t in theirs} == {
        "auth.User:audited",
        "shop.Box:audited",
        "shop.Product:audited",
    }


def test_what_is_known_of_them(library: Path, tmp_path: Path) -> None:
    analysis = _analyzed(tmp_path, _MODELS)
    [box, product] = (trigger for trigger in analysis.triggers if trigger.app_label == "shop")
    entry = analysis.models["shop.ProductEntry"]

    assert (product.origin, product.class_name) == ("provider", "acme_audit.AuditTrigger")
    assert (product.span.line, box.span.line) == (13, 20)  # the calls
    assert product.requires == (("acme_audit", "0001_initial"),)
    assert "'touched'" in product.parts.func
    assert "'***'" in product.parts.func
    assert (entry.table, entry.columns) == ("shop_product_entry", ("id", "name", "price", "label"))
    assert entry.first_party
    assert {trigger.migration_app for trigger in analysis.triggers} == {"shop"}


def test_a_field_of_another_model_is_taken_as_it_is_without_that_model(
    library: Path, tmp_path: Path
) -> None:
    # `Product._meta.get_field(…)`, handed over as it stands.
    source = library / "acme_audit.py"
    source.write_text(source.read_text().replace(".get_field(name).clone()", ".get_field(name)"))
    analysis = _analyzed(tmp_path, _MODELS)

    assert [item.reason for item in analysis.unresolved] == []
    assert len(analysis.triggers) == 3
    assert analysis.models["shop.ProductEntry"].columns == ("id", "price", "name", "label")
    assert analysis.models["shop.Product"].columns == ("id", "price", "name")


@pytest.mark.parametrize(
    ("declaration", "code", "reason"),
    [
        ('audited("nothing")(Product)', "PGT208", "Product has no field named 'nothing'"),
        ('audited("name", 3 / 0)(Product)', "PGT106", "division by zero"),
        ("audited(input())(Product)", "PGT002", "`input`"),
        ('audited("name")(input())', "PGT002", "`input`"),
        ('audited("username")(User)', "PGT116", "would land in `auth`"),
        ('audited("name", app_label="x")(Product)', "PGT108", "label `x`"),
    ],
)
def test_what_cannot_be_declared_is_refused(
    library: Path, tmp_path: Path, declaration: str, code: str, reason: str
) -> None:
    models = f"""
from acme_audit import audited
from django.contrib.auth.models import User
from django.db import models

class Product(models.Model):
    name = models.CharField(max_length=20)

{declaration}
"""
    analysis = _analyzed(tmp_path, models)

    assert analysis.triggers == ()
    [refused] = analysis.unresolved
    assert CODES[refused.cause] == code
    assert reason in refused.reason
    assert refused.span.line == 9


def test_a_setting_that_is_not_known_refuses(library: Path, tmp_path: Path) -> None:
    settings = _SETTINGS + "ACME_AUDIT_LABEL = input()\n"
    analysis = _analyzed(tmp_path, _MODELS, settings)

    assert analysis.triggers == ()
    assert {CODES[item.cause] for item in analysis.unresolved} == {"PGT002"}
    assert {item.reason.partition(":")[0] for item in analysis.unresolved} == {
        "the setting `ACME_AUDIT_LABEL` is not known"
    }


def test_a_package_of_the_projects_own_has_no_provider(library: Path, tmp_path: Path) -> None:
    root = write_project(
        tmp_path / "project",
        _MODELS,
        {
            "settings.py": _SETTINGS,
            "acme_audit.py": """
            class Mask:
                def __init__(self, column):
                    pass

            def audited(*items, **options):
                return lambda model: model
            """,
        },
    )
    analysis = analyze(root)

    assert (analysis.triggers, analysis.unresolved) == ((), ())


def test_a_provider_is_loaded_only_for_its_library(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    load: Any = metadata.EntryPoint.load

    def noted(point: metadata.EntryPoint) -> Any:
        loaded.append(point.name)
        return load(point)

    monkeypatch.setattr(metadata.EntryPoint, "load", noted)
    _analyzed(tmp_path, "from django.db import models\n\nclass Box(models.Model):\n    pass\n")

    assert loaded == []
    assert "acme_audit_codegen" not in sys.modules
