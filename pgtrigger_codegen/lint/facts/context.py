"""The facts that all rules of one run share: the analysis, and results that are computed once."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.facts.bodies import BodyTrigger, ReadBody, read_bodies
from pgtrigger_codegen.lint.facts.definitions import read_definitions
from pgtrigger_codegen.lint.facts.project_files import marked_files
from pgtrigger_codegen.migrations.changes.open_changes import IsCommitted
from pgtrigger_codegen.sql.body import Body, BodyUnread
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.definition import Definition
from pgtrigger_codegen.sql.server_faults import ServerFault
from pgtrigger_codegen.triggers.compiled import CompiledTrigger


class LintContext:
    """The facts for rules. Slow ones are computed when a rule first asks, and once.

    Args:
        analysis: The project.
        is_committed: Whether a file is in version control.
        server_faults: What a server says of the triggers, where one was asked.
    """

    def __init__(
        self,
        analysis: Analysis,
        is_committed: IsCommitted = lambda path: None,
        server_faults: tuple[ServerFault, ...] = (),
    ) -> None:
        self.analysis = analysis
        self.is_committed = is_committed
        self.server_faults = server_faults

    def definitions(self) -> tuple[tuple[CompiledTrigger, Definition], ...]:
        """Every declared trigger whose statement parses, with what its CREATE TRIGGER says."""
        return self._definitions

    def read_bodies(self) -> tuple[tuple[BodyTrigger, ReadBody], ...]:
        """Every trigger that has a function of its own, with whatever was read of the function."""
        return self._bodies

    def bodies(self) -> Iterator[tuple[BodyTrigger, Body]]:
        """Every trigger whose function parses."""
        for trigger, body in self._bodies:
            if isinstance(body, Body):
                yield trigger, body

    def row_bodies(self) -> Iterator[tuple[BodyTrigger, Body]]:
        """Those that run for each row, and so have NEW and OLD."""
        for trigger, body in self.bodies():
            if body.definition.is_row_level:
                yield trigger, body

    def broken_bodies(self) -> Iterator[tuple[BodyTrigger, BodyError]]:
        """Every trigger whose function does not parse."""
        for trigger, body in self._bodies:
            if isinstance(body, BodyError):
                yield trigger, body

    def unread_bodies(self) -> Iterator[tuple[BodyTrigger, BodyUnread]]:
        """Every trigger whose function is not followed."""
        for trigger, body in self._bodies:
            if isinstance(body, BodyUnread):
                yield trigger, body

    def marked_files(self, folder: Path) -> Iterator[Path]:
        """The files below a folder of the project that may declare triggers, by their words."""
        return iter(self._marked_below.get(folder, ()))

    def files_with_uris(self) -> Iterator[Path]:
        """The files of the project that may name triggers by their URIs, by their words."""
        return (path for path, names_uris in self._marked_files if names_uris)

    @functools.cached_property
    def _marked_files(self) -> tuple[tuple[Path, bool], ...]:
        return tuple(marked_files(self.analysis))

    @functools.cached_property
    def _marked_below(self) -> dict[Path, list[Path]]:
        below: dict[Path, list[Path]] = {}
        for path, _ in self._marked_files:
            for folder in path.parents:
                below.setdefault(folder, []).append(path)
        return below

    @functools.cached_property
    def _bodies(self) -> tuple[tuple[BodyTrigger, ReadBody], ...]:
        return read_bodies(self.analysis)

    @functools.cached_property
    def _definitions(self) -> tuple[tuple[CompiledTrigger, Definition], ...]:
        return read_definitions(self.analysis)
