from __future__ import annotations

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.default_through_proxy import DefaultThroughProxy
from pgtrigger_codegen.models.facts import ModelFact
from tests.lint import facts

OWN = facts.model(
    "shop.OrderTagTriggers", proxy_of="shop.Order_tags", through_field="shop.Order.tags"
)
THEIRS = facts.model(
    "shop.UserGroupTriggers", proxy_of="auth.User_groups", through_field="auth.User.groups"
)


def check(model: ModelFact, *, runsql_mode: bool) -> list[Diagnostic]:
    return list(
        DefaultThroughProxy().check(
            LintContext(facts.analysis(runsql_mode=runsql_mode, models=[model]))
        )
    )


@pytest.mark.parametrize(
    ("model", "runsql_mode", "severity"),
    [
        (OWN, True, Severity.ERROR),
        (OWN, False, Severity.WARNING),
        (THEIRS, True, Severity.WARNING),
        (THEIRS, False, Severity.WARNING),
    ],
)
def test_error_only_where_migrate_is_sure_to_fail(
    model: ModelFact, runsql_mode: bool, severity: Severity
) -> None:
    (found,) = check(model, runsql_mode=runsql_mode)

    assert (found.severity, found.span) == (severity, model.span)
    fails = severity is Severity.ERROR
    assert ("makes `migrate` fail" in found.message) is fails
    assert ("can make `migrate` fail" in found.message) is not fails


def test_help_in_runsql_mode_is_to_register() -> None:
    (found,) = check(THEIRS, runsql_mode=True)

    assert found.help is not None
    assert "`pgtrigger.register(...)(User.groups.through)`" in found.help


@pytest.mark.parametrize(
    "model",
    [
        facts.model("shop.ProxyUser", proxy_of="auth.User"),
        facts.model("shop.Order_tags", through_field="shop.Order.tags"),
        facts.model(
            "auth.TheirProxy", proxy_of="auth.User_groups", through_field="auth.User.groups"
        ),
    ],
    ids=["a proxy of an ordinary model", "a through model itself", "a third party's proxy"],
)
def test_must_not_fire(model: ModelFact) -> None:
    assert check(model, runsql_mode=True) == []
