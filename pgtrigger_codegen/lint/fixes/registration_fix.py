"""The fixes of calls of `register`: the triggers move into the `Meta` of a model."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.lint.facts.project_files import holds_models, project_module
from pgtrigger_codegen.lint.fixes.meta_triggers import MetaOfClass, add_triggers
from pgtrigger_codegen.lint.fixes.moved_names import (
    ImportedName,
    import_edit,
    imports_for,
    names_bound,
    names_used,
    stays_the_same,
)
from pgtrigger_codegen.lint.fixes.register_sites import RegisterSite, find_site
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.triggers.compiled import CompiledTrigger, RegisterCall

# The call, and the name of the class that it is for.
_Key = tuple[Span, Span]


def fixes_into_meta(analysis: Analysis, triggers: Iterable[CompiledTrigger]) -> Mapping[_Key, Fix]:
    """The fixes of calls that are for classes of the project.

    Calls of one module for one class share a fix, since each of them changes the same `Meta`.
    """
    calls: dict[_Key, CompiledTrigger] = {}
    for trigger in triggers:
        call = trigger.registered
        if call is not None and call.class_span is not None:
            calls.setdefault((call.span, call.class_span), trigger)
    # A call that is for several models (in a loop, say) stays where it is.
    spans = [span for span, _ in calls]
    single = [key for key in calls if spans.count(key[0]) == 1]
    fixes: dict[_Key, Fix] = {}
    for _, group in groupby(sorted(single, key=_file_and_class), key=_file_and_class):
        keys = list(group)
        fixes |= _shared_fix(analysis, {key: calls[key] for key in keys})
    return fixes


def _file_and_class(key: _Key) -> tuple[str, Span]:
    return key[0].path, key[1]


def _shared_fix(analysis: Analysis, calls: Mapping[_Key, CompiledTrigger]) -> Mapping[_Key, Fix]:
    """The fix of calls in one file for one class; of those that can be moved."""
    ((call_span, class_span), trigger), *_ = calls.items()
    source = project_module(analysis, call_span.path)
    here = class_span.path == call_span.path
    target = source if here else project_module(analysis, class_span.path)
    if source is None or target is None or not holds_models(analysis, target.path):
        return {}
    node = _class_at(target, class_span)
    if node is None:
        return {}
    moves = _Moves(analysis, source, target, node)
    sites = {key: site for key in calls if (site := moves.site(key[0])) is not None}
    call = trigger.registered
    assert call is not None
    edits = moves.edits(list(sites.values()), call) if sites else None
    if edits is None:
        return {}
    same_app = all(calls[key].migration_app == calls[key].app_label for key in sites)
    fix = Fix(
        title=f"Move into `Meta.triggers` of `{node.name}`",
        applicability=Applicability.SAFE if same_app else Applicability.UNSAFE,
        edits=edits,
    )
    return dict.fromkeys(sites, fix)


class _Moves:
    """The code that moves from a module to a class."""

    def __init__(
        self, analysis: Analysis, source: Module, target: Module, node: ast.ClassDef
    ) -> None:
        self._source = source
        self._target = target
        self._node = node
        self._own_packages = {name.partition(".")[0] for name in analysis.imported_modules}
        self._line = min([node.lineno, *(item.lineno for item in node.decorator_list)])

    def site(self, call: Span) -> RegisterSite | None:
        """The site of a call whose triggers mean the same in the class's `Meta`."""
        site = find_site(self._source, call)
        if site is None or (site.model is None) != (site.statement is self._node):
            return None
        names = names_used(site.arguments)
        if names & self._bound_in_meta():
            return None
        if self._source is not self._target:
            return None if self._imports([site]) is None else site
        same = stays_the_same(names, self._source, before=self._line, until=site.statement.lineno)
        return site if same else None

    def edits(self, sites: list[RegisterSite], call: RegisterCall) -> tuple[Edit, ...] | None:
        """The triggers out of the sites and into `Meta`."""
        if not call.meta_is_known:
            return None
        meta = MetaOfClass(self._node, call.inherited_meta, call.meta_has_triggers)
        elements = [element for site in sites for element in site.elements]
        comments = [comment for site in sites for comment in site.comments]
        added = add_triggers(self._target, meta, elements, comments)
        if added is None:
            return None
        imports: list[ImportedName] = []
        if self._source is not self._target:
            imports = self._imports(sites) or []
        extra = import_edit(self._target, imports)
        removed = (site.removal() for site in sites)
        return (*removed, *added, *([extra] if extra else ()))

    def _imports(self, sites: Iterable[RegisterSite]) -> list[ImportedName] | None:
        names = {name for site in sites for name in names_used(site.arguments)}
        return imports_for(
            names,
            self._source,
            self._target,
            before=self._line,
            own_packages=self._own_packages,
        )

    def _bound_in_meta(self) -> set[str]:
        metas = (one for one in self._node.body if isinstance(one, ast.ClassDef))
        return {name for meta in metas if meta.name == "Meta" for name in names_bound(meta.body)}


def _class_at(module: Module, span: Span) -> ast.ClassDef | None:
    """The class of that name, when it stands at the top level."""
    classes: Iterator[ast.ClassDef] = (
        node for node in module.tree.body if isinstance(node, ast.ClassDef)
    )
    return next((node for node in classes if module.name_span(node) == span), None)
