"""Which modules lean on which others, noted while they are executed.

What is known of a module from an earlier run still holds when neither it nor anything that it leans
on has changed. That is only so where modules lean on each other in ways that show: by imports, and
by models that are looked up. Code that changes what another module has made, or that depends on
who was imported first, entangles them, and then nothing of an earlier run is used again.
"""

from __future__ import annotations

import ast
import contextlib
import enum
import gc
import re
import types
import typing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pgtrigger_codegen.evaluator.postponed import PostponedField, PostponedNames
from pgtrigger_codegen.evaluator.scope import Scope
from pgtrigger_codegen.evaluator.values import (
    Function,
    InACircle,
    LazyImport,
    LibraryModule,
    ModelClass,
    ModelReference,
    SettingsObject,
    SourceModule,
    Special,
    Unknown,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.interpreter import Interpreter

LIBRARY = "<library>"
"""In place of a module: who has made what Django, or another library, came with."""

_MOST_OBJECTS = 200_000

# Nothing changes these; objects of classes that derive from them have attributes of their own.
_PLAIN = frozenset({str, bytes, int, bool, float, complex, types.NoneType})
# Nothing changes these either, or what they lead to is another's business.
_ENDS = (
    types.ModuleType, types.CodeType, types.BuiltinFunctionType, types.CellType, ast.AST,
    LazyImport, Module, ModelReference, PostponedField, Span, Special, Unknown,
)  # fmt: skip

# Besides classes of the user's.
_STAYING = (
    type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.GenericAlias,
    types.UnionType, typing.TypeVar, typing.ParamSpec, re.Pattern, enum.Enum, LibraryModule,
    ModelClass, ModelReference, SettingsObject, SourceModule, Special, Unknown,
)  # fmt: skip
_MISSING = object()
# Their modules change nothing of each other but what they remember of the machine, and import each
# other in circles in which nothing depends on who is first.
_HARMLESS_PACKAGES = frozenset({"psycopg"})


class ModuleUses:
    """What the modules of one evaluation have to do with each other.

    Attributes:
        used: By module: those that it leans on directly.
        entangled: Why modules cannot be told apart, as soon as something shows it.
    """

    def __init__(self, vm: Interpreter) -> None:
        self._vm = vm
        self._users: list[str | None] = [None]
        self._owned: dict[int, tuple[Any, str]] = {}
        self._taken_early: dict[str, dict[str, Any]] = {}
        self.used: dict[str, set[str]] = {}
        self.missing: set[str] = set()
        self.entangled: str | None = None

    @property
    def current(self) -> str | None:
        """The module on whose behalf code is executed."""
        return self._users[-1]

    @contextmanager
    def on_behalf_of(self, module: str | None) -> Iterator[None]:
        """While executing what belongs to a module."""
        self._users.append(module)
        try:
            yield
        finally:
            self._users.pop()

    def note(self, used: str, user: str | None = None) -> None:
        """Notes that a module, the current one unless another is given, leans on another."""
        user = user or self._users[-1]
        if user is not None and user != used:
            self.used.setdefault(user, set()).add(used)

    def note_missing(self, label: str) -> None:
        """Notes that a model was looked for and not found."""
        self.missing.add(label.lower())

    def entangle(self, reason: str) -> None:
        """Notes that results of single modules cannot be used again, and why."""
        self.entangled = self.entangled or reason

    def changes(self, value: Any) -> None:
        """Is called before an object changes: it should be one of the current module's own."""
        if any(value is taken for names in self._taken_early.values() for taken in names.values()):
            self.entangle(f"`{self.current}` changes what was used in a circle of imports")
        _, owner = self._owned.get(id(value), (None, None))
        changed = owner is not None and owner != self.current
        if changed and not _keep_to_themselves(owner, self.current):
            self.entangle(f"`{self.current}` changes what `{owner}` has made")

    def writes_names_of(self, module: str) -> None:
        """Is called before a name outside the running function is bound."""
        if module != self.current:
            self.entangle(f"`{self.current}` binds names of `{module}`")

    def is_early(self, module: str) -> bool:
        """Whether a module is in the middle of its execution, and another one is at work."""
        if module not in self._vm.executing or module == self.current:
            return False
        return not _keep_to_themselves(module, self.current)

    def takes(self, scope: Scope, name: str, value: Any) -> None:
        """Is called when a name of a module is read.

        In a circle of imports that may be before the module is done. It does no harm where the
        name means the same in the end: then it does not matter where the circle was entered.
        """
        module = scope.module.name
        if isinstance(value, InACircle) and not _keep_to_themselves(module, self.current):
            self.entangle(value.reason)
        if self.is_early(module):
            if not self._stays(value):
                self.entangle(f"`{module}` is imported in a circle, for `{name}`")
            self._taken_early.setdefault(module, {})[name] = value

    def misses(self, scope: Scope, name: str) -> None:
        """Is called when a name was looked for in a module, and is not there."""
        if self.is_early(scope.module.name):
            self._taken_early.setdefault(scope.module.name, {}).setdefault(name, _MISSING)

    def came_from_library(self, value: Any) -> Any:
        """Passes on what was found in a library; it is not for the project to change."""
        if isinstance(value, list | dict | set):
            self._owned.setdefault(id(value), (value, LIBRARY))
        return value

    def settle(self, scope: Scope) -> None:
        """A module is done: what can be reached from its names is its own from here on."""
        owner = scope.module.name
        for name, taken in self._taken_early.pop(owner, {}).items():
            if not _is_same(scope, name, taken):
                self.entangle(f"`{owner}` is imported in a circle, for `{name}`")
        pending: list[Any] = list(scope.names.values())
        while pending:
            value = pending.pop()
            if type(value) in _PLAIN or isinstance(value, _ENDS) or value is self._vm:
                continue
            if id(value) in self._owned:
                continue
            if isinstance(value, Scope) and value.kind == "module":
                continue
            self._owned[id(value)] = (value, owner)
            pending.extend(self._parts(value))
        if len(self._owned) > _MOST_OBJECTS:
            self.entangle("there is too much to keep apart")

    def _stays(self, value: Any) -> bool:
        """Whether a value is the same for good, unless its attributes are assigned to."""
        if isinstance(value, type) and value in self._vm.user_classes:
            return not any(type(part) in (list, dict, set) for part in vars(value).values())
        return type(value) in _PLAIN or isinstance(value, _STAYING)

    def _parts(self, value: Any) -> Iterable[Any]:
        """What a change of an object can be made through."""
        if isinstance(value, ModelClass):
            return [value.namespace, value.doubts, *value.bases]
        if isinstance(value, PostponedNames):
            return value.made()
        if isinstance(value, types.FunctionType):
            return vars(value).values()  # `__interpreted__` among them
        if isinstance(value, Function):
            return [value.scope, value.defaults, value.kw_defaults]
        if isinstance(value, Scope):
            return [*value.names.values(), value.parent]
        if isinstance(value, type):
            user_class = value in self._vm.user_classes
            return [*vars(value).values(), *value.__bases__] if user_class else []
        parts = gc.get_referents(value)
        # Python may make the attributes only now. An offset alone does not tell that they can be
        # asked for: since Python 3.12, those of a `TypeVar` cannot, and are among its referents.
        if type(value).__dictoffset__:
            with contextlib.suppress(AttributeError):
                parts.append(object.__getattribute__(value, "__dict__"))
        return parts


def _keep_to_themselves(*modules: str | None) -> bool:
    packages = {str(module).partition(".")[0] for module in modules}
    return packages <= _HARMLESS_PACKAGES


def _is_same(scope: Scope, name: str, taken: Any) -> bool:
    """Whether a name means in the end what it meant when it was read."""
    now = scope.names.get(name, _MISSING)
    if now is taken or (type(now) in _PLAIN and type(now) is type(taken) and now == taken):
        return True
    # A module below the package is found whether the package imports it or not.
    below = f"{scope.module.name}.{name}"
    imported = isinstance(now, LazyImport) and f"{now.module}.{now.attribute}" == below
    is_below = now is _MISSING or imported or now == SourceModule(below)
    return is_below and (taken is _MISSING or taken == SourceModule(below))
