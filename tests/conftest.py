"""Options and fixtures for all tests."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pgtrigger_codegen.crashes import surface

pytest.register_assert_rewrite("tests.support")

from tests.support.console import console  # noqa: E402
from tests.support.one_analysis import one_analysis_in_a_test  # noqa: E402
from tests.support.postgres import database, databases, new_database, postgres  # noqa: E402
from tests.support.sooner import (  # noqa: E402
    installed_packages_are_read_once,
    processes_compile_once,
    texts_are_parsed_once,
)

# No test asserts time: neither that of an example, nor that of making one.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

__all__ = [
    "console",
    "database",
    "databases",
    "installed_packages_are_read_once",
    "new_database",
    "one_analysis_in_a_test",
    "postgres",
    "processes_compile_once",
    "texts_are_parsed_once",
]


@pytest.fixture(autouse=True, scope="session")
def user_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The secret of the tests' caches, in processes too, is not that of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user_cache")))
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """`-n auto`: a third of the tests' time goes by in waiting for servers and processes."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    affinity = getattr(os, "sched_getaffinity", None)  # not on macOS
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return cores + max(1, cores // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first."""
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


def pytest_collection_finish() -> None:
    """The garbage collector leaves alone what was imported: it took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-expected",
        action="store_true",
        default=False,
        help="write golden files and generated pages anew instead of comparing them",
    )


@pytest.fixture(autouse=True)
def _crashes_surface() -> Iterator[None]:
    """A bug is a failing test, and not a finding: what tests the barriers lets them hold."""
    surface(everything=True)
    yield
    surface(everything=False)


@pytest.fixture
def crashes_contained(_crashes_surface: None) -> None:
    """Bugs stop at their barriers, as they do for users."""
    surface(everything=False)


@pytest.fixture
def update_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-expected"))
