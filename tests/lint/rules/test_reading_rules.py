"""Rules about what could not be read, or was refused: they pass on what the analysis says."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import SyntaxProblem
from pgtrigger_codegen.evaluator.values import unknown
from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.lint.diagnostic import Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rule import Rule
from pgtrigger_codegen.lint.rules.invalid_trigger_arguments import InvalidTriggerArguments
from pgtrigger_codegen.lint.rules.invalid_trigger_name import InvalidTriggerName
from pgtrigger_codegen.lint.rules.syntax_error import SyntaxErrorRule
from pgtrigger_codegen.lint.rules.unknown_field import UnknownField
from pgtrigger_codegen.lint.rules.unresolved_trigger import UnresolvedTriggerRule
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.triggers.compiled import Cause, UnresolvedTrigger
from tests.lint import facts
from tests.support.projects import analyzed


def test_syntax_error_stands_where_the_parser_gave_up() -> None:
    problem = SyntaxProblem("expected ':'", facts.span(3, 12))

    (found,) = SyntaxErrorRule().check(LintContext(facts.analysis(syntax_problems=(problem,))))

    assert (found.code, found.severity, found.span) == ("PGT001", Severity.ERROR, problem.span)
    assert "expected ':'" in found.message


@pytest.mark.parametrize(
    ("uri", "model", "named"),
    [
        ("shop.Order:protect", "shop.Order", "The trigger `shop.Order:protect` cannot"),
        (None, "shop.Order", "The trigger on `shop.Order` cannot"),
        (None, None, "The trigger cannot"),
    ],
)
def test_unresolved_trigger_is_named_as_far_as_it_is_known(
    uri: str | None, model: str | None, named: str
) -> None:
    unresolved = UnresolvedTrigger(
        Cause.UNREADABLE, "it is random", uri, model, "shop", facts.span(2)
    )

    (found,) = UnresolvedTriggerRule().check(LintContext(facts.analysis(unresolved=(unresolved,))))

    assert found.message.startswith(named)
    assert found.message.endswith("it is random")
    assert found.severity is Severity.WARNING
    assert found.help is not None
    assert "`shop`" in found.help


def test_missing_parts_of_a_namespace_package_are_one_finding(tmp_path: Path) -> None:
    imports = "from acme.core.auth import Permission\nfrom acme.ui import widgets\n"

    (found,) = run(analyzed(tmp_path, imports, {"acme/orders/__init__.py": ""}))

    assert (found.code, found.span.line) == ("PGT006", 1)
    assert "`acme.core.auth` is imported and is not there (the same holds for 1" in found.message
    assert [note.message for note in found.notes] == ["`acme.ui` is imported and is not there"]


def test_notes_without_a_place_stand_at_the_finding() -> None:
    unresolved = UnresolvedTrigger(
        Cause.UNREADABLE,
        "it is random",
        None,
        None,
        None,
        facts.span(2),
        (unknown.ReasonStep("called here", facts.span(9)), unknown.ReasonStep("of a library")),
    )

    (found,) = UnresolvedTriggerRule().check(LintContext(facts.analysis(unresolved=(unresolved,))))

    assert found.notes == (
        Note("called here", facts.span(9)),
        Note("of a library", facts.span(2)),
    )


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (UnresolvedTriggerRule(), "PGT002"),
        (InvalidTriggerName(), "PGT105"),
        (InvalidTriggerArguments(), "PGT106"),
        (UnknownField(), "PGT208"),
    ],
)
def test_each_rule_takes_its_own_code_only(rule: Rule, code: str) -> None:
    unresolved = (
        UnresolvedTrigger(Cause.UNREADABLE, "reason", None, None, None, facts.span(2)),
        UnresolvedTrigger(Cause.BAD_NAME, "reason", None, None, None, facts.span(3)),
        UnresolvedTrigger(Cause.BAD_ARGUMENTS, "reason", None, None, None, facts.span(4)),
        UnresolvedTrigger(Cause.UNKNOWN_FIELD, "reason", None, None, None, facts.span(5)),
    )

    found = list(rule.check(LintContext(facts.analysis(unresolved=unresolved))))

    assert [(one.code, one.span) for one in found] == [
        (code, item.span) for item in unresolved if CODES[item.cause] == code
    ]
