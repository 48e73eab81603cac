"""The fix of triggers on another package's model: a proxy model in the app that declares them.

A later call for the same model finds that proxy, and adds to it.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.lint.facts.project_files import app_of_file, holds_models, project_module
from pgtrigger_codegen.lint.fixes.meta_triggers import MetaOfClass, add_triggers, assignment
from pgtrigger_codegen.lint.fixes.moved_names import (
    ImportedName,
    import_edit,
    imports_for,
    names_bound,
    names_used,
    stays_the_same,
)
from pgtrigger_codegen.lint.fixes.register_sites import RegisterSite, find_site
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed


class ProxyFixes:
    """The fixes of one run: two of them must not invent the same name."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._fixes: dict[tuple[Span, str], Fix | None] = {}
        # The names invented so far, by app, in lower case as Django compares them.
        self._taken: dict[str, set[str]] = {}
        # Of a module and a model: one new proxy a round, which the next round adds to.
        self._proxied: set[tuple[str, str]] = set()

    def fix(self, call: Span, model: ModelFact, app_label: str) -> Fix | None:
        """The fix of a call of `register`; the same one for each trigger of the call."""
        key = (call, model.label)
        if key not in self._fixes:
            edits = self._edits(call, model, app_label)
            title = f"Declare a proxy of `{model.label}`"
            self._fixes[key] = Fix(title, Applicability.UNSAFE, edits) if edits else None
        return self._fixes[key]

    def _edits(self, call: Span, model: ModelFact, app_label: str) -> tuple[Edit, ...] | None:
        source = project_module(self._analysis, call.path)
        site = find_site(source, call) if source is not None else None
        if source is None or site is None or site.model is None or not _is_dotted(site.model):
            return None
        target = self._target(source, app_label)
        if target is None or names_used(site.arguments) & {"proxy", "triggers"}:
            return None
        proxy = self._present(target, model, app_label)
        if proxy is not None:
            return self._into(proxy, site, target)
        if (str(target.path), model.label) in self._proxied:
            return None
        self._proxied.add((str(target.path), model.label))
        name = self._free_name(target, model, app_label)
        if target is source:
            return (_in_place(site, name),)
        return self._appended(site, target, name)

    def _target(self, source: Module, app_label: str) -> Module | None:
        """The module that a proxy is put into: that of the call, or else the app's models."""
        app = self._analysis.project.apps.get(app_label)
        if app is None or not app.first_party:
            return None
        if app_of_file(self._analysis, source.path) is app and holds_models(
            self._analysis, source.path
        ):
            return source
        models = app.path / "models.py"
        return project_module(self._analysis, models) if models.is_file() else None

    def _present(self, module: Module, model: ModelFact, app_label: str) -> ast.ClassDef | None:
        """A proxy of the model in that module."""
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                fact = self._analysis.models.get(f"{app_label}.{node.name}")
                is_here = fact is not None and fact.span == module.name_span(node)
                if is_here and fact is not None and fact.proxy_of == model.label:
                    return node
        return None

    def _into(
        self, proxy: ast.ClassDef, site: RegisterSite, target: Module
    ) -> tuple[Edit, ...] | None:
        """The triggers in a proxy that is there."""
        names = names_used(site.arguments)
        meta = MetaOfClass(proxy, inherited=None, has_triggers=False)
        if meta.own is None or meta.own.bases or names & names_bound(meta.own.body):
            return None
        imports = self._imports(site, names, target, before=proxy.lineno)
        added = add_triggers(target, meta, site.elements, site.comments)
        if imports is None or added is None:
            return None
        extra = import_edit(target, imports)
        return (site.removal(), *added, *([extra] if extra else ()))

    def _appended(self, site: RegisterSite, target: Module, name: str) -> tuple[Edit, ...] | None:
        """The proxy at the end of another module."""
        assert site.model is not None
        names = names_used([*site.arguments, site.model])
        count = len(target.lines)
        imports = self._imports(site, names, target, before=count + 1)
        if imports is None:
            return None
        end = len(target.lines[-1]) + 1
        ended = "" if not target.lines[-1] else "\n"
        blanks = _missing_blanks(target.lines, range(count if ended else count - 1, 0, -1))
        text = ended + "\n" * blanks + _class(site, name) + "\n"
        extra = import_edit(target, imports)
        appended = Edit(Span(str(target.path), count, end, count, end), text)
        return (site.removal(), appended, *([extra] if extra else ()))

    def _imports(
        self, site: RegisterSite, names: set[str], target: Module, *, before: int
    ) -> list[ImportedName] | None:
        """What the target has to import; None where names do not mean the same there."""
        if target is site.module:
            until = site.statement.lineno
            return [] if stays_the_same(names, target, before=before, until=until) else None
        own_packages = {name.partition(".")[0] for name in self._analysis.imported_modules}
        return imports_for(names, site.module, target, before=before, own_packages=own_packages)

    def _free_name(self, module: Module, model: ModelFact, app_label: str) -> str:
        taken = self._taken.setdefault(app_label, set())
        bound = {name.lower() for name in names_bound(module.tree.body)}
        number = 1
        while True:
            name = f"{model.name}Proxy{number if number > 1 else ''}"
            is_taken = name.lower() in taken | bound
            if not is_taken and f"{app_label}.{name}" not in self._analysis.models:
                taken.add(name.lower())
                return name
            number += 1


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and not keyword.iskeyword(node.id)


def _in_place(site: RegisterSite, name: str) -> Edit:
    """The class in the place of the call, two blank lines around it."""
    lines = site.module.lines
    first, last = site.lines
    above = _missing_blanks(lines, range(first - 1, 0, -1))
    below = _missing_blanks(lines, range(last + 1, len(lines) + 1))
    span = Span(str(site.module.path), first, 1, last, len(lines[last - 1]) + 1)
    return Edit(span, "\n" * above + _class(site, name) + "\n" * below)


def _class(site: RegisterSite, name: str) -> str:
    assert site.model is not None
    triggers = assignment(site.elements, site.comments, " " * 8)
    base = unparsed(site.model)
    return f"class {name}({base}):\n    class Meta:\n        proxy = True\n        {triggers}"


def _missing_blanks(lines: list[str], numbers: Iterable[int]) -> int:
    """How many blank lines lack between a class and what is next, comments left out."""
    for blank, number in enumerate(numbers):
        line = lines[number - 1].strip()
        if line:
            return 0 if line.startswith("#") and not blank else max(2 - blank, 0)
    return 0
