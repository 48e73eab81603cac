"""An editor's options come from a folder that somebody else may have made."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.server.user_options import UserOptions, user_options


def test_options_that_can_be_used() -> None:
    assert user_options(None) == (UserOptions(), [])
    assert user_options({"settings": "shop.settings", "debounce": 1}) == (
        UserOptions("shop.settings", 1.0),
        [],
    )


@pytest.mark.parametrize(
    "given",
    [
        ["settings"],
        {"settings": "../evil.py"},
        {"settings": ["shop"]},
        {"debounce": "soon"},
        {"debounce": -1},
        {"debounce": True},
        {"debounce": float("nan")},
        {"python": "/tmp/evil"},
        {"command\n": "rm"},
    ],
)
def test_others_are_refused_one_by_one(given: object) -> None:
    options, wrong = user_options(given)

    assert options == UserOptions()
    assert len(wrong) == 1
    assert "\n" not in wrong[0]
