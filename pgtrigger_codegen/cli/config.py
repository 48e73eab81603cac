"""`config`: the resolved configuration of the project, and the origin of each value."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.cli.common import Target, analyze_target, echo_notices, pass_target
from pgtrigger_codegen.evaluator.values.assumption import masked
from pgtrigger_codegen.lint.options import LintOptions, lint_options
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.selection import Selector
from pgtrigger_codegen.project.config import TABLE, Config
from pgtrigger_codegen.project.discovery import Layout, discover
from pgtrigger_codegen.project.site_packages import find_environment
from pgtrigger_codegen.project.toml_values import TomlTable
from pgtrigger_codegen.source.span import Span

_DEFAULT = "default"
_FOUND = "found"


class _Value(Struct, frozen=True):
    """One line of the output of `config`.

    Attributes:
        value: As JSON has it.
        origin: `pyproject.toml:12`, `manage.py:9`, `--settings`, `found`, `default`.
    """

    name: str
    value: Any
    origin: str


@click.command()
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the values are printed.",
)
@pass_target
def config(target: Target, output_format: str) -> None:
    """Show what was resolved for the project, and from where.

    Settings, apps, folders, environment variables that were assumed, and the rules of `lint`.
    """
    configured = target.config()
    options = lint_options(configured)
    layout = discover(target.directory, configured, settings_override=target.settings)
    analysis = analyze_target(target)
    sources = _Sources(configured, analysis)
    values = [
        *_project_values(target, layout, sources),
        *_setting_values(analysis, sources),
        *_lint_values(options, sources),
    ]
    if output_format == "json":
        click.echo(json.dumps([asdict(value) for value in values], indent=2, ensure_ascii=False))
    else:
        _echo_table(values)
    echo_notices(analysis)


class _Sources(Struct, frozen=True):
    """Where values come from, as text."""

    config: Config
    analysis: Analysis

    def key(self, name: str, *tables: str, otherwise: str = _DEFAULT) -> str:
        """The place of a key of the configuration, or else what it comes from without one."""
        given = self.config.lint if tables else self._given()
        if self.config.path is None or name not in given:
            return otherwise
        table = TomlTable(self.config.path, ("tool", TABLE, *tables))
        return table.place(name).replace(str(self.config.path), self.path(self.config.path))

    def path(self, path: Path) -> str:
        return self.analysis.project.display_path(path)

    def span(self, span: Span | None) -> str:
        return f"{self.path(Path(span.path))}:{span.line}" if span else _DEFAULT

    def _given(self) -> set[str]:
        """Keys of the table that are not as they would be without it."""
        plain = Config(path=self.config.path)
        names = ("settings", "apps", "source_roots", "exclude", "python", "env", "databases")
        return {
            name.replace("_", "-")
            for name in names
            if getattr(self.config, name) != getattr(plain, name)
        }


def _project_values(target: Target, layout: Layout, sources: _Sources) -> Iterator[_Value]:
    configured = sources.config
    yield _configuration(target, sources)
    here = layout.root == target.directory
    yield _Value("root", str(layout.root), "the folder given" if here else _FOUND)
    origin = layout.settings_origin or "no settings module was found"
    yield _Value("settings", layout.settings_module, _located(origin, sources))
    roots = [sources.path(folder) for folder in layout.source_roots]
    configured_roots = sources.key("source-roots", otherwise="")
    yield _Value("source-roots", roots, ", ".join(filter(None, (configured_roots, _FOUND))))
    yield _Value("exclude", list(configured.exclude), sources.key("exclude"))
    yield _environment(layout, sources)
    version = ".".join(map(str, layout.python_version)) if layout.python_version else None
    yield _Value("python-version", version, _FOUND if version else "not known")
    env = {name: masked(name, value) for name, value in configured.env.items()}
    yield _Value("env", env, sources.key("env"))
    yield _Value("databases", list(configured.databases), sources.key("databases"))


def _configuration(target: Target, sources: _Sources) -> _Value:
    path = sources.config.path
    if target.is_isolated:
        return _Value("configuration", None, "--isolated")
    if path is None:
        return _Value("configuration", None, f"no pyproject.toml has a table [tool.{TABLE}]")
    return _Value("configuration", sources.path(path), "--config" if target.config_file else _FOUND)


def _located(origin: str, sources: _Sources) -> str:
    """The line too, where the configuration names the settings module."""
    return sources.key("settings") if origin.endswith("(settings)") else origin


def _environment(layout: Layout, sources: _Sources) -> _Value:
    folders = tuple(dict.fromkeys((layout.root, *layout.source_roots)))
    environment, _ = find_environment(sources.config, os.environ, folders)
    if environment is None:
        return _Value("python", None, "no virtual environment was found")
    active = os.environ.get("VIRTUAL_ENV")
    is_active = bool(active) and str(environment.prefix) == active
    origin = sources.key("python", otherwise="VIRTUAL_ENV" if is_active else _FOUND)
    return _Value("python", str(environment.prefix), origin)


def _setting_values(analysis: Analysis, sources: _Sources) -> Iterator[_Value]:
    project = analysis.project
    settings = sources.span(project.settings.span) if project.settings.span else _FOUND
    origin = sources.key("apps", otherwise=settings)
    first_party = [label for label, app in project.apps.items() if app.first_party]
    others = [label for label, app in project.apps.items() if not app.first_party]
    yield _Value("apps", first_party, origin)
    yield _Value("third-party apps", others, origin)
    yield _Value("RunSQL mode", project.settings.runsql_mode, settings)
    for assumption in analysis.assumptions:
        name = f"assumed {assumption.name}"
        yield _Value(name, repr(assumption.shown), sources.span(assumption.span))


def _lint_values(options: LintOptions, sources: _Sources) -> Iterator[_Value]:
    rules = [rule.code for rule in RULES if options.selection.includes(rule)]
    keys = ("select", "extend-select", "ignore")
    origins = [place for key in keys if (place := sources.key(key, "lint", otherwise=""))]
    yield _Value("lint.rules", rules, ", ".join(origins) or _DEFAULT)
    ignores = {glob: _texts(selectors) for glob, selectors in options.per_file_ignores.items()}
    yield _Value("lint.per-file-ignores", ignores, sources.key("per-file-ignores", "lint"))
    for key, selectors in (("fixable", options.fixable), ("unfixable", options.unfixable)):
        yield _Value(f"lint.{key}", _texts(selectors), sources.key(key, "lint"))
    severity = {selector.text: level.value for selector, level in options.severity}
    yield _Value("lint.severity", severity, sources.key("severity", "lint"))
    baseline = sources.path(options.baseline) if options.baseline else None
    yield _Value("lint.baseline", baseline, sources.key("baseline", "lint"))


def _texts(selectors: Sequence[Selector]) -> list[str]:
    return [selector.text for selector in selectors]


def _echo_table(values: Sequence[_Value]) -> None:
    width = max(len(value.name) for value in values)
    for value in values:
        name = click.style(f"{value.name:{width}}", bold=True)
        click.echo(f"{name}  {_text(value.value)}  ({value.origin})")


def _text(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case Mapping():
            return ", ".join(f"{key} = {_text(one)}" for key, one in value.items()) or "none"
        case _:
            return str(value)
