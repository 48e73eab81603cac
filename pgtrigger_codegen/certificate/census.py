"""Stage certificate: the census of all places in the source that can declare a trigger.

It finds them in the text, apart from the evaluator: a filter goes over the text of all modules that
Django imports, and what of it has left a trace in the analysis is accounted for. The statements
around the rest are read by LibCST, and each site in them has to be explained: a branch that was not
taken, a function that nobody calls. What cannot be explained is a gap.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from pgtrigger_codegen.certificate.assumed import Dependencies
from pgtrigger_codegen.certificate.declaring_names import DeclaringNames
from pgtrigger_codegen.certificate.reached_names import reached_names
from pgtrigger_codegen.evaluator.django.engine import ENGINE, VENDOR
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.trace import Place, Trace
from pgtrigger_codegen.source.declaring import DeclarationSite, Enclosure, What, declaring_sites
from pgtrigger_codegen.source.declaring_quickly import sites_of_tree
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import children, walk
from pgtrigger_codegen.source.span import Span

Fate = Literal[
    "compiled",
    "unresolved",
    "not declared",
    "not inherited",
    "not called",
    "known branch",
    "assumed branch",
    "test",
    "not imported",
    "unaccounted",
]
"""What became of a site. `not declared`: a trigger that is made, and put on no model."""


class CountedSite(Struct, frozen=True):
    """A site and its account.

    Attributes:
        span: Where it stands.
        name: The trigger's name, where LibCST has read it as a literal.
        why: What explains the fate, in words.
        place: Of what explains it.
    """

    span: Span
    what: What
    fate: Fate
    name: str | None = None
    why: str = ""
    place: Span | None = None


class Evidence(Struct, frozen=True):
    """The traces of the analysis at each place, which account for the sites there.

    Attributes:
        compiled, unresolved, made: Places of declarations, and of triggers that were made at all.
        metas: Places of the names `triggers` in a `Meta` that was read.
        uninherited: Those of abstract models that no model inherits from.
    """

    compiled: frozenset[Place]
    unresolved: frozenset[Place]
    made: frozenset[Place]
    metas: frozenset[Place]
    uninherited: frozenset[Place]

    def fate(self, place: Place, what: What) -> Fate | None:
        """What became of a site there; None without a trace."""
        if place in self.compiled:
            return "compiled"
        if place in self.unresolved:
            return "unresolved"
        if place in self.uninherited:
            return "not inherited"
        if place in self.metas and what == "meta":
            return "compiled"
        return "not declared" if place in self.made else None

    def within(self, path: str, site: DeclarationSite) -> Fate | None:
        """What the expression came to that the site is in: its `Meta` was refused, or read.

        Read means that `triggers` has a value which is known: a comprehension over nothing, say.
        """
        metas = [around.line for around in site.enclosures if around.name == "Meta"]
        lines = range(metas[-1] if metas else site.line, site.end_line + 1)
        if any((path, line) in self.unresolved for line in lines):
            return "unresolved"
        is_straight = metas and site.enclosures[-1].name == "Meta"
        if is_straight and any((path, line) in self.metas for line in lines):
            return "not declared"
        return None


class Census(Struct, frozen=True):
    """All sites, by place."""

    sites: tuple[CountedSite, ...] = ()

    @property
    def left(self) -> tuple[CountedSite, ...]:
        """Those that nothing accounts for."""
        return tuple(site for site in self.sites if site.fate == "unaccounted")

    @property
    def assumed(self) -> tuple[CountedSite, ...]:
        """Those in branches that an assumption decides."""
        return tuple(site for site in self.sites if site.fate == "assumed branch")


def take_census(
    modules: Iterable[Module],
    names: DeclaringNames,
    evidence: Evidence,
    explain: Explanation,
    *,
    parse_all: bool = False,
) -> Census:
    """Finds the sites in modules, and says what became of each.

    Args:
        modules: Of the project, migrations left out.
        parse_all: Whether LibCST reads all declaring statements, not only those that are not
            accounted for otherwise.
    """
    found: list[CountedSite] = []
    for module in modules:
        found += _of_module(module, names, evidence, explain, parse_all=parse_all)
    return Census(tuple(sorted(found, key=lambda site: site.span)))


def _of_module(
    module: Module,
    names: DeclaringNames,
    evidence: Evidence,
    explain: Explanation,
    *,
    parse_all: bool,
) -> list[CountedSite]:
    found: dict[Place, CountedSite] = {}
    unexplained: set[int] = set()
    path = str(module.path)
    for _, line, what in sorted(_candidates(module, names)):
        fate = evidence.fate((path, line), what)
        if fate is None or parse_all:
            unexplained.add(line)
        if fate is not None and (path, line) not in found:
            found[path, line] = CountedSite(Span(path, line, 1, line, 1), what, fate)
    if unexplained:
        for site in _read(module, unexplained, names):
            known = evidence.fate((path, site.line), site.what) or evidence.within(path, site)
            counted = (
                explain.of_site(module, site) if known is None else _counted(path, site, known)
            )
            if (path, site.line) not in found or known:
                found[path, site.line] = counted
    return list(found.values())


def _counted(path: str, site: DeclarationSite, fate: Fate, why: str = "") -> CountedSite:
    span = Span(path, site.line, site.column, site.end_line, site.end_column)
    return CountedSite(span, site.what, fate, site.name, why)


def _candidates(module: Module, names: DeclaringNames) -> Iterator[tuple[int, int, What]]:
    """Places and lines that the filter lets through: it looks for words, then around them."""
    text = module.text
    for at in _occurrences(text, "triggers"):
        if _META.match(text, text.rfind("\n", 0, at) + 1):
            yield at, text.count("\n", 0, at) + 1, "meta"
    for leaf in names.leaves:
        for at in _occurrences(text, leaf):
            if not _CALLED.match(text, at + len(leaf)):
                continue
            start = _beginning(text, at)
            if text[max(start - 6, 0) : start].endswith(("class ", "def ")):
                continue
            if text[start - 1 : at] == ")." and leaf == "register":
                yield at, text.count("\n", 0, at) + 1, "register"
            elif (what := names.meaning(module, text[start : at + len(leaf)])) is not None:
                yield start, text.count("\n", 0, start) + 1, what


_META = re.compile(r"[ \t]+triggers[ \t]*[:+=]")
_CALLED = re.compile(r"[ \t]*\(")


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _beginning(text: str, at: int) -> int:
    """Where the dotted name begins that goes on there."""
    while at and (text[at - 1].isidentifier() or text[at - 1].isdigit() or text[at - 1] == "."):
        at -= 1
    return at


def _read(module: Module, lines: set[int], names: DeclaringNames) -> list[DeclarationSite]:
    """The sites in the top-level statements around some lines."""
    callables = names.callables(module)
    found = []
    for node in module.tree.body:
        decorators = getattr(node, "decorator_list", ())
        first = min([node.lineno, *(one.lineno for one in decorators)])
        last = node.end_lineno or node.lineno
        if any(first <= line <= last for line in lines) and _may_hold_sites(node, callables):
            found.append((first, last, node))
    sites = sites_of_tree(module, [node for _, _, node in found], callables)
    if sites is not None:
        return sites
    statements = {(first, last) for first, last, _ in found}
    try:
        return list(declaring_sites(module.text, statements, callables))
    # LibCST looks up a node that it has not reached after too much recursion.
    except (RecursionError, KeyError):
        # The words alone say what may be in statements that nest too deeply.
        return [
            DeclarationSite(what, line, 1, line, 1)
            for _, line, what in sorted(_candidates(module, names))
            if line in lines
        ]


def _may_hold_sites(statement: ast.stmt, callables: Collection[str]) -> bool:
    """Whether more than comments, strings and other names are what the filter let through."""
    leaves = {"register", *(name.rpartition(".")[2] for name in callables)}
    for node in walk(statement):
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            return True
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
            if called in leaves:
                return True
    return False


class Explanation:
    """Explains sites that have left no trace."""

    def __init__(
        self,
        trace: Trace,
        classes: Collection[Place],
        executed: Iterable[str],
        assumptions: Iterable[Assumption],
        modules: Iterable[Module],
        *,
        other_engine: bool,
    ) -> None:
        """Takes what happened.

        Args:
            classes: Where the names of the model classes stand that were read.
            executed: Names of the modules that were executed.
            modules: All modules of the project that were read, the settings included.
            other_engine: Whether the settings name no PostgreSQL at all, but other databases.
        """
        self._trace = trace
        self._classes = classes
        self._executed = frozenset(executed)
        self._dependencies = Dependencies(assumptions, modules)
        self._modules = tuple(modules)
        self._other_engine = other_engine
        self._may_be_called: Mapping[str, str] | None = None

    def of_site(self, module: Module, site: DeclarationSite) -> CountedSite:
        """What became of a site."""
        path = str(module.path)
        if _is_test(module.path):
            return _counted(path, site, "test")
        if module.name not in self._executed:
            return _counted(path, site, "unaccounted", "its module was passed over")
        for around in site.enclosures:
            place = Span(path, around.line, 1, around.line, 1)
            fate, why = self._of_enclosure(path, around)
            if fate is not None:
                counted = _counted(path, site, fate, why)
                return CountedSite(
                    counted.span, counted.what, counted.fate, counted.name, why, place
                )
        if site.what == "meta" and self._is_read(path, site):
            return _counted(path, site, "compiled")
        return _counted(path, site, "unaccounted", "nothing is known of it")

    def _is_read(self, path: str, site: DeclarationSite) -> bool:
        """Whether a `Meta`, all of whose branches were taken, belongs to a class that was read."""
        classes = [around for around in site.enclosures if around.kind == "class"]
        return len(classes) > 1 and (path, classes[-2].line) in self._classes

    def _of_enclosure(self, path: str, around: Enclosure) -> tuple[Fate | None, str]:
        if around.kind in ("if", "else"):
            decided = self._trace.decisions.get((path, around.line))
            if decided is None or (around.kind == "if") in decided:
                return None, ""
            return self._of_branch(path, around)
        if around.kind in ("except", "case"):
            return "known branch", f"the `{around.kind}` in line {around.line} was not taken"
        if around.kind == "function" and (path, around.line) not in self._trace.functions:
            name = around.name or ""
            if (why := self._unfinished().get(name)) is not None:
                return "unaccounted", why
            if name and self._is_named_elsewhere(name):
                return None, ""
            return "not called", f"nobody calls `{around.name or 'lambda'}`"
        return None, ""

    def _of_branch(self, path: str, around: Enclosure) -> tuple[Fate, str]:
        what = f"`{around.test}` in line {around.line}"
        assumed = self._dependencies.assumption(around.test, path, around.line)
        if assumed is not None and assumed.value not in (ENGINE, VENDOR):
            why = f"{what} depends on {assumed.name}, which is taken to be {assumed.value!r}"
            return "assumed branch", why
        if self._other_engine and ("ENGINE" in around.test or "vendor" in around.test):
            return "assumed branch", f"{what} asks for a database that the settings do not name"
        return "known branch", f"{what} is decided by a known value"

    def _unfinished(self) -> Mapping[str, str]:
        """Why functions of a name may be called by some that are not followed to their ends."""
        if self._may_be_called is None:
            self._may_be_called = reached_names(self._trace.mentioned, self._modules)
        return self._may_be_called

    def _is_named_elsewhere(self, name: str) -> bool:
        """Whether code that runs as modules are imported mentions a function."""
        return any(
            _mentions_at_top(module.tree.body, name)
            for module in self._modules
            if module.name in self._executed and name in module.text
        )


def _mentions_at_top(body: Iterable[ast.stmt], name: str) -> bool:
    """Whether statements outside of functions mention a name, imports aside."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += node.decorator_list
        elif not isinstance(node, ast.Import | ast.ImportFrom | ast.Lambda):
            if name in (getattr(node, "id", None), getattr(node, "attr", None)):
                return True
            pending += children(node)
    return False


def _is_test(path: Path) -> bool:
    return path.name.startswith(("test_", "tests", "conftest")) or not {"test", "tests"}.isdisjoint(
        path.parts
    )
