"""The interpreter: executes modules statement by statement, without running any of their code.

What it executes is syntax, what it computes with are real values, and what it cannot know is
`Unknown`. It is bounded in steps, depth and sizes.
"""

from __future__ import annotations

import ast
import contextlib
import decimal
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from pgtrigger_codegen.confinement.frames import raised_in
from pgtrigger_codegen.confinement.wall import Escape, check, confined
from pgtrigger_codegen.crashes import Crash, contain
from pgtrigger_codegen.evaluator.limits.spent import Spent
from pgtrigger_codegen.evaluator.limits.totals import STEPS, LimitPassed
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.domain import ClassStatement, Domain, Maker
from pgtrigger_codegen.evaluator.protocols.host import Host
from pgtrigger_codegen.evaluator.protocols.libraries import Libraries, NoLibraries
from pgtrigger_codegen.evaluator.protocols.machine import Handler, Machine, Reader
from pgtrigger_codegen.evaluator.protocols.special_call import SpecialCall
from pgtrigger_codegen.evaluator.python import specials
from pgtrigger_codegen.evaluator.python.calls import calls, makers
from pgtrigger_codegen.evaluator.python.classes.classes import make_real_class
from pgtrigger_codegen.evaluator.python.decimals import ChangedContext, changed_context
from pgtrigger_codegen.evaluator.python.expressions import EVALUATORS, subscript
from pgtrigger_codegen.evaluator.python.imports import imports
from pgtrigger_codegen.evaluator.python.objects import attributes
from pgtrigger_codegen.evaluator.python.objects.real_attributes import real_attribute
from pgtrigger_codegen.evaluator.python.statements import EXECUTORS, execute_resiliently
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.callables import Opaque, Special
from pgtrigger_codegen.evaluator.values.findings import Findings
from pgtrigger_codegen.evaluator.values.moment import Moment
from pgtrigger_codegen.evaluator.values.raised import PythonRaise, UnknownRaise
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.signals import Signal
from pgtrigger_codegen.evaluator.values.trace import Trace
from pgtrigger_codegen.evaluator.values.unknown import BudgetPassed, Invalid, Refusal, Unknown
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread

# What holds while some code runs, with what holds when a module begins to.
_CIRCUMSTANCES: dict[str, Any] = {
    "speculation": None,
    "doubt": None,
    "in_hook": False,
    "try_depth": 0,
    "import_guards": 0,
    "depth": 0,
    "_guards": 0,
}
_circumstances = operator.attrgetter(*_CIRCUMSTANCES)
# It keeps nothing of its own, and an evaluation begins often.
_WALL = confined()

# What ends an evaluation early.
_STOPS = (Refusal, LimitPassed, PythonRaise, RecursionError)

# What an exception calls values that stand for the project's: Python would not have raised it.
_OURS = re.compile(
    r"'(CallBack|External|FieldDescriptor|InACircle|Invalid|LibraryModule|MayRegister|ModelClass"
    r"|ModelOptions|ModelReference|Opaque|Poison|PostponedFields?|PostponedNames|PrivateField"
    r"|Registrar|SettingsObject|SourceModule|Special|StandInField|ThroughModel|Unknown)'"
)


def _names_ours(error: BaseException) -> bool:
    return isinstance(error, TypeError | AttributeError) and bool(_OURS.search(str(error)))


_Node = TypeVar("_Node", bound=ast.AST)


def _value(vm: Machine, node: ast.expr, scope: Scope) -> Any:
    return vm.value(node, scope)


class PythonMachine:
    """One evaluation of one project.

    Attributes:
        domain: What the libraries of the project add to Python.
        libraries: Libraries that declare models and triggers, behind their providers.
        findings: What was declared on the way.
        assumptions: What was taken as given on the way.
        unread: What was passed over on the way, in which there may be triggers.
        trace: Which way conditions went, and which functions were called.
        speculation: Set while executing code that may or may not run: why that is open.
        doubt: The first thing in the current `try` that is not known, and so may raise.
        in_hook: While running code that Django calls back (`AppConfig.ready`).
        statement: Module and line of the top-level statement that is being executed.
        library_values: What libraries' modules were found to hold, by module and name.
        made: What listed makers of classes and functions have made, by identity.
        opaques: What stands for real things that are not listed, by identity.
        call_backs: What real code was given in the place of callables, by identity.
        dataclasses: Classes whose generated methods were made of names that were checked.
        handled: Exceptions whose `except` blocks are being executed, outermost first.
        changed_context: Where the project changes the context of decimals, if it does.
        closing: While generators are closed by a call, which runs their `finally` blocks.
        try_depth: How many enclosing `try` statements could catch an exception.
    """

    def __init__(
        self,
        loader: ModuleLoader,
        host: Host,
        domain: Domain[Machine],
        libraries: Libraries | None = None,
    ) -> None:
        self.loader = loader
        self.host = host
        self.domain = domain
        self.libraries: Libraries = libraries or NoLibraries()
        self.findings = Findings()
        self.names: Mapping[str, Any] = {**imports.NAMES, **domain.names}
        self.makers: Mapping[int, Maker] = {**makers.MAKERS, **domain.makers}
        self._readers: dict[type, Reader] = {**attributes.READERS, **domain.readers}
        self._handlers: dict[str, Handler] = {**specials.HANDLERS, **domain.handlers}
        self._items = {**specials.ITEMS, **domain.special_items}
        self.assumptions: set[Assumption] = set()
        self.unread: set[Unread] = set()
        self.trace = Trace()
        self.speculation: Unknown | None = None
        self.doubt: Unknown | None = None
        self.in_hook = False
        self.statement: tuple[str, int] | None = None
        self.changed_context: ChangedContext | None = None
        self._turn = 0
        self.try_depth = 0
        self.closing = 0
        self.handled: list[PythonRaise] = []
        self.import_guards = 0
        self.depth = 0
        self.spent = Spent()
        self._last_step = 0
        self._guards = 0
        self.scopes: dict[str, Scope] = {}
        self.executing: set[str] = set()
        self.made: dict[int, Any] = {}
        self.opaques: dict[int, Opaque] = {}
        self.call_backs: dict[int, Any] = {}
        self.dataclasses: set[type] = set()
        self.user_classes: dict[type, tuple[Module, ast.ClassDef]] = {}
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
        with self.fresh_state():
            self.execute_body(module.tree.body, scope)
        self.executing.discard(module.name)
        return scope

    def evaluate(self, node: ast.expr, scope: Scope) -> Any:
        """The value of an expression; limits passed and refusals are `Unknown`."""
        return self.guarded_node(_value, node, scope)

    def call(self, function: Any, args: tuple[Any, ...], span: Span) -> Any:
        """Calls any value, for stages that hold one; `Unknown` where it cannot be called."""
        return self.guarded(lambda: self.apply(function, args, {}, span), span)

    def guarded(self, action: Callable[[], Any], span: Span) -> Any:
        """Runs an action; whatever stops it becomes `Unknown`. The outermost has a new budget."""
        if self._guards:
            return self._guarded(action, lambda: span)
        return self._outermost(action, lambda: span)

    def guarded_node(
        self, action: Callable[[Machine, _Node, Scope], Any], node: _Node, scope: Scope
    ) -> Any:
        """The same for what is done with a node: where it stands is asked when it matters."""
        run = self._guarded if self._guards else self._outermost
        return run(partial(action, self, node, scope), partial(scope.module.span, node))

    def _outermost(self, action: Callable[[], Any], place: Callable[[], Span]) -> Any:
        """A barrier: a bug of ours costs what is being evaluated, and no more."""
        if (reason := self.spent.passed()) is not None:
            self.note_unread(Unread(GapKind.LIMIT_PASSED, reason, place()))
            return Unknown(reason, place())
        state = _circumstances(self)
        changed = self.changed_context
        self._last_step = WORK.steps + STEPS
        self.spent.begin()
        try:
            with _WALL, decimal.localcontext(None if changed is None else changed.strict()):
                outcome = contain("the evaluator", partial(self._guarded, action, place))
        finally:
            self.spent.end(WORK.steps + STEPS - self._last_step)
        if isinstance(outcome, Crash):
            vars(self).update(zip(_CIRCUMSTANCES, state, strict=True))
            self.note_unread(Unread(GapKind.READING_FAILED, outcome.reason, place()))
            return Unknown(outcome.reason, place())
        return outcome

    def _guarded(self, action: Callable[[], Any], place: Callable[[], Span]) -> Any:
        self._guards += 1
        try:
            try:
                return action()
            finally:
                check()
        except _STOPS as stop:
            return self._stopped(stop, place())
        except Escape as escape:
            span = place()
            escape.at(f"{span.path}:{span.line}")
            raise
        finally:
            self._guards -= 1

    def _stopped(self, stop: BaseException, span: Span) -> Unknown:
        match stop:
            case Refusal():
                return stop.unknown
            case LimitPassed():
                return Unknown(str(stop), span)
            case PythonRaise():
                return self.invalid(stop.error, stop.span or span)
        return Unknown("is nested too deeply to be evaluated", span)

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
        return imports.read_name(self, name, scope, span)

    def module_value(self, name: str, span: Span) -> Any:
        """The module of a dotted name, as a value."""
        return imports.module_value(self, name, span)

    def module_attribute(self, module: str, name: str, span: Span) -> Any:
        """`module.name`, whichever kind of module it is."""
        return imports.module_attribute(self, module, name, span)

    def step(self, node: ast.AST, scope: Scope) -> None:
        """Counts one step: a node that is executed or evaluated.

        Raises:
            Refusal: The budget is used up.
        """
        WORK.steps += 1
        if WORK.steps > self._last_step:
            raise self._budget_passed(scope.module.span(node))

    def step_at(self, span: Span) -> None:
        """Counts one step that is taken there, as `step` does."""
        WORK.steps += 1
        if WORK.steps > self._last_step:
            raise self._budget_passed(span)

    def begin_call_from_outside(self) -> None:
        """Real code calls; where nothing is being evaluated, the call has a budget of its own."""
        if not self._guards and not self.depth:
            self._last_step = WORK.steps + STEPS

    def _budget_passed(self, span: Span) -> BudgetPassed:
        return BudgetPassed(Unknown(f"takes more than {STEPS} steps to evaluate", span))

    def attempt(
        self, span: Span, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Runs a real operation; what it raises is raised in, or ends, the interpreted code."""
        try:
            return function(*args, **kwargs)
        except Refusal as refusal:
            return refusal.unknown.with_note("evaluated here", span)
        except LimitPassed as error:
            return Unknown(str(error), span)
        except RecursionError:
            return Unknown("is nested too deeply to be evaluated", span)
        except MemoryError:
            return Unknown("takes too much memory to be evaluated", span)
        except PythonRaise as error:
            return self.raised(error.error, error.span or span)
        except decimal.DecimalException as error:
            if self.changed_context is not None:
                return self.changed_context.unknown(span)
            return self.raised(error, span)
        except Exception as error:  # noqa: BLE001  (whatever real code raises, Python would raise)
            return self.raised(error, span)

    def decimals_are_used(self) -> None:
        """From here on, what depends on a context that the project changes is refused."""
        if self.changed_context is None:
            self.changed_context = changed_context(self.loader.finder.own_roots)
            # Each evaluation puts the context back at its end; outside of one nobody would.
            if self.changed_context is not None and self._guards:
                decimal.setcontext(self.changed_context.strict())

    def check_format(self, value: object, specification: object, span: Span) -> None:
        """Refuses what the context of decimals rounds, and traps nothing of.

        Raises:
            Refusal: A decimal would be formatted, and the project changes the context.
        """
        changed = self.changed_context
        if changed is not None and isinstance(value, decimal.Decimal) and specification:
            raise Refusal(changed.unknown(span))

    def raised(self, error: BaseException, span: Span) -> Unknown:
        """An exception: raised where a `try` could catch it, else the value is invalid.

        An error over one of our own values is none of Python's: the value is not known then.

        Raises:
            PythonRaise: Inside a `try`.
        """
        if _names_ours(error):
            return Unknown("an operation on such a value is not evaluated", span)
        if self.try_depth:
            raise PythonRaise(error, span)
        return self.invalid(error, span)

    def invalid(self, error: BaseException, span: Span) -> Invalid:
        """The value of an expression that raises."""
        text = str(error)
        if isinstance(error, UnknownRaise):
            return Invalid(text, span, raised_in=raised_in(error))
        reason = f"raises {type(error).__name__}" + (f": {text}" if text else "")
        return Invalid(reason, span, error=error, raised_in=raised_in(error))

    def library_class(self, module: str, name: str) -> type | None:
        """A class of a library by its name, None where the name stands for something else."""
        key = (module, name)
        if key not in self._library_classes:
            nowhere = Span("", 1, 1, 1, 1)
            value = imports.module_attribute(self, module, name, nowhere)
            self._library_classes[key] = value if isinstance(value, type) else None
        return self._library_classes[key]

    def assume(self, name: str, value: object, span: Span) -> None:
        """Notes that something was taken as given."""
        self.assumptions.add(Assumption(name, str(value), span))

    def note_unread(self, unread: Unread) -> None:
        """Notes that something was passed over, in which there may be triggers."""
        self.unread.add(unread)

    def moment(self) -> Moment:
        """The present moment, later than each that was asked for before."""
        self._turn += 1
        module, line = self.statement or (None, 0)
        return Moment(module, line, self._turn)

    def noticed(self, value: Any) -> Any:
        """Passes a value on; inside a `try`, one that is not known may as well have raised."""
        if self.try_depth and self.doubt is None and isinstance(value, Unknown):
            self.doubt = value
        return value

    def remember_made(self, value: Any) -> Any:
        """Notes what a listed maker of classes and functions has made: it may be called."""
        self.made[id(value)] = value
        return value

    @contextlib.contextmanager
    def speculating(self, why: Unknown) -> Iterator[None]:
        """While executing code that may or may not run."""
        before = self.speculation
        self.speculation = before or why
        try:
            yield
        finally:
            self.speculation = before

    @contextlib.contextmanager
    def catching(self) -> Iterator[None]:
        """While inside a `try`, or while real code calls back."""
        self.try_depth += 1
        try:
            yield
        finally:
            self.try_depth -= 1

    @contextlib.contextmanager
    def called_back(self) -> Iterator[None]:
        """While running code that Django calls back."""
        before = self.in_hook
        self.in_hook = True
        try:
            yield
        finally:
            self.in_hook = before

    @contextlib.contextmanager
    def fresh_state(self) -> Iterator[None]:
        """A module is executed as if by the first import of it, whoever needed it."""
        saved = _circumstances(self)
        vars(self).update(_CIRCUMSTANCES)
        last, begun = self._last_step, WORK.steps
        try:
            yield
        finally:
            vars(self).update(zip(_CIRCUMSTANCES, saved, strict=True))
            # What the module took is not the importer's.
            self._last_step = last + WORK.steps - begun
