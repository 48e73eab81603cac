"""Modules by their dotted names: found, read and parsed once."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pgtrigger_codegen.crashes import Crash, contain
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.files import FileRefusedError
from pgtrigger_codegen.source.finder import ModuleFinder, ModuleLocation
from pgtrigger_codegen.source.module import Module, SourceSyntaxError, read_module
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.stubs import find_stub, stubbed_packages
from pgtrigger_codegen.source.unread import GapKind, Unread
from pgtrigger_codegen.source.walking import walk

_MOST_FILES = 400


class ModuleLoader:
    """Reads modules of the project and of the packages it uses.

    Attributes:
        syntax_errors: What did not parse, in the order it was met.
        unread: What could not be read of the project's own modules, by module.
        complete: Whether the project's own environment is known, so that a module which is
            not found is really not installed there.
        python_version: Major and minor of the project's Python, where they are known.
        versions: What the project's lock files say, by distribution.
        stubs_loaded: Whether a stub stood for a package that is not installed here.
        is_eager: Whether all of a module is executed as soon as a name of it is asked for.
        started: Modules that Django imports itself: nothing catches what one of them raises.
        found_out: What was found out about the modules, by its type: once for all evaluations.
    """

    def __init__(
        self,
        finder: ModuleFinder,
        *,
        complete: bool,
        python_version: tuple[int, int] | None = None,
        is_eager: bool = False,
    ) -> None:
        self.finder = finder
        self.complete = complete
        self.python_version = python_version
        self.is_eager = is_eager
        self.versions: Mapping[str, str] = {}
        self.stubs_loaded = False
        self.started: set[str] = set()
        self.found_out: dict[type, Any] = {}
        self.syntax_errors: dict[str, SourceSyntaxError] = {}
        self.unread: dict[str, Unread] = {}
        self._modules: dict[str, Module | Unknown] = {}
        self._mentions: dict[str, bool] = {}

    def find(self, name: str) -> ModuleLocation | None:
        """Where a module is, without reading it."""
        return self.finder.find(name)

    def find_stub(self, name: str) -> ModuleLocation | None:
        """Where the stub of a module is, if it belongs to a package that nobody can look into.

        The project's own environment wins: a package that is not in it is not installed. A
        release that the stub was not compared with is not guessed at.
        """
        package = name.partition(".")[0]
        if self.complete or self.find(package) is not None:
            return None
        known = stubbed_packages().get(package)
        if known is None or not known.covers(self.versions.get(known.distribution)):
            return None
        return find_stub(name)

    def is_first_party(self, name: str) -> bool:
        """Whether a module of that name belongs to the project."""
        location = self.find(name)
        return location is not None and location.first_party

    def stands_in_project(self, span: Span) -> bool:
        """Whether a place is in a file of the project's own."""
        return self.finder.is_first_party(Path(span.path))

    def start(self, name: str) -> None:
        """Takes note that Django itself imports a module, and the packages around it."""
        parts = name.split(".")
        self.started.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))

    def load(self, name: str) -> Module | Unknown:
        """The parsed module, or why there is none."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def package_mentions(self, name: str, words: Sequence[bytes]) -> bool:
        """Whether a file of the package that a module belongs to has one of some words, or may."""
        top = name.partition(".")[0]
        if top not in self._mentions:
            self._mentions[top] = self._may_mention(top, words)
        return self._mentions[top]

    def _may_mention(self, package: str, words: Sequence[bytes]) -> bool:
        location = self.find(package)
        if location is None or not location.is_package:
            return True
        files = [
            f"{folder}{os.sep}{name}"
            for top in location.search_paths
            for folder, _, names in walk(top)
            for name in names
            if name.endswith(".py")
        ]
        if len(files) > _MOST_FILES:
            return True  # it would take longer to search than to execute what is needed of it
        try:
            return any(word in content for content in map(read_bytes, files) for word in words)
        except OSError:
            return True

    def loaded(self) -> list[Module]:
        """The modules that were read."""
        return [module for module in self._modules.values() if isinstance(module, Module)]

    def _read(self, name: str) -> Module | Unknown:
        location = self.find(name)
        if location is None and (location := self.find_stub(name)) is not None:
            self.stubs_loaded = True
        if location is None:
            return Unknown(f"module `{name}` is not found")
        if location.path is None:
            return Unknown(f"`{name}` is a namespace package without code")
        if location.refused:
            return self._refuse(location, location.refused)
        path, start = location.path, Span(str(location.path), 1, 1, 1, 1)
        read = functools.partial(
            read_module, is_package=location.is_package, first_party=location.first_party
        )
        try:
            found = contain(
                "the reading of a file", lambda: read(name, path), SourceSyntaxError, OSError
            )
        except SourceSyntaxError as error:
            self.syntax_errors.setdefault(name, error)
            self._note(location, GapKind.SYNTAX_ERROR, error.message, error.span)
            return Unknown(f"module `{name}` does not parse: {error.message}", error.span)
        except FileRefusedError as error:
            return self._refuse(location, error.strerror)
        except OSError as error:
            reason = error.strerror or str(error)
            self._note(location, GapKind.UNREADABLE_FILE, reason, start)
            return Unknown(f"module `{name}` cannot be read: {reason}", start)
        if isinstance(found, Crash):
            self._note(location, GapKind.READING_FAILED, found.reason, start)
            return Unknown(f"module `{name}` cannot be read: {found.reason}", start)
        return found

    def _refuse(self, location: ModuleLocation, reason: str) -> Unknown:
        span = Span(str(location.path), 1, 1, 1, 1)
        self._note(location, GapKind.REFUSED_FILE, reason, span)
        return Unknown(f"module `{location.name}` is not read: {reason}", span)

    def _note(self, location: ModuleLocation, kind: GapKind, reason: str, span: Span) -> None:
        if location.first_party:
            self.unread.setdefault(location.name, Unread(kind, reason, span))
