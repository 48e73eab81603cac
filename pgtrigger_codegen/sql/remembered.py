"""Keeps answers that depend on a text alone, for as long as our code is the same.

To read what a function body does takes half a millisecond; to look up what was read takes none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

Answers = Mapping[str, Mapping[Hashable, Any]]
"""By name of a function: its answers by its arguments."""


class Remembered(Generic[P, R]):
    """A function of texts, which answers each question once.

    Attributes:
        answers: Those that were asked for in this process.
        is_new: Whether one of them was not known from an earlier run.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.answers: dict[Hashable, R] = {}
        self.is_new = False
        _all.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        assert not kwargs, "answers are found by the arguments in their order"
        if args not in self.answers:
            known = _earlier_answers().get(self.name, {})
            if args not in known:
                self.is_new = True
            self.answers[args] = known[args] if args in known else self.__wrapped__(*args, **kwargs)
        return self.answers[args]

    def forget(self) -> None:
        """Lets every question be answered anew."""
        self.answers.clear()


def remembered(function: Callable[P, R]) -> Remembered[P, R]:
    """Lets a function of texts answer each question once."""
    return Remembered(function)


def recall(earlier: Callable[[], Answers]) -> None:
    """Says where answers of earlier runs are, in case that there will be questions."""
    global _earlier, _recalled
    _earlier, _recalled = earlier, None


def functions() -> list[Remembered[..., Any]]:
    """All functions that answer each question once."""
    return list(_all)


def answers() -> dict[str, Mapping[Hashable, Any]] | None:
    """What a later run may ask for; None when the earlier runs have left all of it.

    Of each function that was asked, only what it was asked for: who asks, asks for all triggers.
    """
    if not any(function.is_new for function in _all):
        return None
    return {
        **_earlier_answers(),
        **{function.name: function.answers for function in _all if function.answers},
    }


def _earlier_answers() -> Answers:
    global _recalled  # noqa: PLW0603
    if _recalled is None:
        _recalled = _earlier()
    return _recalled


_all: list[Remembered[Any, Any]] = []
_earlier: Callable[[], Answers] = dict
_recalled: Answers | None = None
