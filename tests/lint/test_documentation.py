"""The committed pages are those that the rules' docstrings give.

`pytest tests/lint/test_documentation.py --update-expected` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.lint.documentation import rule_page, rules_index, rules_table
from pgtrigger_codegen.lint.registry import RULES

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


def test_table_of_the_readme(*, update_expected: bool) -> None:
    readme = ROOT / "README.md"
    before, opening, rest = readme.read_text(encoding="utf-8").partition(MARKERS[0])
    table, closing, after = rest.partition(MARKERS[1])
    assert (opening, closing) == MARKERS
    if update_expected:
        table = rules_table()
        readme.write_text(f"{before}{opening}{table}{closing}{after}", encoding="utf-8")

    assert table == rules_table()
