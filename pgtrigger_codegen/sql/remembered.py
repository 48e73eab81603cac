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
        new: Those of them that were not known from an earlier run.
    """

    def __init__(self, function: Callable[P, R], book: Book) -> None:
        functools.update_wrapper(self, function)
        self.__wrapped__ = function
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.answers: dict[Hashable, R] = {}
        self.new: dict[Hashable, R] = {}
        self._book = book

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        assert not kwargs, "answers are found by the arguments in their order"
        if args not in self.answers:
            known = self._book.earlier_answers().get(self.name, {})
            if args in known:
                self.answers[args] = known[args]
            else:
                self.answers[args] = self.new[args] = self.__wrapped__(*args, **kwargs)
        return self.answers[args]

    def forget(self) -> None:
        """Lets every question be answered anew."""
        self.answers.clear()
        self.new.clear()


class Book:
    """Functions that answer each question once, and what earlier runs have answered.

    Attributes:
        functions: All that were added.
    """

    def __init__(self) -> None:
        self.functions: list[Remembered[..., Any]] = []
        self._earlier: Callable[[], Answers] = dict
        self._recalled: Answers | None = None

    def add(self, function: Callable[P, R]) -> Remembered[P, R]:
        """The function, which from now on answers each question once."""
        added = Remembered(function, self)
        self.functions.append(added)
        return added

    def recall(self, earlier: Callable[[], Answers]) -> None:
        """Says where answers of earlier runs are, in case that there will be questions."""
        self._earlier, self._recalled = earlier, None

    def earlier_answers(self) -> Answers:
        """The answers of earlier runs, which are read at the first question."""
        if self._recalled is None:
            self._recalled = self._earlier()
        return self._recalled

    def answers(self) -> dict[str, Mapping[Hashable, Any]] | None:
        """What a later run may ask for; None when the earlier runs have left all of it.

        Of each function that was asked, only what it was asked for: who asks, asks for all
        triggers.
        """
        if not any(function.new for function in self.functions):
            return None
        return {
            **self.earlier_answers(),
            **{function.name: function.answers for function in self.functions if function.answers},
        }

    def new_answers(self) -> dict[str, Mapping[Hashable, Any]]:
        """Those that no earlier run has left."""
        return {function.name: function.new for function in self.functions if function.new}

    def take_in(self, answers: Answers) -> None:
        """Takes new answers that another process has found for this run."""
        for function in self.functions:
            given = answers.get(function.name, {})
            function.answers.update(given)
            function.new.update(given)

    def is_mostly_old(self) -> bool:
        """Whether the earlier runs have left more than twice what this one was asked for."""
        earlier = sum(map(len, self.earlier_answers().values()))
        return earlier > 2 * sum(len(function.answers) for function in self.functions)


BOOK = Book()
"""The one of all functions of the package."""
remembered = BOOK.add
