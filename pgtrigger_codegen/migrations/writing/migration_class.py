"""Stage migrations: the class of a migration file, and the plain lists in its body."""

from __future__ import annotations

import ast


class LayoutError(Exception):
    """The file cannot be changed because of its layout; the message says why."""


def migration_class(module: ast.Module) -> ast.ClassDef:
    """The class `Migration`.

    Raises:
        LayoutError: The module has none at its top level.
    """
    for statement in module.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Migration":
            return statement
    raise LayoutError("it has no `class Migration` at its top level")


def plain_list(migration: ast.ClassDef, attribute: str) -> ast.List:
    """The list that the class assigns to an attribute.

    Raises:
        LayoutError: The class assigns no list, or one with starred elements.
    """
    for statement in migration.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ) if name == attribute:
                if isinstance(value, ast.List) and not any(
                    isinstance(element, ast.Starred) for element in value.elts
                ):
                    return value
                break
            case _:
                pass
    raise LayoutError(f"its {attribute} are not a plain list in class Migration")
