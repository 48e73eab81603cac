"""Stage models: model classes to real Django models, in a registry of their own.

The same path that Django's migrations take: a `ModelState` for each model, rendered in a
`StateApps`. Only the models that a trigger's own model refers to, directly or through others,
are rendered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, StateApps
from django.utils.module_loading import import_string

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.crashes import contain
from pgtrigger_codegen.evaluator.django.stand_in import stand_in
from pgtrigger_codegen.evaluator.modules.import_order import ImportOrder
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.models import UNKNOWN_ATTRIBUTES, ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.spoiled import Spoiled
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.fields import adds_fields, declared_fields
from pgtrigger_codegen.models.registry import ModelRegistry
from pgtrigger_codegen.project.project import Project

# Options of Meta that a trigger's SQL can depend on.
_OPTIONS = (
    "db_table",
    "db_tablespace",
    "managed",
    "order_with_respect_to",
    "proxy",
    "swappable",
    "verbose_name",
    "verbose_name_plural",
)


class _Apps(StateApps):
    """A registry in which rendering one model costs nothing for the others.

    Django's own expires what all other models remember of their reverse relations. Those
    depend on models that are never rendered here, and so are never asked for.
    """

    def clear_cache(self) -> None:
        """Nothing to forget."""


FindModel = Callable[[str], "ModelClass | Unknown"]


# Half of a pair, which no database takes for a character.
_SURROGATE = re.compile("[\ud800-\udfff]")

_TEXTS = frozenset(
    "app_label base_manager_name db_table db_tablespace default_manager_name swappable".split()
)
"""Options that are a string or not given."""


class ModelRenderer:
    """Renders models on demand, each once.

    Attributes:
        classes: The model class behind each rendered model.
    """

    def __init__(
        self,
        project: Project,
        models_: ModelRegistry,
        order: Callable[[], ImportOrder],
        find: FindModel,
        spoiled: Spoiled,
    ) -> None:
        self._project = project
        self._registry = models_
        self._order = order
        self._find = find
        self._spoiled = spoiled
        self._apps = _Apps([], {})
        self._rendered: dict[str, type[models.Model] | Unknown] = {}
        self.classes: dict[type, ModelClass] = {}

    @confined()
    def render(self, model: ModelClass | ThroughModel) -> type[models.Model] | Unknown:
        """The rendered model, or why it cannot be."""
        label = self._registry.label(model)
        if isinstance(label, Unknown):
            return label
        if isinstance(model, ThroughModel):
            owner = self.render(model.owner)
            if isinstance(owner, Unknown):
                return owner
            return self._through(label, model)
        if label not in self._rendered:
            crash = contain("the rendering of a model", lambda: self._render_closure(label, model))
            if crash is not None:
                self._rendered[label] = Unknown(crash.reason, model.span)
        return self._rendered[label]

    def behind(self, rendered: Any) -> ModelClass | ThroughModel | None:
        """What a model was rendered from; None for one that is not of this registry."""
        options = getattr(rendered, "_meta", None)
        owner = getattr(options, "auto_created", None)
        if not owner:
            return self.classes.get(rendered)
        cls = self.classes.get(owner)
        for field in owner._meta.local_many_to_many:
            if cls is not None and field.remote_field.through is rendered:
                return ThroughModel(cls, field.name, cls.span)
        return None

    def _through(self, label: str, model: ThroughModel) -> type[models.Model] | Unknown:
        try:
            return self._apps.get_model(label)
        except LookupError:
            reason = f"`{model.owner.name}.{model.field_name}` has no default through model"
            return Unknown(reason, model.span)

    def _render_closure(self, label: str, model: ModelClass) -> None:
        """Renders a model with all it refers to; those that fail stay out, with a reason."""
        states: dict[str, ModelState] = {}
        classes: dict[str, ModelClass] = {}
        pending: list[tuple[str, ModelClass]] = [(label, model)]
        while pending:
            key, cls = pending.pop()
            if key in self._rendered or key in states:
                continue
            state = self._state(key, cls)
            if isinstance(state, Unknown):
                self._rendered[key] = state
                continue
            states[key], classes[key] = state, cls
            for found in [self._find(target) for target in _referred_labels(state)]:
                if isinstance(found, ModelClass):
                    found_label = self._registry.label(found)
                    if isinstance(found_label, str):
                        pending.append((found_label, found))
        for key in _by_bases(states):
            self._rendered[key] = self._render_one(states[key], classes[key])

    def _render_one(self, state: ModelState, cls: ModelClass) -> type[models.Model] | Unknown:
        try:
            rendered: type[models.Model] = state.render(self._apps)
        except Refusal as refusal:
            return refusal.unknown
        except Exception as error:  # noqa: BLE001  (Django's many ways to refuse a model)
            return Unknown(
                f"model `{state.name}` cannot be made: {type(error).__name__}: {error}", cls.span
            )
        for name, field in state.fields.items():
            hidden = vars(field).get(UNKNOWN_ATTRIBUTES)
            if hidden:
                vars(rendered._meta.get_field(name))[UNKNOWN_ATTRIBUTES] = hidden
        self.classes[rendered] = cls
        return rendered

    def _state(self, label: str, model: ModelClass) -> ModelState | Unknown:
        options = model.unshaped or self._options(model)
        if isinstance(options, Unknown):
            return options
        fields: list[tuple[str, models.Field[Any, Any]]] = []
        for declared in declared_fields(model, self._order()):
            value = self._spoiled.within(declared.value) or declared.value
            if isinstance(value, Unknown):
                why = f"field `{declared.owner.name}.{declared.name}` is not known: {value.reason}"
                fields.append((declared.name, stand_in(Unknown(why, value.span, value.notes))))
                continue
            if "remote_field" not in vars(value):
                why = f"the `__init__` of `{type(value).__name__}` does not call that of its base"
                fields.append((declared.name, stand_in(Unknown(why, model.span))))
                continue
            fields.append(
                (declared.name, _unbound(value) if _has_column(value) else _no_text(model))
            )
            if adds_fields(value):
                why = f"`{type(value).__name__}` adds fields to its model"
                span = model.span
                fields.append((f"fields_added_by_{declared.name}", stand_in(Unknown(why, span))))
        parents = registry.concrete_parents(model)
        bases: list[Any] = []
        for parent in parents:
            parent_label = self._registry.label(parent)
            if isinstance(parent_label, Unknown):
                return parent_label
            if isinstance(parent, ThroughModel):  # made together with the model that owns it
                owner = self.render(parent.owner)
                if isinstance(owner, Unknown):
                    return owner
            bases.append(parent_label.lower())
        app_label, _, name = label.partition(".")
        unread = registry.unknown_base(model)
        if unread is not None:
            why = f"a base of `{model.name}` is not known: {unread.reason}"
            fields.append(("unknown_base", stand_in(Unknown(why, unread.span, unread.notes))))
        if not parents and not any(field.primary_key for _, field in fields):
            fields.insert(0, ("id", self._primary_key(app_label, fields[-1:], unread)))
        return ModelState(
            app_label, name, fields, options=options, bases=tuple(bases) or (models.Model,)
        )

    def _options(self, model: ModelClass) -> dict[str, Any] | Unknown:
        options: dict[str, Any] = {}
        for name, value in meta.given_options(model, _OPTIONS):
            unknown = first_unknown(value)
            if unknown is None and name in _TEXTS and not isinstance(value, str | None):
                kind = type(value).__name__
                unknown = Unknown(f"is of type {kind}, where Django takes a string", model.span)
            if unknown is None:
                options[name] = value
            elif not name.startswith("verbose"):
                return unknown.with_note(f"`{name}` in the Meta of `{model.name}`", model.span)
        return options

    def _primary_key(
        self, app_label: str, last: list[tuple[str, Any]], unread: Unknown | None
    ) -> models.Field[Any, Any]:
        """Django's automatic key; not known when a base that is not known may bring one."""
        if unread is None:
            return self._auto_field(app_label)
        key = stand_in(last[0][1].unknown)
        key.primary_key = True
        return key

    def _auto_field(self, app_label: str) -> models.Field[Any, Any]:
        from django.conf import settings

        app = self._project.apps.get(app_label)
        try:
            path = (app.default_auto_field if app else None) or settings.DEFAULT_AUTO_FIELD
        except Refusal as refusal:
            return stand_in(refusal.unknown)
        if not isinstance(path, str):
            return stand_in(Unknown("`DEFAULT_AUTO_FIELD` is not the dotted name of a field"))
        try:
            cls = import_string(path) if path.startswith("django.") else models.BigAutoField
        except ImportError:
            cls = models.BigAutoField
        if not (isinstance(cls, type) and issubclass(cls, models.AutoField | models.BigAutoField)):
            return stand_in(
                Unknown(f"`DEFAULT_AUTO_FIELD` names `{path}`, which is not an AutoField")
            )
        field: models.Field[Any, Any] = cls(verbose_name="ID", primary_key=True, auto_created=True)
        return field


def _has_column(field: Any) -> bool:
    name = field.db_column
    return name is None or (isinstance(name, str) and not _SURROGATE.search(name))


def _no_text(model: ModelClass) -> Any:
    return stand_in(Unknown("a `db_column` is not a string", model.span))


def _unbound(field: Any) -> Any:
    """A copy for the model state, which refuses fields that a model already has.

    A custom field is copied as it is instead of being made again from its `deconstruct`: its
    `__init__` has run once, as in the project. So are Django's simple ones, for which it comes to
    the same and is faster: Django itself copies the fields of abstract models.
    """
    duplicate = _copy(field)
    if interpreted(type(duplicate).__init__) is not None:
        vars(duplicate)["clone"] = lambda: _made_now(_copy(field))
    elif _is_simple(duplicate):
        vars(duplicate)["clone"] = lambda: _made_now(_handed_over(duplicate))
    return duplicate


def _handed_over(field: Any) -> Any:
    """The state's field, to be the model's: a state is rendered once. Django makes later ones."""
    vars(field).pop("clone", None)
    return field


def _copy(field: Any) -> Any:
    """What `copy.deepcopy` gives: it asks the field as well, and its own notes take longer.

    It calls `id` six times for each field, and the wall hears of every call.
    """
    return field.__deepcopy__({})


def _is_simple(field: Any) -> bool:
    """Whether a field holds no other one, no model, and nothing that is not known."""
    return (
        type(field).__module__ == "django.db.models.fields"
        and not field.auto_created
        and UNKNOWN_ATTRIBUTES not in vars(field)
    )


def _made_now(field: Any) -> Any:
    """Puts a field after those that were made before, as Django orders them."""
    field.creation_counter = models.Field.creation_counter
    models.Field.creation_counter += 1
    return field


def _referred_labels(state: ModelState) -> list[str]:
    labels = [base for base in state.bases if isinstance(base, str)]
    for field in state.fields.values():
        remote = getattr(field, "remote_field", None)
        targets = (getattr(remote, "model", None), getattr(remote, "through", None))
        labels.extend(
            target if "." in target else f"{state.app_label}.{target}"
            for target in targets
            if isinstance(target, str) and target != "self"
        )
    return labels


def _by_bases(states: dict[str, ModelState]) -> list[str]:
    """Labels with each model after the bases it is rendered on."""
    lowered = {label.lower(): label for label in states}
    ordered: list[str] = []
    visiting: set[str] = set()

    def visit(label: str) -> None:
        if label in visiting:
            return
        visiting.add(label)
        for base in states[label].bases:
            if isinstance(base, str) and base in lowered:
                visit(lowered[base])
        ordered.append(label)

    for label in states:
        visit(label)
    return ordered
