"""Reads git's index instead of the project's folder, for `--staged`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.project.git import Repository, repository_of
from pgtrigger_codegen.source.overlay import overlaid
from pgtrigger_codegen.source.paths import resolved


class Staged:
    """The index of the repository that a folder is in.

    Attributes:
        differs: Whether files on disk are not as they would be committed.
    """

    def __init__(self, directory: Path) -> None:
        repository = repository_of(resolved(directory))
        if repository is None:
            raise CodegenError(
                f"{directory} is not in a git repository, so nothing is staged (--staged)",
                help="leave --staged out",
            )
        self._repository: Repository = repository
        self._contents = repository.staged(repository.root)
        self.differs = bool(self._contents)

    @contextmanager
    def instead_of_files(self) -> Iterator[None]:
        """Inside of it, files have the content that would be committed."""
        with overlaid({str(path): content for path, content in self._contents.items()}):
            yield

    def not_added(self, analysis: Analysis) -> list[Path]:
        """Files that were read, migrations among them, and that a commit would lack."""
        read = {path for path in analysis.read_files if self._is_inside(path)}
        for app in analysis.project.apps.values():
            folder = app.migrations_dir
            if folder is not None and folder.is_dir() and self._is_inside(folder):
                read |= set(folder.glob("*.py"))
        return sorted(self._repository.new(sorted(read))) if read else []

    def _is_inside(self, path: Path) -> bool:
        return resolved(path).is_relative_to(self._repository.root)


def echo_not_added(analysis: Analysis, paths: list[Path]) -> None:
    """Prints to standard error which files a commit would lack, and what to do."""
    for path in paths:
        shown = analysis.project.display_path(path)
        click.echo(f"{shown} was read and is not staged: the commit would lack it", err=True)
    if paths:
        click.echo("help: add what belongs to the commit with git add", err=True)
