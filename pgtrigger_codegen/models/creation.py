"""Stage models: a rendered model → the SQL by which Django's schema editor makes its table."""

from __future__ import annotations

import contextlib
from typing import Any

from django.core.exceptions import FieldError
from django.db import connections

from pgtrigger_codegen.confinement.wall import confined
from pgtrigger_codegen.evaluator.django.stand_in import StandInField
from pgtrigger_codegen.evaluator.values.models import ModelClass, ThroughModel
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.models.constraints import Demands, demands
from pgtrigger_codegen.models.facts import TableCreation
from pgtrigger_codegen.models.reading import ModelReader


@confined()
def creation(
    reader: ModelReader, model: ModelClass | ThroughModel, server_version: int
) -> TableCreation | Unknown:
    """What makes the table of a model, or why that is not known.

    Args:
        server_version: Of PostgreSQL, as in 180001.
    """
    rendered = reader.renderer.render(model)
    if isinstance(rendered, Unknown):
        return rendered
    span = model.owner.span if isinstance(model, ThroughModel) else model.span
    unique = demands(model)
    found: TableCreation | Unknown = reader.interpreter.guarded(
        lambda: reader.interpreter.attempt(span, _creation, rendered, unique, server_version), span
    )
    return found


def _creation(rendered: Any, unique: Demands, server_version: int) -> TableCreation:
    options = rendered._meta
    unknown = [field for field in options.local_fields if not _is_known(field)]
    connection = connections.create_connection("default")
    # It is looked up on a server otherwise, and there is none.
    vars(connection)["pg_version"] = server_version
    editor: Any = connection.schema_editor(collect_sql=True, atomic=False)
    editor.deferred_sql = []
    with _without(options, unknown):
        sql, parameters = editor.table_sql(rendered)
    text = str(sql)
    if parameters:
        text %= tuple(_quoted(editor, value) for value in parameters)
    names = {field.name for field in unknown}
    for fields in unique.together:
        if not names.intersection(fields):
            columns = [options.get_field(name) for name in fields]
            editor.deferred_sql.append(editor._create_unique_sql(rendered, columns))
    for constraint in unique.constraints:
        if not names.intersection(constraint.fields):
            editor.deferred_sql.append(constraint.create_sql(rendered, editor))
    for check in unique.checks if not unknown else ():
        # One that cannot be written costs only itself: nothing but rows that are made up needs it.
        with contextlib.suppress(FieldError, TypeError, ValueError):
            editor.deferred_sql.append(check.create_sql(rendered, editor))
    return TableCreation(
        table=options.db_table,
        statement=text,
        deferred=tuple(map(str, editor.deferred_sql)),
        refers_to=tuple(
            dict.fromkeys(
                field.remote_field.model._meta.label
                for field in options.local_concrete_fields
                if _refers(field)
            )
        ),
        unknown_fields=tuple(field.name for field in unknown),
        has_all_unique=unique.is_known,
        managed=bool(options.managed),
    )


def _quoted(editor: Any, value: object) -> str:
    """A value in the text of a statement that runs without parameters."""
    text = str(editor.quote_value(value))
    return text.replace("%%", "%") if isinstance(value, str) else text


def _is_known(field: Any) -> bool:
    """Whether a column can be made: its type is known, and what it refers to."""
    if isinstance(field, StandInField):
        return False
    relation = field.remote_field
    return relation is None or not (
        isinstance(relation.model, str) or isinstance(_target(field), StandInField)
    )


def _target(field: Any) -> Any:
    for _ in range(_MOST_KEYS):
        if field.remote_field is None or isinstance(field.remote_field.model, str):
            return field
        field = field.target_field
    return field


_MOST_KEYS = 5


def _refers(field: Any) -> bool:
    relation = field.remote_field
    return relation is not None and not isinstance(relation.model, str)


class _without:  # noqa: N801  (used as a function is)
    """A model's options without some of its fields, for a block."""

    def __init__(self, options: Any, fields: list[Any]) -> None:
        self._options = options
        self._fields = fields
        self._all = options.local_fields

    def __enter__(self) -> None:
        if self._fields:
            self._options.local_fields = type(self._all)(
                field for field in self._all if field not in self._fields
            )

    def __exit__(self, *_: object) -> None:
        self._options.local_fields = self._all
