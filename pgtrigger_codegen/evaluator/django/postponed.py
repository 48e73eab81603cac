"""Fields that are made on demand; most are never needed.

A project has many times more fields than its triggers need, and making one takes fifty times as
long as passing over it. A field can wait when its class is Django's and its arguments are
constants, or names that mean the same for ever: then it is the same whenever it is made.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.django.fields import make_field
from pgtrigger_codegen.evaluator.django.lasting_names import (
    bound,
    lasts,
    library_module,
    text_of_setting,
)
from pgtrigger_codegen.evaluator.django.operations import known_field, makes_table
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_field_class
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.objects.kinds import is_user_class
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Refusal

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_values


_PLAIN = frozenset({str, int, bool, float, types.NoneType})


class PostponedField:
    """A call that makes a field.

    Attributes:
        cls: The field's class.
    """

    __slots__ = ("_names", "_node", "_scope", "_vm", "cls")

    def __init__(
        self, vm: Machine, node: ast.Call, scope: Scope, cls: type, names: dict[str, Any]
    ) -> None:
        self._vm = vm
        self._node = node
        self._scope = scope
        self._names = names
        self.cls = cls

    def constant(self, name: str, *, first: bool = False) -> Any:
        """An argument that is written as a constant or a setting, None without the argument.

        Args:
            first: Whether it is the first of those that can be given by position.

        Raises:
            ValueError: It is written otherwise.
        """
        if self._node.args[1:]:  # hardly anybody gives more than one by position
            raise ValueError(name)
        if first and self._node.args:
            return self._constant(self._node.args[0])
        for keyword in self._node.keywords:
            if keyword.arg == name:
                return self._constant(keyword.value)
        return None

    def _constant(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        text = text_of_setting(self._vm, node, self._scope, self._names)
        return ast.literal_eval(node) if text is None else text

    def make(self) -> Any:
        """The field, or `Unknown`."""
        if (field := self._of_constants()) is not None:
            return field
        # The names mean what they meant when the statement was executed.
        scope = Scope("function", self._scope.module, self._scope, self._names)
        with self._vm.fresh_state():
            return self._vm.guarded_node(self._call, self._node, scope)

    def _of_constants(self) -> Any:
        """The field, if all arguments are constants and Django takes them: nothing is evaluated."""
        args, kwargs = [], {}
        for value in self._node.args:
            if not isinstance(value, ast.Constant) or type(value.value) not in _PLAIN:
                return None
            args.append(value.value)
        for keyword in self._node.keywords:
            value = keyword.value
            if not isinstance(value, ast.Constant) or type(value.value) not in _PLAIN:
                return None
            kwargs[str(keyword.arg)] = value.value
        try:
            return self.cls(*args, **kwargs)
        except (Exception, Refusal):  # noqa: BLE001  (the evaluation says where, and what it means)
            return None

    def _call(self, vm: Machine, node: ast.Call, scope: Scope) -> Any:
        """Calls the class as the expression does, which has no `*` and no `**`."""
        args = tuple(vm.value(arg, scope) for arg in node.args)
        kwargs = {str(item.arg): vm.value(item.value, scope) for item in node.keywords}
        return make_field(vm, self.cls, args, kwargs, scope.module.span(node))


class PostponedNames(dict[str, Any]):
    """The namespace of a model's class body: who reads a field makes it."""

    def postpone(self, name: str, field: PostponedField) -> None:
        """Binds a name to a field that is not made yet."""
        super().__setitem__(name, field)

    def value_classes(self) -> Iterator[type]:
        """The class of each value; no field is made for it."""
        for value in super().values():
            yield value.cls if isinstance(value, PostponedField) else type(value)

    def made(self) -> list[Any]:
        """The values, with what stands for fields that are not made yet."""
        return list(super().values())

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if isinstance(value, PostponedField):
            value = value.make()
            self[name] = value
        return value

    # What is written in C would else pass by `__getitem__`.
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401  (it would call itself)

    def pop(self, name: str, *default: Any) -> Any:
        if name in self:
            self[name] = self[name]
        return super().pop(name, *default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self else super().setdefault(name, default)

    def items(self) -> dict_items[str, Any]:
        self._make_all()
        return super().items()

    def values(self) -> dict_values[str, Any]:
        self._make_all()
        return super().values()

    def copy(self) -> dict[str, Any]:
        return dict(self.items())

    def _make_all(self) -> None:
        for name in self:
            self[name]


class PostponedFields(list[Any]):
    """The `fields` of a `CreateModel`: pairs of a name and a field that is made when it is read."""

    def entries(self) -> Iterator[tuple[str, Any]]:
        """Names with what is there: fields, or `PostponedField`."""
        return super().__iter__()

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        for index in range(len(self)):
            yield self[index]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        name, field = super().__getitem__(index)
        if isinstance(field, PostponedField):
            field = known_field(field.make())
            super().__setitem__(index, (name, field))
        return name, field


def postpone_field(vm: Machine, node: ast.expr, scope: Scope) -> PostponedField | None:
    """The field that an expression makes; None when it cannot wait, or is something else."""
    if not isinstance(node, ast.Call) or vm.speculation is not None or vm.try_depth:
        return None
    names: dict[str, Any] = {}
    for value in node.args:
        if not isinstance(value, ast.Constant) and not lasts(vm, value, scope, names):
            return None
    for keyword in node.keywords:
        value = keyword.value
        if not isinstance(value, ast.Constant) and not lasts(vm, value, scope, names):
            return None
        if keyword.arg is None:
            return None
    cls = _field_class(vm, node.func, scope, names)
    return None if cls is None else PostponedField(vm, node, scope, cls, names)


ARGUMENTS = frozenset({"fields"})


def postponed(
    vm: Machine, node: ast.Assign | ast.keyword, scope: Scope, function: Any = None
) -> Any:
    """What is evaluated when somebody asks for it; `NotImplemented` where nothing can wait."""
    if isinstance(node, ast.keyword):
        return _postponed_argument(vm, function, node.value, scope)
    return None if _postpone(vm, node, scope) else NotImplemented


def _postponed_argument(vm: Machine, function: Any, node: ast.expr, scope: Scope) -> Any:
    """The `fields` of a `CreateModel`; `NotImplemented` for other calls."""
    if not makes_table(function):
        return NotImplemented
    fields = postpone_fields(vm, node, scope)
    return NotImplemented if fields is None else fields


def postpone_fields(vm: Machine, node: ast.expr, scope: Scope) -> PostponedFields | None:
    """The list of fields that an expression gives to `CreateModel`; None when it cannot wait."""
    if not isinstance(node, ast.List):
        return None
    fields = PostponedFields()
    names = set()
    for item in node.elts:
        match item:
            case ast.Tuple(elts=[ast.Constant(value=str(name)), made]) if name not in names:
                field = postpone_field(vm, made, scope)
                fields.append((name, field or known_field(vm.evaluate(made, scope))))
                names.add(name)
            case _:
                return None
    return fields


def _postpone(vm: Machine, node: ast.Assign, scope: Scope) -> bool:
    """Binds a model's field without making it, where nothing can depend on when it is made."""
    if not isinstance(scope.names, PostponedNames):
        return False
    match node.targets:
        case [ast.Name(id=name)]:
            if name in scope.global_names or name in scope.nonlocal_names:
                return False
            field = postpone_field(vm, node.value, scope)
            if field is not None:
                scope.names.postpone(name, field)
                return True
    return False


def _field_class(vm: Machine, node: ast.expr, scope: Scope, names: dict[str, Any]) -> type | None:
    """The class of Django's that is called, if it is one of a field."""
    if isinstance(node, ast.Attribute):
        module = library_module(vm, node.value, scope, names)
        if module is None:
            return None
        value = vm.library_class(module.name, node.attr)
    else:
        value = bound(vm, node, scope, names)
    return value if isinstance(value, type) and _is_djangos_field(vm, value) else None


def _is_djangos_field(vm: Machine, cls: type) -> bool:
    if cls in _DJANGOS_FIELDS:  # asked for each field
        return True
    if not (
        cls.__module__.startswith("django.")
        and is_field_class(cls)
        and lookup.is_callable_listed(cls)
        and not is_user_class(vm, cls)
    ):
        return False
    _DJANGOS_FIELDS.add(cls)
    return True


_DJANGOS_FIELDS: set[type] = set()
