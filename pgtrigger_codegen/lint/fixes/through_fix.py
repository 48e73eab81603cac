"""The fix of a proxy of a default through model: registers its triggers instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Applicability, Edit, Fix
from pgtrigger_codegen.lint.facts.project_files import first_party_files, project_module, text_of
from pgtrigger_codegen.lint.fixes.moved_names import (
    ImportedName,
    import_edit,
    imports_of,
    names_bound,
    names_used,
)
from pgtrigger_codegen.models.facts import ModelFact
from pgtrigger_codegen.source.elements import (
    Element,
    comments_of,
    elements_between,
    plain_element,
)
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unparsing import unparsed

# Options of `Meta` that matter to nothing but the proxy itself.
_OPTIONS = frozenset({"proxy", "triggers", "verbose_name", "verbose_name_plural"})


def through_fix(analysis: Analysis, proxy: ModelFact) -> Fix | None:
    """The fix, or None where the proxy is more than a place for triggers."""
    module = project_module(analysis, proxy.span.path)
    node = _class_at(module, proxy.span) if module is not None else None
    if module is None or node is None:
        return None
    triggers = _triggers(node)
    if triggers is None or _is_named_elsewhere(analysis, module, node):
        return None
    elements, comments = _elements(module, triggers)
    if not elements:
        return None
    register = _register(module)
    if register is None:
        return None
    name, missing = register
    lines = [f"{name}(", *(f"    {comment}" for comment in _said(module, node, triggers))]
    for element in elements:
        lines += element.render("    ")
    lines += [f"    {comment}" for comment in comments]
    lines.append(f")({unparsed(node.bases[0])})")
    span = module.span(node)
    end = len(module.lines[span.end_line - 1]) + 1
    edits = [Edit(Span(span.path, span.line, 1, span.end_line, end), "\n".join(lines))]
    extra = import_edit(module, missing)
    return Fix(
        title=f"Register the triggers on `{unparsed(node.bases[0])}`",
        applicability=Applicability.UNSAFE,
        edits=(*edits, extra) if extra else tuple(edits),
    )


def _class_at(module: Module, span: Span) -> ast.ClassDef | None:
    """The class of that name at the top level, with nothing else on its lines."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and module.name_span(node) == span:
            whole = module.span(node)
            behind = module.lines[whole.end_line - 1][whole.end_column - 1 :]
            alone = whole.column == 1 and re.fullmatch(r"\s*(#.*)?", behind)
            return node if alone else None
    return None


def _triggers(node: ast.ClassDef) -> ast.expr | None:
    """The value of `triggers` of a class that has nothing but a plain `Meta`."""
    metas = [one for one in node.body if isinstance(one, ast.ClassDef) and one.name == "Meta"]
    others = [one for one in node.body if one not in metas and not _says_nothing(one)]
    if node.decorator_list or node.keywords or len(node.bases) != 1 or others or len(metas) != 1:
        return None
    (meta,) = metas
    if meta.bases or meta.keywords or meta.decorator_list or not _is_dotted(node.bases[0]):
        return None
    options: dict[str, ast.expr] = {}
    for statement in meta.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _OPTIONS:
                options[name] = value
            case _ if not _says_nothing(statement):
                return None
    triggers = options.get("triggers")
    bound = names_bound(meta.body) | {"Meta"}
    return None if triggers is None or names_used([triggers]) & bound else triggers


def _says_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _is_dotted(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _is_named_elsewhere(analysis: Analysis, module: Module, node: ast.ClassDef) -> bool:
    """Whether other code speaks of the class; migrations aside, which tell of the past."""
    word = re.compile(rf"\b{re.escape(node.name)}\b")
    for path in first_party_files(analysis):
        if any(analysis.project.holds_migrations(folder) for folder in path.parents):
            continue
        if path == module.path:
            span = module.span(node)
            rest = [*module.lines[: span.line - 1], *module.lines[span.end_line :]]
            if word.search("\n".join(rest)):
                return True
        elif word.search(text_of(path)):
            return True
    return False


def _elements(module: Module, triggers: ast.expr) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    span = module.span(triggers)
    start, end = (span.line, span.column), (span.end_line, span.end_column)
    if isinstance(triggers, ast.List | ast.Tuple):
        return elements_between(module, triggers.elts, start, end)
    (element,), comments = elements_between(module, [triggers], start, end)
    if isinstance(triggers, ast.Name | ast.Attribute | ast.Call):
        first, *rest = element.lines
        starred = plain_element(f"*{first.text}").lines[0]
        return (Element((starred, *rest), element.comments, element.trailing),), comments
    return (), ()


def _said(module: Module, node: ast.ClassDef, triggers: ast.expr) -> Iterator[str]:
    """The docstring of the class as comments, and comments that stand outside of its triggers."""
    for line in (ast.get_docstring(node) or "").splitlines():
        yield f"# {line}".rstrip()
    whole, kept = module.span(node), module.span(triggers)
    for comment in comments_of(module):
        inside = whole.line <= comment.line <= whole.end_line
        within = (kept.line, kept.column) <= comment.place < (kept.end_line, kept.end_column)
        if inside and not within:
            yield comment.text


def _register(module: Module) -> tuple[str, list[ImportedName]] | None:
    """How the module calls `pgtrigger.register`, and the import that it lacks for that."""
    for imported in imports_of(module):
        if (imported.module, imported.name) == ("pgtrigger", None):
            return f"{imported.bound}.register", []
        if (imported.module, imported.name) == ("pgtrigger", "register"):
            return imported.bound, []
    if "pgtrigger" in names_bound(module.tree.body):
        return None
    return "pgtrigger.register", [ImportedName("pgtrigger", None, "pgtrigger")]
