"""Calls of libraries that declare models and triggers, as they were made."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span


class ProvidedCallable(Struct, frozen=True):
    """A decorator of models or of functions, or a call that gives a base class or lists models.

    Attributes:
        package: The top-level package of the library.
        name: Dotted path, as the provider gives it.
        attribute: What the library calls the new model on the decorated one, if it puts it there.
        arguments: Of a call that lists: the keyword that the model is given as, and those that
            are to be true besides.
    """

    package: str
    name: str
    kind: Literal["decorator", "function", "base", "list"]
    attribute: str = ""
    arguments: tuple[str, ...] = ()


class ProvidedCall(Struct, eq=False):
    """One call of such a callable.

    Attributes:
        model: What a decorator is applied to; None for a call that gives a base class.
        base: What stands for the new model until the provider fills it: for one that the source
            derives from, or can name.
        span: The call.
        moment: When it was made.
        refused: Why it is not to be handed on.
    """

    callable: ProvidedCallable
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    model: Any
    base: ModelClass | None
    module: Module
    span: Span
    moment: Moment
    hook: bool = False
    refused: Unknown | None = None
