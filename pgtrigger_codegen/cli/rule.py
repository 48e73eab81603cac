"""`rule`: what the rules of `lint` are about."""

from __future__ import annotations

import json

import click

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
        click.echo("\n".join(rule_page(one) for one in rules), nl=False)
        return
    documents = [rule_as_json(one) for one in rules]
    shown = documents if all_rules else documents[0]
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
