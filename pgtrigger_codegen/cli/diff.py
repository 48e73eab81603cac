"""`diff`: options → analysis → plan → differences → exit code. Nothing is written."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    no_cache_option,
    pass_target,
)
from pgtrigger_codegen.cli.makemigrations import echo_notes
from pgtrigger_codegen.cli.makemigrations_output import NOT_CERTAIN
from pgtrigger_codegen.cli.output import coloured
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.cli.terminal import wants_colour
from pgtrigger_codegen.migrations.changes.differences import Difference, difference
from pgtrigger_codegen.migrations.planning.plan import Options


@click.command()
@click.argument("app_labels", nargs=-1, metavar="[APP]...")
@click.option(
    "--color/--no-color", default=None, help="Colour the output; by default on a terminal."
)
@no_cache_option
@pass_target
@click.pass_context
def diff(
    context: click.Context, target: Target, *, app_labels: tuple[str, ...], color: bool | None
) -> None:
    """Show what differs between the migrations and the source.

    For each trigger of each APP (or of all apps) that `makemigrations` would write: why, and
    what changes in its definition and its function.
    """
    analysis = analyze_target(target, history=True)
    options = Options(
        app_labels=app_labels or None,
        databases=analysis.config.databases,
        # What is to be compared is where both lead, not the way there.
        schema_changes="after",
    )
    plan = pipeline.plan(analysis, options)
    echo_notes(analysis, plan, app_labels)
    found = [
        difference(operation, plan.disturbances, plan.contests)
        for app in plan.apps
        for operation in app.operations
    ]
    if color is None:
        color = wants_colour(sys.stdout)
    with coloured(sys.stdout, colour=color):
        click.echo("\n".join(_text(found, certain=not plan.incomplete)), color=color)
    speed.reusable(analysis.project.root)
    context.exit(2 if plan.incomplete else int(plan.pending))


def _text(found: list[Difference], *, certain: bool) -> Iterator[str]:
    if not found:
        yield "No differences" if certain else NOT_CERTAIN
    for number, item in enumerate(found):
        if number:
            yield ""
        yield click.style(f"{_SIGNS[item.kind]} {item.uri}", bold=True)
        for reason in item.reasons:
            yield f"  {reason}"
        for line in item.lines:
            yield click.style(line, fg=_COLORS[line[:1]]) if line[:1] in _COLORS else line


_SIGNS = {"add": "+", "remove": "-", "alter": "~", "rename": "~"}
_COLORS = {"+": "green", "-": "red", "@": "cyan"}
