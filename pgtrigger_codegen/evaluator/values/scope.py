"""Namespaces of interpreted code."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module


class Scope(Struct, eq=False):
    """The names of one module, class body, function call or comprehension.

    Attributes:
        names: Bound names to values, `LazyImport` included.
        parent: The enclosing scope that names are looked up in next.
        global_names, nonlocal_names: Names that statements declared as such.
        owner: Holds the class that this body, or the method of this call, belongs to.
        local_names: Of a function: what it binds somewhere, so that no outer name is meant.
        private: The class that code stands in, whose private names (`__name`) are its own.
        ended: Of a module: why its code may not have run to the end, by an exception.
        open_ended: An import of `*` that could not be followed: any name may be bound.
    """

    kind: Literal["module", "class", "function", "comprehension"]
    module: Module
    parent: Scope | None = None
    names: dict[str, Any] = field(default_factory=dict)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    owner: list[Any] = field(default_factory=list)
    open_ended: Unknown | None = None
    ended: Unknown | None = None
    qualname: str = ""
    first_argument: Any = None
    local_names: frozenset[str] = frozenset()
    private: str = ""

    @property
    def module_scope(self) -> Scope:
        """The outermost scope."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def function_parent(self) -> Scope:
        """The scope that a function defined here closes over: class bodies are skipped."""
        return (
            self if self.kind != "class" or self.parent is None else self.parent.function_parent()
        )

    def outside_comprehensions(self) -> Scope:
        """The scope in which `:=` binds."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope

    def find(self, name: str) -> Scope | None:
        """The scope that binds a name, from here outwards."""
        if name in self.global_names:
            outer: Scope | None = self.module_scope
            return outer if outer is not None and name in outer.names else None
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            if name in scope.local_names and name not in scope.nonlocal_names:
                return None
            scope = scope.parent
        return None

    def binds_later(self, name: str) -> bool:
        """Whether a name that is not bound is a function's own, and means nothing outside of it."""
        scope: Scope | None = self
        while scope is not None and name not in self.global_names:
            if name in scope.local_names and name not in scope.nonlocal_names:
                return True
            scope = scope.parent
        return False

    def mangled(self, name: str) -> str:
        """What a name means in the class that the code stands in."""
        if not self.private or not name.startswith("__") or name.endswith("__"):
            return name
        return f"_{self.private.lstrip('_')}{name}"

    def binds_elsewhere(self, name: str) -> bool:
        """Whether a name was declared as one of another scope (`global`, `nonlocal`)."""
        return name in self.global_names or name in self.nonlocal_names

    def unbind(self, name: str) -> None:
        """Deletes a name where it is bound."""
        scope = self.module_scope if name in self.global_names else self
        if name in self.nonlocal_names and self.parent is not None:
            scope = self.parent.find(name) or self
        scope.names.pop(name, None)

    def bind(self, name: str, value: Any) -> None:
        """Binds a name where Python would."""
        if name in self.global_names:
            self.module_scope.names[name] = value
        elif name in self.nonlocal_names and self.parent is not None:
            (self.parent.find(name) or self).names[name] = value
        else:
            self.names[name] = value
