"""A function of texts is asked once, in this run or in an earlier one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pgtrigger_codegen.sql import remembered as module
from pgtrigger_codegen.sql.remembered import Remembered, answers, recall


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    monkeypatch.setattr(module, "_all", [])
    yield []
    recall(dict)


def shouting(asked: list[str]) -> Remembered[[str], str]:
    def shout(text: str) -> str:
        asked.append(text)
        return text.upper()

    return Remembered(shout)


def test_it_is_asked_once(asked: list[str]) -> None:
    shout = shouting(asked)
    recall(dict)
    assert [shout("a"), shout("a"), shout("b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
    shout.forget()
    assert shout("a") == "A"
    assert asked == ["a", "b", "a"]


def test_answers_of_an_earlier_run_are_used_and_only_new_ones_are_worth_writing(
    asked: list[str],
) -> None:
    shout = shouting(asked)
    read: list[bool] = []

    def earlier() -> module.Answers:
        read.append(True)
        return {shout.name: {("a",): "EARLIER"}, "other": {("x",): 1}}

    recall(earlier)
    assert answers() is None
    assert read == []
    assert shout("a") == "EARLIER"
    assert answers() is None
    assert shout("b") == "B"
    assert answers() == {
        shout.name: {("a",): "EARLIER", ("b",): "B"},
        "other": {("x",): 1},
    }
    assert asked == ["b"]
    assert read == [True]
