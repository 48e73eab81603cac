"""Stage migrations: operations of the project's own that derive from Django's.

Such a class does what Django's does, but for the methods that it has of its own. A renaming in
the state alone, say, has a `database_forwards` that does nothing. What a method with any other body
does is not known, and is taken for nothing but what is noted.
"""

from __future__ import annotations

import ast

from django.db.migrations.operations.base import Operation
from msgspec import Struct

from pgtrigger_codegen.evaluator.values.callables import Function, interpreted
from pgtrigger_codegen.evaluator.values.unknown import Unknown


class DjangoEffects(Struct, frozen=True):
    """The effects of an operation, as those of Django's own class.

    Attributes:
        state, database: Whether it does so to Django's state, and to the database.
        unread: A method that does something else, and is not followed.
    """

    state: bool = True
    database: bool = True
    unread: Unknown | None = None


_AS_DJANGO = DjangoEffects()


def own_effects(operation: Operation) -> DjangoEffects:
    """What is left of Django's class in the project's."""
    if type(operation).__module__.startswith(("django.", "pgtrigger.")):
        return _AS_DJANGO
    state, database = (own_method(operation, f"{name}_forwards") for name in ("state", "database"))
    if state is None and database is None:
        return _AS_DJANGO
    unread = [each for each in (state, database) if each and not _is_idle(each)]
    unread = [each for each in unread if not is_djangos(each)]
    return DjangoEffects(
        state is None or is_djangos(state),
        database is None or is_djangos(database),
        _unknown(operation, unread[0]) if unread else None,
    )


def own_method(operation: Operation, name: str) -> Function | None:
    """The project's method; None where Django's is in effect."""
    return interpreted(getattr(type(operation), name, None))


def _is_idle(function: Function) -> bool:
    """Whether the body does nothing."""
    return all(
        isinstance(statement, ast.Pass)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        or (
            isinstance(statement, ast.Return)
            and (statement.value is None or isinstance(statement.value, ast.Constant))
        )
        for statement in _body(function)
    )


def is_djangos(function: Function) -> bool:
    """Whether the body only calls the method of Django's class, with what it is given."""
    given = [argument.arg for argument in function.node.args.args[1:]]
    calls = [
        statement.value
        for statement in _body(function)
        if isinstance(statement, ast.Expr | ast.Return) and isinstance(statement.value, ast.Call)
    ]
    if len(calls) != 1 or len(calls) + sum(map(_is_text, _body(function))) != len(_body(function)):
        return False
    match calls[0]:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr=name),
            args=arguments,
            keywords=[],
        ):
            passed = [item.id for item in arguments if isinstance(item, ast.Name)]
            return name == function.name and passed == given and len(arguments) == len(given)
        case _:
            return False


def _body(function: Function) -> list[ast.stmt]:
    body = function.node.body
    return body if isinstance(body, list) else [ast.Expr(body)]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _unknown(operation: Operation, function: Function) -> Unknown:
    name = type(operation).__name__
    return Unknown(
        f"`{name}` has a `{function.name}` of its own, and what that does is not followed",
        function.module.span(function.node),
    )
