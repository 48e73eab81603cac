"""Callables of Django's that make classes and functions."""

from __future__ import annotations

from typing import Any

from django.db.models import SET
from django.utils.deconstruct import deconstructible
from django.utils.functional import lazy
from django.utils.text import format_lazy

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.protocols.domain import Maker
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span


def _check_format_lazy(args: tuple[Any, ...], span: Span) -> None:
    if any("." in str(arg) or "[" in str(arg) for arg in args[:1]):
        raise Refusal(Unknown("a lazy text that looks into its arguments is not evaluated", span))


_LISTED: dict[Any, Maker] = {
    SET: Maker(),
    deconstructible: Maker(changes_class=True, is_decorator=True),
    format_lazy: Maker(made_is_called=False, check=_check_format_lazy),
    lazy: Maker(),
}
MAKERS = {identity(function): maker for function, maker in _LISTED.items()}
