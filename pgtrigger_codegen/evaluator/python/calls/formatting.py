"""`str.format`, with the interpreter's own view of attributes and of what has a text."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from pgtrigger_codegen.evaluator.limits.operators import check_format
from pgtrigger_codegen.evaluator.limits.sizes import check_size
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.text import as_text
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown
from pgtrigger_codegen.source.span import Span


def format_text(
    vm: Machine, template: str, args: Sequence[Any], kwargs: Mapping[str, Any], span: Span
) -> Any:
    """`template.format(*args, **kwargs)`; an argument that is not used need not be known."""
    return vm.attempt(span, _Formatter(vm, span).vformat, template, args, kwargs)


class _Formatter(string.Formatter):
    def __init__(self, vm: Machine, span: Span) -> None:
        self._vm = vm
        self._span = span
        self._size = 0

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        WORK.steps += 1
        first, *path = re.findall(r"\.[^.\[]*|\[[^\]]*\]|^[^.\[]*", field_name) or [""]
        key = int(first) if first.isdigit() else first
        value = self._known(self.get_value(key, args, kwargs))
        for part in path:
            value = self._known(self._step(value, part))
        return value, key

    def format_field(self, value: Any, format_spec: str) -> str:
        if (refused := as_text(value, self._span)) is not None:
            raise Refusal(refused)
        check_format(format_spec)
        self._vm.check_format(value, format_spec, self._span)
        text = format(value, format_spec)
        WORK.text(text)
        self._size += len(text)
        check_size(self._size)
        return text

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion is not None and (refused := as_text(value, self._span)) is not None:
            raise Refusal(refused)
        return super().convert_field(value, conversion)

    def _step(self, value: Any, part: str) -> Any:
        if part.startswith("."):
            return self._vm.attribute(value, part[1:], self._span)
        key = part[1:-1]
        return self._vm.subscript(value, int(key) if key.isdigit() else key, self._span)

    def _known(self, value: Any) -> Any:
        if isinstance(value, Unknown):
            raise Refusal(value.with_note("used here", self._span))
        return value
