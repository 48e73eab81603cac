from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.selection import Selection, Selector, unknown_rule_help


class Lost(Rule):
    """Some rule."""

    code = "PGT103"
    name = "lost-inherited-triggers"
    severity = Severity.ERROR

    def check(self, context: LintContext) -> Iterator[Diagnostic]:
        yield from ()


class Taste(Lost):
    """A rule that is off by default."""

    code = "PGT113"
    name = "programmatic-registration"
    on_by_default: ClassVar[bool] = False


class Reading(Lost):
    """A rule of another family."""

    code = "PGT001"
    name = "syntax-error"


RULES = (Reading(), Lost(), Taste())


def selectors(text: str) -> tuple[Selector, ...]:
    return tuple(map(Selector, text.split()))


def included(selection: Selection) -> str:
    return " ".join(rule.code for rule in RULES if selection.includes(rule))


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "expected"),
    [
        (None, "", "", "PGT001 PGT103"),
        (None, "PGT113", "", "PGT001 PGT103 PGT113"),
        (None, "", "PGT1", "PGT001"),
        (None, "", "ALL", ""),
        (None, "", "lost-inherited-triggers", "PGT001"),
        ("", "", "", ""),
        ("ALL", "", "", "PGT001 PGT103 PGT113"),
        ("PGT1", "", "", "PGT103 PGT113"),
        ("pgt1", "", "PGT113", "PGT103"),
        ("PGT103", "", "PGT1", "PGT103"),
        ("PGT1", "", "PGT103 PGT11", ""),
        ("PGT103", "", "PGT103", ""),
        ("lost-inherited-triggers", "PGT0", "all", "PGT001 PGT103"),
    ],
)
def test_the_longest_selector_decides(
    select: str | None, extend: str, ignore: str, expected: str
) -> None:
    chosen = None if select is None else selectors(select)

    assert included(Selection(chosen, selectors(extend), selectors(ignore))) == expected


def test_select_of_the_command_line_replaces_all() -> None:
    configured = Selection(selectors("PGT0"), selectors("PGT113"), selectors("PGT103"))

    assert included(configured.overridden(select=selectors("PGT1"))) == "PGT103 PGT113"


def test_other_options_of_the_command_line_add() -> None:
    configured = Selection(None, (), selectors("PGT103"))

    added = configured.overridden(
        extend_select=selectors("PGT113"), ignore=selectors("syntax-error")
    )

    assert included(added) == "PGT113"


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("PGT103", None),
        ("Lost-Inherited-Triggers", None),
        ("PGT1", None),
        ("all", None),
        ("lost-triggers", "did you mean PGT103 (lost-inherited-triggers)?"),
        ("PGT104", "the rules are PGT001, PGT103, PGT113"),
        ("PGT1O3", "did you mean PGT103 (lost-inherited-triggers)?"),
        ("103", "did you mean PGT103 (lost-inherited-triggers)?"),
        ("sintax-error", "did you mean PGT001 (syntax-error)?"),
        ("PGT7", "codes begin with PGT0, PGT1"),
        ("E501", "the rules are PGT001, PGT103, PGT113"),
    ],
)
def test_unknown_rules(text: str, help: str | None) -> None:
    assert unknown_rule_help(Selector(text), RULES) == help
