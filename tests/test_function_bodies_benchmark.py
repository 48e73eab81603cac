from __future__ import annotations

import re

import pytest

from benchmarks import function_bodies


def test_it_prints_what_a_trigger_costs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(function_bodies, "RUNS", 1)

    function_bodies.main("s*.sql")

    first, second = capsys.readouterr().out.splitlines()
    counted = re.fullmatch(r"(\d+) triggers, (\d+) findings, 1 runs", first)
    assert counted is not None
    assert int(counted[1]) > int(counted[2]) > 0
    assert re.fullmatch(r"\d+\.\d\d ms a trigger, from \d+\.\d\d to \d+\.\d\d", second)
