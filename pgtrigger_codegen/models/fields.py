"""The fields of a model, in the order in which Django would have them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from pgtrigger_codegen.evaluator.django.postponed import PostponedNames
from pgtrigger_codegen.evaluator.library.kinds import has_base, is_field_class
from pgtrigger_codegen.evaluator.values.callables import interpreted
from pgtrigger_codegen.evaluator.values.classes import mro_of, own_names
from pgtrigger_codegen.evaluator.values.models import ModelClass
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models import meta
from pgtrigger_codegen.source.mentions import mentions
from pgtrigger_codegen.source.nodes import walk

if TYPE_CHECKING:
    from pgtrigger_codegen.evaluator.modules.import_order import ImportOrder


class DeclaredField(Struct, frozen=True):
    """A field and the class that declares it.

    Attributes:
        value: A real field, or `Unknown` for what may be one.
        index: Its place in the class body.
    """

    name: str
    value: Any
    owner: ModelClass
    index: int


def declared_fields(model: ModelClass, order: ImportOrder) -> list[DeclaredField]:
    """All local fields of a concrete or proxy model, those of abstract bases included."""
    fields = list(_collect(model).values())
    owners = {field.owner for field in fields}
    if len(owners) <= 1:
        return fields

    for cls in model.mro():
        if isinstance(cls, ModelClass) and not cls.module.first_party:
            order.open_package(cls.module.name)

    def key(field: DeclaredField) -> tuple[Any, ...]:
        # Django orders fields by when they were created: by class, in order of execution.
        module = field.owner.module.name
        where = order.position(module, field.owner.node.lineno) or (0, 0)
        # A base that a call in the `class` statement gives is made in the same line before it.
        turn = field.owner.moment.turn if field.owner.moment else 0
        return (*where, turn, field.index)

    return sorted(fields, key=key)


def may_have(model: ModelClass, wanted: Callable[[type], bool]) -> bool:
    """Whether a model can have a field of a class, by what is known without making its fields."""
    spaces = [cls.namespace for cls in model.mro() if isinstance(cls, ModelClass)]
    return any(
        not isinstance(names, PostponedNames) or any(map(wanted, names.value_classes()))
        for names in spaces
    )


def is_many_to_many(cls: type) -> bool:
    """Whether a class is Django's field for many-to-many relations, or derives from it."""
    return has_base(cls, "django.db.models.fields.related", "ManyToManyField")


def may_be_field(model: ModelClass, name: str, value: Any) -> bool:
    """Whether an attribute of a model that is not known could be a field."""
    if not isinstance(value, Unknown) or name.startswith("_") or name == "Meta":
        return False
    for node in model.node.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            expression = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            return expression is not None and not _is_manager(expression)
    return not any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name == name
        for node in model.node.body
    )


def adds_fields(value: Any) -> bool:
    """Whether a custom field may add further fields to its model."""
    if type(value).__module__.startswith("django."):
        return False
    for cls in mro_of(type(value)):
        method = own_names(cls).get("contribute_to_class")
        function = interpreted(method) if method is not None else None
        if function is not None and any(
            _may_add_fields(node, _model_parameter(function.node))
            for node in walk(function.node)
            if isinstance(node, ast.Call)
        ):
            return True
    return False


def _collect(model: ModelClass) -> dict[str, DeclaredField]:
    """By Django's `ModelBase.__new__`: own fields, then those of direct abstract bases."""
    fields = {
        name: DeclaredField(name, value, model, index)
        for index, (name, value) in enumerate(model.namespace.items())
        if _is_column_field(value) or may_be_field(model, name, value)
    }
    inherited_attributes: set[str] = set()
    direct = [base for base in model.bases if isinstance(base, ModelClass)]
    for base in model.mro()[1:]:
        if not any(base is parent for parent in direct):
            inherited_attributes.update(_attributes(base))
        elif meta.is_abstract(base) is not False:
            taken = {*fields, *model.namespace, *inherited_attributes}
            fields.update(
                {name: field for name, field in _collect(base).items() if name not in taken}
            )
    return fields


def _attributes(cls: Any) -> set[str]:
    ends_here = cls is object or getattr(cls, "__module__", "") == "django.db.models.base"
    return set() if ends_here else set(own_names(cls))


def _is_column_field(value: Any) -> bool:
    """Fields that Django's model state has: private ones (generic relations) are not."""
    return is_field_class(type(value))


def _is_manager(expression: ast.expr) -> bool:
    """Managers and query sets are not fields, whatever class they have."""
    callee = expression
    while isinstance(callee, ast.Call):
        callee = callee.func
    if isinstance(callee, ast.Name | ast.Attribute):
        name = callee.id if isinstance(callee, ast.Name) else callee.attr
        if name.endswith("Manager"):
            return True
    return mentions(expression, "as_manager", "from_queryset", "_default_manager")


def _model_parameter(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> str:
    """What `contribute_to_class` calls the model: its first argument after `self`."""
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    return names[1] if len(names) > 1 else ""


# Calls that are given the model, or are its own, and add no field.
_HARMLESS = frozenset(
    "connect getattr hasattr isinstance issubclass lazy_related_operation setattr".split()
)


def _may_add_fields(call: ast.Call, model: str) -> bool:
    """Whether a call in `contribute_to_class` may do something to the model."""
    callee = call.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    if name == "contribute_to_class" and isinstance(callee, ast.Attribute):
        return not _is_super_call(callee.value)
    given = [callee.value] if isinstance(callee, ast.Attribute) else []
    given += [*call.args, *(keyword.value for keyword in call.keywords)]
    return name not in _HARMLESS and any(getattr(node, "id", None) == model for node in given)


def _is_super_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", None) == "super"
