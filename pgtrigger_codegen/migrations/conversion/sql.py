"""Stage migrations: a recorded trigger as SQL of ours, and as a `RunSQL` in an existing file."""

from __future__ import annotations

from msgspec.structs import replace
from pgtrigger import compiler

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.replaying.state import URI_HINT
from pgtrigger_codegen.migrations.writing.literal import sql_literal, string_literal
from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.equivalence import definitions, same_definition, same_function
from pgtrigger_codegen.sql.names import QualifiedName, db_table, quote_table
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.triggers.compiled import TriggerParts


def trigger_facts(trigger: compiler.Trigger) -> tuple[TriggerParts, str | None] | Unknown:
    """The parts of a recorded trigger, and its own SQL where the parts do not render to it.

    That is so where a project has brought a template of its own.
    """
    values = {**trigger.sql.defaults, **trigger.sql.kwargs}
    parts = TriggerParts(**{name: str(values[name]) for name in TriggerParts.__struct_fields__})
    original = str(trigger.sql)
    try:
        (recorded,) = definitions(original)
        (rendered,) = definitions(render.create_trigger(parts, trigger.hash))
    except SqlSyntaxError as error:
        return Unknown(f"the trigger's SQL does not parse: {error.message}")
    except ValueError:
        return Unknown("the trigger's SQL does not make exactly one trigger")
    same = (
        same_definition(recorded, rendered)
        and same_function(recorded, rendered)
        and recorded.hash == rendered.hash
    )
    return parts, None if same else f"{original.strip()}\n"


def drop_statement(parts: TriggerParts, table: QualifiedName | None = None) -> str:
    """The trigger's removal as django-pgtrigger has it, which leaves the function.

    Args:
        table: The trigger's table where it is no longer the recorded one.
    """
    if table is not None:
        parts = replace(parts, table=db_table(table))
    return f"DROP TRIGGER IF EXISTS {parts.pgid} ON {quote_table(parts.table)};"


def run_sql(
    name: str, sql: str, reverse: str | None, model_name: str, uri: str, indent: str
) -> str:
    """A call of `RunSQL`, to stand on a line with that indentation.

    Args:
        name: What the file calls it (`migrations.RunSQL`).
        reverse: None for nothing to do.
    """
    inner = f"{indent}    "
    reverse_sql = f"{name}.noop" if reverse is None else sql_literal(_lines(reverse))
    return "\n".join(
        [
            f"{name}(",
            f"{inner}sql={sql_literal(_lines(sql))},",
            f"{inner}reverse_sql={reverse_sql},",
            f"{inner}hints={{",
            f'{inner}    "model_name": {string_literal(model_name)},',
            f"{inner}    {string_literal(URI_HINT)}: {string_literal(uri)},",
            f"{inner}}},",
            f"{indent})",
        ]
    )


def _lines(sql: str) -> str:
    return sql if sql.endswith("\n") else f"{sql}\n"
