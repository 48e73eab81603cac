from __future__ import annotations

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.third_party_registration import ThirdPartyRegistration
from pgtrigger_codegen.triggers.compiled import Origin
from tests.lint import facts

USER = facts.model("auth.User")
ORDER = facts.model("shop.Order")
THROUGH = facts.model("auth.User_groups", through_field="auth.User.groups")


def check(uri: str, *, runsql_mode: bool, origin: Origin = "register") -> list[Diagnostic]:
    analysis = facts.analysis(
        runsql_mode=runsql_mode,
        models=[USER, ORDER, THROUGH],
        triggers=(facts.trigger(uri, facts.span(7), origin=origin),),
    )
    return list(ThirdPartyRegistration().check(LintContext(analysis)))


def test_error_outside_runsql_mode_says_that_the_trigger_is_lost() -> None:
    (found,) = check("auth.User:keep", runsql_mode=False)

    assert (found.severity, found.span) == (Severity.ERROR, facts.span(7))
    assert "`auth.User`" in found.message
    assert "migrations of `auth`, outside the project" in found.notes[0].message


def test_warning_in_runsql_mode_says_where_the_trigger_is_written() -> None:
    (found,) = check("auth.User:keep", runsql_mode=True)

    assert found.severity is Severity.WARNING
    assert "migrations of `shop`" in found.notes[0].message


def test_a_hook_counts_as_a_registration() -> None:
    assert check("auth.User:keep", runsql_mode=True, origin="hook")


def test_default_through_model_is_wrong_outside_runsql_mode_only() -> None:
    (found,) = check("auth.User_groups:keep", runsql_mode=False)

    assert found.help is not None
    assert "PGTRIGGER_MIGRATIONS = False" in found.help
    assert check("auth.User_groups:keep", runsql_mode=True) == []


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("shop.Order:keep", "register"),
        ("auth.User:keep", "provider"),
        ("elsewhere.Model:keep", "register"),
    ],
    ids=["a first-party model", "a library's own doing", "a model that is not known"],
)
def test_must_not_fire(uri: str, origin: Origin) -> None:
    assert check(uri, runsql_mode=False, origin=origin) == []
