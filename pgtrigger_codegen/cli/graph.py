"""`graph`: options → analysis → graph → a part of it → a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_summary,
    no_cache_option,
    pass_target,
)
from pgtrigger_codegen.cli.lint_output import echo_result
from pgtrigger_codegen.graph.diagrams import dot, mermaid
from pgtrigger_codegen.graph.facts import TriggerGraph
from pgtrigger_codegen.graph.json_document import json_document
from pgtrigger_codegen.graph.making import make_graph
from pgtrigger_codegen.graph.page import html_page
from pgtrigger_codegen.graph.selecting import selected

_FORMATS: Mapping[str, Callable[[TriggerGraph], str]] = {
    "mermaid": mermaid,
    "dot": dot,
    "json": json_document,
    "html": html_page,
}


@click.command()
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="TABLE",
    help="Draw this table and what is around it: its name in the database, or its model as "
    "app_label.ModelName.",
)
@click.option(
    "--app", "apps", multiple=True, metavar="APP", help="Draw the tables of this app likewise."
)
@click.option(
    "--depth",
    type=click.IntRange(min=0),
    metavar="N",
    help="How many steps around --table and --app: triggers and cascades.  [default: 1]",
)
@click.option(
    "--output-format",
    type=click.Choice(list(_FORMATS)),
    default="mermaid",
    show_default=True,
    help="How the graph is printed.",
)
@click.option("-o", "--output-file", type=click.Path(path_type=Path), help="Write it to this file.")
@no_cache_option
@pass_target
def graph(
    target: Target,
    *,
    tables: tuple[str, ...],
    apps: tuple[str, ...],
    depth: int | None,
    output_format: str,
    output_file: Path | None,
) -> None:
    """Draw tables and triggers: who writes, reads and deletes what.

    With the triggers that the migrations leave without a declaration, and with the order in which
    triggers fire. Cycles (PGT309), ways on which triggers may fire again, and long chains stand
    out. What could not be read is named.
    """
    if depth is not None and not (tables or apps):
        raise click.UsageError("--depth needs --table or --app.")
    analysis = analyze_target(target, history=True)
    made = make_graph(analysis)
    if tables or apps:
        made = selected(made, tables, apps, 1 if depth is None else depth)
    file = target.directory / output_file if output_file else None
    echo_result(_FORMATS[output_format](made), analysis.project.root, file)
    echo_summary(analysis)
