"""What an editor asks of a place or a file: hover, definition, symbols."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from lsprotocol import types

from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.server.documents import path_of
from pgtrigger_codegen.server.hovers import rule_at, trigger_page
from pgtrigger_codegen.server.migrations import migration_place
from pgtrigger_codegen.server.trigger_server import TriggerServer
from pgtrigger_codegen.source.escaping import one_line


async def _hover(ls: TriggerServer, params: types.HoverParams) -> types.Hover | None:
    uri = params.text_document.uri
    document = ls.files.documents.get(path_of(uri) or "")
    if document is None:
        return None
    lines = SourceText(document.text).lines
    positions = ls.positions(document)
    line, column = positions.place(params.position)
    ready = ls.reader.ready
    if ready is not None and line <= len(lines):
        rule = rule_at(lines[line - 1], column, ready)
        if rule is not None:
            code, start, end = rule
            where = types.Range(positions.position(line, start), positions.position(line, end))
            return types.Hover(_markup(ls, ready.pages[code]), where)
    found = await ls.triggers_at(uri, params.position)
    if found is None:
        return None
    triggers, document = found
    where = ls.positions(document).range(triggers[0].span)
    return types.Hover(_markup(ls, trigger_page(triggers)), where)


async def _definition(
    ls: TriggerServer, params: types.DefinitionParams
) -> list[types.Location] | None:
    found = await ls.triggers_at(params.text_document.uri, params.position)
    if found is None:
        return None
    places = [migration_place(one, ls.files, ls.encoding) for one in found[0]]
    return [place for place in places if place is not None] or None


async def _symbols(
    ls: TriggerServer, params: types.DocumentSymbolParams
) -> list[types.DocumentSymbol] | None:
    known = await ls.settled(params.text_document.uri)
    if known is None:
        return None
    _, answer, document = known
    positions = ls.positions(document)
    return [
        types.DocumentSymbol(
            name=one_line(trigger.uri),
            detail=one_line(f"{trigger.events} on {trigger.table}"),
            kind=types.SymbolKind.Event,
            range=positions.range(trigger.span),
            selection_range=positions.range(trigger.span),
        )
        for trigger in sorted(answer.triggers, key=lambda one: (one.span, one.uri))
        if trigger.span.path == document.path
    ]


def _markup(ls: TriggerServer, text: str) -> types.MarkupContent:
    document = ls.client_capabilities.text_document
    hover = document.hover if document else None
    formats = (hover.content_format if hover else None) or [types.MarkupKind.Markdown]
    is_known = types.MarkupKind.Markdown in formats
    return types.MarkupContent(
        types.MarkupKind.Markdown if is_known else types.MarkupKind.PlainText, text
    )


_FEATURES: dict[str, Callable[..., Coroutine[Any, Any, object]]] = {
    types.TEXT_DOCUMENT_HOVER: _hover,
    types.TEXT_DOCUMENT_DEFINITION: _definition,
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: _symbols,
}


def add_questions(server: TriggerServer) -> None:
    """Lets the server answer them."""
    for name, handler in _FEATURES.items():
        server.feature(name)(handler)
