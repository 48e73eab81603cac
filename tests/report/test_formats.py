"""The formats of a report: hostile names, large changes, and the same facts in all of them."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from pgtrigger_codegen.report.facts import (
    Finding,
    NotRead,
    Operation,
    Report,
    SqlStep,
    TriggerChange,
)
from pgtrigger_codegen.report.html import html_page
from pgtrigger_codegen.report.json_document import json_document
from pgtrigger_codegen.report.markdown import MARKER, markdown
from pgtrigger_codegen.source.place import Place

GITHUB_TAKES = 65_536
HOSTILE = (
    "a|b",
    "`tick`",
    "```\nfence",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "line\nbreak",
    "::error::oops",
    "@everyone #1",
    "<!-- pgtrigger-codegen report -->",
    "</details>",
    "[link](javascript:alert(1))",
    "\u202egnp.exe",
    "&amp;",
    "# heading",
    "",
    " ",
    "`",
)


def change(name: str) -> TriggerChange:
    """A change of which every text is, or holds, a name."""
    place = Place(name, 1)
    steps = (
        SqlStep(f"drops trigger `{name}`", "AccessExclusiveLock", name),
        SqlStep(f"runs {name}", is_known=False),
    )
    return TriggerChange(
        uri=name,
        kind="rename",
        table=name,
        old_uri=f"old {name}",
        place=place,
        reasons=(f"renamed from {name}",),
        diff=("@@ -1 +1 @@", f"-{name}", f"+{name}"),
        operations=(Operation(("app", name), f"app.{name}", place, "RunSQL", steps, None),),
        is_written=True,
        is_new_table=False,
        findings=(Finding("PGT302", "error", name, place, f"help {name}"),),
        error=None,
        advice=(f"Look at `{name}`.",),
    )


def report(*changes: TriggerChange, unread: tuple[NotRead, ...] = ()) -> Report:
    return Report(
        since="main",
        changes=changes,
        findings=(),
        not_read=unread,
        unresolved=unread,
        incomplete=bool(unread),
    )


def rendered(text: str) -> str:
    """As GitHub's renderer has it, but that HTML of a closed list only would pass there."""
    return str(MarkdownIt("commonmark").enable("table").render(text))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        self.closed.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def parsed(html: str) -> _Tags:
    tags = _Tags()
    tags.feed(html)
    tags.close()
    return tags


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_markdown(name: str) -> None:
    unread = (NotRead(name, name, Place(name, 1), is_new=True),)
    text = markdown(replace(report(change(name), unread=unread), since=name))
    plain = markdown(report(change("plain"), unread=(NotRead("a", "a", Place("a", 1), True),)))

    tags, expected = parsed(rendered(text)), parsed(rendered(plain))

    assert {*tags.opened} == {*expected.opened}
    for tag in ("details", "table", "tr", "td", "pre", "li", "summary"):
        assert tags.opened.count(tag) == expected.opened.count(tag), tag
        assert tags.closed.count(tag) == expected.closed.count(tag), tag
    assert tags.comments == expected.comments == [" pgtrigger-codegen report "]
    assert {*tags.attributes} <= {"class"}
    assert "\u202e" not in text
    assert text.startswith(MARKER)


def test_nobody_is_mentioned() -> None:
    finding = Finding("PGT302", "error", "ask @somebody about #12", Place("a.py", 1), None)

    text = markdown(report(replace(change("x"), findings=(finding,))))

    assert "@somebody" not in parsed(rendered(text)).text
    assert "#12" not in parsed(rendered(text)).text


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_page(name: str) -> None:
    unread = (NotRead(name, name, Place(name, 1), is_new=True),)
    page = html_page(replace(report(change(name), unread=unread), since=name))
    plain = html_page(report(change("plain"), unread=(NotRead("a", "a", Place("a", 1), True),)))

    tags, expected = parsed(page), parsed(plain)

    assert {*tags.opened} == {*expected.opened}
    assert "script" not in tags.opened
    assert tags.attributes == expected.attributes
    assert "\u202e" not in page


def test_a_page_needs_no_network() -> None:
    page = html_page(report(change("x")))

    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'" in page.replace("&#x27;", "'")


def test_json_holds_any_name() -> None:
    for name in HOSTILE:
        (found,) = json.loads(json_document(report(change(name))))["changes"]
        assert (found["uri"], found["old_uri"]) == (name, f"old {name}")
        assert found["waits"] is None


def _large(count: int) -> Report:
    diff = ("@@ -1,3 +1,3 @@", *(f"+    -- line {number} of a function" for number in range(30)))
    one = replace(change("x"), diff=diff)
    return report(
        *(replace(one, uri=f"shop.Order{number}:guard", table="t") for number in range(count))
    )


def test_a_hundred_triggers_fit_into_a_comment() -> None:
    text = markdown(_large(100))

    assert len(text.encode()) < GITHUB_TAKES
    assert text.count("| renamed |") == 100
    assert 10 < text.count("<details>") == text.count("</details>")
    left = 100 - text.count("<details>")
    assert f"{left} sections with details left out here" in text


def test_thousands_of_triggers_fit_into_a_comment_too() -> None:
    text = markdown(_large(3_000))

    assert len(text.encode()) < GITHUB_TAKES
    assert "more triggers.\n" in text
    assert "3000 renamed" in text


def test_without_a_limit_all_is_there() -> None:
    text = markdown(_large(200), most=None)

    assert text.count("<details>") == 200
    assert "left out" not in text


def test_what_waits_is_only_said_where_it_is_known() -> None:
    known = replace(change("x"), operations=())
    unknown = change("x")
    (operation,) = unknown.operations
    locked = replace(unknown, operations=(replace(operation, steps=operation.steps[:1]),))

    assert known.waits is None
    assert unknown.waits is None
    assert locked.waits == "reads and writes"
    assert replace(locked, is_new_table=True).waits == "nothing"
