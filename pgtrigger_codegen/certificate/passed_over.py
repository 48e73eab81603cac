"""Stage certificate: places that earlier stages skipped and did not note themselves.

The loader notes files, the interpreter what it gives up. What nobody comes by is looked for here:
folders that cannot be listed, imports that lead nowhere, apps whose models are not where they were.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.evaluator.modules.missing_imports import missing_imports
from pgtrigger_codegen.models.made import made_models
from pgtrigger_codegen.models.reading import ModelReader
from pgtrigger_codegen.models.ready import functions_of_ready
from pgtrigger_codegen.project.project import App
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread


def passed_over(reader: ModelReader) -> Iterator[Unread]:
    """All that was passed over while the project was read."""
    yield from reader.loader.unread.values()
    yield from reader.interpreter.trace.unread
    for folder, reason in reader.loader.finder.unreadable_folders().items():
        yield Unread(GapKind.UNREADABLE_FILE, f"the folder cannot be listed: {reason}", _at(folder))
    yield from missing_imports(reader.loader, _executed(reader))
    for app in reader.project.apps.values():
        if app.first_party:
            yield from _without_models(app, reader)


def _executed(reader: ModelReader) -> Iterator[tuple[Module, list[ast.stmt]]]:
    """What Django executes as it starts: modules, and what `ready()` does."""
    for name in reader.import_order.modules:
        module = reader.loader.load(name)
        if isinstance(module, Module) and module.first_party:
            yield module, module.tree.body
    for app in reader.project.apps.values():
        for module, node in functions_of_ready(app, reader.loader):
            yield module, node.body


def _without_models(app: App, reader: ModelReader) -> Iterator[Unread]:
    """An app that has models by all signs, and no module that would hold them."""
    location = reader.loader.find(f"{app.name}.models")
    if location is not None and not location.is_namespace:
        return
    path = app.path / "models.py"
    if os.path.lexists(path):
        reason = "it is not a file" if path.is_dir() else "it cannot be found under its name"
        yield Unread(GapKind.UNREADABLE_FILE, reason, _at(path), app.label)
        return
    made = made_models(app)
    missing = [name for name in made if reader.registry.get(f"{app.label}.{name}") is None]
    if missing:
        names = ", ".join(f"`{name}`" for name in missing[:3])
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        reason = (
            f"the migrations of app `{app.label}` make {names}{more}, and the app has no models"
        )
        yield Unread(GapKind.MISSING_MODELS, reason, made[missing[0]], app.label)


def _at(path: str | Path, line: int = 1) -> Span:
    return Span(str(path), line, 1, line, 1)
