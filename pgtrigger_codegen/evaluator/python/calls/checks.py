"""What is refused before a real call: too much work, what differs from run to run, no text."""

from __future__ import annotations

import enum
import os
import re
import string
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

from pgtrigger_codegen.evaluator.limits import regex
from pgtrigger_codegen.evaluator.limits.calls import check_call
from pgtrigger_codegen.evaluator.limits.costs import count_call
from pgtrigger_codegen.evaluator.limits.methods import check_method
from pgtrigger_codegen.evaluator.limits.parameters import positional
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.changes import given_away
from pgtrigger_codegen.evaluator.python.objects.text import RUN_TO_RUN, as_text, has_no_order
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span

# Functions of `re` whose third argument is flags.
_FLAGS_THIRD = frozenset("findall finditer fullmatch match search".split())
# Methods of paths that ask for the working directory, unless the path is absolute.
_ABSOLUTE = ("absolute", "resolve")
_MAKES_TEXT = (
    *(str, repr, ascii, format),
    *(string.Template.substitute, string.Template.safe_substitute),
)


def check(
    function: Any,
    receiver: Any,
    name: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    span: Span,
) -> None:
    """Refuses a call that would take too long, or whose result differs from run to run.

    Raises:
        Refusal: Before anything is called.
    """
    if receiver is None and hasattr(function, "__objclass__") and args:  # `str.ljust("x", 9)`
        receiver, name, args = args[0], function.__name__, args[1:]
    args = positional(function, receiver, args, kwargs)
    count_call(function, receiver, name, args)
    if receiver is None or not name:
        check_call(function, args, kwargs)
        if function is os.path.abspath and args and not PurePath(args[0]).is_absolute():
            raise Refusal(Unknown("the working directory is not known", span))
        if function in regex.FUNCTIONS and len(args) > 1:
            called = regex.FUNCTIONS[function]
            subject = args[2] if called in ("sub", "subn") and len(args) > 2 else args[1]
            flags = kwargs.get("flags", args[2] if called in _FLAGS_THIRD and args[2:] else 0)
            regex.check_regex(called, args[0], subject, flags)
            if subject is not args[1]:
                regex.check_replacement(args[1], subject)
        return
    check_method(receiver, name, args)
    if isinstance(receiver, re.Match) and name == "expand" and args:
        regex.check_replacement(args[0], receiver.string)
    elif isinstance(receiver, re.Pattern) and args:
        subject = args[1] if name in ("sub", "subn") and len(args) > 1 else args[0]
        regex.check_regex(name, receiver, subject)
        if subject is not args[0]:
            regex.check_replacement(args[0], subject)
    elif isinstance(receiver, set) and name == "pop" and has_no_order(receiver):
        raise Refusal(Unknown(RUN_TO_RUN, span))
    elif isinstance(receiver, PurePath) and name in _ABSOLUTE and not receiver.is_absolute():
        raise Refusal(Unknown("the working directory is not known", span))


def without_text(function: Any, values: tuple[Any, ...], span: Span) -> Unknown | None:
    """Why arguments cannot become text: they have none, or one that differs from run to run."""
    plain = getattr(function, "__func__", function)
    makes_text = plain in _MAKES_TEXT or (isinstance(function, type) and issubclass(function, str))
    if isinstance(function, enum.EnumType) and not function.__members__:
        makes_text = False  # `TextChoices("Name", members)` makes a class
    for value in values if makes_text else ():
        if (refused := as_text(value, span)) is not None:
            return refused
    return None


def note_calls_of_unknown(
    vm: Machine,
    function: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    unknown: Unknown,
    span: Span,
) -> None:
    """Nothing is known of what a function gives to another one that is not known (`map`)."""
    called = getattr(function, "__name__", "") in _CALLING
    if called and any(isinstance(one, Unknown) for one in (*args, *kwargs.values())):
        holders = [arg for arg in args if isinstance(arg, list | tuple | set | frozenset)]
        given_away(vm, [item for holder in holders for item in holder], unknown, span)


def consumed(vm: Machine, values: Iterable[Any]) -> Unknown | None:
    """Why it is not known how far an iterator among values has come."""
    spoiled = (vm.spoiled.of(value) for value in values if isinstance(value, Iterator))
    return next(filter(None, spoiled), None)


# They call what they are given with the items of what else they are given.
_CALLING = frozenset(
    """
    accumulate dropwhile filter filterfalse groupby map max min reduce sort sorted starmap takewhile
    """.split()
)
