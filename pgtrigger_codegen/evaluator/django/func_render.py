"""`pgtrigger.Func.render` in both signatures that it has had.

Up to django-pgtrigger 4.11 it was `render(model)`, since then it is `render(**kwargs)`. A project
that overrides it was written for one of them; the django-pgtrigger that compiles here is ours.
"""

from __future__ import annotations

import ast
import types
from typing import Any

from pgtrigger_codegen.evaluator.python.objects import attributes
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel


def accept_model(cls: type) -> None:
    """Lets later versions of the library call a `render(self, model)` of the user's."""
    if not attributes.has_base(cls, "pgtrigger.core", "Func"):
        return
    original: Any = vars(cls).get("render")
    function = interpreted(original)
    if function is None or not _takes_only_a_model(function.node.args):
        return

    def render(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not args and "meta" in kwargs:
            args, kwargs = (kwargs["meta"].model,), {}
        return original(self, *args, **kwargs)

    render.__interpreted__ = function  # type: ignore[attr-defined]
    type.__setattr__(cls, "render", render)


def is_render_with_model(function: Any, args: tuple[Any, ...]) -> bool:
    """Whether this is a call of the library's own `render` as it was once."""
    return (
        isinstance(function, types.MethodType)
        and len(args) == 1
        and function.__name__ == "render"
        and function.__module__ == "pgtrigger.core"
        and (
            isinstance(args[0], ModelClass | ThroughModel) or attributes.is_rendered_model(args[0])
        )
    )


def render_with_model(function: Any, model: Any) -> Any:
    """The library's `render` with what it made of the model itself."""
    from pgtrigger.core import Trigger

    return function(**Trigger.get_func_template_kwargs(function.__self__, model))


def _takes_only_a_model(spec: ast.arguments) -> bool:
    required = [*spec.posonlyargs, *spec.args]
    return len(required) - len(spec.defaults) == 2 and spec.kwarg is None
