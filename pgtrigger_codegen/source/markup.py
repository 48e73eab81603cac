"""Stage source: text from a repository within Markdown, HTML and scripts.

A trigger can be called `<script>` or `|`, and a message can mention `@somebody`, who would get mail
from a pull request. Whatever is not plain is written as an entity, which is text to every reader.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

from pgtrigger_codegen.source.escaping import escaped, one_line

_PLAIN_CODE = re.compile(r"[A-Za-z0-9_.:/()=,~^+-][A-Za-z0-9_.:/()=,~^+ -]*(?<! )")
_SPECIAL = re.compile(r"[^\w\s.,:;/()'\"%?→–…-]|_|(?<=\s)[-+](?=\s)|^[-+]|(?<=www)\.|(?<=:)(?=//)")
# GitHub looks for mentions and issues in text that is rendered already, and so past entities.
_REFERENCES = frozenset("@#!$~&")
_NO_SPACE = "&#8203;"


def markdown_code(text: str) -> str:
    """The text as code within a line or a cell of a table."""
    shown = one_line(text)
    if _PLAIN_CODE.fullmatch(shown):
        return f"`{shown}`"
    return f"<code>{_entities(shown)}</code>"


def markdown_text(text: str) -> str:
    """A sentence within a line or a cell; what stands between backticks becomes code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(
        (markdown_code(part) if part.strip() else "") if index % 2 else _text(part)
        for index, part in enumerate(parts)
    )


def markdown_block(text: str, language: str = "") -> str:
    """Lines of code, whatever backticks they have, with a line break at the end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{escaped(text)}\n{fence}\n"


def html_text(text: str) -> str:
    """The text within an element or an attribute between quotes."""
    return html.escape(escaped(text))


def html_sentence(text: str) -> str:
    """A sentence on one line; what stands between backticks becomes code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(
        f"<code>{html_text(part)}</code>" if index % 2 else html_text(part)
        for index, part in enumerate(parts)
    )


def script_data(value: Any) -> str:
    """A value as JSON within `<script>`, which it cannot end."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _entities(text: str) -> str:
    return "".join(
        character if character.isalnum() or character in " .,:/()=" else f"&#{ord(character)};"
        for character in text
    )


def _text(text: str) -> str:
    return _SPECIAL.sub(_entity, text)


def _entity(match: re.Match[str]) -> str:
    character = match[0]
    if not character:
        return _NO_SPACE
    after = _NO_SPACE if character in _REFERENCES else ""
    return f"&#{ord(character)};{after}"
