"""What a Decimal comes to depends on a context that the project may change, whenever it does."""

from __future__ import annotations

import decimal
from pathlib import Path

import pytest

from tests.evaluator.code import check_as_python, execute

HEAD = "import decimal\nfrom decimal import Decimal\n"
OPERATIONS = (
    "Decimal(1) / Decimal(3)",
    "Decimal('1.25') * 3",
    "-Decimal('1.25')",
    "round(Decimal('1.25'), 1)",
    "sum([Decimal('0.1'), Decimal('0.25')])",
    "Decimal('1.005').quantize(Decimal('0.01'))",
    "f\"{Decimal('1.005'):.2f}\"",
    "'{:.2f}'.format(Decimal('1.005'))",
    "format(Decimal('1.005'), '.2f')",
)
CHANGES = (
    "decimal.getcontext().prec = 3",
    "setattr(decimal.getcontext(), 'rounding', decimal.ROUND_UP)",
    "decimal.setcontext(decimal.Context(prec=3))",
    "decimal.DefaultContext.prec = 3",
)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_is_computed_where_nothing_changes_the_context(tmp_path: Path, operation: str) -> None:
    check_as_python(tmp_path, f"{HEAD}a = str({operation})\n")


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("change", CHANGES)
def test_is_refused_where_the_context_is_changed(
    tmp_path: Path, operation: str, change: str
) -> None:
    reason, where = execute(tmp_path, f"{HEAD}{change}\na = {operation}\n").refusal("a")
    assert "decimal" in reason
    assert where in operation


def test_is_refused_whichever_file_changes_the_context(tmp_path: Path) -> None:
    (tmp_path / "rounding").mkdir()
    (tmp_path / "rounding/__init__.py").write_text("")
    (tmp_path / "rounding/setup.py").write_text("from decimal import *\ngetcontext().prec = 3\n")
    reason, _ = execute(tmp_path, f"{HEAD}a = Decimal(1) / 3\n").refusal("a")
    assert "rounding/setup.py:2" in reason


def test_a_package_of_the_environment_changes_nothing(tmp_path: Path) -> None:
    inside = tmp_path / ".venv/lib/site-packages/money"
    inside.mkdir(parents=True)
    (inside / "__init__.py").write_text("import decimal\ndecimal.getcontext().prec = 3\n")
    check_as_python(tmp_path, f"{HEAD}a = str(Decimal(1) / 3)\n")


def test_what_every_context_gives_alike_is_computed(tmp_path: Path) -> None:
    ours = execute(
        tmp_path,
        f"{HEAD}{CHANGES[0]}\n"
        "a = Decimal('1.2345')\nb = Decimal(4) / 2\nc = a > b\nd = str(a)\ne = max(a, b)\n",
    )
    assert [ours[name] for name in "bcde"] == [
        decimal.Decimal(2),
        False,
        "1.2345",
        decimal.Decimal(2),
    ]


def test_an_except_does_not_hide_that_it_is_not_known(tmp_path: Path) -> None:
    source = (
        f"{HEAD}{CHANGES[0]}\ntry:\n    a = Decimal(1) / 3\nexcept ArithmeticError:\n    a = 1\n"
    )
    assert "decimal" in execute(tmp_path, source).refusal("a")[0]


def test_our_own_context_is_as_before(tmp_path: Path) -> None:
    execute(tmp_path, f"{HEAD}{CHANGES[0]}\na = Decimal(1) / 3\n")
    assert decimal.Decimal(1) / 8 == decimal.Decimal("0.125")
