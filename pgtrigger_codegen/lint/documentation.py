"""The rules' documentation, made from their docstrings: pages, index, and the README's table."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.rule import Rule

HOMEPAGE = "https://github.com/pgtrigger-codegen/pgtrigger-codegen"

_INTRODUCTION = (
    "`pgtrigger-codegen rule CODE` prints these pages. A severity is the gravest that the rule"
    " reports."
)
_FAMILIES = {
    "PGT0": "reading the project",
    "PGT1": "declarations",
    "PGT2": "definitions, which PostgreSQL refuses or which never fire",
    "PGT3": "function bodies",
    "PGT4": "migrations",
    "PGT5": "settings",
}


def rule_page(rule: Rule) -> str:
    """One rule, explained, as Markdown."""
    facts = f"Severity: {rule.severity}."
    if rule.fixable:
        facts += " Some findings can be fixed with `lint --fix`."
    if not rule.on_by_default:
        facts += f' Off by default: `extend-select = ["{rule.code}"]` turns it on.'
    return f"# {rule.name} ({rule.code})\n\n{facts}\n\n{inspect.getdoc(rule)}\n"


def rule_summary(rule: Rule) -> str:
    """What the rule does, in one paragraph."""
    _, _, text = (inspect.getdoc(rule) or "").partition("## What it does\n")
    return " ".join(text.partition("\n\n")[0].split())


def rule_as_json(rule: Rule) -> dict[str, object]:
    """One rule for programs."""
    return {
        "code": rule.code,
        "name": rule.name,
        "severity": rule.severity.value,
        "fixable": rule.fixable,
        "on_by_default": rule.on_by_default,
        "summary": rule_summary(rule),
        "explanation": rule_page(rule),
        "url": page_url(rule),
    }


def page_url(rule: Rule) -> str:
    """Where the rule's page can be read."""
    return f"{HOMEPAGE}/blob/main/docs/rules/{rule.code}.md"


def rules_table(rules: Sequence[Rule] = RULES, *, folder: str = "docs/rules/") -> str:
    """All rules as a Markdown table whose codes link to the pages in a folder."""
    rows = [
        f"| [{rule.code}]({folder}{rule.code}.md) | {rule.name} | {rule.severity}"
        f" | {'sometimes' if rule.fixable else ''} |"
        for rule in rules
    ]
    return "\n".join(["| code | name | severity | fix |", "|---|---|---|---|", *rows]) + "\n"


def rules_index() -> str:
    """The page that lists all rules, by family."""
    parts = ["# Rules\n", f"{_INTRODUCTION}\n"]
    for prefix, subject in _FAMILIES.items():
        members = [rule for rule in RULES if rule.code.startswith(prefix)]
        if not members:
            continue
        parts += [f"## {prefix}: {subject}\n", rules_table(members, folder="")]
    return "\n".join(parts)
