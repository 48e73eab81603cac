"""Loggers: what is logged stays as it is, and logging gives nothing."""

from __future__ import annotations

from typing import Any

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.span import Span

LOGGER = "logger"
_METHODS = frozenset("critical debug error exception info log warn warning".split())

NAMES: dict[str, Any] = {
    **{f"logging.{name}": Special(f"{LOGGER}.{name}") for name in _METHODS},
    "logging.getLogger": Special("logging.getLogger"),
    "warnings.warn": Special(f"{LOGGER}.warn"),
}


def logger_attribute(vm: Machine, logger: Special, name: str, span: Span) -> Any:
    """A method that logs; what else a logger has depends on how logging is set up."""
    if name in _METHODS:
        return Special(f"{LOGGER}.{name}")
    return Unknown(f"`{name}` of a logger is not evaluated", span)


def _logger(vm: Machine, call: SpecialCall) -> Any:
    return Special(LOGGER)


def _log(vm: Machine, call: SpecialCall) -> Any:
    return None


HANDLERS: dict[str, Handler] = {
    "logging.getLogger": _logger,
    **{f"{LOGGER}.{name}": _log for name in _METHODS},
}
