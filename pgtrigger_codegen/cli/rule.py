"""`rule`: explains the rules of `lint`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence

import click

from pgtrigger_codegen.cli.markdown import rendered
from pgtrigger_codegen.cli.terminal import wants_colour
from pgtrigger_codegen.lint.documentation import rule_as_json, rule_page
from pgtrigger_codegen.lint.registry import RULES, find_rule


@click.command()
@click.argument("code", required=False)
@click.option("--all", "all_rules", is_flag=True, help="Explain all rules.")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How rules are printed.",
)
def rule(code: str | None, *, all_rules: bool, output_format: str) -> None:
    """Explain the rule with that CODE or name, or all of them."""
    if all_rules is (code is not None):
        raise click.UsageError("Give the CODE of a rule, or --all.")
    rules = [find_rule(code)] if code is not None else list(RULES)
    if output_format == "text":
        _echo_pages([rule_page(one) for one in rules])
        return
    documents = [rule_as_json(one) for one in rules]
    shown = documents if all_rules else documents[0]
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))


def _echo_pages(pages: Sequence[str]) -> None:
    """Prints pages: as Markdown, and on a terminal as that shows them."""
    colour = wants_colour(sys.stdout)
    if colour or sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        pages = [rendered(page, width, colour=colour) for page in pages]
    click.echo("\n".join(pages), nl=False, color=True if colour else None)
