"""The pictures of a graph: hostile names stay text, and the page works in a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest

from pgtrigger_codegen.graph.diagrams import dot, mermaid
from pgtrigger_codegen.graph.facts import Cascade, Missing, Table, Trigger, TriggerGraph, Use
from pgtrigger_codegen.graph.page import html_page
from pgtrigger_codegen.source.place import Place

HOSTILE = (
    '"quoted"',
    "a|b",
    "`tick`",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "line\nbreak",
    "end",
    "%% comment",
    "%%{init: {}}%%",
    "back\\slash",
    '\\"];evil[',
    "::error::oops",
    "a;b",
    "[x] (y) {z}",
    "\u2028",
    "click g0 call alert()",
)


def graph(name: str) -> TriggerGraph:
    """A graph of which every text is, or holds, a name."""
    place = Place(name, 1)
    trigger = Trigger(
        uri=f"shop.Order:{name}",
        table=name,
        app=name,
        name=name,
        function=name,
        when=f"AFTER UPDATE OF {name}",
        level="ROW",
        condition=name,
        origin="declared",
        sql=name,
        place=place,
        sets=(name,),
        calls=(name,),
        unknown=name,
    )
    return TriggerGraph(
        tables=(Table(name, name, name, {"UPDATE": (trigger.uri,)}),),
        triggers=(trigger,),
        uses=(Use(trigger.uri, "UPDATE", name, (name,), is_certain=False),),
        cascades=(Cascade(name, name, (name,)), Cascade(name, name, (name,), "django")),
        firings=(),
        cycles=((trigger.uri,),),
        unresolved=(Missing(name, name, place),),
        not_read=(Missing(name, name, None),),
        beyond=(name,),
    )


_MERMAID = (
    r"flowchart LR",
    r"%% [^\n]*",
    r'subgraph s\d+\[" "\]',
    r'[tg]\d+[\[(]"[\w #;.,()<>/]*"[\])]',
    r'[tg]\d+ (-->|-\.->|==>)\|"[\w #;.,()?]*"\| [tg]\d+',
    r"end",
    r"classDef \w+ [\w:#,-]+",
    r"class [\w,]+ \w+",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_flow_chart(name: str) -> None:
    text, plain = mermaid(graph(name)), mermaid(graph("plain"))

    lines = text.splitlines()
    assert len(lines) == len(plain.splitlines())
    for line in lines:
        assert any(re.fullmatch(pattern, line.strip()) for pattern in _MERMAID), line
        assert set(re.findall(r"<[^>]*>", line)) <= {"<br/>"} or line.strip().startswith("%%")
        assert "%%{" not in line


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_digraph(name: str) -> None:
    text, plain = dot(graph(name)), dot(graph("plain"))
    strings = re.compile(r'"(?:[^"\\]|\\.)*"')

    without = [strings.sub("S", line) for line in text.splitlines()]
    expected = [strings.sub("S", line) for line in plain.splitlines()]

    assert [line for line in without if not line.strip().startswith("//")] == [
        line for line in expected if not line.strip().startswith("//")
    ]
    assert len(without) == len(expected)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"]:
            self.scripts[-1] += data


def test_who_goes_on_deleting_is_told_apart() -> None:
    """The thick arrow is the database's, the dotted one Django's."""
    assert '==>|"DELETE cascades"| t0' in mermaid(graph("plain"))
    assert '-.->|"Django deletes too"| t0' in mermaid(graph("plain"))
    assert '[label="DELETE cascades", style=bold];' in dot(graph("plain"))
    assert '[label="Django deletes too", style=dotted];' in dot(graph("plain"))


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_the_page(name: str) -> None:
    page, plain = _Page(), _Page()
    page.feed(html_page(graph(name)))
    plain.feed(html_page(graph("plain")))

    assert page.tags == plain.tags
    data, script = page.scripts
    (trigger,) = json.loads(data)["triggers"]
    assert (trigger["sql"], trigger["name"]) == (name, name)
    assert script == plain.scripts[1]


def test_the_page_asks_nobody_and_reads_no_html() -> None:
    page = html_page(graph("plain"))

    assert "default-src &#x27;none&#x27;" in page
    assert re.search("script-src &#x27;sha256-[^;]+&#x27;", page)
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in page
    addresses = set(re.findall(r"\w+://[^\"' )]*", page))
    assert addresses == {"http://www.w3.org/2000/svg"}


_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.mark.slow
@pytest.mark.skipif(_CHROMIUM is None, reason="needs Chromium")
@pytest.mark.parametrize("name", ["keep", *HOSTILE[:6]])
def test_a_browser_shows_the_trigger_that_the_address_names(name: str, tmp_path: Path) -> None:
    file = tmp_path / "graph.html"
    file.write_text(html_page(graph(name)))
    assert _CHROMIUM is not None

    result = subprocess.run(
        [
            *(_CHROMIUM, *_FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"),
            f"file://{file}#{quote(f'shop.Order:{name}', safe='')}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    _, _, details = result.stdout.partition('id="details"')
    details, _, _ = details.partition("</aside>")
    assert "May do more than is drawn" in details
    assert "Part of a cycle without end" in details
    assert "<script" not in details
    assert 'class="trigger cycle chosen"' in result.stdout
