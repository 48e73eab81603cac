"""django-pghistory: event models and the triggers that fill them.

Its own code makes both, on rendered models: `create_event_model` gives the fields and options
of an event model, and the trackers register its triggers. It is called with stand-ins for what
it looks up outside its arguments: the installed apps, and names that it would import. So
nothing of the project is imported, and no app has to be installed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

from django.db.models import Model

from pgtrigger_codegen.providers.interface import (
    Call,
    Misplaced,
    NewModel,
    NewTrigger,
    PreparedModel,
    ProjectValues,
    Provider,
)
from pgtrigger_codegen.providers.registering import registered_by

_EVENT = "pghistory.models.Event"
_CONFIGURATION = """
    ContextForeignKey ContextJSONField ContextUUIDField Field ForeignKey ObjForeignKey RelatedField
"""
_SETTINGS = tuple(
    f"PGHISTORY_{name}"
    for name in """
    APPEND_ONLY BASE_MODEL CONTEXT_FIELD CONTEXT_ID_FIELD CREATED_AT_FUNCTION DEFAULT_TRACKERS
    EXCLUDE_FIELD_KWARGS FIELD FOREIGN_KEY_FIELD LEVEL OBJ_FIELD RELATED_FIELD
    """.split()
)
_TRACKERS = "DeleteEvent InsertEvent ManualEvent ProxyField RowEvent Tracker UpdateEvent"


class DjangoPghistory(Provider):
    """`pghistory.track`, `pghistory.create_event_model` and `pghistory.models.Event`."""

    package = "pghistory"
    oldest = "3.0"  # before it, trackers were other classes, with other triggers
    decorators = frozenset({"pghistory.track", "pghistory.core.track"})
    attribute = "pgh_event_model"
    base_calls = frozenset({"pghistory.create_event_model", "pghistory.core.create_event_model"})
    listings: ClassVar = {
        "pghistory.core.event_models": ("tracks_model", "include_missing_pgh_obj")
    }
    base_classes = frozenset({_EVENT})
    modules = (
        "pghistory",
        "pghistory.config",
        "pghistory.constants",
        "pghistory.core",
        "pghistory.trigger",
        "pghistory.utils",
    )
    callables: ClassVar = {
        "pghistory.config": _CONFIGURATION,
        "pghistory.core": _TRACKERS,
        "pghistory.trigger": "Event _get_pgh_obj_pk_col",
        "pghistory.utils": "JSONField",
    }
    methods: ClassVar = {
        "Tracker": "__init__ setup",
        "RowEvent": "__init__ setup add_event_trigger",
        "Event": "__init__ get_func",
        **dict.fromkeys(_CONFIGURATION.split(), "__init__ get_default_kwargs"),
    }
    settings = _SETTINGS
    # Reinstalled by later migrations, with the same name and arguments.
    functions: ClassVar = {"_pgh_attach_context": ("pghistory", "0004_auto_20220906_1625")}

    def declare(self, call: Call) -> Iterable[NewModel]:
        """The event model of `track(…)(Model)` or `create_event_model(Model, …)`."""
        from pghistory.core import create_event_model

        given = dict(call.kwargs)
        abstract = given.pop("abstract", True) if call.model is None else False
        tracked, *trackers = call.args if call.model is None else (call.model, *call.args)
        if tracked._meta.abstract:
            raise TypeError(f"`{tracked.__name__}` is abstract: it has no table to track")
        base = given.pop("base_model", None) or _default_base(call.project)
        stand_in = _base_stand_in(base)
        _check_app(given.get("app_label") or tracked._meta.app_label, call.project)
        with _stand_ins(call.project, tracked, stand_in):
            # Abstract, for it shall not put the model into the app's module.
            made = create_event_model(
                tracked, *trackers, base_model=stand_in, abstract=True, **given
            )
        attributes = dict(vars(made))
        options = {
            name: value
            for name, value in vars(attributes.pop("Meta")).items()
            if not name.startswith("__")
        }
        app_label = options.pop("app_label")
        options.pop("abstract")
        yield NewModel(
            made.__name__,
            app_label,
            {name: value for name, value in attributes.items() if not name.startswith("__")},
            bases=(base,),
            meta=options,
            abstract=abstract,
        )

    def prepare(self, prepared: PreparedModel) -> Iterable[NewTrigger]:
        """The triggers of an event model's trackers."""
        event_model: Any = prepared.model
        options = event_model._meta
        tracked = prepared.attribute("pgh_tracked_model")
        trackers = prepared.attribute("pgh_trackers") or ()
        if tracked is None or options.proxy or not options.managed:
            return
        event_model.pgh_tracked_model = tracked
        event_model.pgh_trackers = trackers
        for tracker in trackers:
            for model, trigger in registered_by(lambda: tracker.pghistory_setup(event_model)):  # noqa: B023
                yield NewTrigger(model, trigger, source=tracker)


def _default_base(project: ProjectValues) -> type[Model]:
    configured = project.setting("PGHISTORY_BASE_MODEL", _EVENT)
    base: type[Model] = project.value(configured) if isinstance(configured, str) else configured
    return base


def _check_app(app_label: str, project: ProjectValues) -> None:
    """As django-pghistory does, which refuses Django's own apps."""
    name = project.apps.get(app_label, "")
    if name.startswith("django."):
        raise Misplaced(
            f"the event model would land in app `{app_label}`, which is Django's: django-pghistory "
            "refuses to make it without `app_label` of one of the project's apps"
        )


def _base_stand_in(base: type[Model]) -> type:
    """A plain class in the place of a base: deriving from it makes no model.

    Raises:
        TypeError: The model is no event model.
    """
    if not any(f"{cls.__module__}.{cls.__name__}" == _EVENT for cls in base.__mro__):
        raise TypeError(f"`base_model` {base.__name__} does not inherit {_EVENT}")
    names = SimpleNamespace(
        object_name=base.__name__, verbose_name_plural=base._meta.verbose_name_plural
    )
    return type(base.__name__, (), {"_meta": names})


@contextlib.contextmanager
def _stand_ins(project: ProjectValues, tracked: type[Model], base: type) -> Iterator[None]:
    """Answers what django-pghistory looks up: apps by label, classes by dotted path."""
    from django.apps import apps
    from pghistory import config, core

    classes = {_path(type(field)): type(field) for field in tracked._meta.get_fields()}

    def import_string(dotted: str) -> Any:
        if dotted == _EVENT:
            return base
        if dotted in classes:
            return classes[dotted]
        return project.value(dotted)

    installed = {
        label: SimpleNamespace(label=label, module=SimpleNamespace(__name__=name))
        for label, name in project.apps.items()
    }
    with contextlib.ExitStack() as stack:
        for module in (config, core):
            stack.enter_context(_replaced(module, "import_string", import_string))
        stack.enter_context(_replaced(apps, "app_configs", installed))
        yield


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
