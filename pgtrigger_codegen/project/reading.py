"""Stage project: reads the settings, and the apps that they install.

The settings module is executed by the interpreter like any other source. What it leaves
unknown stays `Unknown` in the result; only an unreadable `INSTALLED_APPS` ends the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from pgtrigger_codegen.errors import ProjectError
from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.library.kinds import has_base
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.host import PathKind
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.project.assumed_settings import (
    assumed_apps,
    settings_without_assumptions,
    unsettled,
)
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.discovery import Layout, find_app_packages
from pgtrigger_codegen.project.existence import found_at
from pgtrigger_codegen.project.installed_apps import installed_apps
from pgtrigger_codegen.project.project import App, Project, Settings
from pgtrigger_codegen.project.settings_values import settings_of
from pgtrigger_codegen.project.unknown_apps import not_found, possible_apps, unknown_apps
from pgtrigger_codegen.project.unknown_configs import unknown_configs
from pgtrigger_codegen.project.versions import project_versions, version_notices
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread


class SettingsHost:
    """The project as its settings module can see it: there is no project yet."""

    def __init__(
        self, environment: Mapping[str, str], root: Path, *, takes_defaults: bool = True
    ) -> None:
        """Takes the variables that are pinned, and the project's folder."""
        self.environment = environment
        self._root = root
        self.takes_defaults = takes_defaults

    @property
    def app_names(self) -> list[str]:
        """Not known before the settings are read."""
        return []

    def app_name(self, label: str, span: Span) -> str | Unknown:
        """Not known before the settings are read."""
        return Unknown("the apps are not known while the settings are read", span)

    def setting(self, name: str, span: Span) -> Any:
        """`settings.NAME` is known only once the settings are read."""
        return Unknown(f"`settings.{name}` is not known while the settings are read", span)

    def has_setting(self, name: str) -> bool | Unknown:
        """Not known before the settings are read."""
        return Unknown("the settings are being read")

    def assign_setting(self, name: str | Unknown, value: Any, span: Span) -> None:
        """Not followed before the settings are read."""
        raise Refusal(Unknown("the settings are being read", span))

    def model_label(self, model: ModelClass | ThroughModel) -> str | Unknown:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read")

    def model_class(self, label: str, span: Span | None) -> ModelClass | Unknown:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read", span)

    def models(self, app_label: str | None, span: Span) -> Any:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read", span)

    def model_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> Any:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read", span)

    def has_option(self, model: ModelClass | ThroughModel, name: str, span: Span) -> bool | Unknown:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read", span)

    def rendered_attribute(self, model: type, name: str, span: Span) -> Any:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read", span)

    def model_behind(self, model: type) -> ModelClass | ThroughModel | None:
        """There are no models yet."""
        return None

    def rendered(self, model: ModelClass | ThroughModel) -> type | Unknown:
        """There are no models yet."""
        return Unknown("models are not known while the settings are read")

    def rendered_field(self, model: ModelClass | ThroughModel, name: str) -> Any:
        """There are no models yet."""
        return None

    def found_at(self, path: Path, span: Span) -> tuple[str, PathKind] | Unknown:
        """The path, relative to the project's folder that it lies in, and what is there."""
        return found_at(path, self._root, span)

    def read_text(self, path: Path, span: Span) -> str | Unknown:
        """Settings are not read from files."""
        return Unknown("a file is not read while the settings are read", span)


def read_project(
    layout: Layout, config: Config, interpreter: Interpreter
) -> tuple[Project, tuple[str, ...], tuple[Unread, ...]]:
    """Reads settings and apps.

    Args:
        interpreter: Executes the settings and the `apps` modules.

    Returns:
        The project, notices on how it was read, and what of its apps is not known.

    Raises:
        ProjectError: The settings do not parse, or `INSTALLED_APPS` cannot be read at all.
    """
    roots = (layout.root, *layout.source_roots)
    versions = project_versions(roots, layout.site_packages)
    interpreter.loader.versions = {name: found.version for name, found in versions.items()}
    notices = [*layout.notices, *version_notices(versions)]
    unread: list[Unread] = []
    if layout.settings_module is None:
        names: list[Any] = list(config.apps) or list(find_app_packages(layout, config))
        if not names:
            raise ProjectError(
                f"no Django project was found in {layout.root}",
                help="run it where manage.py is, pass -C DIR, or name the settings: "
                '`settings = "package.settings"` under [tool.pgtrigger-codegen] in pyproject.toml',
            )
        settings = Settings(None, {}, incomplete=Unknown("there is no settings module"))
        if not config.apps:
            reason = "no settings module was found, so that the installed apps are not known"
            unread.append(Unread(GapKind.SETTINGS_NOT_FOUND, reason, certain=False))
    else:
        settings = _read_settings(layout, interpreter)
        names = installed_apps(settings, layout, config)
        unread += unknown_apps(names, settings, interpreter)
        host = SettingsHost(interpreter.host.environment, layout.root, takes_defaults=False)
        if (other := settings_without_assumptions(layout, interpreter, host)) is not None:
            if "INSTALLED_APPS" in settings.values:
                unread += assumed_apps(names, other)
            assumed = frozenset(interpreter.trace.assumptions)
            settings = replace(settings, assumed=assumed, unsettled=unsettled(other))
    reader = _AppReader(interpreter, settings, notices)
    apps = reader.read(names)
    unread += not_found(reader.unread, interpreter.loader)
    unread += unknown_configs(apps, reader.entries, interpreter)
    unread = possible_apps(unread, apps, layout, config, interpreter.loader)
    project = Project(
        root=layout.root,
        settings=settings,
        apps=apps,
        first_party_roots=layout.source_roots,
        unread_apps=tuple(reader.unread),
    )
    return project, tuple(notices), tuple(unread)


def _read_settings(layout: Layout, interpreter: Interpreter) -> Settings:
    module = layout.settings_module
    assert module is not None, "asked for where there is one"
    settings = settings_of(module, layout.configuration, interpreter)
    if isinstance(settings, Unknown):
        where = f" (named in {layout.settings_origin})" if layout.settings_origin else ""
        raise ProjectError(
            f"settings module `{module}`{where} cannot be read: {settings.reason}",
            help="correct the file, or name another module: `settings` under "
            "[tool.pgtrigger-codegen] in pyproject.toml",
        )
    return settings


class _AppReader:
    """From entries of `INSTALLED_APPS` to apps.

    Attributes:
        unread: Entries that were not found.
        entries: The entry of each app that was, by label.
    """

    def __init__(self, interpreter: Interpreter, settings: Settings, notices: list[str]) -> None:
        self._interpreter = interpreter
        self._loader: ModuleLoader = interpreter.loader
        self._settings = settings
        self._notices = notices
        self.unread: list[str] = []
        self.entries: dict[str, str] = {}

    def read(self, entries: Iterable[Any]) -> dict[str, App]:
        """Apps by label, in order."""
        apps: dict[str, App] = {}
        for entry in entries:
            if not isinstance(entry, str):
                unknown = first_unknown(entry)
                reason = unknown.reason if unknown else f"{entry!r} is not a string"
                self._notices.append(f"an entry of INSTALLED_APPS is not known: {reason}")
                continue
            app = self._app(entry)
            if app is None:
                self.unread.append(entry)
            else:
                apps.setdefault(app.label, app)
                self.entries.setdefault(app.label, entry)
        if self.unread:
            listed = ", ".join(f"`{entry}`" for entry in self.unread)
            self._notices.append(
                f"apps that were not found, so their models are not known: {listed}"
            )
        return apps

    def _app(self, entry: str) -> App | None:
        self._loader.start(entry)
        location = self._loader.find(entry)
        if location is not None:
            name = entry
            self._loader.start(f"{entry}.apps")
            config = self._default_config(entry)
        else:
            module, _, class_name = entry.rpartition(".")
            config = self._class(module, class_name)
            found = vars(config).get("name") if config is not None else None
            if config is not None and not isinstance(found, str):
                found = _attribute(config, "name")
            # An AppConfig that cannot be read is most often in the app's own `apps` module.
            is_class = class_name[:1].isupper() or module.endswith(".apps")
            name = found if isinstance(found, str) else module.removesuffix(".apps")
            if config is None and not is_class:
                return None  # the entry is a package that is not there
            location = self._loader.find(name) if name else None
        if location is None or not location.search_paths:
            return None
        self._loader.start(f"{name}.models")
        label = _attribute(config, "label") or name.rpartition(".")[2]
        module_name = self._migrations_module(label, name)
        return App(
            label=label,
            name=name,
            path=Path(location.search_paths[0]),
            first_party=location.first_party,
            migrations_module=module_name,
            migrations_dir=self._migrations_dir(module_name),
            default_auto_field=_attribute(config, "default_auto_field"),
            config=config,
        )

    def _default_config(self, name: str) -> type | None:
        """The AppConfig that Django takes when an app's package is named."""
        scope = self._interpreter.module(f"{name}.apps")
        if isinstance(scope, Unknown):
            return None
        configs = []
        for key in list(scope.names):
            value = self._class(f"{name}.apps", key)
            if value is not None and value.__module__ != "django.apps.config":
                configs.append(value)
        default = [config for config in configs if vars(config).get("default") is True]
        if len(default) == 1:
            return default[0]
        eligible = [config for config in configs if not _is_turned_off(config)]
        return eligible[0] if len(eligible) == 1 else None

    def _class(self, module: str, name: str) -> type | None:
        scope = self._interpreter.module(module) if module else Unknown("no module")
        if isinstance(scope, Unknown):
            return None
        span = Span(str(scope.module.path), 1, 1, 1, 1)
        value = self._interpreter.name(name, scope, span)
        is_config = isinstance(value, type) and has_base(value, "django.apps.config", "AppConfig")
        return value if is_config else None

    def _migrations_module(self, label: str, name: str) -> str | None:
        modules = self._settings.get("MIGRATION_MODULES", {})
        if isinstance(modules, dict) and label in modules:
            configured = modules[label]
            return configured if isinstance(configured, str) else None
        return f"{name}.migrations"

    def _migrations_dir(self, module: str | None) -> Path | None:
        if module is None:
            return None
        location = self._loader.find(module)
        if location is not None and location.search_paths:
            return Path(location.search_paths[0])
        parent, _, leaf = module.rpartition(".")
        above = self._loader.find(parent) if parent else None
        return Path(above.search_paths[0]) / leaf if above and above.search_paths else None


def _is_turned_off(config: type) -> bool:
    try:
        return getattr(config, "default", True) is False
    except Refusal:  # what is not known turns nothing off
        return False


def _attribute(config: type | None, name: str) -> str | None:
    try:
        value = getattr(config, name, None) if config is not None else None
    except Refusal:  # it is there, and cannot be read
        return None
    return value if isinstance(value, str) else None
