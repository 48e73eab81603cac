"""The graph as a page of HTML that needs nothing else: no network, no other file.

Names and SQL of the project are data, which the script shows as text; none of it is ever HTML.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from pgtrigger_codegen.graph.facts import TriggerGraph
from pgtrigger_codegen.graph.json_document import as_data
from pgtrigger_codegen.graph.wording import remarks, summary
from pgtrigger_codegen.source.markup import html_text, script_data


def html_page(graph: TriggerGraph) -> str:
    """The whole page."""
    script, style = _part("page.js"), _part("page.css")
    policy = f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    data = {**as_data(graph), "summary": summary(graph), "remarks": list(remarks(graph))}
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html_text(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Triggers: {html_text(summary(graph))}</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{_part('page.html')}"
        f'<script type="application/json" id="data">{script_data(data)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _part(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """By this, a browser runs the script of ours, and no other."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
