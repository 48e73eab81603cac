"""`schema`: JSON schemas of the configuration and of what the commands print."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = Path(__file__).parents[1] / "schemas"

SCHEMAS = (
    "pyproject",
    "show",
    "makemigrations",
    "lint",
    "lint-statistics",
    "rule",
    "report",
    "graph",
    "convert",
    "collapse",
    "config",
    "ls",
    "verify",
)
"""The configuration in pyproject.toml, then the JSON that each command prints."""


@click.command()
@click.argument("name", type=click.Choice(SCHEMAS), required=False)
def schema(name: str | None) -> None:
    """Print a JSON schema: of [tool.pgtrigger-codegen], or of what a command prints as JSON.

    Without NAME, list them.
    """
    if name is None:
        click.echo("\n".join(SCHEMAS))
        return
    click.echo((_FOLDER / f"{name}.json").read_text(encoding="utf-8"), nl=False)
