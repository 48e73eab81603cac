"""Limits on calls of methods, by receiver and arguments."""

from __future__ import annotations

import datetime as dt
import string
from collections import deque
from typing import Any

from pgtrigger_codegen.evaluator.limits.operators import check_binary, check_format
from pgtrigger_codegen.evaluator.limits.sizes import check_size, longest, number
from pgtrigger_codegen.evaluator.limits.totals import LimitPassed


def check_method(receiver: Any, name: str, args: tuple[Any, ...]) -> None:
    """Refuses a method call whose result could be too large."""
    if name in ("__format__", "strftime") and args and isinstance(args[0], str):
        check_format(args[0])
    elif name == "to_bytes" and isinstance(receiver, int):
        check_size(number(args[0]) if args else 0)
    elif isinstance(receiver, str | bytes):
        _check_text_method(receiver, name, args)
    elif name in ("extend", "extendleft") and isinstance(receiver, list | deque):
        check_size(len(receiver) + len(args[0]) if args and hasattr(args[0], "__len__") else 0)
    elif isinstance(receiver, dt.datetime) and name == "astimezone":
        if receiver.tzinfo is None or not args:
            raise LimitPassed("the time zone of the machine is not known")
    elif isinstance(receiver, string.Template):
        check_size(len(receiver.template) + receiver.template.count("$") * longest(args))


def _check_text_method(receiver: str | bytes, name: str, args: tuple[Any, ...]) -> None:
    if name in ("ljust", "rjust", "center", "zfill"):
        for arg in args[:1]:
            check_size(number(arg))
    elif name == "expandtabs":
        tabs = receiver.count("\t") if isinstance(receiver, str) else receiver.count(b"\t")
        for arg in args[:1]:
            check_size(tabs * number(arg))
    elif name == "__mod__" and args:
        check_binary("%", receiver, args[0])
    elif name == "replace" and len(args) >= 2 and isinstance(args[1], str | bytes):
        check_size((len(receiver) + 1) * (len(args[1]) + 1))
    elif name == "join" and args:
        sizes = [len(item) + len(receiver) for item in args[0] if isinstance(item, str | bytes)]
        check_size(sum(sizes))
    elif name == "translate":
        check_size(len(receiver) * 100)
