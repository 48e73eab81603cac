from __future__ import annotations

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Note, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.duplicate_trigger_name import DuplicateTriggerName
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.lint import facts


def check(
    *triggers: CompiledTrigger,
    foreign: tuple[CompiledTrigger, ...] = (),
    models: tuple[ModelFact, ...] = (),
) -> list[Diagnostic]:
    known = facts.analysis(triggers=triggers, foreign_triggers=foreign, models=models)
    return list(DuplicateTriggerName().check(LintContext(known)))


def test_the_later_one_is_reported_and_the_first_noted() -> None:
    later = facts.trigger("shop.Order:protect", facts.span(9))
    first = facts.trigger("shop.Order:protect", facts.span(4))

    (found,) = check(later, first)

    assert (found.severity, found.span) == (Severity.ERROR, later.span)
    assert [note.span for note in found.notes] == [first.span]


def test_a_proxy_shares_the_names_of_its_table() -> None:
    first = facts.trigger("shop.Order:protect", facts.span(4))
    proxy = facts.trigger("shop.OrderProxy:protect", facts.span(9), table="shop_order")

    assert [found.span for found in check(first, proxy)] == [proxy.span]


def test_three_of_a_name_are_two_findings() -> None:
    triggers = [facts.trigger("shop.Order:protect", facts.span(line)) for line in (4, 6, 8)]

    assert [found.span.line for found in check(*triggers)] == [6, 8]


def test_a_foreign_trigger_takes_the_name_but_is_not_reported() -> None:
    foreign = facts.trigger("auth.User:keep", facts.span(99))
    own = facts.trigger("shop.UserProxy:keep", facts.span(4), table="auth_user")

    (found,) = check(own, foreign=(foreign,))

    assert found.span == own.span
    assert [note.span for note in found.notes] == [foreign.span]


def test_one_trigger_that_comes_twice_is_a_warning_at_the_class_that_inherits_it() -> None:
    in_base = facts.span(2)
    order = facts.model("shop.Order", at=facts.span(10))
    proxy = facts.model("shop.OrderProxy", proxy_of="shop.Order", at=facts.span(20))
    triggers = [
        facts.trigger("shop.Order:protect", in_base, origin="inherited"),
        facts.trigger("shop.OrderProxy:protect", in_base, table="shop_order", origin="inherited"),
    ]

    (found,) = check(*triggers, models=(order, proxy))

    assert (found.severity, found.span) == (Severity.WARNING, proxy.span)
    assert "fires twice" in found.message
    assert found.notes == (
        Note("the trigger comes to the table as `shop.Order:protect` here", order.span),
        Note("the trigger is declared here", in_base),
    )


def test_equal_identifiers_on_two_tables() -> None:
    first = facts.trigger("shop.Order:protect", facts.span(4), pgid="pgtrigger_protect_aaaaa")
    second = facts.trigger("shop.Item:protect", facts.span(9), pgid="pgtrigger_protect_aaaaa")

    (found,) = check(first, second)

    assert found.span == second.span
    assert "pgtrigger_protect_aaaaa" in found.message


def test_one_name_on_two_tables_must_not_fire() -> None:
    order = facts.trigger("shop.Order:protect", facts.span(4))
    item = facts.trigger("shop.Item:protect", facts.span(4))

    assert check(order, item) == []


def test_names_that_differ_must_not_fire() -> None:
    one = facts.trigger("shop.Order:protect_deletes", facts.span(4))
    other = facts.trigger("shop.Order:protect_updates", facts.span(5))

    assert check(one, other) == []
