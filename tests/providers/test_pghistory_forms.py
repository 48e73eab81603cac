"""Every documented form of django-pghistory gives the triggers of a real Django process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.history import analyzed, check_as_django
from tests.support.cli import run_json

_HEAD = """
import pghistory
import pgtrigger
from django.contrib.auth.models import Group, User
from django.db import models
"""


def test_trackers_and_fields(tmp_path: Path) -> None:
    analysis = check_as_django(
        tmp_path,
        _HEAD
        + """
@pghistory.track()
class Plain(models.Model):
    name = models.CharField(max_length=20, db_column="title")
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    tags = models.ManyToManyField("self")
    changed = models.DateTimeField(auto_now=True)

@pghistory.track(
    pghistory.InsertEvent("created"),
    pghistory.UpdateEvent("before", row=pghistory.Old),
    pghistory.DeleteEvent("gone", trigger_name="removal"),
)
class Explicit(models.Model):
    name = models.CharField(max_length=20)

@pghistory.track(fields=["price", "name"])
class SomeFields(models.Model):
    name = models.CharField(max_length=20)
    price = models.IntegerField()
    note = models.TextField()

@pghistory.track(exclude=["note"], model_name="PriceHistory")
class AllButOne(models.Model):
    price = models.IntegerField()
    note = models.TextField()

@pghistory.track(pghistory.ManualEvent("looked_at"), pghistory.DeleteEvent())
class ByHand(models.Model):
    name = models.CharField(max_length=20)

@pghistory.track(pghistory.UpdateEvent("second"), fields=["b"], model_name="SecondHistory")
@pghistory.track(pghistory.UpdateEvent("first"), fields=["a"], model_name="FirstHistory")
class Twice(models.Model):
    a = models.IntegerField()
    b = models.IntegerField()

class Parent(models.Model):
    name = models.CharField(max_length=20)

@pghistory.track()
class Child(Parent):
    size = models.IntegerField()

class Numbered(models.Model):
    number = models.AutoField(primary_key=True, db_column="no")
    label = models.SlugField(unique=True)
    one = models.OneToOneField(Parent, on_delete=models.PROTECT, db_column="one_column")
    picture = models.FileField()

    class Meta:
        db_table = "odd table"

moved = pghistory.RowEvent("moved", operation=pghistory.Update, row=pghistory.New)
pghistory.track(moved)(Numbered)
""",
    )
    assert len(analysis.triggers) == 15
    shown = {entry["uri"]: entry for entry in run_json(tmp_path, "show")["triggers"]}
    assert {(entry["origin"], entry["migration_app"]) for entry in shown.values()} == {
        ("provider", "shop")
    }
    # The trigger's own expression is its tracker, where there is one, else the call.
    before, plain = shown["shop.Explicit:before_update"], shown["shop.Plain:update_update"]
    assert (before["path"], before["line"], before["column"]) == ("shop/models.py", 16, 5)
    assert (plain["path"], plain["line"], plain["column"]) == ("shop/models.py", 7, 2)
    assert before["class"] == "pghistory.trigger.Event"


def test_conditions(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
@pghistory.track(
    pghistory.UpdateEvent("any", condition=pghistory.AnyChange("a", "b")),
    pghistory.UpdateEvent("all", condition=pghistory.AllChange("a", "b")),
    pghistory.UpdateEvent("any_not", condition=pghistory.AnyDontChange("a", "b")),
    pghistory.UpdateEvent("all_not", condition=pghistory.AllDontChange("a", "b")),
    pghistory.UpdateEvent("but", condition=pghistory.AnyChange(exclude=["a"])),
    pghistory.UpdateEvent("auto", condition=pghistory.AnyChange(exclude_auto=True)),
    pghistory.UpdateEvent("bare", condition=pghistory.AnyChange()),
    pghistory.UpdateEvent("q", condition=pghistory.Q(old__a__gt=3) & ~pghistory.Q(new__b=None)),
    pghistory.UpdateEvent("f", condition=pghistory.Q(old__a__lt=pghistory.F("new__a"))),
    pghistory.UpdateEvent("sql", condition=pghistory.Condition("OLD.a <> NEW.b")),
    pghistory.UpdateEvent("always", condition=None),
    pghistory.InsertEvent("large", condition=pghistory.Q(new__a__gt=100)),
    pghistory.DeleteEvent("small", condition=pghistory.Q(old__a__lt=100)),
    exclude=["note"],
)
class Conditional(models.Model):
    note = models.TextField()
    a = models.IntegerField()
    b = models.IntegerField(null=True)
    created = models.DateTimeField(auto_now_add=True)
""",
    )


def test_fields_of_the_event_model(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
from django.contrib.postgres.fields import ArrayField
import pghistory.models

class NamedEvent(pghistory.models.Event):
    source = models.TextField(null=True)

    class Meta:
        abstract = True
        verbose_name_plural = "named events"

class Thing(models.Model):
    name = models.CharField(max_length=20)
    flags = ArrayField(models.IntegerField())
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    upper = models.GeneratedField(
        expression=models.functions.Upper("name"),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )

    class Meta:
        abstract = True

@pghistory.track(obj_field=None, context_field=None)
class Bare(Thing):
    pass

@pghistory.track(
    obj_field=pghistory.ObjForeignKey(on_delete=models.CASCADE, db_constraint=True),
    context_field=pghistory.ContextForeignKey(null=False),
)
class Bound(Thing):
    pass

@pghistory.track(context_field=pghistory.ContextJSONField())
class Denormalized(Thing):
    pass

@pghistory.track(context_field=pghistory.ContextJSONField(), context_id_field=None)
class WithoutId(Thing):
    pass

@pghistory.track(
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(null=False),
    append_only=True,
)
class Kept(Thing):
    pass

@pghistory.track(
    base_model=NamedEvent,
    attrs={"reason": models.TextField(default=""), "LIMIT": 3},
    meta={"db_table": "all_events", "ordering": ["pgh_id"]},
)
class Configured(Thing):
    pass

@pghistory.track(
    meta={"triggers": [pgtrigger.Protect(name="no_deletes", operation=pgtrigger.Delete)]},
    append_only=True,
)
class Guarded(Thing):
    pass
""",
    )


def test_event_models_that_the_project_writes(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
import pghistory.models

class Book(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    pages = models.IntegerField()

class BookEvent(
    pghistory.create_event_model(Book)
):
    extra = models.TextField(null=True)

Base = pghistory.create_event_model(
    Book, pghistory.UpdateEvent("second"), exclude=["id"], append_only=True
)

class SecondEvent(Base):
    # Made after the fields of the base: it comes last in the trigger's condition.
    title = models.TextField()

    class Meta(Base.Meta):
        db_table = "second_events"

class ThirdEvent(
    pghistory.create_event_model(
        Book, pghistory.DeleteEvent("third"), fields=["title"], model_name="Unused",
        obj_field=pghistory.ObjForeignKey(related_name="thirds"),
    )
):
    class Meta:
        indexes = [models.Index(fields=["title"])]

class ByHandEvent(pghistory.models.Event):
    pgh_tracked_model = Book
    pgh_trackers = (pghistory.InsertEvent("by_hand"),)
    title = models.TextField()

Made = pghistory.create_event_model(
    Book, pghistory.InsertEvent("made"), abstract=False, model_name="MadeEvent",
    obj_field=pghistory.ObjForeignKey(related_name="+"),
)

class BookEventProxy(BookEvent):
    class Meta:
        proxy = True

@pghistory.track(pghistory.ManualEvent("leafed"))
class Page(models.Model):
    text = models.TextField()

class PageProxy(Page.pgh_event_model):
    reader = pghistory.ProxyField("pgh_context__metadata__reader", models.TextField(null=True))

    class Meta:
        proxy = True
        triggers = [pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)]

class UnmanagedEvent(pghistory.create_event_model(Book, pghistory.InsertEvent("unmanaged"))):
    class Meta:
        managed = False
""",
    )


def test_statement_level(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
@pghistory.track(level=pghistory.Statement)
class Whole(models.Model):
    a = models.IntegerField()

@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(level=pghistory.Row),
    pghistory.UpdateEvent("old", row=pghistory.Old),
    pghistory.UpdateEvent("q", condition=pghistory.Q(old__a__lt=pghistory.F("new__a"))),
    pghistory.DeleteEvent(condition=pghistory.Q(old__a=3)),
    level=pghistory.Statement,
    append_only=True,
    context_field=pghistory.ContextJSONField(),
)
class Mixed(models.Model):
    a = models.IntegerField()
""",
    )


def test_models_of_others(tmp_path: Path) -> None:
    analysis = check_as_django(
        tmp_path,
        _HEAD
        + """
@pghistory.track(exclude=["password"])
class Account(User):
    class Meta:
        proxy = True

@pghistory.track(
    pghistory.InsertEvent("group.add"), pghistory.DeleteEvent("group.remove"), obj_field=None
)
class Membership(User.groups.through):
    class Meta:
        proxy = True

pghistory.track(app_label="shop")(Group)
pghistory.track(pghistory.DeleteEvent(), app_label="shop", obj_field=None)(
    Group.permissions.through
)

class Link(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    group = models.ForeignKey("Team", on_delete=models.CASCADE)

class Team(models.Model):
    members = models.ManyToManyField(User, through=Link)

pghistory.track()(Team.members.through)
""",
        files={
            "stock/models.py": """
            import pghistory
            from django.db import models
            from shop.models import Team

            class Place(models.Model):
                name = models.CharField(max_length=20)

            for model in (Place,):
                pghistory.track(app_label="stock", model_name="PlaceLog")(model)
            """
        },
    )
    apps = {trigger.uri: trigger.migration_app for trigger in analysis.triggers}
    assert apps["auth.Group:insert_insert"] == "shop"
    assert apps["auth.Group_permissions:delete_delete"] == "shop"
    assert apps["stock.Place:insert_insert"] == "stock"


def test_trackers_and_fields_of_the_projects_own(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
from functools import partial
from shop.tracking import audited, Moved, TRACKERS, Upper

class Archived(pghistory.DeleteEvent):
    label = "archived"
    row = "OLD"

class Touched(pghistory.RowEvent):
    operation = pghistory.Update
    row = pghistory.New

    def __init__(self, *fields):
        super().__init__("touched_" + "_".join(fields), condition=pghistory.AnyChange(*fields))

class Noting(pghistory.UpdateEvent):
    label = "noting"

    def setup(self, event_model):
        self.condition = pghistory.AnyChange(*[
            field.name for field in event_model._meta.fields if field.name.startswith("n")
        ])
        self.add_event_trigger(event_model)

@pghistory.track(Archived(), Touched("name"), Moved("place"), Noting())
class Own(models.Model):
    name = Upper(max_length=20)
    note = models.TextField()
    place = models.CharField(max_length=20)

@audited(pghistory.DeleteEvent())
class Wrapped(models.Model):
    name = models.CharField(max_length=20)

@audited
class WrappedAlone(models.Model):
    name = models.CharField(max_length=20)

history = partial(pghistory.track, *TRACKERS, append_only=True)

@history()
class Shared(models.Model):
    a = models.CharField(max_length=20)

@history(exclude=["a"])
class SharedAgain(models.Model):
    a = models.CharField(max_length=20)
    b = models.CharField(max_length=20)
    id = models.UUIDField(primary_key=True)
""",
        files={
            "shop/tracking.py": """
            import pghistory
            from django.db import models
            from pghistory.core import track

            TRACKERS = [pghistory.InsertEvent("in"), pghistory.UpdateEvent("up")]

            class Upper(models.CharField):
                def db_type(self, connection):
                    return "varchar(20)"

            class Moved(pghistory.UpdateEvent):
                def __init__(self, field):
                    super().__init__(f"{field}_moved")
                    self.condition = pghistory.AnyChange(field)

            def audited(*trackers):
                if len(trackers) == 1 and isinstance(trackers[0], type):
                    return track()(trackers[0])
                return track(*trackers, context_field=pghistory.ContextJSONField())
            """
        },
    )


@pytest.mark.parametrize(
    "settings",
    [
        "import pghistory\nPGHISTORY_LEVEL = pghistory.Statement\nPGHISTORY_APPEND_ONLY = True\n",
        """
import pghistory
from django.db import models
PGHISTORY_DEFAULT_TRACKERS = (pghistory.DeleteEvent(), pghistory.UpdateEvent("changed"))
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
PGHISTORY_FIELD = pghistory.Field(null=True, db_index=pghistory.DEFAULT)
PGHISTORY_RELATED_FIELD = pghistory.RelatedField(related_name=pghistory.DEFAULT, blank=True)
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(on_delete=models.CASCADE)
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="events", null=True)
PGHISTORY_EXCLUDE_FIELD_KWARGS = {
    "django.db.models.CharField": ["unique"], "shop.kinds.Kind": ["blank"]
}
""",
        """
import pghistory
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_CONTEXT_ID_FIELD = pghistory.ContextUUIDField(null=False)
PGHISTORY_BASE_MODEL = "shop.bases.LoggedEvent"
""",
    ],
    ids=["level and append-only", "fields and trackers", "context and base"],
)
def test_settings(tmp_path: Path, settings: str) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
from shop.kinds import Kind

@pghistory.track()
class Tracked(models.Model):
    name = models.CharField(max_length=20, unique=True)
    kind = Kind(max_length=3)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)s")

class Other(models.Model):
    name = models.CharField(max_length=20)

class OtherLog(pghistory.create_event_model(Other, level=pghistory.Row, append_only=False)):
    pass
""",
        settings=settings,
        files={
            "shop/kinds.py": """
            from django.db import models

            class Kind(models.CharField):
                def __init__(self, *args, **kwargs):
                    kwargs["db_column"] = "kind_column"
                    super().__init__(*args, **kwargs)
            """,
            "shop/bases.py": """
            import pghistory.models
            from django.db import models

            class LoggedEvent(pghistory.models.Event):
                pgh_note = models.TextField(null=True)

                class Meta:
                    abstract = True
            """,
        },
    )


def test_trackers_in_ready(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        """
from django.db import models

class Label(models.Model):
    name = models.CharField(max_length=20)

class Parcel(models.Model):
    labels = models.ManyToManyField(Label)
    name = models.CharField(max_length=20)
""",
        files={
            "shop/apps.py": """
            from django.apps import AppConfig

            class ShopConfig(AppConfig):
                name = "shop"

                def ready(self):
                    from shop.history import track_all

                    track_all()
            """,
            "shop/history.py": """
            import pghistory

            def track_all():
                from shop.models import Parcel

                pghistory.track(exclude=["name"])(Parcel)
                through = Parcel._meta.get_field("labels").remote_field.through

                class ParcelLabels(through):
                    class Meta:
                        proxy = True

                pghistory.track(pghistory.InsertEvent(), obj_field=None)(ParcelLabels)
                made = type(
                    "AlsoParcelLabels",
                    (Parcel.labels.through,),
                    {"__module__": __name__, "Meta": type("Meta", (), {"proxy": True})},
                )
                table = through._meta.db_table + "_gone"
                pghistory.track(
                    pghistory.DeleteEvent(), obj_field=None, meta={"db_table": table}
                )(made)
            """,
        },
    )


def test_trackers_that_register_more(tmp_path: Path) -> None:
    check_as_django(
        tmp_path,
        _HEAD
        + """
from django.apps import apps
from pghistory import trigger

class Guarded(pghistory.Tracker):
    label = "guarded"

    def setup(self, event_model):
        kept = pgtrigger.Protect(name="kept", operation=pgtrigger.Delete)
        pgtrigger.register(kept)(event_model.pgh_tracked_model)
        frozen = pgtrigger.Protect(name="frozen", operation=pgtrigger.Update)
        frozen.register(event_model)

class ClockEvent(trigger.Event):
    def get_func(self, model):
        func = super().get_func(model)
        return pgtrigger.Func(func.func.replace("NOW()", "CLOCK_TIMESTAMP()"))

class Clocked(pghistory.InsertEvent):
    def add_event_trigger(self, event_model):
        made = ClockEvent(
            event_model=event_model,
            label=self.label,
            name=self.trigger_name,
            row=self.row,
            operation=self.operation,
        )
        pgtrigger.register(made)(event_model.pgh_tracked_model)

@pghistory.track(Guarded(), Clocked())
class Book(models.Model):
    title = models.CharField(max_length=20)

class Page(models.Model):
    text = models.TextField()

if apps.is_installed("pghistory"):
    pghistory.track()(Page)
if apps.is_installed("absent"):
    pghistory.track(model_name="Never")(Page)
""",
    )


def test_a_field_that_takes_the_place_of_a_copied_one(tmp_path: Path) -> None:
    # It was made before the copies, and so comes first in the condition.
    check_as_django(
        tmp_path,
        _HEAD
        + """
class Author(models.Model):
    name = models.CharField(max_length=20)

KEPT = {"author": models.ForeignKey(Author, on_delete=models.CASCADE, related_name="+")}

@pghistory.track(attrs=KEPT)
class Book(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey(Author, on_delete=models.CASCADE)

class Page(models.Model):
    text = models.TextField()
    book = models.ForeignKey(Book, on_delete=models.CASCADE, null=True)

class PageEvent(pghistory.create_event_model(Page)):
    book = models.ForeignKey(Book, on_delete=models.SET_NULL, null=True)
""",
    )


TRACKED_IN_READY = """
from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        from django.apps import apps
        from pghistory.core import event_models

        import pghistory
        from shop.models import TRACKED

        for model, trackers in TRACKED.items():
            if model._meta.app_config.label != apps.app_configs["shop"].label:
                continue
            if not event_models(tracks_model=model, include_missing_pgh_obj=True):
                pghistory.track(*trackers, exclude=["id"], obj_field=None)(model)
"""


def test_event_models_are_listed_by_the_model_that_they_track(tmp_path: Path) -> None:
    analysis = check_as_django(
        tmp_path,
        _HEAD
        + """
TRACKED = {}

@pghistory.track(pghistory.InsertEvent("by_decorator"))
class Decorated(models.Model):
    name = models.CharField(max_length=20)

class DecoratedProxy(Decorated):
    class Meta:
        proxy = True

class Based(models.Model):
    name = models.CharField(max_length=20)

class BasedLog(pghistory.create_event_model(Based, pghistory.InsertEvent("by_base"))):
    pass

class BareBased(models.Model):
    name = models.CharField(max_length=20)

bare = pghistory.create_event_model(BareBased, pghistory.InsertEvent("unused"))

class Tracked(models.Model):
    name = models.CharField(max_length=20)

for model in (Decorated, Based, BareBased, Tracked):
    TRACKED[model] = [pghistory.InsertEvent("in_ready")]
""",
        files={"shop/apps.py": TRACKED_IN_READY},
    )
    assert {trigger.uri for trigger in analysis.triggers} == {
        "shop.Decorated:by_decorator_insert",
        "shop.Based:by_base_insert",
        "shop.BareBased:in_ready_insert",
        "shop.Tracked:in_ready_insert",
    }


@pytest.mark.parametrize(
    "arguments", ["", "tracks_model=model", "references_model=model", "models=[model]"]
)
def test_event_models_that_are_asked_for_otherwise_are_not_known(
    tmp_path: Path, arguments: str
) -> None:
    models = _HEAD + "\nclass Tracked(models.Model):\n    pass\n\nTRACKED = {Tracked: []}\n"
    asked = TRACKED_IN_READY.replace("tracks_model=model, include_missing_pgh_obj=True", arguments)
    found = analyzed(tmp_path, models, files={"shop/apps.py": asked})
    assert not found.triggers
    assert any("pghistory.core.event_models" in one.reason for one in found.unresolved)
