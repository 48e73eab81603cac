"""One evaluation: its limits, its failures, and its state."""

from __future__ import annotations

import ast
import contextlib
import decimal
import operator
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pgtrigger_codegen.confinement.frames import raised_in
from pgtrigger_codegen.confinement.wall import Escape, check, confined
from pgtrigger_codegen.crashes import Crash, contain
from pgtrigger_codegen.evaluator.limits.spent import Spent
from pgtrigger_codegen.evaluator.limits.totals import STEPS, LimitPassed
from pgtrigger_codegen.evaluator.limits.work import WORK
from pgtrigger_codegen.evaluator.modules.loader import ModuleLoader
from pgtrigger_codegen.evaluator.protocols.observer import Observer
from pgtrigger_codegen.evaluator.python.decimals import ChangedContext, changed_context
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.own_kinds import OWN_NAMES
from pgtrigger_codegen.evaluator.values.raised import Frame, PythonRaise, UnknownRaise, traceback
from pgtrigger_codegen.evaluator.values.scope import Scope
from pgtrigger_codegen.evaluator.values.spoiled import Spoiled
from pgtrigger_codegen.evaluator.values.unknown import BudgetPassed, Invalid, Refusal, Unknown
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind, Unread

# What holds while some code runs, with what holds when a module begins to.
_CIRCUMSTANCES: dict[str, Any] = {
    "speculation": None,
    "doubt": None,
    "ended": None,
    "in_hook": False,
    "try_depth": 0,
    "import_guards": 0,
    "depth": 0,
    "frame": None,
    "_guards": 0,
}
_circumstances = operator.attrgetter(*_CIRCUMSTANCES)
# It keeps nothing of its own, and an evaluation begins often.
_WALL = confined()

# What ends an evaluation early.
_STOPS = (Refusal, LimitPassed, PythonRaise, RecursionError)


# What an exception calls values that stand for the project's: Python would not have raised it.
_OTHERS = frozenset(
    """
    CallBack External InACircle Invalid MayRegister Poison PostponedField PostponedFields
    PostponedNames PrivateField Raised StandInField Unknown
    """.split()
)
_OURS = re.compile(f"'({'|'.join(sorted(OWN_NAMES | _OTHERS))})'")


def _names_ours(error: BaseException) -> bool:
    return isinstance(error, TypeError | AttributeError) and bool(_OURS.search(str(error)))


class Evaluation:
    """The state and the limits that every rule of evaluation relies on.

    Attributes:
        observer: Who is told what the evaluation leans on.
        spoiled: What was changed in a way that is not followed.
        environ: Environment variables that code has set, over those that are pinned.
        choices: Of what is not known in full, by identity: what it may be that can be changed.
        speculation: Set while executing code that may or may not run: why that is open.
        new_names_only: While executing what binds only names that a namespace has not.
        doubt: The first thing in the current `try` that is not known, and so may raise.
        ended: Why the module that is being executed may have ended before, by an exception.
        in_hook: While running code that Django calls back (`AppConfig.ready`).
        changed_context: Where the project changes the context of decimals, if it does.
        try_depth: How many enclosing `try` statements could catch an exception.
        frame: The call of a function of the user's that goes on, with those around it.
    """

    def __init__(self, loader: ModuleLoader, observer: Observer) -> None:
        self.loader = loader
        self.observer = observer
        self._assumed: set[str] = set()
        self.spoiled = Spoiled()
        self.environ: dict[str, Any] = {}
        self.choices: dict[int, tuple[Any, tuple[Any, ...]]] = {}
        self.new_names_only = False
        self.speculation: Unknown | None = None
        self.doubt: Unknown | None = None
        self.ended: Unknown | None = None
        self.in_hook = False
        self.changed_context: ChangedContext | None = None
        self.try_depth = 0
        self.import_guards = 0
        self.depth = 0
        self.frame: Frame | None = None
        self.spent = Spent()
        self._left: tuple[BaseException | None, Frame | None, Span | None] = (None, None, None)
        self._last_step = 0
        self._guards = 0

    def guarded(self, action: Callable[[], Any], span: Span) -> Any:
        """Runs an action; whatever stops it becomes `Unknown`. The outermost has a new budget."""
        run = self._guarded if self._guards else self._outermost
        return run(lambda: span, action)

    def _outermost(self, place: Callable[[], Span], action: Callable[..., Any], *args: Any) -> Any:
        """A barrier: a bug of ours costs what is being evaluated, and no more."""
        if (reason := self.spent.passed()) is not None:
            self.observer.passed_over(Unread(GapKind.LIMIT_PASSED, reason, place()))
            return Unknown(reason, place())
        state = _circumstances(self)
        changed = self.changed_context
        self._last_step = WORK.steps + STEPS
        self.spent.begin()
        try:
            with _WALL, decimal.localcontext(None if changed is None else changed.strict()):
                outcome = contain("the evaluator", partial(self._guarded, place, action, *args))
        finally:
            self.spent.end(WORK.steps + STEPS - self._last_step)
        if isinstance(outcome, Crash):
            vars(self).update(zip(_CIRCUMSTANCES, state, strict=True))
            self.observer.passed_over(Unread(GapKind.READING_FAILED, outcome.reason, place()))
            return Unknown(outcome.reason, place())
        return outcome

    def _guarded(self, place: Callable[[], Span], action: Callable[..., Any], *args: Any) -> Any:
        self._guards += 1
        try:
            try:
                return action(*args)
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
                return self.invalid(stop.error, stop.span or span, stop.frame)
        return Unknown("is nested too deeply to be evaluated", span)

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
            return self.raised(error.error, error.span or span, error.frame)
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

    def raised(self, error: BaseException, span: Span, frame: Frame | None = None) -> Unknown:
        """An exception: raised in a function, or where a `try` could catch it.

        Elsewhere the value is invalid: what else a module binds still matters. An error
        over one of our own values is none of Python's: the value is not known then.

        Raises:
            PythonRaise: Inside a function or a `try`.
        """
        if _names_ours(error):
            return Unknown("an operation on such a value is not evaluated", span)
        frame, place = self._left_by(error, frame or self.frame)
        if self.try_depth or self.frame is not None:
            raised = PythonRaise(error, span)
            raised.frame = frame
            raise raised
        return self.invalid(error, span, frame, place)

    def invalid(
        self,
        error: BaseException,
        span: Span | None,
        frame: Frame | None = None,
        place: Span | None = None,
    ) -> Invalid:
        """The value of an expression that raises.

        Args:
            frame: The innermost call in which the exception was raised.
            place: Where in that call, if that is not where the expression stands.
        """
        text, kind = str(error), type(error)
        if isinstance(error, UnknownRaise):
            kind = error.kind or Exception
            reason = text
        else:
            reason = f"raises {kind.__name__}" + (f": {text}" if text else "")
        notes = traceback(frame or self.frame, place or span, f"{kind.__name__} is raised")
        known = None if isinstance(error, UnknownRaise) else error
        return Invalid(reason, span, notes, error=known, raised_in=raised_in(error), traced=True)

    def leave_by(self, raised: PythonRaise, span: Span) -> BaseException:
        """An exception on its way into real code, which may let it through."""
        self._left = raised.error, raised.frame, raised.span or span
        return raised.error

    def _left_by(
        self, error: BaseException, frame: Frame | None
    ) -> tuple[Frame | None, Span | None]:
        """Where an exception was raised that comes back from real code."""
        left, inner, place = self._left
        return (inner, place) if left is error else (frame, None)

    def may_have_ended(self, raised: Unknown, why: Unknown | None = None) -> None:
        """Notes that the module raises, or may, and so does not come to what follows.

        Args:
            raised: What is raised.
            why: Why that is open, if it is.
        """
        if self.ended is None:
            reason = f"the module ends before this, since it {raised.reason}"
            if why is not None:
                reason = f"the module may end before this, as it {raised.reason}: {why.reason}"
            self.ended = Unknown(reason, raised.span)

    def assume(self, name: str, value: object, span: Span, *, once: bool = False) -> None:
        """Tells that something was taken as given; `once`: for the first place of that name."""
        if not (once and name in self._assumed):
            self._assumed.add(name)
            self.observer.assumed(Assumption(name, str(value), span))

    def noticed(self, value: Any) -> Any:
        """Passes a value on; inside a `try`, one that is not known may as well have raised."""
        if self.try_depth and self.doubt is None and isinstance(value, Unknown):
            self.doubt = value
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
    def binding_new_names(self) -> Iterator[None]:
        """While executing what is done for names that a namespace has not."""
        before = self.new_names_only
        self.new_names_only = True
        try:
            yield
        finally:
            self.new_names_only = before

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
