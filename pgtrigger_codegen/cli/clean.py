"""`clean`: deletes what is kept of a project between runs."""

from __future__ import annotations

import os

import click

from pgtrigger_codegen.cache import folder
from pgtrigger_codegen.cli.common import Target, pass_target
from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.project.config import Config, load_config
from pgtrigger_codegen.project.discovery import find_root


@click.command()
@pass_target
def clean(target: Target) -> None:
    """Delete the cache of the project.

    It holds the results of earlier runs, in `.pgtrigger_codegen_cache`; deleting it does no more
    than make the next run as slow as the first.
    """
    try:
        config = load_config(target.directory)
    except ConfigError:
        config = Config()
    root = find_root(target.directory, config)
    path = root / folder.NAME
    try:
        removed = folder.remove(root)
    except folder.NotOurs as error:
        raise CodegenError(
            f"{path} {error}: nothing was deleted",
            help="look where it came from, and delete it by hand",
        ) from error
    except OSError as error:
        raise CodegenError(
            f"the cache {path} cannot be deleted: {os.strerror(error.errno or 0)}",
            help="delete the folder by hand",
        ) from error
    if removed is None:
        click.echo(f"Deleted the cache in {path}; files that are not part of the cache stay there.")
    else:
        click.echo(f"Deleted {path}." if removed else "There is no cache.")
