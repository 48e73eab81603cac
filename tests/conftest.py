"""Options and fixtures for all tests."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support.postgres import database, new_database, postgres  # noqa: E402

__all__ = ["database", "new_database", "postgres"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-expected",
        action="store_true",
        default=False,
        help="write golden files and generated pages anew instead of comparing them",
    )


@pytest.fixture
def update_expected(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-expected"))
