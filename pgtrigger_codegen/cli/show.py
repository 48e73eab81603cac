"""`show`: the declared triggers, as text, JSON or SQL."""

from __future__ import annotations

import json
from typing import Any

import click

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.certificate.census import CountedSite
from pgtrigger_codegen.certificate.gaps import other_gaps
from pgtrigger_codegen.cli.common import (
    Target,
    analyze_target,
    echo_summary,
    no_cache_option,
    pass_target,
    place_as_json,
)
from pgtrigger_codegen.cli.output import require_unescaped
from pgtrigger_codegen.cli.speed import speed
from pgtrigger_codegen.cli.uris import full_uris
from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.sql.render import install_sql, uninstall_sql
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, UnresolvedTrigger


@click.command()
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "sql"]),
    default="text",
    show_default=True,
    help="How to print the triggers.",
)
@click.option("--sites", is_flag=True, help="List all places that can declare a trigger, too.")
@no_cache_option
@pass_target
def show(target: Target, uris: tuple[str, ...], output_format: str, *, sites: bool) -> None:
    """Show the triggers that the source declares.

    A URI is `app_label.ModelName:trigger_name`; with URIs, only those triggers are shown.
    """
    analysis = analyze_target(target)
    triggers, unresolved = _selected(analysis, uris)
    match output_format:
        case "json":
            document = _document(analysis, triggers, unresolved)
            if sites:
                document["sites"] = [_site(analysis, site) for site in analysis.census.sites]
            click.echo(json.dumps(document, indent=2))
        case "sql":
            for trigger in triggers:
                sql = install_sql(trigger.parts, trigger.hash)
                require_unescaped(sql, f"the SQL of {trigger.uri}")
                click.echo(f"-- {one_line(trigger.uri)}")
                click.echo(sql.rstrip() + "\n")
        case _:
            _echo_text(analysis, triggers, unresolved)
            if sites:
                _echo_sites(analysis)
    echo_summary(analysis)
    speed.reusable(analysis.project.root)


def _selected(
    analysis: Analysis, uris: tuple[str, ...]
) -> tuple[list[CompiledTrigger], list[UnresolvedTrigger]]:
    if not uris:
        return list(analysis.triggers), list(analysis.unresolved)
    known = {trigger.uri for trigger in analysis.triggers}
    known |= {item.uri for item in analysis.unresolved if item.uri is not None}
    uris = full_uris(uris, known)
    return (
        [trigger for trigger in analysis.triggers if trigger.uri in uris],
        [trigger for trigger in analysis.unresolved if trigger.uri in uris],
    )


def _document(
    analysis: Analysis, triggers: list[CompiledTrigger], unresolved: list[UnresolvedTrigger]
) -> dict[str, Any]:
    shown = analysis.project.display_path
    return {
        "version": 1,
        "triggers": [
            {
                "uri": trigger.uri,
                "app_label": trigger.app_label,
                "model": trigger.model,
                "table": trigger.table,
                "name": trigger.name,
                "pgid": trigger.pgid,
                "hash": trigger.hash,
                "class": trigger.class_name,
                "origin": trigger.origin,
                "migration_app": trigger.migration_app,
                "path": shown(trigger.span.path),
                "line": trigger.span.line,
                "column": trigger.span.column,
                "install_sql": install_sql(trigger.parts, trigger.hash),
                "uninstall_sql": uninstall_sql(trigger.parts),
            }
            for trigger in triggers
        ],
        "unresolved": [
            {
                "code": CODES[item.cause],
                "reason": item.reason,
                "uri": item.uri,
                "model": item.model,
                "path": shown(item.span.path),
                "line": item.span.line,
                "column": item.span.column,
            }
            for item in unresolved
        ],
        "assumptions": [
            {
                "name": item.name,
                "value": item.shown,
                "path": shown(item.span.path),
                "line": item.span.line,
                "column": item.span.column,
            }
            for item in analysis.assumptions
        ],
        "gaps": [
            {
                "kind": str(gap.kind),
                "reason": gap.reason,
                "concerns": str(gap.concerns),
                **place_as_json(analysis, gap.span),
            }
            for gap in analysis.certificate.gaps
        ],
        "coverage": {
            "found": len(triggers) + len(unresolved),
            "compiled": len(triggers),
            "unresolved": len(unresolved),
            "sites": len(analysis.census.sites),
        },
    }


def _site(analysis: Analysis, site: CountedSite) -> dict[str, Any]:
    return {
        "what": site.what,
        "name": site.name,
        "fate": site.fate,
        "why": site.why or None,
        **place_as_json(analysis, site.span),
    }


def _echo_sites(analysis: Analysis) -> None:
    for site in analysis.census.sites:
        name = f" `{site.name}`" if site.name else ""
        why = f" ({site.why})" if site.why else ""
        click.echo(
            f"{analysis.project.display_place(site.span)}{site.what}{name}: {site.fate}{why}"
        )


def _echo_text(
    analysis: Analysis, triggers: list[CompiledTrigger], unresolved: list[UnresolvedTrigger]
) -> None:
    shown = analysis.project.display_path
    lines: list[str] = []
    for trigger in triggers:
        parts = trigger.parts
        clauses = [parts.when, parts.operation, f"FOR EACH {parts.level}", parts.timing]
        lines.append(click.style(one_line(trigger.uri), bold=True))
        lines.append(f"  {' '.join(clause for clause in clauses if clause)}")
        if parts.condition:
            lines.append(f"  {parts.condition}")
        lines.append(f"  table {trigger.table}, migrated in {trigger.migration_app}")
        lines.append(f"  {shown(trigger.span.path)}:{trigger.span.line}:{trigger.span.column}")
    for item in unresolved:
        name = item.uri or item.model or "a trigger"
        lines.append(click.style(one_line(f"{name}: {CODES[item.cause]} {item.reason}"), fg="red"))
        lines.append(f"  {shown(item.span.path)}:{item.span.line}:{item.span.column}")
    for gap in other_gaps(analysis.certificate.gaps, analysis.unresolved):
        fg = "red" if gap.blocks else "yellow"
        lines.append(click.style(one_line(f"not read ({gap.kind}): {gap.reason}"), fg=fg))
        lines.append(f"  {analysis.project.display_place(gap.span)}may hide {gap.concerns.words}")
    if lines:
        click.echo("\n".join(lines))
