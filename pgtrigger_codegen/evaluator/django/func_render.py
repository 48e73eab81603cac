"""`pgtrigger.Func.render` in both signatures that it has had.

Up to django-pgtrigger 4.11 it was `render(model)`, since then it is `render(**kwargs)`. A project
that overrides it was written for one of them; the django-pgtrigger that compiles here is ours.
"""

from __future__ import annotations

import ast
import types
from typing import Any

from pgtrigger_codegen.evaluator.django import rendering
from pgtrigger_codegen.evaluator.library.kinds import has_base, is_rendered_model
from pgtrigger_codegen.evaluator.protocols.events import ClassMade
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.values.callables import BEHIND, interpreted
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.source.span import Span


def accept_model(vm: Machine, made: ClassMade) -> None:
    """Lets later versions of the library call a `render(self, model)` of the user's."""
    cls = made.cls
    if not has_base(cls, "pgtrigger.core", "Func"):
        return
    original: Any = vars(cls).get("render")
    function = interpreted(original)
    if function is None or not _takes_only_a_model(function.node.args):
        return

    def render(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not args and "meta" in kwargs:
            args, kwargs = (kwargs["meta"].model,), {}
        return original(self, *args, **kwargs)

    vars(render)[BEHIND] = function
    type.__setattr__(cls, "render", render)


def call_method(vm: Machine, function: Any, args: tuple[Any, ...], span: Span) -> Any:
    """The library's own `render`, called as it was once; `NotImplemented` for other methods."""
    if not _is_render_with_model(function, args):
        return NotImplemented
    model = rendering.rendered(vm, args[0])
    return vm.attempt(span, _render_with_model, function, model)


def _is_render_with_model(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether this is a call of the library's own `render` as it was once."""
    return (
        isinstance(function, types.MethodType)
        and len(args) == 1
        and function.__name__ == "render"
        and function.__module__ == "pgtrigger.core"
        and (isinstance(args[0], ModelClass | ThroughModel) or is_rendered_model(args[0]))
    )


def _render_with_model(function: Any, model: Any) -> Any:
    """The library's `render` with what it made of the model itself."""
    from pgtrigger.core import Trigger

    return function(**Trigger.get_func_template_kwargs(function.__self__, model))


def _takes_only_a_model(spec: ast.arguments) -> bool:
    required = [*spec.posonlyargs, *spec.args]
    return len(required) - len(spec.defaults) == 2 and spec.kwarg is None
