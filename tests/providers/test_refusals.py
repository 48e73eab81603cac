"""What cannot be known of django-pghistory's declarations, or is wrong with them, is said."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pgtrigger
import pytest

from pgtrigger_codegen.errors import ProviderError
from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.providers.loading import InstalledProviders
from tests.providers.history import analyzed

_HEAD = """
import pghistory
from django.contrib.auth.models import User
from django.db import models
from unread import Mystery, anything

class Book(models.Model):
    title = models.CharField(max_length=20)
    pages = models.IntegerField()

class Strange(models.Model):
    title = models.CharField(max_length=20)
    mystery = Mystery()

class Pair(models.Model):
    pk = models.CompositePrimaryKey("a", "b")
    a = models.IntegerField()
    b = models.IntegerField()

class PlainBase(models.Model):
    class Meta:
        abstract = True

"""
_LINE = _HEAD.count("\n") + 1


@pytest.mark.parametrize(
    ("declaration", "code", "reason"),
    [
        ("pghistory.track(anything)(Book)", "PGT002", "`unread.anything`"),
        ("pghistory.track(*anything)(Book)", "PGT002", "`unread.anything`"),
        ("pghistory.track(pghistory.UpdateEvent(condition=anything))(Book)", "PGT002", "`unread"),
        ("pghistory.track(**anything)(Book)", "PGT002", "`unread.anything`"),
        ("pghistory.track(fields=anything)(Book)", "PGT002", "`unread.anything`"),
        ("pghistory.track()(anything)", "PGT002", "`unread.anything`"),
        ("pghistory.track()(Strange)", "PGT002", "field `Strange.mystery` is not known"),
        ("pghistory.track(meta={'db_table': anything})(Book)", "PGT002", "`unread.anything`"),
        ("if anything:\n    pghistory.track()(Book)", "PGT002", "condition that is not known"),
        ("pghistory.track(fields=['nope'])(Book)", "PGT208", "no field named 'nope'"),
        ("pghistory.track(nope=1)(Book)", "PGT106", "unexpected keyword argument 'nope'"),
        ("pghistory.track(app_label='nope')(Book)", "PGT106", 'App label "nope" is invalid'),
        ("pghistory.track()(Pair)", "PGT106", "composite primary keys is not supported"),
        ("pghistory.track(base_model=PlainBase)(Book)", "PGT106", "does not inherit pghistory"),
        ("pghistory.track()(PlainBase)", "PGT106", "`PlainBase` is abstract"),
        ("pghistory.track('insert')(Book)", "PGT106", "'str' object has no attribute"),
        ("pghistory.track(obj_field=3)(Book)", "PGT106", "must be of type pghistory.ObjForeignKey"),
        ("pghistory.track()(User)", "PGT116", "would land in app `auth`"),
    ],
)
def test_refused(tmp_path: Path, declaration: str, code: str, reason: str) -> None:
    analysis = analyzed(tmp_path, _HEAD + declaration + "\n")

    assert [trigger.uri for trigger in analysis.triggers] == []
    [refused] = {(CODES[item.cause], item.reason) for item in analysis.unresolved}
    assert refused[0] == code
    assert reason in refused[1]
    [item, *_] = analysis.unresolved
    lines = [item.span.line, *(note.span.line for note in item.notes if note.span)]
    assert max(lines) >= _LINE, "the declaration's place is named"


def test_what_is_not_known_matters_only_where_it_is_used(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD + "pghistory.track(pghistory.UpdateEvent(), fields=['title'])(Strange)\n",
        settings="from unread import anything\nPGHISTORY_ADMIN_CLASS = anything\n",
    )
    assert [trigger.uri for trigger in analysis.triggers] == ["shop.Strange:update_update"]
    assert analysis.unresolved == ()


def test_a_setting_that_is_not_known(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD + "pghistory.track()(Book)\n",
        settings="from unread import anything\nPGHISTORY_OBJ_FIELD = anything\n",
    )
    [refused] = analysis.unresolved
    assert "the setting `PGHISTORY_OBJ_FIELD` is not known" in refused.reason
    assert refused.model == "shop.Book"


def test_two_event_models_of_one_name_or_label(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD
        + """
pghistory.track()(Book)
pghistory.track(pghistory.DeleteEvent())(Book)
pghistory.track(model_name="Other")(Book)
""",
    )
    name, *labels = (item.reason for item in analysis.unresolved)
    assert "has a model `BookEvent` already" in name
    assert 'label "insert" already exists' in labels[0]
    assert {trigger.uri for trigger in analysis.triggers} == {
        "shop.Book:insert_insert",
        "shop.Book:update_update",
    }


def test_triggers_that_are_refused_are_not_taken_for_removed(tmp_path: Path) -> None:
    analysis = analyzed(tmp_path, _HEAD + "pghistory.track(anything)(Book)\n")
    book = analysis.models["shop.Book"]

    assert book.unread is not None
    assert "`unread.anything`" in book.unread


def test_without_the_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "entry_points", lambda **_: ())
    analysis = analyzed(tmp_path, _HEAD + "pghistory.track()(Book)\n")

    assert analysis.triggers == ()
    [unresolved] = analysis.unresolved
    assert (CODES[unresolved.cause], unresolved.span.line) == ("PGT117", 2)
    [missing] = analysis.missing_providers
    assert (missing.library, missing.distribution, missing.span.line) == (
        "pghistory",
        "django-pghistory",
        2,
    )
    [finding] = [found for found in run(analysis) if found.code == "PGT117"]
    assert "django-pghistory is not installed beside pgtrigger-codegen" in finding.message
    assert finding.help is not None
    assert "pip install django-pghistory" in finding.help


@pytest.mark.parametrize("version", ["2.9.0", "2.0", "1.4.0"])
def test_an_older_release_than_the_provider_is_for(tmp_path: Path, version: str) -> None:
    models = _HEAD + "pghistory.track(pghistory.Snapshot('s'))(Book)\n"
    files = {"requirements.txt": f"django-pghistory=={version}\n"}
    analysis = analyzed(tmp_path, models, files=files)

    assert analysis.triggers == ()
    assert analysis.certificate.gaps
    [finding] = run(analysis)
    assert finding.code == "PGT117"
    assert f"django-pghistory {version} is older than 3.0" in finding.message
    assert finding.help is not None
    assert "Upgrade django-pghistory" in finding.help


def test_a_release_that_the_provider_is_for(tmp_path: Path) -> None:
    files = {"requirements.txt": "django-pghistory==3.0.0\n"}
    analysis = analyzed(tmp_path, _HEAD + "pghistory.track()(Book)\n", files=files)

    assert analysis.unresolved == ()
    assert len(analysis.triggers) == 2


def test_a_provider_whose_library_is_not_installed_is_missing() -> None:
    point = metadata.EntryPoint("nowhere_at_all", "nowhere:Provider", "group")
    providers = InstalledProviders({"nowhere_at_all": point})

    assert providers.registers("nowhere_at_all")
    assert providers.provider("nowhere_at_all") is None
    assert not providers.is_module("nowhere_at_all.models")
    assert providers.callable("nowhere_at_all.track") is None


def test_settings_that_were_read_in_part_are_an_assumption(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path, _HEAD + "pghistory.track()(Book)\n", settings="from unread.settings import *\n"
    )
    assert len(analysis.triggers) == 2
    [assumed] = [item for item in analysis.assumptions if "PGHISTORY_LEVEL" in item.name]
    assert assumed.value == "as far as settings were read"


def test_a_provider_that_cannot_be_loaded_stops_the_command(tmp_path: Path) -> None:
    point = metadata.EntryPoint("json", "nowhere:Provider", "group")  # for a library that is there

    with pytest.raises(ProviderError, match="the provider of `json`, nowhere:Provider"):
        InstalledProviders({"json": point}).provider("json")


def test_a_tracker_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD
        + """
class Failing(pghistory.UpdateEvent):
    def setup(self, event_model):
        super().setup(event_model)
        raise ValueError("half done")

pghistory.track(Failing())(Book)
""",
    )
    assert analysis.triggers == ()
    [refused] = analysis.unresolved
    assert "half done" in refused.reason
    assert pgtrigger.registered() == []


def test_nothing_of_the_project_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It could be: django-pghistory looks the classes of fields and bases up by their path.
    monkeypatch.syspath_prepend(tmp_path)
    files = {
        "shop/kinds.py": """
        from django.db import models

        class Kind(models.CharField):
            pass
        """,
        "shop/bases.py": """
        import pghistory.models

        class LoggedEvent(pghistory.models.Event):
            class Meta:
                abstract = True
        """,
    }
    analysis = analyzed(
        tmp_path,
        """
        import pghistory
        from django.db import models
        from shop.kinds import Kind

        @pghistory.track()
        class Book(models.Model):
            kind = Kind(max_length=3)
        """,
        settings="""
PGHISTORY_BASE_MODEL = "shop.bases.LoggedEvent"
PGHISTORY_EXCLUDE_FIELD_KWARGS = {"shop.kinds.Kind": ["unique"]}
""",
        files=files,
    )
    assert len(analysis.triggers) == 2
    imported = {name.partition(".")[0] for name in sys.modules}
    assert not imported & {"shop", "stock", "settings"}
    assert "pghistory.models" not in sys.modules


def test_what_a_function_would_declare_after_its_end_is_not_passed_over(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD,
        files={
            "shop/apps.py": """
            from django.apps import AppConfig

            class ShopConfig(AppConfig):
                name = "shop"

                def ready(self):
                    from shop.tracking import track_all, track_unknown

                    track_unknown()
                    track_all()
            """,
            "shop/tracking.py": """
            import pghistory

            def track_all():
                from shop.models import Book

                pghistory.track()(Book)
                {}["missing"]
                pghistory.track(pghistory.DeleteEvent())(Book)

            def track_unknown():
                from shop.models import Strange

                through = Strange._meta.get_field("mystery").remote_field.through
                pghistory.track()(through)
            """,
        },
    )
    assert len(analysis.triggers) == 2
    reasons = sorted(item.reason for item in analysis.unresolved)
    assert len(reasons) == 2
    assert "`unread.Mystery`" in reasons[0]
    assert "missing" in reasons[1]


_EITHER = [
    "pghistory.track()",
    "pgtrigger.register(pgtrigger.Protect(name='kept', operation=pgtrigger.Delete))",
]
_SHIRT = """
class Shirt(models.Model):
    size = models.IntegerField()
"""


@pytest.mark.parametrize("decorator", _EITHER, ids=["track", "register"])
@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ("if anything:\n    d = {}\nelse:\n    d = lambda m: m\n@d" + _SHIRT, "`unread.anything`"),
        ("d = {} if anything else (lambda m: m)\n@d" + _SHIRT, "`unread.anything`"),
        (_SHIRT + "{}(Shirt) if anything else None", "`unread.anything`"),
        (_SHIRT + "anything and {}(Shirt)", "`unread.anything`"),
        (
            "def d():\n    if anything:\n        return {}\n    return lambda m: m\n@d()" + _SHIRT,
            "`unread.anything`",
        ),
        ("@anything({}, 3)" + _SHIRT, "`unread.anything`"),
        (_SHIRT + "anything({}, Shirt)", "`unread.anything`"),
        (_SHIRT + "reduce(lambda m, d: d(m), [{}], Shirt)", "`Shirt` is given to a call"),
        (
            """
class Meta(models.base.ModelBase):
    def __new__(mcs, name, bases, names):
        made = super().__new__(mcs, name, bases, {**names, "x": models.IntegerField()})
        return {}(made)

class Base(models.Model, metaclass=Meta):
    class Meta:
        abstract = True

class Shirt(Base):
    size = models.IntegerField()
""",
            "the metaclass `Meta`",
        ),
        (
            """
class Tracked:
    def __init_subclass__(cls):
        {}(cls)

class Shirt(Tracked, models.Model):
    size = models.IntegerField()
""",
            "in `__init_subclass__`, before",
        ),
    ],
    ids="if conditional expression and maker composed given reduce metaclass subclass".split(),
)
def test_what_may_be_declared_is_not_passed_over(
    tmp_path: Path, decorator: str, declaration: str, reason: str
) -> None:
    head = _HEAD + "import pgtrigger\nfrom functools import reduce\n"
    analysis = analyzed(tmp_path, head + declaration.replace("{}", decorator) + "\n")

    assert [trigger.uri for trigger in analysis.triggers] == []
    assert reason in " ".join(item.reason for item in analysis.unresolved)
    [refused] = analysis.unresolved
    assert refused.model in ("shop.Shirt", None)


@pytest.mark.parametrize(
    "declaration",
    [
        "class BookEvent(pghistory.get_event_model(Book)):\n    pass",
        "if anything:\n    from pghistory import track\nelse:\n    track = anything\ntrack()(Book)",
    ],
)
def test_what_the_installed_version_does_not_have_is_not_passed_over(
    tmp_path: Path, declaration: str
) -> None:
    analysis = analyzed(tmp_path, _HEAD + declaration + "\n")

    [refused] = analysis.unresolved
    assert CODES[refused.cause] == "PGT002"


def test_what_only_looks_like_a_registration_is_not_reported(tmp_path: Path) -> None:
    analysis = analyzed(
        tmp_path,
        _HEAD
        + """
def shown():
    if anything:
        return anything.register
    return lambda m: m

shown()(Book)
shown()(3)

class Meta(models.base.ModelBase):
    def register(cls):
        pass

class Shirt(models.Model, metaclass=Meta):
    size = models.IntegerField()
""",
    )
    assert analysis.unresolved == ()
