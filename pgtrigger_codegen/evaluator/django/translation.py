"""Texts that Django translates at once."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown


def _gettext(vm: Machine, call: SpecialCall) -> Any:
    """`gettext(message)`: as with `gettext_lazy`, the text can be handed on, and is not read.

    What it says depends on the language, and on catalogues that are not read.
    """
    message = call.argument(0, "message")
    if not isinstance(message, str):
        return first_unknown(message) or Unknown(
            "a message to translate is not a string", call.span
        )
    return vm.attempt(call.span, gettext_lazy, message)


HANDLERS: dict[str, Handler] = {"gettext": _gettext}
