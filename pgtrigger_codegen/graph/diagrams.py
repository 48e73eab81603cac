"""The graph as Mermaid and as DOT, which GitHub and Graphviz draw.

A name within a label is text whatever it holds: in Mermaid all but letters and digits are entities,
in DOT quotes and backslashes are escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pgtrigger_codegen.graph.facts import Trigger, TriggerGraph, Use
from pgtrigger_codegen.graph.wording import cascade_words, remarks, summary
from pgtrigger_codegen.source.escaping import one_line


def mermaid(graph: TriggerGraph) -> str:
    """A flow chart: each table stands in a box with its triggers, which have round corners."""
    names = _Names(graph)
    lines = ["flowchart LR", *(f"    %% {_comment(line)}" for line in remarks(graph))]
    for number, table in enumerate(graph.tables):
        node = f'{names.table[table.name]}["{_label(table.name)}"]'
        triggers = [one for one in graph.triggers if one.table == table.name]
        # The table is a node in its box: Mermaid draws no arrow from inside of a box to the box.
        lines += [f'    subgraph s{number}[" "]', f"        {node}"]
        for trigger in triggers:
            text = f"{_label(_short(trigger))}<br/>{_label(trigger.when)}"
            if trigger.unknown:
                text += "<br/>may do more"
            lines.append(f'        {names.trigger[trigger.uri]}("{text}")')
        lines.append("    end")
    for use in graph.uses:
        arrow = "-.->" if use.verb == "SELECT" else "-->"
        ends = names.trigger[use.trigger], names.table[use.table]
        lines.append(f'    {ends[0]} {arrow}|"{_label(_said(use))}"| {ends[1]}')
    for cascade in graph.cascades:
        ends = names.table[cascade.referenced], names.table[cascade.table]
        arrow = "==>" if cascade.by == "database" else "-.->"
        lines.append(f'    {ends[0]} {arrow}|"{cascade_words(cascade)}"| {ends[1]}')
    lines += _mermaid_classes(graph, names)
    return "\n".join(lines) + "\n"


def dot(graph: TriggerGraph) -> str:
    """A directed graph for Graphviz."""
    names = _Names(graph)
    lines = [
        "digraph triggers {",
        *(f"    // {_comment(line)}" for line in remarks(graph)),
        f"    label={_quoted(summary(graph))};",
        "    rankdir=LR; node [shape=box, fontname=sans]; edge [fontname=sans, fontsize=10];",
    ]
    certain = {uri for way in graph.cycles for uri in way}
    maybe = {uri for way in graph.loops for uri in way} - certain
    for number, table in enumerate(graph.tables):
        lines.append(f"    subgraph cluster_{number} {{")
        lines.append(f"        label={_quoted(table.name)};")
        lines.append(
            f"        {names.table[table.name]} [label={_quoted(table.name)}, style=bold];"
        )
        for trigger in graph.triggers:
            if trigger.table == table.name:
                text = f"{_short(trigger)}\n{trigger.when}"
                text += "\nmay do more" if trigger.unknown else ""
                color = (
                    "red" if trigger.uri in certain else "orange" if trigger.uri in maybe else ""
                )
                style = f", color={color}, penwidth=2" if color else ""
                node = names.trigger[trigger.uri]
                lines.append(f"        {node} [label={_quoted(text)}, style=rounded{style}];")
        lines.append("    }")
    for use in graph.uses:
        style = ", style=dashed" if use.verb == "SELECT" else ""
        ends = f"{names.trigger[use.trigger]} -> {names.table[use.table]}"
        lines.append(f"    {ends} [label={_quoted(_said(use))}{style}];")
    for cascade in graph.cascades:
        ends = f"{names.table[cascade.referenced]} -> {names.table[cascade.table]}"
        style = "bold" if cascade.by == "database" else "dotted"
        lines.append(f'    {ends} [label="{cascade_words(cascade)}", style={style}];')
    return "\n".join([*lines, "}"]) + "\n"


class _Names:
    """Names of nodes, which stand for tables and triggers."""

    def __init__(self, graph: TriggerGraph) -> None:
        self.table = {table.name: f"t{number}" for number, table in enumerate(graph.tables)}
        self.trigger = {trigger.uri: f"g{number}" for number, trigger in enumerate(graph.triggers)}


def _mermaid_classes(graph: TriggerGraph, names: _Names) -> Iterator[str]:
    certain = [names.trigger[uri] for uri in _each(graph.cycles)]
    maybe = [names.trigger[uri] for uri in _each(graph.loops)]
    if certain:
        yield "    classDef cycle stroke:#cf222e,stroke-width:3px"
        yield f"    class {','.join(certain)} cycle"
    if maybe:
        yield "    classDef loop stroke:#bf8700,stroke-width:3px,stroke-dasharray:5"
        yield f"    class {','.join(maybe)} loop"


def _each(ways: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(uri for way in ways for uri in way))


def _short(trigger: Trigger) -> str:
    """The trigger's own name: its table stands around it."""
    return trigger.uri.partition(":")[2] or trigger.uri


def _said(use: Use) -> str:
    verb = "reads" if use.verb == "SELECT" else use.verb
    return verb if use.is_certain else f"{verb}?"


def _label(text: str) -> str:
    return "".join(
        character if character.isalnum() or character in " _.,()" else f"#{ord(character)};"
        for character in one_line(text)
    )


def _comment(text: str) -> str:
    return one_line(text).replace("%%", "% %").replace("{", "(").replace("}", ")")


def _quoted(text: str) -> str:
    lines = [one_line(line) for line in text.split("\n")]
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
