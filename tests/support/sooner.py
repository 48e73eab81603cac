"""What the tests do once where the program does it in each of its runs.

A run of tests analyzes some thousand projects in one process, on one machine that stays as it is.
"""

from __future__ import annotations

import ast
import functools
import os
import sys
import types
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.source import module


@pytest.fixture(autouse=True, scope="session")
def installed_packages_are_read_once() -> Iterator[None]:
    """Until something is installed: each analysis asks, and some seventy files have the answer."""
    with pytest.MonkeyPatch.context() as patch:
        for function in (metadata.entry_points, metadata.version):
            patch.setattr(metadata, function.__name__, _asked_once(function))
        yield


def _asked_once(function: Callable[..., Any]) -> Callable[..., Any]:
    answers: dict[object, Any] = {}

    def ask(*arguments: Any, **options: Any) -> Any:
        question = (arguments, tuple(options.items()), _search_path())
        if question not in answers:
            answers[question] = function(*arguments, **options)
        return answers[question]

    return ask


def _search_path() -> tuple[tuple[str, int | None], ...]:
    """Where packages are searched for, and when one was installed there or taken away."""
    return tuple((path, _changed(Path(path))) for path in sys.path)


def _changed(folder: Path) -> int | None:
    try:
        return folder.stat().st_mtime_ns
    except OSError:  # it is not there, or some test has given up the right to look
        return None


_MOST_TREES = 300


@pytest.fixture(autouse=True, scope="session")
def texts_are_parsed_once() -> Iterator[None]:
    """Nearly all projects have Django's apps, and most tests read one project several times.

    A tree is shared by all modules with the same text. Nobody changes the trees of modules; what is
    kept at their nodes follows from the nodes alone.
    """
    parser = types.ModuleType("ast")
    vars(parser).update(vars(ast), parse=functools.lru_cache(_MOST_TREES)(ast.parse))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ast", parser)
        yield


@pytest.fixture(autouse=True, scope="session")
def processes_compile_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Python keeps what it compiles for the other processes that tests start.

    Where whoever runs the tests wants no compiled files in the project, they go elsewhere: without
    them, each process compiles the whole package, and takes twice as long.
    """
    if not sys.dont_write_bytecode:
        yield
        return
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # all workers share one
        folder = folder.parent
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(Path(folder, "compiled")))
        yield
