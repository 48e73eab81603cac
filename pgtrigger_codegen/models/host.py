"""The project as interpreted model code can see it: settings, labels, `_meta`, files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.protocols.host import PathKind
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models import meta, registry
from pgtrigger_codegen.models.current_settings import CurrentSettings
from pgtrigger_codegen.models.registry import ModelRegistry
from pgtrigger_codegen.models.rendering import FindModel, ModelRenderer
from pgtrigger_codegen.models.table_names import written_table_name
from pgtrigger_codegen.project.existence import found_at
from pgtrigger_codegen.project.project import Project
from pgtrigger_codegen.project.text_files import read_text_file
from pgtrigger_codegen.source.files import FileRefusedError
from pgtrigger_codegen.source.span import Span


class ModelHost:
    """Answers the interpreter's questions about the project."""

    def __init__(
        self,
        project: Project,
        settings: CurrentSettings,
        models: ModelRegistry,
        environment: Mapping[str, str],
        find: FindModel,
        list_models: Callable[[str | None, Span], list[ModelClass | Unknown] | Unknown],
        renderer: Callable[[], ModelRenderer],
    ) -> None:
        """Takes what it answers from.

        Args:
            find: Gives a model by its label, reading its app's models if need be.
            list_models: Gives the models of an app, or of all.
            renderer: Gives the renderer, which is made when the first model is rendered.
        """
        self.environment = environment
        self.takes_defaults = True
        self._project = project
        self._registry = models
        self._find = find
        self._list_models = list_models
        self._renderer = renderer
        self._settings = settings

    @property
    def app_names(self) -> list[str]:
        """Dotted names of the installed apps, in order."""
        return [app.name for app in self._project.apps.values()]

    def app_name(self, label: str, span: Span) -> str | Unknown:
        """Dotted name of the app with a label."""
        app = self._project.apps.get(label)
        reason = f"no installed app with the label `{label}` was found"
        return Unknown(reason, span) if app is None else app.name

    def setting(self, name: str, span: Span) -> Any:
        """`settings.NAME`: what was assigned, the project's value, else Django's default."""
        return self._settings.get(name, span)

    def has_setting(self, name: str) -> bool | Unknown:
        """Whether the project, or Django, sets it, or code assigned it."""
        return self._settings.has(name)

    def assign_setting(self, name: str | Unknown, value: Any, span: Span) -> None:
        """`settings.NAME = value`, for a setting that is not there yet.

        Raises:
            Refusal: It is there, or its name or value is not known; nor is it from now on.
        """
        self._settings.assign(name, value, span)

    def model_label(self, model: ModelClass | ThroughModel) -> str | Unknown:
        """`app_label.ModelName`."""
        return self._registry.label(model)

    def model_class(self, label: str, span: Span | None) -> ModelClass | Unknown:
        """The class of a model, reading its app's models when they have not been."""
        found = self._find(label)
        return Unknown(found.reason, span) if isinstance(found, Unknown) else found

    def models(self, app_label: str | None, span: Span) -> Any:
        """The models of one app or of all, in Django's order.

        Where an installed app was not found, the last item stands for its models.
        """
        return self._list_models(app_label, span)

    def model_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> Any:
        """`Model._meta.NAME`, without rendering where the name alone decides."""
        if isinstance(model, ThroughModel):
            names = {"auto_created": model.owner, "concrete_model": model, "model": model}
            named = names.get(name, meta.MISSING)
        else:
            named = self._named_option(model, name, span)
        if named is not meta.MISSING:
            return named
        rendered = self._renderer().render(model)
        if isinstance(rendered, Unknown):
            return rendered
        # Django makes a default through model whole; of others only what a trigger can need.
        row = lookup.option(name)
        wholly = isinstance(model, ThroughModel)
        if row is None or not (row.rendered or wholly):
            return Unknown(f"`_meta.{name}` is not evaluated", span)
        return getattr(rendered._meta, name)

    def has_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> bool | Unknown:
        """Whether an option of `Meta` that Django has no default for is given."""
        if isinstance(model, ThroughModel):
            return False
        found = meta.option(model, name)
        if isinstance(found, Unknown) and not meta.has_option(model, name):
            return Unknown(found.reason, span, found.notes)
        return found is not meta.MISSING

    def rendered_attribute(self, model: type, name: str, span: Span) -> Any:
        """A method or constant of the user's class that the rendered model lacks."""
        cls = self._renderer().classes.get(model)
        found = cls.lookup(name) if cls is not None else None
        if found is None:
            return Unknown(f"`{model.__name__}.{name}` is not evaluated", span)
        value = found[0]
        if isinstance(value, classmethod):
            return Unknown(f"`{model.__name__}.{name}` is a class method", span)
        return value.__func__ if isinstance(value, staticmethod) else value

    def model_behind(self, model: type) -> ModelClass | ThroughModel | None:
        """What a rendered model was rendered from, default through models included."""
        return self._renderer().behind(model)

    def rendered(self, model: ModelClass | ThroughModel) -> type | Unknown:
        """The real model, for real code."""
        return self._renderer().render(model)

    def rendered_field(self, model: ModelClass | ThroughModel, name: str) -> Any:
        """The real model's field of that name or column name; None if there is none, or not yet."""
        is_abstract = isinstance(model, ModelClass) and meta.is_abstract(model)
        rendered = None if is_abstract is not False else self.rendered(model)
        if rendered is None or isinstance(rendered, Unknown):
            return None
        options: Any = vars(rendered)["_meta"]
        fields = (*options.fields, *options.local_many_to_many)
        return next((field for field in fields if name in (field.name, field.attname)), None)

    def found_at(self, path: Path, span: Span) -> tuple[str, PathKind] | Unknown:
        """The path, relative to the project's folder that it lies in, and what is there."""
        return found_at(path, self._project.root, span)

    def read_text(self, path: Path, span: Span) -> str | Unknown:
        """The text of a file inside the project root."""
        try:
            return read_text_file(path, self._project.root)
        except FileRefusedError as error:
            return Unknown(f"`{path.name}` is not read: {error.strerror}", span)
        except OSError as error:
            return Unknown(f"`{path.name}` cannot be read: {error.strerror}", span)
        except (ValueError, RuntimeError) as error:  # not UTF-8, a NUL, links in a circle
            return Unknown(f"`{path.name}` cannot be read: {error}", span)

    def _named_option(self, model: ModelClass, name: str, span: Span) -> Any:
        """An option that needs no rendering, else `MISSING`."""
        match name:
            case "app_label" | "object_name" | "model_name" | "label" | "label_lower":
                label = self._registry.label(model)
                return label if isinstance(label, Unknown) else _part(label, name)
            case "db_table":
                return self._table(model)
            case "abstract":
                return meta.is_abstract(model)
            case "proxy":
                return registry.is_proxy(model)
            case "auto_created":
                return False
            case "model":
                return model
            case "concrete_model":
                return registry.concrete_model(model)
            case "triggers":
                # The very list that is declared: what is appended to it is declared too.
                declared = meta.option(model, "triggers")
                reason = f"`{model.name}` declares no triggers in its Meta"
                return Unknown(reason, span) if declared is meta.MISSING else declared
        return meta.MISSING

    def _table(self, model: ModelClass) -> str | Unknown:
        concrete = registry.concrete_model(model)
        if isinstance(concrete, Unknown):
            return concrete
        if isinstance(concrete, ThroughModel):
            rendered = self._renderer().render(concrete)
            return rendered if isinstance(rendered, Unknown) else rendered._meta.db_table
        return written_table_name(concrete, self._registry)


def _part(label: str, name: str) -> str:
    app_label, _, object_name = label.partition(".")
    parts = {
        "app_label": app_label,
        "object_name": object_name,
        "model_name": object_name.lower(),
        "label": label,
        "label_lower": label.lower(),
    }
    return parts[name]
