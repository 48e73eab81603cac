"""LibCST's statements as those of `ast`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst

from pgtrigger_codegen.source.translation.expressions import (
    call_arguments,
    dotted,
    expression,
    identifier,
    parameters,
    target,
    type_parameters,
)
from pgtrigger_codegen.source.translation.nodes import TypeAlias
from pgtrigger_codegen.source.translation.patterns import pattern
from pgtrigger_codegen.source.translation.places import Places

_AUGMENTED: dict[type[cst.CSTNode], type[ast.operator]] = {
    cst.AddAssign: ast.Add,
    cst.SubtractAssign: ast.Sub,
    cst.MultiplyAssign: ast.Mult,
    cst.MatrixMultiplyAssign: ast.MatMult,
    cst.DivideAssign: ast.Div,
    cst.FloorDivideAssign: ast.FloorDiv,
    cst.ModuloAssign: ast.Mod,
    cst.PowerAssign: ast.Pow,
    cst.LeftShiftAssign: ast.LShift,
    cst.RightShiftAssign: ast.RShift,
    cst.BitAndAssign: ast.BitAnd,
    cst.BitOrAssign: ast.BitOr,
    cst.BitXorAssign: ast.BitXor,
}


def statements(nodes: Iterable[cst.CSTNode], at: Places) -> list[ast.stmt]:
    """The statements of a module or a block."""
    found: list[ast.stmt] = []
    for node in nodes:
        if isinstance(node, cst.SimpleStatementLine):
            found += statements(node.body, at)
        else:
            found.append(_TRANSLATORS[type(node)](node, at))
    return found


def _block(node: cst.BaseSuite | cst.Else | cst.Finally | None, at: Places) -> list[ast.stmt]:
    if node is None:
        return []
    if isinstance(node, cst.Else | cst.Finally):
        return _block(node.body, at)
    return statements(node.body, at)


def _compound(node: cst.CSTNode, last: list[ast.stmt], at: Places) -> dict[str, Any]:
    """The place of a statement that ends where its last block does, semicolon included."""
    where = at.of(node)
    line, column = last[-1].end_lineno or 0, last[-1].end_col_offset or 0
    return where | {"end_lineno": line, "end_col_offset": at.past_semicolon(line, column)}


def _function(node: cst.FunctionDef, at: Places) -> ast.stmt:
    body = _block(node.body, at)
    kind = ast.FunctionDef if node.asynchronous is None else ast.AsyncFunctionDef
    return _with_type_parameters(
        kind(
            name=identifier(node.name.value),
            args=parameters(node.params, at),
            body=body,
            decorator_list=[expression(found.decorator, at) for found in node.decorators],
            returns=None if node.returns is None else expression(node.returns.annotation, at),
            type_comment=None,
            **_compound(node, body, at),
        ),
        node.type_parameters,
        at,
    )


def _class(node: cst.ClassDef, at: Places) -> ast.stmt:
    body = _block(node.body, at)
    bases, keywords = call_arguments([*node.bases, *node.keywords], at)
    return _with_type_parameters(
        ast.ClassDef(
            name=identifier(node.name.value),
            bases=bases,
            keywords=keywords,
            body=body,
            decorator_list=[expression(found.decorator, at) for found in node.decorators],
            **_compound(node, body, at),
        ),
        node.type_parameters,
        at,
    )


def _with_type_parameters(
    made: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    node: cst.TypeParameters | None,
    at: Places,
) -> ast.stmt:
    # Python 3.11 has no such field; the attribute is there all the same.
    vars(made)["type_params"] = type_parameters(node, at)
    return made


def _if(node: cst.If, at: Places) -> ast.stmt:
    body = _block(node.body, at)
    orelse = [_if(node.orelse, at)] if isinstance(node.orelse, cst.If) else _block(node.orelse, at)
    return ast.If(expression(node.test, at), body, orelse, **_compound(node, orelse or body, at))


def _for(node: cst.For, at: Places) -> ast.stmt:
    body, orelse = _block(node.body, at), _block(node.orelse, at)
    kind = ast.For if node.asynchronous is None else ast.AsyncFor
    bound = target(node.target, at, ast.Store())
    where = _compound(node, orelse or body, at)
    return kind(bound, expression(node.iter, at), body, orelse, None, **where)


def _while(node: cst.While, at: Places) -> ast.stmt:
    body, orelse = _block(node.body, at), _block(node.orelse, at)
    where = _compound(node, orelse or body, at)
    return ast.While(expression(node.test, at), body, orelse, **where)


def _with(node: cst.With, at: Places) -> ast.stmt:
    items = [
        ast.withitem(
            expression(item.item, at),
            None if item.asname is None else target(item.asname.name, at, ast.Store()),
        )
        for item in node.items
    ]
    body = _block(node.body, at)
    kind = ast.With if node.asynchronous is None else ast.AsyncWith
    return kind(items, body, None, **_compound(node, body, at))


def _try(node: cst.Try | cst.TryStar, at: Places) -> ast.stmt:
    kind = ast.Try if isinstance(node, cst.Try) else ast.TryStar
    body = _block(node.body, at)
    handlers = [_handler(found, at) for found in node.handlers]
    orelse, final = _block(node.orelse, at), _block(node.finalbody, at)
    last = final or orelse or (handlers[-1].body if handlers else body)
    return kind(body, handlers, orelse, final, **_compound(node, last, at))


def _handler(node: cst.ExceptHandler | cst.ExceptStarHandler, at: Places) -> ast.ExceptHandler:
    body = _block(node.body, at)
    name = None
    if node.name is not None:
        assert isinstance(node.name.name, cst.Name)
        name = identifier(node.name.name.value)
    caught = None if node.type is None else expression(node.type, at)
    return ast.ExceptHandler(caught, name, body, **_compound(node, body, at))


def _match(node: cst.Match, at: Places) -> ast.stmt:
    cases = []
    for case in node.cases:
        guard = None if case.guard is None else expression(case.guard, at)
        cases.append(ast.match_case(pattern(case.pattern, at), guard, _block(case.body, at)))
    return ast.Match(expression(node.subject, at), cases, **_compound(node, cases[-1].body, at))


def _expression(node: cst.Expr, at: Places) -> ast.stmt:
    return ast.Expr(expression(node.value, at), **at.of(node))


def _assign(node: cst.Assign, at: Places) -> ast.stmt:
    targets = [target(found.target, at, ast.Store()) for found in node.targets]
    return ast.Assign(targets, expression(node.value, at), None, **at.of(node))


def _annotated(node: cst.AnnAssign, at: Places) -> ast.stmt:
    return ast.AnnAssign(
        target=_single_target(node.target, at),
        annotation=expression(node.annotation.annotation, at),
        value=None if node.value is None else expression(node.value, at),
        simple=int(isinstance(node.target, cst.Name) and not node.target.lpar),
        **at.of(node),
    )


def _augmented(node: cst.AugAssign, at: Places) -> ast.stmt:
    operator = _AUGMENTED[type(node.operator)]()
    bound = _single_target(node.target, at)
    return ast.AugAssign(bound, operator, expression(node.value, at), **at.of(node))


def _single_target(
    node: cst.BaseExpression, at: Places
) -> ast.Name | ast.Attribute | ast.Subscript:
    bound = target(node, at, ast.Store())
    assert isinstance(bound, ast.Name | ast.Attribute | ast.Subscript)
    return bound


def _delete(node: cst.Del, at: Places) -> ast.stmt:
    deleted = target(node.target, at, ast.Del())
    bare = isinstance(node.target, cst.Tuple) and not node.target.lpar
    targets = deleted.elts if bare and isinstance(deleted, ast.Tuple) else [deleted]
    return ast.Delete(targets, **at.of(node))


def _assert(node: cst.Assert, at: Places) -> ast.stmt:
    message = None if node.msg is None else expression(node.msg, at)
    return ast.Assert(expression(node.test, at), message, **at.of(node))


def _raise(node: cst.Raise, at: Places) -> ast.stmt:
    cause = None if node.cause is None else expression(node.cause.item, at)
    return ast.Raise(None if node.exc is None else expression(node.exc, at), cause, **at.of(node))


def _return(node: cst.Return, at: Places) -> ast.stmt:
    return ast.Return(None if node.value is None else expression(node.value, at), **at.of(node))


def _global(node: cst.Global, at: Places) -> ast.stmt:
    return ast.Global([identifier(item.name.value) for item in node.names], **at.of(node))


def _nonlocal(node: cst.Nonlocal, at: Places) -> ast.stmt:
    return ast.Nonlocal([identifier(item.name.value) for item in node.names], **at.of(node))


def _import(node: cst.Import, at: Places) -> ast.stmt:
    return ast.Import([_alias(found, at) for found in node.names], **at.of(node))


def _import_from(node: cst.ImportFrom, at: Places) -> ast.stmt:
    if isinstance(node.names, cst.ImportStar):
        names = [ast.alias("*", None, **at.of(node.names))]
    else:
        names = [_alias(found, at) for found in node.names]
    module = None if node.module is None else dotted(node.module)
    return ast.ImportFrom(module, names, len(node.relative), **at.of(node))


def _alias(node: cst.ImportAlias, at: Places) -> ast.alias:
    renamed = None
    if node.asname is not None:
        assert isinstance(node.asname.name, cst.Name)
        renamed = identifier(node.asname.name.value)
    return ast.alias(dotted(node.name), renamed, **at.of(node))


def _type_alias(node: cst.TypeAlias, at: Places) -> ast.stmt:
    return TypeAlias(
        name=target(node.name, at, ast.Store()),
        type_params=type_parameters(node.type_parameters, at),
        value=expression(node.value, at),
        **at.of(node),
    )


_TRANSLATORS: dict[type[cst.CSTNode], Callable[[Any, Places], ast.stmt]] = {
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.If: _if,
    cst.For: _for,
    cst.While: _while,
    cst.With: _with,
    cst.Try: _try,
    cst.TryStar: _try,
    cst.Match: _match,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Del: _delete,
    cst.Assert: _assert,
    cst.Raise: _raise,
    cst.Return: _return,
    cst.Global: _global,
    cst.Nonlocal: _nonlocal,
    cst.Import: _import,
    cst.ImportFrom: _import_from,
    cst.TypeAlias: _type_alias,
    cst.Pass: lambda node, at: ast.Pass(**at.of(node)),
    cst.Break: lambda node, at: ast.Break(**at.of(node)),
    cst.Continue: lambda node, at: ast.Continue(**at.of(node)),
}
