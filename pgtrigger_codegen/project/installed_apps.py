"""Stage project: the entries of `INSTALLED_APPS`, or what to do where they are not known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pgtrigger_codegen.errors import ProjectError
from pgtrigger_codegen.evaluator.values.unknown import first_unknown
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.discovery import Layout
from pgtrigger_codegen.project.project import Settings


def installed_apps(settings: Settings, layout: Layout, config: Config) -> list[Any]:
    """The entries, of which some may be unknown.

    Raises:
        ProjectError: Nothing of the list is known, and the configuration does not say it.
    """
    value = settings.get("INSTALLED_APPS", [])
    if isinstance(value, list | tuple):
        return list(value)
    if config.apps:
        return list(config.apps)
    unknown = first_unknown(value)
    where = ""
    if unknown is not None and unknown.span is not None:
        path = Path(unknown.span.path)
        shown = path.relative_to(layout.root) if path.is_relative_to(layout.root) else path
        where = f" at {shown}:{unknown.span.line}:{unknown.span.column}"
    reason = unknown.reason if unknown is not None else "it is not a list"
    raise ProjectError(
        f"INSTALLED_APPS of `{settings.module}` cannot be read{where}: {reason}",
        help=_way_out(reason),
    )


_VARIABLE = re.compile(r"the environment variable `(\w+)` is not pinned")


def _way_out(reason: str) -> str:
    """What to do where the list of apps is not known."""
    if variable := _VARIABLE.search(reason):
        return (
            "write the value that the project runs with into pyproject.toml, below "
            f'[tool.pgtrigger-codegen.env]: {variable[1]} = "…"'
        )
    return (
        "write the list of apps: `apps` under [tool.pgtrigger-codegen], beside `settings`; or "
        "pin environment variables under [tool.pgtrigger-codegen.env], or choose a settings module "
        "that names the apps"
    )
