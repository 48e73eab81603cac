"""Each reason has a rule, and a rule that says so."""

from __future__ import annotations

from pgtrigger_codegen.lint.causes import CODES
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.triggers.compiled import Cause


def test_each_cause_has_a_rule_of_its_own() -> None:
    assert set(CODES) == set(Cause)
    assert len(set(CODES.values())) == len(CODES)
    assert set(CODES.values()) <= {rule.code for rule in RULES}
