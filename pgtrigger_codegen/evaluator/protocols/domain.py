"""The interface of a domain, which extends Python's rules for libraries such as Django.

Python's rules ask it through this interface, and through nothing else. It is generic in the
machine, which holds one, so that neither of the two has to import the other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Special
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

M_contra = TypeVar("M_contra", contravariant=True)


class Maker(Struct, frozen=True):
    """A callable of a library that makes classes or functions.

    Attributes:
        made_is_called: Whether what it makes may be called, by being made by it.
        changes_class: Whether it changes the class that it is given, which has to be the project's.
        is_decorator: Whether it gives a decorator when it is called without what it decorates.
        takes_names: Whether its arguments are names, of which it makes code.
        check: Refuses arguments that it must not be given.
    """

    made_is_called: bool = True
    changes_class: bool = False
    is_decorator: bool = False
    takes_names: bool = False
    check: Callable[[tuple[Any, ...], Span], None] | None = None


class ClassStatement(Struct, frozen=True):
    """A class, as far as its statement or a call of `type` tells.

    Attributes:
        bases: Real classes, models, or `Unknown`.
        body: What the body bound; its owner is the class, once that exists.
        keywords: By name; what `**` gave that is not known, by None.
        dynamic: Whether it is a call of `type`.
    """

    node: ast.ClassDef
    module: Module
    bases: tuple[Any, ...]
    body: Scope
    keywords: dict[str | None, Any]
    span: Span
    dynamic: bool = False


class DomainTables(Protocol[M_contra]):
    """Rows that extend those of Python."""

    @property
    def names(self) -> Mapping[str, Any]:
        """Values that stand for names, by dotted path, wherever they are imported from."""

    @property
    def handlers(self) -> Mapping[str, Callable[[M_contra, SpecialCall], Any]]:
        """What is done for a call of a `Special`, by its name."""

    @property
    def readers(self) -> Mapping[type, Callable[[M_contra, Any, str, Span], Any]]:
        """Attributes of values, by type."""

    @property
    def callers(self) -> Mapping[type, Callable[..., Any]]:
        """Calls of values, by type: `(vm, function, args, kwargs, span, scope)`."""

    @property
    def special_attributes(self) -> Mapping[str, Callable[[M_contra, Special, str, Span], Any]]:
        """Attributes of a `Special`, by its name; `NotImplemented` for those without a meaning."""

    @property
    def special_items(self) -> Mapping[str, Callable[[M_contra, Special, Any, Span], Any]]:
        """Items of a `Special`, by its name."""

    @property
    def makers(self) -> Mapping[int, Maker]:
        """Callables that make classes and functions, by identity."""

    @property
    def events(self) -> Mapping[type, Callable[[M_contra, Any], None]]:
        """Who is told of an event (`protocols.events`), by its kind."""

    @property
    def postponed_arguments(self) -> frozenset[str]:
        """Names of arguments that may be evaluated when somebody asks for them."""


class Declaring(Protocol[M_contra]):
    """Code that may declare something, and must be noted where it is not followed."""

    def registers(self, vm: M_contra, value: Any) -> bool:
        """Whether calling a value, or what is in it, may declare something."""

    def mentions_registration(self, vm: M_contra, node: ast.AST, module: Module) -> bool:
        """Whether code names what declares something."""

    def notes_calls(self, function: Any) -> bool:
        """Whether a call is noted even when its arguments are not known."""

    def call_unread(
        self, vm: M_contra, unknown: Unknown, args: Iterable[Any], span: Span, scope: Scope | None
    ) -> Unknown:
        """The outcome of calling what is not read."""


class Converting(Protocol[M_contra]):
    """One thing in two forms, as interpreted code has it and as real code does."""

    def inward(self, vm: M_contra, value: Any) -> Any:
        """What a real object is to interpreted code; `NotImplemented` for what is Python's."""

    def rendered(self, vm: M_contra, value: Any) -> Any:
        """What a value is to real code.

        Raises:
            Refusal: There is no such thing.
        """

    def resolved(self, vm: M_contra, value: Any, span: Span) -> Any:
        """A value that stands for another, as that one: for keys and comparisons."""

    def compared(
        self, vm: M_contra, left: Any, right: Any, span: Span
    ) -> Unknown | tuple[Any, Any]:
        """Two values as they can be compared, or why they cannot."""

    def note_origin(self, vm: M_contra, value: Any, span: Span) -> Any:
        """Passes on what a real call has made."""


class Using(Protocol[M_contra]):
    """Uses of values that are not Python's own. `NotImplemented`: Python's rules apply."""

    @property
    def words(self) -> Sequence[bytes]:
        """Words of which each file has one that has to do with what is declared."""

    @property
    def lists_added_to(self) -> Collection[str]:
        """Names of lists from which nobody takes anything who is given them."""

    def provided(self, vm: M_contra, dotted: str) -> Special | None:
        """What stands for a callable of a library, by its dotted path."""

    def real_attribute(self, vm: M_contra, value: Any, name: str, span: Span) -> Any:
        """An attribute of a real object that the library says more of than the object."""

    def assign_attribute(
        self, vm: M_contra, target: Any, name: str, value: Any, span: Span
    ) -> bool:
        """Assigns to a value that is the library's; whether it is one."""

    def called(
        self,
        vm: M_contra,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        span: Span,
    ) -> Any:
        """A call of a class, the library's or derived from one, or of a real bound method."""

    def postponed(
        self,
        vm: M_contra,
        node: ast.Assign | ast.keyword,
        scope: Scope,
        function: Any = None,
    ) -> Any:
        """Binds a name in a class body to what is evaluated when somebody asks for it.

        Args:
            function: What is called, where the node is an argument: that is the result then.
        """


class MakingClasses(Protocol[M_contra]):
    """Classes that are not made real: models, say."""

    def namespace(self, bases: Sequence[Any]) -> dict[str, Any] | None:
        """Names for the body of a class that is not made real; None where it is."""

    def base(self, vm: M_contra, base: Any, span: Span) -> Any:
        """What a class derives from where it is said to derive from that."""

    def make_class(self, vm: M_contra, statement: ClassStatement, broken: Unknown | None) -> Any:
        """A class that is not made real, or could not be: why."""

    def decorated(self, vm: M_contra, value: Any, function: Any, result: Any, span: Span) -> Any:
        """What a class is once it is decorated: the result, if the class was made real."""


class Domain(
    DomainTables[M_contra],
    Declaring[M_contra],
    Converting[M_contra],
    Using[M_contra],
    MakingClasses[M_contra],
    Protocol[M_contra],
):
    """All that Python's rules ask of the libraries around them: tables first."""
