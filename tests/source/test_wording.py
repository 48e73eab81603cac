from __future__ import annotations

import pytest

from pgtrigger_codegen.source.wording import counted


@pytest.mark.parametrize(("count", "text"), [(0, "0 gaps"), (1, "1 gap"), (2, "2 gaps")])
def test_a_noun_agrees_with_its_number(count: int, text: str) -> None:
    assert counted(count, "gap") == text
