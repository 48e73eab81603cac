"""What is shown of a trigger is Markdown, and what a stranger has written is code in it."""

from __future__ import annotations

from markdown_it import MarkdownIt

from pgtrigger_codegen.server.hovers import (
    code_span,
    innermost,
    rule_at,
    trigger_page,
    without_links,
)
from pgtrigger_codegen.server.messages import Ready, TriggerFacts
from pgtrigger_codegen.source.span import Span

READY = Ready({"PGT103": "# page"}, {"lost-inherited-triggers": "PGT103"}, "pgtrigger-codegen:")


def trigger(
    uri: str = "shop.Order:protect", sql: str = "SELECT 1", **facts: object
) -> TriggerFacts:
    known = {
        "span": Span("/m.py", 3, 5, 5, 6),
        "pgid": "pgtrigger_protect_12345",
        "table": "shop_order",
        "migration_app": "shop",
        "events": "BEFORE DELETE FOR EACH ROW",
        **facts,
    }
    return TriggerFacts(uri=uri, sql=sql, **known)  # type: ignore[arg-type]


def test_the_page_of_a_trigger() -> None:
    page = trigger_page(
        [
            trigger(
                locks=(("SHARE ROW EXCLUSIVE", "shop_order", "writes"),),
                migration="shop.0002_x",
                is_current=True,
            )
        ]
    )

    assert "Table `shop_order`, migrated by app `shop`." in page
    assert "Migration `shop.0002_x` installs this trigger." in page
    assert "Installing takes SHARE ROW EXCLUSIVE on `shop_order`: writes wait." in page
    assert page.endswith("```sql\nSELECT 1\n```\n")


def test_the_page_says_when_migrations_are_behind() -> None:
    assert "No migration installs this trigger yet." in trigger_page([trigger()])
    assert "in another form" in trigger_page([trigger(migration="shop.0002_x")])


def test_of_a_declaration_for_many_models_a_few_triggers_are_shown() -> None:
    page = trigger_page([trigger(f"shop.Model{number}:protect") for number in range(9)])

    assert page.count("```sql") == 3
    assert "6 more triggers" in page


def test_nothing_that_a_stranger_has_written_is_markup() -> None:
    hostile = "`` <script>x</script> [click](command:evil) ![](https://evil.example/x.png) \n# `"
    page = trigger_page(
        [
            trigger(
                hostile,
                "```\n" + hostile + "\n````\n<img src=x>\u202e",
                table=hostile,
                events=hostile,
                migration=hostile,
                locks=(("ACCESS EXCLUSIVE", hostile, "reads and writes"),),
            )
        ]
    )

    tokens = MarkdownIt("commonmark").parse(page)
    kinds = {inner.type for token in tokens for inner in (token, *(token.children or ()))}
    assert not kinds & {"link_open", "image", "html_block", "html_inline", "heading_open"}
    assert "\u202e" not in page


def test_no_message_has_a_link_that_runs_a_command() -> None:
    assert without_links("in [x](command:evil)[y](z)") == "in [x] (command:evil)[y] (z)"


def test_code_within_a_line() -> None:
    assert code_span("shop_order") == "`shop_order`"
    assert code_span("a`b") == "``a`b``"
    assert code_span("`a") == "`` `a ``"
    assert code_span("a\nb") == "`a\\nb`"


def test_of_nested_declarations_the_inner_one_is_meant() -> None:
    outer = trigger("shop.Order:outer", span=Span("/m.py", 1, 1, 9, 1))
    inner = trigger("shop.Order:inner", span=Span("/m.py", 3, 5, 3, 20))

    assert innermost([outer, inner], 3, 10) == (inner,)
    assert innermost([outer, inner], 4, 1) == (outer,)
    assert innermost([outer, inner], 12, 1) == ()


def test_a_rule_is_found_by_its_code_anywhere_and_by_its_name_in_our_comments() -> None:
    comment = "x = 1  # pgtrigger-codegen: ignore[PGT103, lost-inherited-triggers]"
    name = comment.index("lost") + 1

    assert rule_at(comment, comment.index("PGT") + 1, READY) == ("PGT103", 36, 42)
    assert rule_at(comment, name + 5, READY) == ("PGT103", name, name + 23)
    assert rule_at(comment, 1, READY) is None
    assert rule_at("# see PGT103", 9, READY) == ("PGT103", 7, 13)
    assert rule_at("# see PGT999", 9, READY) is None
    assert rule_at("a = 'lost-inherited-triggers'", 9, READY) is None
