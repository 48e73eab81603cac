"""The interpreter: executes modules statement by statement, without running any of their code.

What it executes is syntax, what it computes with are real values, and what it cannot know is
`Unknown`. It is bounded in steps, depth and sizes.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from pgtrigger_codegen.confinement.identities import identity
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.modules.eager_imports import eager_imports
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement, Domain, Maker
from pgtrigger_codegen.evaluator.protocols.events import Event
from pgtrigger_codegen.evaluator.protocols.host import Host
from pgtrigger_codegen.evaluator.protocols.libraries import Libraries, NoLibraries
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine, Reader
from pgtrigger_codegen.evaluator.protocols.observer import Observer
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python import specials
from pgtrigger_codegen.evaluator.python.calls import calls, makers
from pgtrigger_codegen.evaluator.python.classes.classes import make_real_class
from pgtrigger_codegen.evaluator.python.evaluation import Evaluation
from pgtrigger_codegen.evaluator.python.expressions import EVALUATORS, subscript
from pgtrigger_codegen.evaluator.python.functions import functions
from pgtrigger_codegen.evaluator.python.imports import module_names, reading_names
from pgtrigger_codegen.evaluator.python.objects import attributes
from pgtrigger_codegen.evaluator.python.objects.real_attributes import real_attribute
from pgtrigger_codegen.evaluator.python.statements import EXECUTORS, execute_resiliently
from pgtrigger_codegen.evaluator.values.callables import Function, Opaque, Special
from pgtrigger_codegen.evaluator.values.findings import Findings
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.raised import PythonRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Signal
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span

_Node = TypeVar("_Node", bound=ast.AST)


def _value(vm: Machine, node: ast.expr, scope: Scope) -> Any:
    return vm.value(node, scope)


class PythonMachine(Evaluation):
    """One evaluation of one project.

    Attributes:
        domain: What the libraries of the project add to Python.
        libraries: Libraries that declare models and triggers, behind their providers.
        findings: What was declared on the way.
        statement: Module and line of the top-level statement that is being executed.
        library_values: What libraries' modules were found to hold, by module and name.
        made: What listed makers of classes and functions have made, by identity.
        opaques: What stands for real things that are not listed, by identity.
        call_backs: What real code was given in the place of callables, by identity.
        dataclasses: Classes whose generated methods were made of names that were checked.
        handled: Exceptions whose `except` blocks are being executed, outermost first.
        closing: While generators are closed by a call, which runs their `finally` blocks.
    """

    def __init__(
        self,
        loader: ModuleLoader,
        host: Host,
        domain: Domain[Machine],
        observer: Observer,
        libraries: Libraries | None = None,
    ) -> None:
        super().__init__(loader, observer)
        self.host = host
        self.domain = domain
        self.libraries: Libraries = libraries or NoLibraries()
        self.findings = Findings()
        self.names: Mapping[str, Any] = {**module_names.NAMES, **domain.names}
        self.makers: Mapping[int, Maker] = {**makers.MAKERS, **domain.makers}
        self._readers: dict[type, Reader] = {**attributes.READERS, **domain.readers}
        self._handlers: dict[str, Handler] = {**specials.HANDLERS, **domain.handlers}
        self.special_builtins = frozenset(self._handlers) & frozenset(dir(builtins))
        self._items = {**specials.ITEMS, **domain.special_items}
        self.statement: tuple[str, int] | None = None
        self._turn = 0
        self.closing = 0
        self.handled: list[PythonRaise] = []
        self.scopes: dict[str, Scope] = {}
        self.executing: set[str] = set()
        self.eager_imports = eager_imports(loader)
        self.made: dict[int, Any] = {}
        self.opaques: dict[int, Opaque] = {}
        self.call_backs: dict[int, Any] = {}
        self.dataclasses: set[type] = set()
        self.user_classes: dict[Any, tuple[Module, ast.ClassDef]] = {}
        self.library_values: dict[tuple[str, str], Any] = {}
        self._library_classes: dict[tuple[str, str], type | None] = {}

    def module(self, name: str) -> Scope | Unknown:
        """The namespace of a module, executed the first time it is asked for."""
        if name in self.scopes:
            return self.scopes[name]
        module = self.loader.load(name)
        if isinstance(module, Unknown):
            return module
        return self.execute(module)

    def execute(self, module: Module) -> Scope:
        """Executes a module's top level."""
        scope = Scope("module", module)
        scope.names.update(
            __name__=module.name,
            __file__=str(module.path),
            __package__=module.package,
            __doc__=None,
        )
        self.scopes[module.name] = scope
        self.executing.add(module.name)
        speculation = self.speculation if self.eager_imports.acts(module.name) else None
        with self.fresh_state():
            self.speculation = speculation  # what it does to others is done or not
            self.execute_body(module.tree.body, scope)
            scope.ended = None if module.name in self.loader.started else self.ended
        self.executing.discard(module.name)
        return scope

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression; limits passed and refusals are `Unknown`."""
        return self.guarded_node(_value, node, scope)

    def call(self, function: Any, args: tuple[Any, ...], span: Span) -> Any:
        """Calls any value, for stages that hold one; `Unknown` where it cannot be called."""
        return self.guarded(lambda: self.apply(function, args, {}, span), span)

    def guarded_node(
        self, action: Callable[[Machine, _Node, Scope], Any], node: _Node, scope: Scope
    ) -> Any:
        """The same for what is done with a node: where it stands is asked when it matters."""
        run = self._guarded if self._guards else self._outermost
        return run(partial(scope.module.span, node), action, self, node, scope)

    def value(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression, which counts as a step."""
        WORK.steps += 1
        if WORK.steps > self._last_step:
            raise self._budget_passed(scope.module.span(node))
        return EVALUATORS[type(node)](self, node, scope)

    def execute_statement(self, node: ast.stmt, scope: Scope) -> Signal:
        """Executes one statement, which counts as a step; how the block ends, if it does."""
        WORK.steps += 1
        if WORK.steps > self._last_step:
            raise self._budget_passed(scope.module.span(node))
        return EXECUTORS[type(node)](self, node, scope)

    def execute_body(self, body: Sequence[ast.stmt], scope: Scope) -> None:
        """Executes a module's or class's body; what stops a statement makes its names unknown."""
        execute_resiliently(self, body, scope)

    def attribute(self, value: Any, name: str, span: Span) -> Any:
        """`value.name`."""
        if self.spoiled and (unknown := self.spoiled.of(value)) is not None:
            return unknown
        reader = self._readers.get(type(value))
        if reader is not None:
            return reader(self, value, name, span)
        if isinstance(value, Unknown):
            return value
        return real_attribute(self, value, name, span)

    def subscript(self, value: Any, key: Any, span: Span) -> Any:
        """`value[key]`."""
        return subscript(self, value, key, span)

    def apply(
        self,
        function: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        span: Span,
        scope: Scope | None = None,
    ) -> Any:
        """The value of a call."""
        return calls.call(self, function, args, kwargs, span, scope)

    def call_from_real_code(
        self, function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Any:
        """Answers a call that real code makes of a function of the user's."""
        return functions.call_from_real_code(self, function, args, kwargs)

    def instantiate(
        self, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], span: Span
    ) -> Any:
        """An object of a real class, by Python's rules alone."""
        return calls.instantiate(self, cls, args, kwargs, span)

    def make_real_class(self, statement: ClassStatement) -> Any:
        """A real class, or why there is none, by Python's rules alone."""
        return make_real_class(self, statement)

    def call_special(self, call: SpecialCall) -> Any:
        """The value of a call of what the interpreter stands in for."""
        handler = self._handlers.get(call.special.name)
        if handler is None:
            return Unknown(f"calls `{call.special.name}`, which is not evaluated", call.span)
        return handler(self, call)

    def special_item(self, special: Special, key: Any, span: Span) -> Any:
        """An item of what the interpreter stands in for."""
        reader = self._items.get(special.name)
        if reader is None:
            return Unknown(f"an item of `{special.name}` is not evaluated", span)
        return reader(self, special, key, span)

    def name(self, name: str, scope: Scope, span: Span) -> Any:
        """The value of a name as seen from a scope."""
        return reading_names.read_name(self, name, scope, span)

    def module_value(self, name: str, span: Span) -> Any:
        """The module of a dotted name, as a value."""
        return module_names.module_value(self, name, span)

    def module_attribute(self, module: str, name: str, span: Span) -> Any:
        """`module.name`, whichever kind of module it is."""
        return module_names.module_attribute(self, module, name, span)

    def library_class(self, module: str, name: str) -> type | None:
        """A class of a library by its name, None where the name stands for something else."""
        try:  # asked for each field, with one answer for hundreds
            return self._library_classes[module, name]
        except KeyError:
            nowhere = Span("", 1, 1, 1, 1)
            value = module_names.module_attribute(self, module, name, nowhere)
            known = self._library_classes[module, name] = value if isinstance(value, type) else None
            return known

    def tell(self, event: Event) -> None:
        """Tells the libraries what happened, if it concerns them."""
        if (concerned := self.domain.events.get(type(event))) is not None:
            concerned(self, event)

    def moment(self) -> Moment:
        """The present moment, later than each that was asked for before."""
        self._turn += 1
        module, line = self.statement or (None, 0)
        return Moment(module, line, self._turn)

    def remember_made(self, value: Any) -> Any:
        """Notes what a listed maker of classes and functions has made: it may be called."""
        self.made[identity(value)] = value
        return value
