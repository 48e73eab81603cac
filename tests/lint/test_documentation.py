"""The committed pages are those that the rules' docstrings give.

`pytest tests/lint/test_documentation.py --update-expected` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.documentation import (
    rule_page,
    rule_sentence,
    rule_summary,
    rules_index,
    rules_table,
)
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.lint.rule import Rule

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "rules"
MARKERS = ("<!-- rules -->\n", "<!-- /rules -->")


def expected_pages() -> dict[str, str]:
    return {"README.md": rules_index()} | {f"{rule.code}.md": rule_page(rule) for rule in RULES}


def test_pages(*, update_expected: bool) -> None:
    expected = expected_pages()
    if update_expected:
        for page in PAGES.glob("*.md"):
            page.unlink()
        for name, text in expected.items():
            (PAGES / name).write_text(text, encoding="utf-8")

    assert {page.name: page.read_text(encoding="utf-8") for page in PAGES.iterdir()} == expected


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_summary_is_whole_sentences_of_which_the_first_stands_for_it(rule: Rule) -> None:
    sentence = rule_sentence(rule)

    assert rule_summary(rule).startswith(sentence)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert sentence.count("(") == sentence.count(")")


def test_a_list_that_ends_a_sentence_is_part_of_the_summary() -> None:
    (rule,) = (rule for rule in RULES if rule.code == "PGT206")

    assert rule_summary(rule).endswith(
        "that does not fire after the event, fires on several operations, on TRUNCATE, or on "
        "updates of certain columns (`UpdateOf`), asks for the old rows of an insert, or for the "
        "new rows of a delete, gives one name to both tables."
    )


def test_table_of_the_readme(*, update_expected: bool) -> None:
    readme = ROOT / "README.md"
    before, opening, rest = readme.read_text(encoding="utf-8").partition(MARKERS[0])
    table, closing, after = rest.partition(MARKERS[1])
    assert (opening, closing) == MARKERS
    if update_expected:
        table = rules_table()
        readme.write_text(f"{before}{opening}{table}{closing}{after}", encoding="utf-8")

    assert table == rules_table()
