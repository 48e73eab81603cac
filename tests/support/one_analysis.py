"""What a test of several commands does once: each command begins with the same analysis."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pgtrigger_codegen import pipeline
from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.engine import Engine
from pgtrigger_codegen.incremental.folder import NAME
from pgtrigger_codegen.project.config import Config


@contextmanager
def one_analysis() -> Iterator[None]:
    """Within it, commands share the analysis of a project for as long as no file of it changes.

    Changes are looked for wherever an analysis looks: in the project's files, in the environment,
    on the search path, and in the rights of this process.
    """
    known: dict[object, Analysis] = {}
    analyze = pipeline.analyze

    def shared(
        directory: Path,
        *,
        settings: str | None = None,
        config: Config | None = None,
        engine: Engine,
        is_eager: bool,
    ) -> Analysis:
        asked = (directory, settings, repr(config), type(engine), is_eager)
        around = (_environment(), tuple(sys.path), os.geteuid())
        key = (asked, around, _files(directory))
        if key not in known:
            found = analyze(
                directory, settings=settings, config=config, engine=engine, is_eager=is_eager
            )
            known.clear()  # files do not become again what they were
            known[key] = found
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pgtrigger_codegen.cli.common.analyze", shared)
        yield


@pytest.fixture(name="one_analysis")
def one_analysis_in_a_test() -> Iterator[None]:
    """The commands of one test share the analysis of a project while no file of it changes."""
    with one_analysis():
        yield


def _environment() -> frozenset[tuple[str, str]]:
    return frozenset(item for item in os.environ.items() if item[0] != "PYTEST_CURRENT_TEST")


def _files(folder: Path) -> frozenset[tuple[str, int, int, int, int]]:
    """All files and folders of the project: new contents come with a new time."""
    found = set()
    for path in folder.rglob("*"):
        if NAME in path.parts:  # of the cache
            continue
        try:
            stat = path.lstat()
        except OSError:  # gone, or in a folder that may not be entered
            continue
        found.add((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode))
    return frozenset(found)
