"""`clean`: deletes the cache of a project."""

from __future__ import annotations

import click

from pgtrigger_codegen.cli.common import Target, pass_target
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.discovery import find_root


@click.command()
@pass_target
def clean(target: Target) -> None:
    """Delete the cache of the project.

    It holds the results of earlier runs, in `.pgtrigger_codegen_cache`; deleting it does no more
    than make the next run as slow as the first.
    """
    try:
        config = target.config()
    except ConfigError:
        config = Config()
    click.echo(speed.clean(find_root(target.directory, config)))
