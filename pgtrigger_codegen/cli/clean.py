"""`clean`: deletes what is remembered of a project."""

from __future__ import annotations

import os

import click

from pgtrigger_codegen.cache import folder
from pgtrigger_codegen.cli.common import Target, pass_target
from pgtrigger_codegen.errors import CodegenError


@click.command()
@pass_target
def clean(target: Target) -> None:
    """Delete the cache of the project.

    It holds the results of earlier runs, in `.pgtrigger_codegen_cache`; deleting it does no more
    than make the next run as slow as the first.
    """
    found = folder.find(target.directory)
    if found is None:
        click.echo("There is no cache.")
        return
    try:
        folder.remove(found.parent)
    except OSError as error:
        raise CodegenError(
            f"the cache {found} cannot be deleted: {os.strerror(error.errno or 0)}",
            help="delete the folder by hand",
        ) from error
    click.echo(f"Deleted {found}.")
