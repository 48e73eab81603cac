"""Real classes: what the class of a statement is to Python, with methods that the machine runs."""

from __future__ import annotations

import abc
import enum
import types
from collections.abc import Callable
from typing import Any

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.library import lookup
from pgtrigger_codegen.evaluator.library.kinds import is_migration
from pgtrigger_codegen.evaluator.limits import totals
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement
from pgtrigger_codegen.evaluator.protocols.events import ClassMade
from pgtrigger_codegen.evaluator.protocols.machine import Machine
from pgtrigger_codegen.evaluator.python.calls import makers
from pgtrigger_codegen.evaluator.python.objects import access, membrane
from pgtrigger_codegen.evaluator.python.objects.kinds import (
    describe,
    is_only_of_users,
    is_user_class,
)
from pgtrigger_codegen.evaluator.values.classes import find_attribute, mro_of, own_names
from pgtrigger_codegen.evaluator.values.unknown import Refusal, Unknown, first_unknown
from pgtrigger_codegen.evaluator.values.user_classes import Class, as_type

_NO_METACLASS = object()
# Real code asks an object for its class, and every look-up is one of these.
_OF_NO_CLASS = ("__class__", "__getattribute__")
# A metaclass that says these has classes of which not even the interpreter can ask what they are.
_NOT_OF_METACLASSES = frozenset(
    "__delattr__ __dir__ __eq__ __getattr__ __hash__ __setattr__ __subclasses__ mro".split()
)


def real_class(
    vm: Machine,
    statement: ClassStatement,
    make: Callable[..., Any] = types.new_class,
) -> Any:
    """The real class of a statement, with methods that the interpreter runs; or `Unknown`.

    Args:
        make: `types.new_class`, or the `__new__` that a metaclass of the user's has come to.
    """
    refused = refusal(vm, statement)
    if refused is not None:
        return refused
    bases: tuple[Any, ...] = tuple(
        base.opened() if type(base) is Class else base for base in statement.bases
    )
    keywords, span = dict(statement.keywords), statement.span
    namespace = dict(statement.body.names)
    namespace["__module__"] = statement.module.name
    namespace[lookup.MARK] = True
    namespace["__qualname__"] = statement.body.qualname
    # Nothing instantiates a migration: its operations may be known in part.
    others = [base for base in bases if base is not object and not is_only_of_users(vm, base)]
    on_library = not all(map(is_migration, others))
    if on_library:
        guarded: dict[str, Any] = {}
        for name, value in namespace.items():
            unknown = first_unknown(value)
            guarded[name] = value if unknown is None else _UnknownAttribute(unknown)
        namespace = guarded
    namespace = {
        name: access.member(vm, name, value, span, real_code_reads=on_library)
        for name, value in namespace.items()
    }
    metaclass = membrane.unwrapped(keywords.pop("metaclass", _NO_METACLASS))
    given: dict[str, Any] = {
        str(name): membrane.outward(vm, value, span) for name, value in keywords.items()
    }

    def fill(target: Any) -> None:
        makers.check_annotations(namespace, span)
        for name, value in namespace.items():
            if isinstance(value, _UnknownAttribute) and type(target) is not dict:
                raise Refusal(value.unknown)  # an enum looks at each value
            target[name] = value

    def made_by_metaclass() -> Any:
        names: dict[str, Any] = {}
        fill(names)
        return make(metaclass, statement.node.name, bases, names, **given)

    WORK.steps += totals.STEPS_OF_A_CLASS
    if make is types.new_class:
        given.update({} if metaclass is _NO_METACLASS else {"metaclass": metaclass})
        real = vm.attempt(span, make, statement.node.name, bases, given, fill)
    else:
        real = vm.attempt(span, made_by_metaclass)
    if isinstance(real, type):
        vm.user_classes[real] = (statement.module, statement.node)
        vm.tell(ClassMade(real))
        if on_library:
            _guard_inherited(vm, real)
    return real


def refusal(vm: Machine, statement: ClassStatement) -> Unknown | None:
    """Why a class cannot be made real; None where it can."""
    names, bases, span = statement.body.names, statement.bases, statement.span
    for name in _OF_NO_CLASS:
        if name in names:
            return Unknown(f"a class with a `{name}` of its own is not evaluated", span)
    for base in bases:
        if not _may_be_subclassed(vm, base):
            return Unknown(f"`{describe(base)}` is not a base that is evaluated", span)
    metaclass = membrane.unwrapped(statement.keywords.get("metaclass", _NO_METACLASS))
    if metaclass is not _NO_METACLASS and not _may_be_metaclass(vm, metaclass):
        described = describe(metaclass)
        return Unknown(f"a class made by {described} is not evaluated", span)
    if any(isinstance(base, type) and issubclass(base, type) for base in bases):
        return _refused_metaclass(vm, statement)
    return None


def _refused_metaclass(vm: Machine, statement: ClassStatement) -> Unknown | None:
    bases, span = statement.bases, statement.span
    if "metaclass" in statement.keywords or any(type(as_type(base)) is not type for base in bases):
        return Unknown("a metaclass that another one makes is not evaluated", span)
    names = {*statement.body.names}
    for base in bases:
        names.update(*(own_names(cls) for cls in mro_of(base) if is_user_class(vm, cls)))
    for name in sorted(_NOT_OF_METACLASSES & names):
        return Unknown(f"a metaclass with a `{name}` of its own is not evaluated", span)
    return None


def _guard_inherited(vm: Machine, real: type) -> None:
    """Attributes of plain mixins were harmless until library code came to read them."""
    for base in real.__mro__[1:]:
        if not is_user_class(vm, base):
            continue
        for name, value in list(vars(base).items()):
            unknown = first_unknown(value)
            if unknown is not None and find_attribute(real, name) is value:
                setattr(real, name, _UnknownAttribute(unknown))


def _may_be_subclassed(vm: Machine, base: Any) -> bool:
    if type(base) is Class:
        return True
    if not isinstance(base, type):
        return hasattr(base, "__mro_entries__")  # `Generic[T]`, `NamedTuple`
    return (
        is_user_class(vm, base)
        or lookup.is_callable_listed(base)
        or identity(base) in vm.made
        or base.__module__ in ("abc", "typing", "enum", "builtins")
    )


def _may_be_metaclass(vm: Machine, value: Any) -> bool:
    known = value in (abc.ABCMeta, enum.EnumType) or is_user_class(vm, value)
    return known and issubclass(value, type)


class _UnknownAttribute:
    """A class attribute that is not known, where real code could read it."""

    def __init__(self, unknown: Unknown) -> None:
        self.unknown = unknown

    def __get__(self, instance: object, owner: type | None = None) -> object:
        raise Refusal(self.unknown)
