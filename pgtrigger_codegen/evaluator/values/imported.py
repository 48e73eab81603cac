"""Modules as values, and names that an import has bound and nobody has followed yet."""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.source.span import Span


class LibraryModule(Struct, frozen=True):
    """A real module of a library whose names are looked up, never more."""

    name: str


class SourceModule(Struct, frozen=True):
    """A module that is read, when a name of it is first needed."""

    name: str


class LazyImport(Struct, frozen=True):
    """A name bound by an import that has not been followed yet.

    Attributes:
        attribute: The name in that module, None for the module itself.
    """

    module: str
    attribute: str | None
    span: Span
