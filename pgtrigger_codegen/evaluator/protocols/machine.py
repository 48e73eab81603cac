"""The type of the machine that all rules of evaluation use.

No rule imports another one that leads back to it. What they need of each other they ask of the
machine, which `python/machine.py` puts together on top of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from pgtrigger_codegen.evaluator.modules.eager_imports import EagerImports
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement, Domain, Maker
from pgtrigger_codegen.evaluator.protocols.events import Event
from pgtrigger_codegen.evaluator.protocols.host import Host
from pgtrigger_codegen.evaluator.protocols.libraries import Libraries
from pgtrigger_codegen.evaluator.protocols.observer import Observer
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.values.callables import Function, Opaque, Special
from pgtrigger_codegen.evaluator.values.findings import Findings
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.raised import Frame, PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Signal
from pgtrigger_codegen.evaluator.values.spoiled import Spoiled
from pgtrigger_codegen.evaluator.values.unknown import Invalid, Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_Node = TypeVar("_Node", bound=ast.AST)


class Machine(Protocol):
    """One evaluation of one project, as its rules see it.

    Attributes:
        domain: What the libraries of the project add to Python.
        libraries: Libraries that declare models and triggers, behind their providers.
        findings: What was declared on the way.
        observer: Who is told what the evaluation leans on.
        names: Values that stand for names, by dotted path.
        special_builtins: Builtins that the interpreter stands in for: those with a handler.
        scopes: The namespaces of modules that are executed, or being executed.
        executing: Names of the modules that are being executed.
        eager_imports: Which modules are executed where they are imported, not when needed.
        spoiled: What was changed in a way that is not followed.
        environ: Environment variables that code has set, over those that are pinned.
        choices: Of what is not known in full, by identity: what it may be that can be changed.
        speculation: Set while executing code that may or may not run: why that is open.
        new_names_only: While executing what binds only names that a namespace has not.
        doubt: The first thing in the current `try` that is not known, and so may raise.
        ended: Why the module that is being executed may have ended before, by an exception.
        in_hook: While running code that Django calls back (`AppConfig.ready`).
        statement: Module and line of the top-level statement that is being executed.
        try_depth: How many enclosing `try` statements could catch an exception.
        import_guards: How many of these catch errors of imports.
        depth: How deep calls nest.
        frame: The call of a function of the user's that goes on, with those around it.
        closing: While generators are closed by a call, which runs their `finally` blocks.
        handled: Exceptions whose `except` blocks are being executed, outermost first.
        library_values: What libraries' modules were found to hold, by module and name.
        made: What listed makers of classes and functions have made, by identity.
        opaques: What stands for real things that are not listed, by identity.
        call_backs: What real code was given in the place of callables, by identity.
        dataclasses: Classes whose generated methods were made of names that were checked.
        user_classes: Classes, real ones too, that class statements of the user's made, and where.
    """

    loader: ModuleLoader
    host: Host
    domain: Domain[Machine]
    libraries: Libraries
    findings: Findings
    observer: Observer
    names: Mapping[str, Any]
    special_builtins: frozenset[str]
    makers: Mapping[int, Maker]
    scopes: dict[str, Scope]
    executing: set[str]
    eager_imports: EagerImports
    environ: dict[str, Any]
    spoiled: Spoiled
    choices: dict[int, tuple[Any, tuple[Any, ...]]]
    new_names_only: bool
    speculation: Unknown | None
    doubt: Unknown | None
    ended: Unknown | None
    in_hook: bool
    statement: tuple[str, int] | None
    try_depth: int
    import_guards: int
    depth: int
    frame: Frame | None
    closing: int
    handled: list[PythonRaise]
    library_values: dict[tuple[str, str], Any]
    made: dict[int, Any]
    opaques: dict[int, Opaque]
    call_backs: dict[int, Any]
    dataclasses: set[type]
    user_classes: dict[Any, tuple[Module, ast.ClassDef]]

    # What rules do: each of these is one of them, reached from below.

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression, which counts as a step."""

    def execute_statement(self, node: ast.stmt, scope: Scope) -> Signal:
        """Executes one statement, which counts as a step; how the block ends, if it does."""

    def execute_body(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Executes a module's or class's body; what stops a statement makes its names unknown."""

    def attribute(self, value: Any, name: str, span: Span) -> Any:
        """`value.name`."""

    def subscript(self, value: Any, key: Any, span: Span) -> Any:
        """`value[key]`."""

    def apply(
        self,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        span: Span,
        scope: Scope | None = None,
    ) -> Any:
        """The value of a call."""

    def call_from_real_code(
        self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Answers a call that real code makes of a function of the user's.

        Raises:
            Refusal: The result is not known.
        """

    def instantiate(
        self, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
    ) -> Any:
        """An object of a real class, by Python's rules alone."""

    def make_real_class(self, statement: ClassStatement) -> Any:
        """A real class, or why there is none, by Python's rules alone."""

    def call_special(self, call: SpecialCall) -> Any:
        """The value of a call of what the interpreter stands in for."""

    def special_item(self, special: Special, key: Any, span: Span) -> Any:
        """An item of what the interpreter stands in for."""

    def name(self, name: str, scope: Scope, span: Span) -> Any:
        """The value of a name as seen from a scope."""

    def module(self, name: str) -> Scope | Unknown:
        """The namespace of a module, executed the first time it is asked for."""

    def module_value(self, name: str, span: Span) -> Any:
        """The module of a dotted name, as a value."""

    def module_attribute(self, module: str, name: str, span: Span) -> Any:
        """`module.name`, whichever kind of module it is."""

    def library_class(self, module: str, name: str) -> type | None:
        """A class of a library by its name, None where the name stands for something else."""

    # What stops, and what is counted.

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression; limits passed and refusals are `Unknown`."""

    def call(self, function: Any, args: tuple[Any, ...], span: Span) -> Any:
        """Calls any value; limits passed and refusals are `Unknown`."""

    def guarded(self, action: Callable[[], Any], span: Span) -> Any:
        """Runs an action; whatever stops it becomes `Unknown`. The outermost has a new budget."""

    def guarded_node(
        self, action: Callable[[Machine, _Node, Scope], Any], node: _Node, scope: Scope
    ) -> Any:
        """The same for what is done with a node: where it stands is asked when it matters."""

    def step(self, node: ast.AST, scope: Scope) -> None:
        """Counts one step.

        Raises:
            Refusal: The budget is used up.
        """

    def step_at(self, span: Span) -> None:
        """Counts one step that is taken there, as `step` does."""

    def begin_call_from_outside(self) -> None:
        """Real code calls; where nothing is being evaluated, the call has a budget of its own."""

    def attempt(
        self, span: Span, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Runs a real operation; what it raises is raised in, or ends, the interpreted code."""

    def raised(self, error: BaseException, span: Span, frame: Frame | None = None) -> Unknown:
        """An exception: raised where a `try` could catch it, else the value is invalid.

        Raises:
            PythonRaise: Inside a `try`.
        """

    def invalid(
        self, error: BaseException, span: Span | None, frame: Frame | None = None
    ) -> Invalid:
        """The value of an expression that raises."""

    def tell(self, event: Event) -> None:
        """Tells the libraries what happened, if it concerns them."""

    def leave_by(self, raised: PythonRaise, span: Span) -> BaseException:
        """An exception on its way into real code, which may let it through."""

    def may_have_ended(self, raised: Unknown, why: Unknown | None = None) -> None:
        """Notes that the module raises, or may, and so does not come to what follows."""

    def noticed(self, value: Any) -> Any:
        """Passes a value on; inside a `try`, one that is not known may as well have raised."""

    def decimals_are_used(self) -> None:
        """From here on, what depends on a context that the project changes is refused."""

    def check_format(self, value: object, specification: object, span: Span) -> None:
        """Refuses what the context of decimals rounds, and traps nothing of.

        Raises:
            Refusal: A decimal would be formatted, and the project changes the context.
        """

    # What is noted, and what holds meanwhile.

    def assume(self, name: str, value: object, span: Span, *, once: bool = False) -> None:
        """Tells that something was taken as given; `once`: for the first place of that name."""

    def remember_made(self, value: Any) -> Any:
        """Notes what a listed maker of classes and functions has made: it may be called."""

    def moment(self) -> Moment:
        """The present moment, later than each that was asked for before."""

    def speculating(self, why: Unknown) -> AbstractContextManager[None]:
        """While executing code that may or may not run."""

    def binding_new_names(self) -> AbstractContextManager[None]:
        """While executing what is done for names that a namespace has not."""

    def catching(self) -> AbstractContextManager[None]:
        """While inside a `try`, or while real code calls back."""

    def called_back(self) -> AbstractContextManager[None]:
        """While running code that Django calls back."""

    def fresh_state(self) -> AbstractContextManager[None]:
        """A module is executed as if by the first import of it, whoever needed it."""


Handler = Callable[[Machine, SpecialCall], Any]
"""What is done for a call of what the interpreter stands in for."""
Reader = Callable[[Machine, Any, str, Span], Any]
"""An attribute of a value of one type."""
Caller = Callable[[Machine, Any, tuple[Any, ...], dict[str, Any], Span, Scope | None], Any]
"""A call of a value of one type."""
