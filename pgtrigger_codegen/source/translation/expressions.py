"""LibCST's expressions as those of `ast`."""

from __future__ import annotations

import ast
import keyword
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from pgtrigger_codegen.source.translation.nodes import ParamSpec, TypeParam, TypeVar, TypeVarTuple
from pgtrigger_codegen.source.translation.places import Places, Point
from pgtrigger_codegen.source.translation.strings import string

_BINARY: dict[type[cst.CSTNode], type[ast.operator]] = {
    cst.Add: ast.Add,
    cst.Subtract: ast.Sub,
    cst.Multiply: ast.Mult,
    cst.MatrixMultiply: ast.MatMult,
    cst.Divide: ast.Div,
    cst.FloorDivide: ast.FloorDiv,
    cst.Modulo: ast.Mod,
    cst.Power: ast.Pow,
    cst.LeftShift: ast.LShift,
    cst.RightShift: ast.RShift,
    cst.BitAnd: ast.BitAnd,
    cst.BitOr: ast.BitOr,
    cst.BitXor: ast.BitXor,
}
_UNARY: dict[type[cst.CSTNode], type[ast.unaryop]] = {
    cst.Not: ast.Not,
    cst.Minus: ast.USub,
    cst.Plus: ast.UAdd,
    cst.BitInvert: ast.Invert,
}
_COMPARISONS: dict[type[cst.CSTNode], type[ast.cmpop]] = {
    cst.Equal: ast.Eq,
    cst.NotEqual: ast.NotEq,
    cst.LessThan: ast.Lt,
    cst.LessThanEqual: ast.LtE,
    cst.GreaterThan: ast.Gt,
    cst.GreaterThanEqual: ast.GtE,
    cst.Is: ast.Is,
    cst.IsNot: ast.IsNot,
    cst.In: ast.In,
    cst.NotIn: ast.NotIn,
}
_NAMED_CONSTANTS = {"None": None, "True": True, "False": False}


def expression(node: cst.BaseExpression, at: Places) -> ast.expr:
    """An expression whose value is used."""
    return _TRANSLATORS[type(node)](node, at)


def target(node: cst.BaseExpression, at: Places, ctx: ast.expr_context) -> ast.expr:
    """An expression that is bound or deleted."""
    return _with_context(expression(node, at), ctx)


def identifier(text: str) -> str:
    """A name as Python compares it.

    Raises:
        SyntaxError: It is a keyword, which LibCST takes for a name in some places.
    """
    if keyword.iskeyword(text):
        raise SyntaxError(f"`{text}` is a keyword")
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def dotted(node: cst.BaseExpression) -> str:
    """The name of a module."""
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{identifier(node.attr.value)}"
    assert isinstance(node, cst.Name)  # the grammar knows nothing else
    return identifier(node.value)


def call_arguments(
    arguments: Iterable[cst.Arg], at: Places
) -> tuple[list[ast.expr], list[ast.keyword]]:
    """What is passed by position and by name."""
    positional: list[ast.expr] = []
    keywords: list[ast.keyword] = []
    for argument in arguments:
        value = expression(argument.value, at)
        if argument.keyword is not None:
            name = identifier(argument.keyword.value)
            keywords.append(ast.keyword(name, value, **at.of(argument)))
        elif argument.star == "**":
            keywords.append(ast.keyword(None, value, **at.of(argument)))
        elif argument.star == "*":
            positional.append(ast.Starred(value, ast.Load(), **at.of(argument)))
        else:
            positional.append(value)
    return positional, keywords


def parameters(node: cst.Parameters, at: Places) -> ast.arguments:
    """The parameters of a function."""
    positional = [*node.posonly_params, *node.params]
    star = node.star_arg if isinstance(node.star_arg, cst.Param) else None
    return ast.arguments(
        posonlyargs=[_parameter(found, at) for found in node.posonly_params],
        args=[_parameter(found, at) for found in node.params],
        vararg=None if star is None else _parameter(star, at),
        kwonlyargs=[_parameter(found, at) for found in node.kwonly_params],
        kw_defaults=[
            None if found.default is None else expression(found.default, at)
            for found in node.kwonly_params
        ],
        kwarg=None if node.star_kwarg is None else _parameter(node.star_kwarg, at),
        defaults=[expression(found.default, at) for found in positional if found.default],
    )


def type_parameters(node: cst.TypeParameters | None, at: Places) -> list[TypeParam]:
    """The type parameters of a class, a function or an alias."""
    return [] if node is None else [_type_parameter(found, at) for found in node.params]


def _parameter(node: cst.Param, at: Places) -> ast.arg:
    name, annotation = node.name, node.annotation
    end = at.end(name) if annotation is None else at.outer_end(annotation.annotation)
    return ast.arg(
        identifier(name.value),
        None if annotation is None else expression(annotation.annotation, at),
        None,
        **at.between(at.start(name), end),
    )


def _type_parameter(node: cst.TypeParam, at: Places) -> TypeParam:
    declared, default = node.param, node.default
    start, end = at.start(declared), at.end(declared.name)
    fields: dict[str, Any] = {"name": identifier(declared.name.value), "default_value": None}
    kind: type[TypeParam] = TypeVar
    if isinstance(declared, cst.TypeVar):
        fields["bound"] = None
        if declared.bound is not None:
            fields["bound"] = expression(declared.bound, at)
            end = at.outer_end(declared.bound)
    else:
        kind = TypeVarTuple if isinstance(declared, cst.TypeVarTuple) else ParamSpec
    if default is not None:
        value = expression(default, at)
        end = at.outer_end(default)
        if node.star:
            value = ast.Starred(value, ast.Load(), **at.between(_star_before(default, at), end))
        fields["default_value"] = value
    # Python 3.12 knows no defaults, and keeps one as an attribute only.
    return kind(**fields, **at.between(start, end))


def _star_before(node: cst.CSTNode, at: Places) -> Point:
    line, column = at.outer_start(node)
    before = at.text((line, 0), (line, column))
    return line, before.rindex("*")


def _name(node: cst.Name, at: Places) -> ast.expr:
    if node.value in _NAMED_CONSTANTS:
        return ast.Constant(_NAMED_CONSTANTS[node.value], None, **at.of(node))
    return ast.Name(identifier(node.value), ast.Load(), **at.of(node))


def _number(node: cst.BaseNumber, at: Places) -> ast.expr:
    written = node.value  # type: ignore[attr-defined]  # all kinds of numbers have it
    return ast.Constant(ast.literal_eval(written), None, **at.of(node))


def _ellipsis(node: cst.Ellipsis, at: Places) -> ast.expr:
    return ast.Constant(..., None, **at.of(node))


def _string(node: Any, at: Places) -> ast.expr:
    return string(node, at, expression)


def _attribute(node: cst.Attribute, at: Places) -> ast.expr:
    name = identifier(node.attr.value)
    return ast.Attribute(expression(node.value, at), name, ast.Load(), **at.of(node))


def _unary(node: cst.UnaryOperation, at: Places) -> ast.expr:
    operator = _UNARY[type(node.operator)]()
    return ast.UnaryOp(operator, expression(node.expression, at), **at.of(node))


def _binary(node: cst.BinaryOperation, at: Places) -> ast.expr:
    operator = _BINARY[type(node.operator)]()
    left, right = expression(node.left, at), expression(node.right, at)
    return ast.BinOp(left, operator, right, **at.of(node))


def _boolean(node: cst.BooleanOperation, at: Places) -> ast.expr:
    """Of `a and b and c`, LibCST makes two operations."""
    values = [node.right]
    inner: cst.BaseExpression = node.left
    kind = type(node.operator)
    while (
        isinstance(inner, cst.BooleanOperation) and type(inner.operator) is kind and not inner.lpar
    ):
        values.append(inner.right)
        inner = inner.left
    values.append(inner)
    operator = ast.And() if kind is cst.And else ast.Or()
    return ast.BoolOp(operator, [expression(one, at) for one in reversed(values)], **at.of(node))


def _comparison(node: cst.Comparison, at: Places) -> ast.expr:
    return ast.Compare(
        expression(node.left, at),
        [_COMPARISONS[type(found.operator)]() for found in node.comparisons],
        [expression(found.comparator, at) for found in node.comparisons],
        **at.of(node),
    )


def _conditional(node: cst.IfExp, at: Places) -> ast.expr:
    return ast.IfExp(
        expression(node.test, at),
        expression(node.body, at),
        expression(node.orelse, at),
        **at.of(node),
    )


def _lambda(node: cst.Lambda, at: Places) -> ast.expr:
    return ast.Lambda(parameters(node.params, at), expression(node.body, at), **at.of(node))


def _named(node: cst.NamedExpr, at: Places) -> ast.expr:
    bound = target(node.target, at, ast.Store())
    assert isinstance(bound, ast.Name)  # the grammar knows nothing else
    return ast.NamedExpr(bound, expression(node.value, at), **at.of(node))


def _await(node: cst.Await, at: Places) -> ast.expr:
    return ast.Await(expression(node.expression, at), **at.of(node))


def _yield(node: cst.Yield, at: Places) -> ast.expr:
    if isinstance(node.value, cst.From):
        return ast.YieldFrom(expression(node.value.item, at), **at.of(node))
    value = None if node.value is None else expression(node.value, at)
    return ast.Yield(value, **at.of(node))


def _call(node: cst.Call, at: Places) -> ast.expr:
    positional, keywords = call_arguments(node.args, at)
    if len(node.args) == 1 and _is_bare_generator(node.args[0]):
        # The parentheses of the call are those of the generator, too.
        line, column = at.after(at.after(at.outer_end(node.func), ""), "(")
        generator = positional[0]
        where = at.between((line, column - 1), at.end(node))
        vars(generator).update(where)
    return ast.Call(expression(node.func, at), positional, keywords, **at.of(node))


def _is_bare_generator(argument: cst.Arg) -> bool:
    value = argument.value
    return isinstance(value, cst.GeneratorExp) and not value.lpar


def _subscript(node: cst.Subscript, at: Places) -> ast.expr:
    elements = node.slice
    parts = [_slice(element.slice, at) for element in elements]
    only = elements[0]
    if len(parts) == 1 and not isinstance(only.comma, cst.Comma) and not _is_starred(only.slice):
        index = parts[0]
    else:
        end = at.end(elements[-1])
        if isinstance(elements[-1].comma, cst.Comma):
            end = at.after(end, ",")
        index = ast.Tuple(parts, ast.Load(), **at.between(at.start(only), end))
    return ast.Subscript(expression(node.value, at), index, ast.Load(), **at.of(node))


def _slice(node: cst.BaseSlice, at: Places) -> ast.expr:
    if isinstance(node, cst.Index):
        value = expression(node.value, at)
        if _is_starred(node):
            return ast.Starred(value, ast.Load(), **at.of(node))
        return value
    assert isinstance(node, cst.Slice)
    bounds = (node.lower, node.upper, node.step)
    lower, upper, step = [None if one is None else expression(one, at) for one in bounds]
    return ast.Slice(lower, upper, step, **_slice_place(node, at))


def _slice_place(node: cst.Slice, at: Places) -> dict[str, Any]:
    """From the first to the last of its parts, without blanks around the colons."""
    first = at.outer_start(node.lower) if node.lower else at.after(at.start(node), "")
    end = at.after(at.outer_end(node.lower), ":") if node.lower else at.after(first, ":")
    if node.upper is not None:
        end = at.outer_end(node.upper)
    if isinstance(node.second_colon, cst.Colon):
        end = at.after(end, ":")
    if node.step is not None:
        end = at.outer_end(node.step)
    return at.between(first, end)


def _is_starred(node: cst.BaseSlice) -> bool:
    return isinstance(node, cst.Index) and node.star == "*"


def _elements(nodes: Sequence[cst.BaseElement], at: Places) -> list[ast.expr]:
    return [
        _starred(found, at)
        if isinstance(found, cst.StarredElement)
        else expression(found.value, at)
        for found in nodes
    ]


def _starred(node: cst.StarredElement, at: Places) -> ast.expr:
    line, column = at.outer_end(node.value)
    start = at.start(node)
    return ast.Starred(expression(node.value, at), ast.Load(), **at.between(start, (line, column)))


def _list(node: cst.List, at: Places) -> ast.expr:
    return ast.List(_elements(node.elements, at), ast.Load(), **at.of(node))


def _set(node: cst.Set, at: Places) -> ast.expr:
    return ast.Set(_elements(node.elements, at), **at.of(node))


def _tuple(node: cst.Tuple, at: Places) -> ast.expr:
    elements = _elements(node.elements, at)
    if node.lpar:
        where = at.between(at.start(node.lpar[-1]), at.end(node.rpar[0]))
    else:
        last = node.elements[-1]
        end = at.outer_end(last.value)
        if isinstance(last.comma, cst.Comma):
            end = at.after(end, ",")
        first = node.elements[0]
        starred = isinstance(first, cst.StarredElement)
        start = at.start(first) if starred else at.outer_start(first.value)
        where = at.between(start, end)
    return ast.Tuple(elements, ast.Load(), **where)


def _dict(node: cst.Dict, at: Places) -> ast.expr:
    keys: list[ast.expr | None] = []
    for element in node.elements:
        key = element.key if isinstance(element, cst.DictElement) else None
        keys.append(None if key is None else expression(key, at))
    values = [expression(element.value, at) for element in node.elements]
    return ast.Dict(keys, values, **at.of(node))


def _list_comprehension(node: cst.ListComp, at: Places) -> ast.expr:
    return ast.ListComp(expression(node.elt, at), _clauses(node.for_in, at), **at.of(node))


def _set_comprehension(node: cst.SetComp, at: Places) -> ast.expr:
    return ast.SetComp(expression(node.elt, at), _clauses(node.for_in, at), **at.of(node))


def _dict_comprehension(node: cst.DictComp, at: Places) -> ast.expr:
    key, value = expression(node.key, at), expression(node.value, at)
    return ast.DictComp(key, value, _clauses(node.for_in, at), **at.of(node))


def _generator(node: cst.GeneratorExp, at: Places) -> ast.expr:
    where = at.of(node)
    if node.lpar:
        where = at.between(at.start(node.lpar[-1]), at.end(node.rpar[0]))
    return ast.GeneratorExp(expression(node.elt, at), _clauses(node.for_in, at), **where)


def _clauses(node: cst.CompFor | None, at: Places) -> list[ast.comprehension]:
    clauses = []
    while node is not None:
        clauses.append(
            ast.comprehension(
                target(node.target, at, ast.Store()),
                expression(node.iter, at),
                [expression(found.test, at) for found in node.ifs],
                int(node.asynchronous is not None),
            )
        )
        node = node.inner_for_in
    return clauses


def _with_context(node: ast.expr, ctx: ast.expr_context) -> ast.expr:
    if isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            _with_context(element, ctx)
    elif isinstance(node, ast.Starred):
        _with_context(node.value, ctx)
    if isinstance(
        node, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List | ast.Starred
    ):
        node.ctx = ctx
        return node
    raise SyntaxError("an expression that cannot be bound")


_TRANSLATORS: dict[type[cst.CSTNode], Callable[[Any, Places], ast.expr]] = {
    cst.Name: _name,
    cst.Integer: _number,
    cst.Float: _number,
    cst.Imaginary: _number,
    cst.Ellipsis: _ellipsis,
    cst.SimpleString: _string,
    cst.ConcatenatedString: _string,
    cst.FormattedString: _string,
    cst.TemplatedString: _string,
    cst.Attribute: _attribute,
    cst.UnaryOperation: _unary,
    cst.BinaryOperation: _binary,
    cst.BooleanOperation: _boolean,
    cst.Comparison: _comparison,
    cst.IfExp: _conditional,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.Await: _await,
    cst.Yield: _yield,
    cst.Call: _call,
    cst.Subscript: _subscript,
    cst.StarredElement: _starred,
    cst.List: _list,
    cst.Set: _set,
    cst.Tuple: _tuple,
    cst.Dict: _dict,
    cst.ListComp: _list_comprehension,
    cst.SetComp: _set_comprehension,
    cst.DictComp: _dict_comprehension,
    cst.GeneratorExp: _generator,
}
