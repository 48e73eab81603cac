"""The common parts of all commands: the project they work on, and notes on how it was read."""

from __future__ import annotations

import enum
import functools
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.census import Census
from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.cli.assumptions import assumptions_that_count
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.lint.causes import code_of_gap
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.project.config import Config, load_config, read_config
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.wording import counted
from pgtrigger_codegen.transaction.writing import writing as writing_in


class Notes(enum.Enum):
    """How much is said on how the project was read."""

    NONE = enum.auto()
    SOME = enum.auto()
    """Assumptions are only counted where a list would bury the rest."""
    ALL = enum.auto()


class Target(Struct, frozen=True):
    """The project that a command works on.

    Attributes:
        directory: Absolute path of its folder.
        settings: Settings module given on the command line, or None.
        config_file: File of the configuration, absolute, instead of the one found; or None.
        is_isolated: Whether no file is looked at for configuration.
        is_eager: Whether all is executed that is reached, though it cannot be seen.
        notes: Which notes are printed on how the project was read.
    """

    directory: Path
    settings: str | None
    config_file: Path | None = None
    is_isolated: bool = False
    is_eager: bool = False
    notes: Notes = Notes.SOME

    def config(self) -> Config:
        """The configuration that the command works with.

        Raises:
            ConfigError: It cannot be used.
        """
        if self.is_isolated:
            return Config()
        if self.config_file is not None:
            return read_config(self.config_file)
        return load_config(self.directory)


_MOST_ASSUMPTIONS = 10

pass_target = click.make_pass_decorator(Target)


# The console script looks for it before there are commands (`entry.py`).
no_cache_option = click.option(
    "--no-cache",
    is_flag=True,
    expose_value=False,
    help="Neither use nor keep results of earlier runs.",
)


def analyze_target(
    target: Target,
    *,
    history: bool = False,
    remember: bool = True,
) -> Analysis:
    """Analyzes the project.

    Args:
        history: Whether the command needs the migrations too.
        remember: Whether what earlier runs found out may be used; not where files are to be
            taken for other than they are on disk.
    """
    # What is kept of the migrations was read with the configuration that is found.
    is_usual = not (target.config_file or target.is_isolated or target.is_eager)
    engine = speed.engine_for(target.settings, keeps=remember and is_usual, replays=history)
    config = target.config()
    return analyze(
        target.directory,
        settings=target.settings,
        config=config,
        engine=engine,
        is_eager=target.is_eager,
    )


def writing(target: Target) -> AbstractContextManager[None]:
    """For the whole of a run that writes: the files that it reads must not change meanwhile.

    Raises:
        CodegenError: Another run is writing, or the changes of a killed run cannot be undone.
    """
    return writing_in(target.directory, functools.partial(click.echo, err=True))


def place_as_json(analysis: Analysis, span: Span | None) -> dict[str, Any]:
    """A place in the project's files, for documents."""
    if span is None:
        return {"path": None, "line": None, "column": None}
    path = analysis.project.display_path(span.path)
    return {"path": path, "line": span.line, "column": span.column}


def echo_summary(analysis: Analysis) -> None:
    """Prints to standard error how much was read, and what was taken as given."""
    echo_notices(analysis)
    _echo_assumptions(analysis)
    compiled, unresolved = len(analysis.triggers), len(analysis.unresolved)
    found = counted(compiled + unresolved, "trigger")
    click.echo(
        f"{found} found, {compiled} read, {unresolved} unresolved{_sites(analysis.census)}",
        err=True,
    )


def echo_notices(analysis: Analysis) -> None:
    """Prints to standard error what there is to know of how the project was read."""
    if _notes() is Notes.NONE:
        return
    for notice in analysis.notices:
        click.echo(f"note: {one_line(notice)}", err=True)


def _notes() -> Notes:
    target = click.get_current_context().find_object(Target)
    return target.notes if target is not None else Notes.SOME


def _sites(census: Census) -> str:
    """How much of what the text declares is accounted for."""
    if not census.sites:
        return ""
    left = len(census.left)
    account = f"{left} of them not accounted for" if left else "all accounted for"
    return f"; {counted(len(census.sites), 'site')}, {account}"


def echo_gap(analysis: Analysis, gap: Gap) -> None:
    """Prints to standard error what was not read, and where."""
    click.echo(
        one_line(f"{analysis.project.display_place(gap.span)}{code_of_gap(gap)} {gap.reason}"),
        err=True,
    )


def _echo_assumptions(analysis: Analysis) -> None:
    """Lists what was taken as given; only counts it where the list would bury the rest."""
    notes = _notes()
    if notes is Notes.NONE:
        return
    printed = assumptions_that_count(analysis) if notes is Notes.SOME else analysis.assumptions
    if len(printed) > _MOST_ASSUMPTIONS and notes is not Notes.ALL:
        click.echo(
            f"note: {len(printed)} values are assumed, such as defaults of "
            "environment variables: `pgtrigger-codegen -v` lists them, and "
            "[tool.pgtrigger-codegen.env] pins them",
            err=True,
        )
        return
    for assumption in printed:
        path = analysis.project.display_path(assumption.span.path)
        value = one_line(repr(assumption.shown))
        click.echo(
            f"note: assumed {one_line(assumption.name)} = {value} "
            f"({path}:{assumption.span.line}:{assumption.span.column})",
            err=True,
        )
