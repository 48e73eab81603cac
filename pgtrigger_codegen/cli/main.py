"""The command line: one group, whose commands are imported when they are called."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import click

from pgtrigger_codegen import __version__, crashes
from pgtrigger_codegen.cli.output import escaping_streams
from pgtrigger_codegen.confinement.wall import Escape
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source.misspelling import meant
from pgtrigger_codegen.source.paths import resolved

# Click's own ways to end a command.
_CLICKS = (click.Abort, click.ClickException, click.exceptions.Exit, SystemExit)

# Commands by name: where they live, and the line that the group's help shows.
COMMANDS = {
    "init": ("pgtrigger_codegen.cli.init", "Do the first steps in a project."),
    "show": ("pgtrigger_codegen.cli.show", "Show the triggers that the source declares."),
    "makemigrations": (
        "pgtrigger_codegen.cli.makemigrations",
        "Write RunSQL migrations for new, changed and removed triggers.",
    ),
    "diff": (
        "pgtrigger_codegen.cli.diff",
        "Show what differs between the migrations and the source.",
    ),
    "report": (
        "pgtrigger_codegen.cli.report",
        "Show reviewers what a change does to triggers.",
    ),
    "graph": (
        "pgtrigger_codegen.cli.graph",
        "Draw tables and triggers: who writes, reads and deletes what.",
    ),
    "convert": (
        "pgtrigger_codegen.cli.convert",
        "Turn django-pgtrigger's operations in migrations into RunSQL.",
    ),
    "collapse": (
        "pgtrigger_codegen.cli.collapse",
        "Merge the operations on each trigger, in migrations not yet released.",
    ),
    "lint": ("pgtrigger_codegen.cli.lint", "Report triggers that will not work as written."),
    "rule": ("pgtrigger_codegen.cli.rule", "Explain a rule of `lint`."),
    "clean": ("pgtrigger_codegen.cli.clean", "Delete the cache of the project."),
    "config": (
        "pgtrigger_codegen.cli.config",
        "Show the resolved configuration, and where each value comes from.",
    ),
    "schema": (
        "pgtrigger_codegen.cli.schema",
        "Print a JSON schema of the configuration or of an output.",
    ),
    "ls": ("pgtrigger_codegen.cli.ls", "List the triggers in a database, and their status."),
    "install": ("pgtrigger_codegen.cli.database", "Install triggers in a database."),
    "uninstall": ("pgtrigger_codegen.cli.database", "Drop triggers from a database."),
    "enable": ("pgtrigger_codegen.cli.database", "Enable triggers in a database."),
    "disable": ("pgtrigger_codegen.cli.database", "Disable triggers in a database."),
    "prune": ("pgtrigger_codegen.cli.database", "Drop triggers that the source does not declare."),
    "verify": (
        "pgtrigger_codegen.cli.verify",
        "Prove the triggers on a throw-away PostgreSQL server.",
    ),
    "server": ("pgtrigger_codegen.cli.server", "Serve an editor: findings while typing."),
}


class _LazyGroup(click.Group):
    """Imports a command only when it runs, so that `--help` needs neither Django nor rich."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and (command := meant(name, COMMANDS)):
            raise click.UsageError(f"No such command {name!r}. Did you mean {command!r}?", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        with escaping_streams():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        run = super().invoke
        code = 0
        with crashes.met() as met:
            try:
                crashes.contain("the command", lambda: run(ctx), *_CLICKS)
            except click.exceptions.Exit as end:
                code = end.exit_code
            except CodegenError as error:
                click.echo(_indented(f"error: {error}"), err=True)
                code = error.exit_code
            except Escape as escape:
                click.echo(_indented(f"error: {escape}"), err=True)
                code = 2
            for reason in dict.fromkeys(crash.reason for crash in met):
                click.echo(_indented(f"error: {reason}; {crashes.REPORT}"), err=True)
        ctx.exit(2 if met else code)


def _indented(text: str) -> str:
    """The text, of which a line break in somebody's name makes no new message."""
    first, *others = text.split("\n")
    return "\n".join([first, *(line if line.startswith("  ") else f"  {line}" for line in others)])


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="pgtrigger-codegen")
@click.option(
    "-C",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="Work in this folder instead of the current one.",
)
@click.option("--settings", metavar="MODULE", help="Settings module, instead of the one found.")
@click.option(
    "--config",
    "config_file",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Take the configuration from this TOML file, instead of the one found.",
)
@click.option("--isolated", is_flag=True, help="Take no configuration from any file.")
@click.option("-q", "--quiet", is_flag=True, help="Print no notes on how the project was read.")
@click.option("-v", "--verbose", is_flag=True, help="Print all notes, however many there are.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs.")
@click.option(
    "--traceback",
    is_flag=True,
    help="Stop at the first internal error, with a traceback for the report.",
)
# For tests and reports of bugs: what is otherwise left unread, because it cannot be seen, is read.
@click.option("--eager", is_flag=True, hidden=True)
@click.pass_context
def main(
    ctx: click.Context,
    directory: Path,
    settings: str | None,
    config_file: Path | None,
    *,
    isolated: bool,
    quiet: bool,
    verbose: bool,
    no_cache: bool,
    traceback: bool,
    eager: bool,
) -> None:
    """PostgreSQL triggers of Django models as plain migrations, from source alone.

    Reads the project's source; never imports it, and needs no database.
    """
    from pgtrigger_codegen.cli.common import Notes, Target

    if traceback:
        crashes.surface(everything=True)
    if isolated and config_file is not None:
        raise click.UsageError("--config cannot be combined with --isolated.")
    if quiet and verbose:
        raise click.UsageError("--quiet cannot be combined with --verbose.")
    ctx.obj = Target(
        directory=resolved(directory),
        settings=settings,
        config_file=resolved(config_file) if config_file else None,
        is_isolated=isolated,
        is_eager=eager,
        notes=Notes.NONE if quiet else Notes.ALL if verbose else Notes.SOME,
    )
