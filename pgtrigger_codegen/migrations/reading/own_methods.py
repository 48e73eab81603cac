"""Stage migrations: translates the methods of a project's own operation into Django's operations.

The interpreter runs `state_forwards` and `database_forwards`, with a state and a schema editor that
only note what they are asked for. So a renaming in the state alone is one for us, too, and SQL is
SQL. A method that asks for anything else is not followed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation

from pgtrigger_codegen.evaluator.interpreter import Interpreter
from pgtrigger_codegen.evaluator.values.callables import Function, interpreted
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.migrations.reading.own_operations import is_djangos, own_method
from pgtrigger_codegen.source.module import Module
from pgtrigger_codegen.source.nodes import walk
from pgtrigger_codegen.source.span import Span

# As `ProjectState` and `DatabaseSchemaEditor` have them.
_RECORDERS = """
class State:
    def __init__(self):
        self.calls = []

    def add_field(self, app_label, model_name, name, field, preserve_default=True):
        self.calls.append(("AddField", app_label, (model_name, name, field)))

    def alter_field(self, app_label, model_name, name, field, preserve_default=True):
        self.calls.append(("AlterField", app_label, (model_name, name, field)))

    def remove_field(self, app_label, model_name, name):
        self.calls.append(("RemoveField", app_label, (model_name, name)))

    def rename_field(self, app_label, model_name, old_name, new_name):
        self.calls.append(("RenameField", app_label, (model_name, old_name, new_name)))

    def remove_model(self, app_label, model_name):
        self.calls.append(("DeleteModel", app_label, (model_name,)))

    def rename_model(self, app_label, old_name, new_name):
        self.calls.append(("RenameModel", app_label, (old_name, new_name)))

    def alter_model_options(self, app_label, model_name, options, option_keys=None):
        if "db_table" in options:
            self.calls.append(("AlterModelTable", app_label, (model_name, options["db_table"])))
        else:
            self.calls.append(("AlterModelOptions", app_label, (model_name, options)))

    def reload_model(self, app_label, model_name, delay=False):
        pass

    def clear_delayed_apps_cache(self):
        pass


class SchemaEditor:
    def __init__(self):
        self.calls = []

    def execute(self, sql, params=()):
        self.calls.append((sql, params))
"""
_MODULE = "pgtrigger_codegen.recorders"
_MADE: Mapping[str, Callable[..., Operation]] = {
    kind.__name__: kind
    for kind in (
        operations.AddField,
        operations.AlterField,
        operations.AlterModelOptions,
        operations.AlterModelTable,
        operations.DeleteModel,
        operations.RemoveField,
        operations.RenameField,
        operations.RenameModel,
    )
}


def followed(vm: Interpreter, operation: object, app_label: str) -> object:
    """The operation as Django's own; itself where it is, or where it cannot be followed."""
    if not isinstance(operation, Operation) or type(operation).__module__.startswith(
        ("django.", "pgtrigger.")
    ):
        return operation
    methods = [own_method(operation, f"{name}_forwards") for name in ("state", "database")]
    if all(method is None or is_djangos(method) for method in methods):
        return operation
    state, database = (
        [operation] if method is None or is_djangos(method) else part(vm, operation, app_label)
        for method, part in zip(methods, (_on_state, _on_database), strict=True)
    )
    if state is None or database is None:
        return operation
    return operations.SeparateDatabaseAndState(database, state)


def _on_state(vm: Interpreter, operation: Operation, app_label: str) -> list[Operation] | None:
    calls = _calls(vm, operation, "state_forwards", app_label, "State")
    found: list[Operation] = []
    for kind, owner, given in calls if calls is not None else ():
        if owner != app_label:
            return None  # an operation of another app's state
        try:
            found.append(_MADE[kind](*given))
        except (AttributeError, TypeError, ValueError):
            return None
    return None if calls is None else found


def _on_database(vm: Interpreter, operation: Operation, app_label: str) -> list[Operation] | None:
    sql = _sql(vm, operation, "database_forwards", app_label)
    if not sql:
        return sql
    if own_method(operation, "database_backwards") is None:
        return [operations.RunSQL(sql)]  # Django's own raises: there is no way back
    back = _sql(vm, operation, "database_backwards", app_label)
    return None if back is None else [operations.RunSQL(sql, back or operations.RunSQL.noop)]


def _sql(vm: Interpreter, operation: Operation, name: str, app_label: str) -> list[Any] | None:
    calls = _calls(vm, operation, name, app_label, "SchemaEditor", given=2)
    return None if calls is None else [*_statements(calls)]


def _statements(calls: Any) -> Iterator[tuple[Any, Any]]:
    """As `RunSQL` takes them: without parameters `%` is no placeholder there."""
    for sql, params in calls:
        yield sql, params or None


def _calls(
    vm: Interpreter, operation: Operation, name: str, app_label: str, kind: str, given: int = 0
) -> list[Any] | None:
    """What the method asks its state or schema editor for; None where that is not known."""
    method = getattr(operation, name)
    function = interpreted(method)
    if function is None or not _only_calls(function):
        return None
    span = function.module.span(function.node)
    recorder = _recorder(vm, kind, span)
    unknown = Unknown("the project as it is in the middle of a migration", span)
    outcome = vm.call(method, (app_label, recorder, *[unknown] * given), span)
    calls = getattr(recorder, "calls", None)
    if isinstance(outcome, Unknown) or type(calls) is not list or first_unknown(calls) is not None:
        return None
    return calls


def _only_calls(function: Function) -> bool:
    """Whether the state or schema editor is only called, and nowhere else in use.

    What is done to parts of it, or by others that it is given to, would go unnoticed.
    """
    parameters = [argument.arg for argument in function.node.args.args]
    if len(parameters) < 3:
        return False
    called = {
        id(node.func.value)
        for node in walk(function.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return all(
        id(node) in called
        for node in walk(function.node)
        if isinstance(node, ast.Name) and node.id == parameters[2]
    )


def _recorder(vm: Interpreter, kind: str, span: Span) -> Any:
    scope = vm.scopes.get(_MODULE)
    if scope is None:
        tree = ast.parse(_RECORDERS)
        module = Module(_MODULE, Path(__file__), False, False, _RECORDERS, tree)
        scope = vm.execute(module)
    return vm.call(scope.names[kind], (), span)
