"""What a logger has but for the methods that log is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from tests.evaluator.code import execute


@pytest.mark.parametrize(
    "expression",
    ["log.level == 10", "log.name", "log.isEnabledFor(10)", "log.handlers", "bool(log.disabled)"],
)
def test_how_logging_is_set_up_is_not_known(expression: str, tmp_path: Path) -> None:
    source = f"import logging\nlog = logging.getLogger(__name__)\na = {expression}"
    assert isinstance(execute(tmp_path, source)["a"], Unknown)


def test_logging_gives_nothing(tmp_path: Path) -> None:
    assert execute(tmp_path, "import logging\na = logging.info('x', 1)")["a"] is None
