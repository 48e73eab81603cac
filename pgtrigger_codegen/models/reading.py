"""Stage models: the modules with models, and the code that registers triggers on them."""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Iterable, Iterator, Mapping

from pgtrigger_codegen.evaluator.django.contributors import Contributors
from pgtrigger_codegen.evaluator.django.hooks import run_receiver
from pgtrigger_codegen.evaluator.django.metaclasses import run_metaclass
from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.modules.import_order import ImportOrder, imported_modules
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.classes import find_attribute
from pgtrigger_codegen.evaluator.values.findings import Receiver
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.models.current_settings import CurrentSettings
from pgtrigger_codegen.models.fields import declared_fields, is_many_to_many, may_have
from pgtrigger_codegen.models.host import ModelHost
from pgtrigger_codegen.models.libraries import ModelLibraries, NoProviders, ReadProject
from pgtrigger_codegen.models.ready import config_object, imports_of_ready
from pgtrigger_codegen.models.registry import ModelRegistry, is_model
from pgtrigger_codegen.models.relevance import RelevantModules, mentions_pgtrigger
from pgtrigger_codegen.models.rendering import ModelRenderer
from pgtrigger_codegen.project.project import App, Project
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class ModelReader:
    """Executes the modules of a project that declare models or register triggers."""

    def __init__(
        self,
        project: Project,
        loader: ModuleLoader,
        environment: Mapping[str, str],
        libraries: ModelLibraries | None = None,
    ) -> None:
        self.project = project
        self.loader = loader
        self.libraries = libraries or NoProviders()
        self.registry = ModelRegistry(project)
        settings = CurrentSettings(project.settings)
        host = ModelHost(
            project,
            settings,
            self.registry,
            environment,
            self.find,
            self.models,
            lambda: self.renderer,
        )
        self.interpreter = Interpreter(loader, host, self.libraries)
        self.additions = self.libraries.additions(
            ReadProject(
                project,
                settings,
                self.registry,
                self.interpreter,
                self.find,
                lambda: self.renderer,
            )
        )
        self._taken = 0
        self._opened: set[str] = set()

    @functools.cached_property
    def import_order(self) -> ImportOrder:
        """The project's modules in the order in which Django would import them."""
        return ImportOrder(self.loader, self._roots())

    @functools.cached_property
    def renderer(self) -> ModelRenderer:
        """Renders the models."""
        # The order takes a walk through the whole project: not before a model is rendered.
        return ModelRenderer(
            self.project,
            self.registry,
            lambda: self.import_order,
            self.find,
            self.interpreter.spoiled,
        )

    def read(self) -> None:
        """Executes every first-party module that may declare models or register triggers."""
        self._execute_what_comes_first()
        for app in self.project.first_party_apps:
            self._open(f"{app.name}.models")
        relevant = RelevantModules(
            self.loader,
            self.import_order,
            self.libraries.packages,
            self.project.settings.module,
        )
        for name in self.import_order.modules:
            if relevant.may_declare(name):
                self._open(name)
        self.additions.resolve(self._when)
        contributors = Contributors(self.interpreter)
        for model in self._in_order(self._prepared_models()):
            contributors.run(model)
        self._send_signals()
        self._run_metaclasses()
        self.interpreter.findings.models_ready = True
        for app in self.project.first_party_apps:
            self._run_ready(app)
        self._take()
        self.additions.resolve(self._when)

    def _execute_what_comes_first(self) -> None:
        """Executes settings, apps and their configurations that change what other modules have."""
        self.interpreter.eager_imports.settle(self._roots())
        for name in self._before_models():
            if self.loader.is_first_party(name) and self.interpreter.eager_imports.acts(name):
                self.interpreter.module(name)

    def read_foreign(self) -> None:
        """Executes third-party apps' models that mention django-pgtrigger."""
        for app in self.project.apps.values():
            name = f"{app.name}.models"
            if (
                not app.first_party
                and app.name not in ("pgtrigger", *self.libraries.packages)
                and mentions_pgtrigger(self.loader, name, self.libraries.packages)
            ):
                self._open(name)
        self._take()
        self.additions.resolve(self._when)

    def find(self, label: str) -> ModelClass | Unknown:
        """The model of a label; its app's models are executed when they have not been."""
        app = self.project.apps.get(label.partition(".")[0])
        found = self.registry.get(label)
        if found is None:
            if app is None:
                return Unknown(f"model `{label}` belongs to no installed app that was found")
            self._open(f"{app.name}.models")
            self._take()
            found = self.registry.get(label)
        return found or Unknown(f"model `{label}` was not found")

    def models(self, app_label: str | None, span: Span) -> list[ModelClass | Unknown] | Unknown:
        """The models of one app or of all, by app and then in the order they are prepared."""
        apps = self.project.apps
        if app_label is not None and app_label not in apps:
            return Unknown(f"no installed app with the label `{app_label}` was found", span)
        found: list[ModelClass | Unknown] = []
        for label, app in apps.items():
            if app_label in (None, label):
                self._open(f"{app.name}.models")
                self._take()
                found += self._in_order(
                    m for m in self._prepared_models() if self.registry.app_of(m) == app
                )
        entries = self.project.settings.get("INSTALLED_APPS", ())
        if app_label is None and len(entries) > len(apps):
            reason = "an installed app was not found: its models are not known"
            found.append(Unknown(reason, span, spread=True))
        return found

    def through_models(self, model: ModelClass) -> Iterator[ThroughModel]:
        """Default through models of a model's fields: Django makes them with the model."""
        if not may_have(model, is_many_to_many):
            return
        for field in declared_fields(model, self.import_order):
            related = is_many_to_many(type(field.value))
            if related and field.value.remote_field.through is None:
                yield ThroughModel(model, field.name, model.span)

    def _take(self) -> None:
        classes = self.interpreter.findings.model_classes
        self.registry.add(classes[self._taken :])
        self._taken = len(classes)

    def _open(self, name: str) -> None:
        """Executes a module, and of a `models` package the modules it imports."""
        if name in self._opened:
            return
        self._opened.add(name)
        if self.loader.find(name) is None:
            return
        scope = self.interpreter.module(name)
        self._take()
        if isinstance(scope, Unknown):
            return
        inside = scope.module.name + "."
        for _, target in imported_modules(scope.module, self.loader):
            if target.startswith(inside):
                self._open(target)

    def _send_signals(self) -> None:
        """Calls the receivers of signals for each model, as Django prepares them."""
        receivers = self.interpreter.findings.receivers
        if not receivers:
            return
        for app in self.project.apps.values():
            self._open(f"{app.name}.models")
        for model in self._in_order(self._prepared_models()):
            senders: list[ModelClass | ThroughModel] = [model, *self.through_models(model)]
            for sender in senders:
                for receiver in list(receivers):
                    connected = self._when(receiver.moment) < self._when(model.moment)
                    if connected and self._receives(receiver, sender):
                        run_receiver(self.interpreter, receiver, sender)
        for receiver in receivers:
            if isinstance(receiver.sender, Unknown):
                run_receiver(self.interpreter, receiver, receiver.sender)

    def _run_metaclasses(self) -> None:
        """Runs the metaclasses that may register triggers, model by model."""
        for model in self._in_order(self.interpreter.findings.made_by_metaclass):
            run_metaclass(self.interpreter, model)

    def _prepared_models(self) -> Iterator[ModelClass]:
        for model in list(self.registry.classes):
            if is_model(model) and meta.is_abstract(model) is not True:
                yield model

    def _receives(self, receiver: Receiver, sender: ModelClass | ThroughModel) -> bool:
        """Whether a receiver is connected for a model, or for all.

        By a label Django connects it once the model is registered: after the signal was sent.
        """
        wanted = receiver.sender
        return wanted is None or wanted is sender or (wanted == sender)

    def _in_order(self, models: Iterable[ModelClass]) -> list[ModelClass]:
        return sorted(models, key=lambda model: self._when(model.moment))

    def _when(self, moment: Moment | None) -> tuple[float, float, int]:
        if moment is None or moment.module is None:
            return (math.inf, 0, moment.turn if moment else 0)
        clock, line = self.import_order.position(moment.module, moment.line) or (math.inf, 0)
        return (clock, line, moment.turn)

    def _run_ready(self, app: App) -> None:
        """Calls `AppConfig.ready`, for what it registers and imports."""
        if app.config is None:
            return
        # The config was executed with the settings; here it runs with models to be found.
        module, name = app.config.__module__, app.config.__name__
        scope = self.interpreter.module(module)
        if isinstance(scope, Unknown):
            return
        config = scope.names.get(name)
        ready = find_attribute(config, "ready")
        function = interpreted(ready)
        if (
            config is None
            or function is None
            or not self._may_register(function.module, function.node)
        ):
            return
        span = Span(str(scope.module.path), 1, 1, 1, 1)
        with self.interpreter.called_back():
            self.interpreter.call(ready, (config_object(config, app),), span)

    def _may_register(self, module: Module, node: ast.AST) -> bool:
        return any(
            not isinstance(child, ast.Import | ast.ImportFrom)
            for child in getattr(node, "body", [])
        )

    def _roots(self) -> Iterator[str]:
        """Modules in the order of `django.setup()`: settings, apps, models, `ready()`."""
        yield from self._before_models()
        apps = list(self.project.apps.values())
        for app in apps:
            yield f"{app.name}.models"
        for app in apps:
            yield from imports_of_ready(app, self.loader)

    def _before_models(self) -> Iterator[str]:
        if self.project.settings.module is not None:
            yield self.project.settings.module
        for app in self.project.apps.values():
            yield app.name
            yield app.config.__module__ if app.config is not None else f"{app.name}.apps"
