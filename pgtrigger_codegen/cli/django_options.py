"""Options of Django's `makemigrations`, so that its command lines work with ours.

What has a meaning here has the same one; what has none is refused with the way to get the effect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pgtrigger_codegen.cli.common import Notes

_REFUSED = {
    "--update": "has no meaning for triggers: their operations are never added to a migration that "
    "may have run. Write the migration, then merge it into those that are not released: "
    "pgtrigger-codegen collapse APP",
    "--merge": "is Django's task: it decides the order of the branches. Run python manage.py "
    "makemigrations --merge first, then this command",
    "--empty": "is not for triggers: python manage.py makemigrations --empty APP writes an empty "
    "migration",
}
_NOTES = {0: Notes.NONE, 1: None, 2: Notes.ALL, 3: Notes.ALL}


def django_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options to a command, which gets `include_header`, `scriptable` and `verbosity`."""
    for name, reason in _REFUSED.items():
        command = click.option(
            name,
            is_flag=True,
            hidden=True,
            expose_value=False,
            callback=_refusing(name, reason),
        )(command)
    for option in (
        click.option(
            "-v",
            "--verbosity",
            type=click.IntRange(0, 3),
            default=1,
            help="As in Django: 0 prints no outcome and no notes, 2 and 3 print all notes.",
        ),
        click.option(
            "--scriptable",
            is_flag=True,
            help="As in Django: print only the paths of migrations on standard output, and the "
            "rest on standard error.",
        ),
        click.option(
            "--no-header",
            "include_header",
            is_flag=True,
            default=True,
            flag_value=False,
            help="As in Django: leave out the line that says who has written the file.",
        ),
        click.option(
            "--no-input",
            "--noinput",
            is_flag=True,
            expose_value=False,
            help="As in Django: ask nothing. This command never asks.",
        ),
    ):
        command = option(command)
    return command


def notes_of(verbosity: int, usual: Notes) -> Notes:
    """Which notes are printed at one of Django's verbosities."""
    return _NOTES[verbosity] or usual


def _refusing(name: str, reason: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def refuse(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            raise click.UsageError(f"{name} {reason}.", context)

    return refuse
