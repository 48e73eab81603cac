"""Model classes by app and label."""

from __future__ import annotations

from collections.abc import Iterable

from pgtrigger_codegen.evaluator.library.kinds import has_base
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.project.project import App, Project


class NotInstalled(Unknown, frozen=True):
    """In place of an app: the model belongs to none that is installed."""


class ModelRegistry:
    """The model classes that were executed, by label.

    Attributes:
        classes: In order of execution, abstract ones included.
        ambiguous: Whether there were two models of one name in an app.
    """

    def __init__(self, project: Project) -> None:
        self.ambiguous = False
        self._project = project
        self._apps_by_name = {app.name: app for app in project.apps.values()}
        self._apps_by_module: dict[str, App | None] = {}
        self.classes: list[ModelClass] = []
        self._by_label: dict[str, ModelClass] = {}

    def add(self, classes: Iterable[ModelClass]) -> None:
        """Takes in classes that were executed, but for models of another registry of Django's."""
        for model in classes:
            if meta.has_option(model, "apps"):
                continue
            self.classes.append(model)
            if is_model(model) and meta.is_abstract(model) is not True:
                label = self.label(model)
                if isinstance(label, str):
                    # Of two classes of one name in an app, the first is Django's model.
                    first = self._by_label.setdefault(label.lower(), model)
                    self.ambiguous = self.ambiguous or first is not model

    def relabel(self) -> None:
        """Labels all classes anew, since a library has changed some."""
        classes, self.classes, self._by_label = self.classes, [], {}
        self.add(classes)

    def get(self, label: str) -> ModelClass | None:
        """The model of that label, in any case."""
        return self._by_label.get(label.lower())

    def concrete_models(self) -> list[ModelClass]:
        """Models with a table or a proxy, in order of execution."""
        return list(self._by_label.values())

    def app_of(self, model: ModelClass) -> App | Unknown:
        """The app that Django counts a model to."""
        explicit = meta.option(model, "app_label")
        if isinstance(explicit, str):
            app = self._project.apps.get(explicit)
            return app or NotInstalled(f"no installed app has the label `{explicit}`", model.span)
        if isinstance(explicit, Unknown):
            return explicit
        return self.app_of_module(model.module.name) or NotInstalled(
            f"`{model.module.name}` belongs to no installed app", model.span
        )

    def app_of_module(self, module: str) -> App | None:
        """The app whose package contains a module: the innermost one."""
        if module not in self._apps_by_module:
            self._apps_by_module[module] = self._innermost_app(module)
        return self._apps_by_module[module]

    def _innermost_app(self, module: str) -> App | None:
        parts = module.split(".")
        for end in range(len(parts), 0, -1):
            if (app := self._apps_by_name.get(".".join(parts[:end]))) is not None:
                return app
        return None

    def label(self, model: ModelClass | ThroughModel) -> str | Unknown:
        """`app_label.ModelName`."""
        owner = model.owner if isinstance(model, ThroughModel) else model
        app = self.app_of(owner)
        if isinstance(app, Unknown):
            return app
        if isinstance(model, ThroughModel):
            return f"{app.label}.{owner.name}_{model.field_name}"
        return f"{app.label}.{model.name}"


def is_model(model: ModelClass) -> bool:
    """Whether the class is a Django model.

    A class with a base that could not be read counts as one when its body says so: by a model
    field, or by `triggers` in its `Meta`.
    """
    for cls in model.mro():
        if isinstance(cls, ThroughModel):
            return True
        if isinstance(cls, type) and has_base(cls, "django.db.models.base", "Model"):
            return True
    if unknown_base(model) is None:
        return False
    return any(isinstance(cls, ModelClass) and _looks_like_model(cls) for cls in model.mro())


def _looks_like_model(model: ModelClass) -> bool:
    own = meta.own_meta(model)
    if meta.meta_option(own, "triggers") is not meta.MISSING:
        return True
    return any(
        has_base(type(value), "django.db.models.fields", "Field")
        for value in model.namespace.values()
    )


def unknown_base(model: ModelClass) -> Unknown | None:
    """The first base that could not be read, of a class whose own facts depend on it."""
    return next(model.unknown_bases(), None)


def concrete_parents(model: ModelClass) -> list[ModelClass | ThroughModel]:
    """The nearest concrete models above, those that abstract bases stand on included."""
    parents: list[ModelClass | ThroughModel] = []
    for base in model.bases:
        if isinstance(base, ThroughModel):
            parents.append(base)
        elif isinstance(base, ModelClass):
            if meta.is_abstract(base) is True or not is_model(base):
                parents.extend(concrete_parents(base))
            else:
                parents.append(base)
    return list(dict.fromkeys(parents))


def is_proxy(model: ModelClass) -> bool | Unknown:
    """Whether a model is a proxy by its own `Meta`."""
    value = meta.option(model, "proxy")
    if value is meta.MISSING:
        return False
    return first_unknown(value) or bool(value)


def concrete_model(model: ModelClass) -> ModelClass | ThroughModel | Unknown:
    """The model that owns the table: the model itself unless it is a proxy."""
    proxy = is_proxy(model)
    if isinstance(proxy, Unknown):
        return proxy
    if not proxy:
        return model
    parents = concrete_parents(model)
    if not parents:
        return unknown_base(model) or Unknown("a proxy without a concrete base", model.span)
    first = parents[0]
    return first if isinstance(first, ThroughModel) else concrete_model(first)
