"""Makes the rules' documentation from their docstrings: pages, index, and the README's table."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence

from pgtrigger_codegen.errors import docs_url
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.rule import Rule

HOMEPAGE = "https://github.com/pgtrigger-codegen/pgtrigger-codegen"

_INTRODUCTION = (
    "`pgtrigger-codegen rule CODE` prints these pages. A severity is the gravest that the rule"
    " reports."
)
_LIST_MARK = re.compile(r"^- ", re.MULTILINE)
_END_OF_SENTENCE = re.compile(r"(?<=\.)\s")
_FAMILIES = {
    "PGT0": "reading the project",
    "PGT1": "declarations",
    "PGT2": "definitions, which PostgreSQL refuses or which never fire",
    "PGT3": "function bodies",
    "PGT4": "migrations",
    "PGT5": "settings",
    "PGT6": "server",
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
    """What the rule does, in one paragraph; a list that ends its sentence is part of it."""
    _, _, text = (inspect.getdoc(rule) or "").partition("## What it does\n")
    summary = ""
    for paragraph in text.split("\n\n"):
        summary = f"{summary} {_LIST_MARK.sub('', paragraph)}"
        if summary.rstrip().endswith("."):
            break
    return " ".join(summary.split())


def rule_sentence(rule: Rule) -> str:
    """What the rule does, in one sentence."""
    return _END_OF_SENTENCE.split(rule_summary(rule), maxsplit=1)[0]


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
        "url": page_url(rule.code),
    }


def page_url(code: str) -> str:
    """Where the page of the rule of that code can be read."""
    return docs_url(f"rules/{code}.md")


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
    for prefix, subject, rules in families():
        parts += [f"## {prefix}: {subject}\n", rules_table(rules, folder="")]
    return "\n".join(parts)


def families() -> list[tuple[str, str, Sequence[Rule]]]:
    """The beginning of the codes of each family, what the family is about, and its rules."""
    return [
        (prefix, subject, rules)
        for prefix, subject in _FAMILIES.items()
        if (rules := [rule for rule in RULES if rule.code.startswith(prefix)])
    ]
