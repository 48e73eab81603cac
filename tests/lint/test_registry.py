"""What every rule must have."""

from __future__ import annotations

import pkgutil
import re
from pathlib import Path

import pytest

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.lint import rules
from pgtrigger_codegen.lint.registry import RULES, find_rule
from pgtrigger_codegen.lint.rule import Rule

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
SECTIONS = ["What it does", "Why is this bad?", "Example", "Use instead"]

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_no_file_of_the_rules_is_left_out() -> None:
    modules = {module.name for module in pkgutil.iter_modules(rules.__path__)}

    assert {type(rule).__module__.rpartition(".")[2] for rule in RULES} == modules


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]

    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)


@each_rule
def test_a_rule_is_named_like_its_file(rule: Rule) -> None:
    assert re.fullmatch(r"PGT\d{3}", rule.code)
    assert rule.name.replace("-", "_") == type(rule).__module__.rpartition(".")[2]


@each_rule
def test_a_rule_is_explained(rule: Rule) -> None:
    headings = re.findall(r"^ *## (.+)$", type(rule).__doc__ or "", re.MULTILINE)

    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS


@each_rule
def test_a_rule_has_a_fixture(rule: Rule) -> None:
    assert (FIXTURES / f"{rule.code}-{rule.name}.md").is_file()


@pytest.mark.parametrize("wanted", ["PGT103", "pgt103", "lost-inherited-triggers"])
def test_found_by_code_and_name(wanted: str) -> None:
    assert find_rule(wanted).code == "PGT103"


@pytest.mark.parametrize(
    ("wanted", "help"),
    [
        ("lost-inherited-trigger", "did you mean PGT103"),
        ("PGT1O3", "did you mean PGT103"),
        ("zzz", "the rules are PGT001, "),
        ("PGT3", "the rules that begin so are PGT301, PGT302, "),
        # Which of the digits is wrong, nobody knows; nor does a likeness tell what is meant.
        ("PGT129", "the rules are PGT001, "),
        ("PGT999", "the rules are PGT001, "),
        ("unknown-column-name", "the rules are PGT001, "),
    ],
)
def test_an_unknown_rule_comes_with_a_suggestion(wanted: str, help: str) -> None:
    with pytest.raises(CodegenError, match=help):
        find_rule(wanted)
