"""Says what there is to know of a trigger or a rule, as Markdown.

Names and SQL are a stranger's. They stand in code alone, whose fences are longer than what is in
them, so that nothing of them is Markdown, HTML or a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from pgtrigger_codegen.server.messages import Ready, TriggerFacts
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.source.markup import markdown_block
from pgtrigger_codegen.source.wording import counted

_CODE = re.compile(r"\bPGT\d{3}\b")
_NAME = re.compile(r"[a-z]+(?:-[a-z]+)+")
_MOST = 3
"""Triggers that are shown in full: a base's may stand for hundreds."""


def trigger_page(triggers: Sequence[TriggerFacts]) -> str:
    """The triggers that one expression declares."""
    parts = [_page(trigger) for trigger in triggers[:_MOST]]
    if (more := len(triggers) - _MOST) > 0:
        parts.append(f"… and {counted(more, 'more trigger')} of the same declaration.\n")
    return "\n---\n\n".join(parts)


def innermost(triggers: Iterable[TriggerFacts], line: int, column: int) -> tuple[TriggerFacts, ...]:
    """The triggers whose declaration a place is in; of nested ones, those of the innermost."""
    around = [
        trigger
        for trigger in triggers
        if (trigger.span.line, trigger.span.column)
        <= (line, column)
        <= (trigger.span.end_line, trigger.span.end_column)
    ]
    inner = max((one.span for one in around), key=lambda s: (s.line, s.column), default=None)
    return tuple(one for one in around if one.span == inner)


def rule_at(line: str, column: int, ready: Ready) -> tuple[str, int, int] | None:
    """The rule whose code, or name in one of our comments, stands at a column of a line.

    Args:
        column: From 1.
        ready: What the other process says of the rules.

    Returns:
        Its code, and the columns where what stands for it begins and ends.
    """
    codes = ready.codes
    patterns = (_CODE, _NAME) if ready.marker in line else (_CODE,)
    for pattern in patterns:
        for match in pattern.finditer(line):
            code = codes.get(match[0], match[0])
            if match.start() < column <= match.end() + 1 and code in ready.pages:
                return code, match.start() + 1, match.end() + 1
    return None


def code_span(text: str) -> str:
    """The text as code within a line, whatever backticks it has."""
    shown = one_line(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") else ""
    return f"{fence}{pad}{shown or ' '}{pad}{fence}"


def without_links(text: str) -> str:
    """The text of a message, in which VS Code would make links of `[words](command:…)`."""
    return text.replace("](", "] (")


def _page(trigger: TriggerFacts) -> str:
    lines = [
        f"**{code_span(trigger.uri)}** {code_span(trigger.events)}",
        f"Table {code_span(trigger.table)}, migrated by app {code_span(trigger.migration_app)}.",
        _installed(trigger),
        *_locks(trigger),
    ]
    return "\n\n".join(lines) + "\n\n" + markdown_block(trigger.sql.rstrip(), "sql")


def _installed(trigger: TriggerFacts) -> str:
    if trigger.migration is None:
        return "No migration installs this trigger yet."
    name = code_span(trigger.migration)
    if trigger.is_current:
        return f"Migration {name} installs this trigger."
    return f"Migration {name} installs this trigger in another form than is declared here."


def _locks(trigger: TriggerFacts) -> Iterator[str]:
    for name, table, blocks in trigger.locks:
        waits = "nothing waits" if blocks == "nothing" else f"{blocks} wait"
        yield f"Installing takes {name} on {code_span(table)}: {waits}."
