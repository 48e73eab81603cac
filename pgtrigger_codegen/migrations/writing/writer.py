"""Stage migrations: operations → the text of a migration file.

The file is for people to read and for formatters to leave alone, and the same operations give
the same text in every run: no dates, no versions.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from django.db.migrations.autodetector import MigrationAutodetector
from msgspec import Struct

from pgtrigger_codegen.migrations.changes.operations import (
    Trigger,
    TriggerOperation,
    describe,
    name_fragment,
)
from pgtrigger_codegen.migrations.reading.reader import Key
from pgtrigger_codegen.migrations.replaying.state import URI_HINT
from pgtrigger_codegen.migrations.writing.literal import sql_literal, string_literal
from pgtrigger_codegen.source.escaping import one_line
from pgtrigger_codegen.sql.render import (
    DEFAULT_STYLE,
    Style,
    ignore_function,
    remember_states,
    restore_states,
    with_lock_timeout,
)

HEADER = "Triggers of app"
"""How the docstring of our files begins."""

# black's and ruff's.
_LINE_LENGTH = 88

# As in Django's Migration.suggest_name: longer names end in `_and_more`. Django leaves one long
# operation as it is; a trigger's name can have 47 characters beside those of its model.
_MAX_NAME_LENGTH = 52


class IgnoreFunction(Struct, frozen=True):
    """A function by which `pgtrigger.ignore` turns triggers off.

    Attributes:
        model_name: The model by which routers are asked where to create it; empty for none.
    """

    name: str
    model_name: str = ""


def migration_name(
    leaf_name: str | None, operations: Sequence[TriggerOperation], name: str | None = None
) -> str:
    """The name of the file, numbered after the app's last migration as Django does it.

    Args:
        name: What the user wants to stand behind the number.
    """
    number = (MigrationAutodetector.parse_number(leaf_name) or 0) + 1 if leaf_name else 1
    return f"{number:04d}_{name or _suggested_name(operations)}"


def shortened(name: str) -> str:
    """A name that fits, with what stands behind the number."""
    return name[:_MAX_NAME_LENGTH].rstrip("_")


def render_migration(
    app_label: str,
    operations: Sequence[TriggerOperation],
    dependencies: Sequence[Key],
    ignore_functions: Sequence[IgnoreFunction] = (),
    *,
    run_before: Sequence[Key] = (),
    style: Style = DEFAULT_STYLE,
    adopted: Sequence[Trigger] = (),
    has_header: bool = True,
) -> str:
    """The whole file.

    Args:
        ignore_functions: Those that the app's history lacks.
        adopted: New triggers that may be in databases already.
        has_header: Whether the first line says who has written the file.
    """
    header = _docstring(f"{HEADER} {app_label}, written by pgtrigger-codegen.")
    before, after = _adoption_blocks(adopted, style) if adopted else ((), ())
    blocks = [
        *(ignore_function_block(function) for function in ignore_functions),
        *before,
        *(operation_block(operation, style) for operation in operations),
        *after,
    ]
    return "\n".join(
        [
            *((header, "") if has_header else ()),
            "from django.db import migrations",
            "",
            "",
            "class Migration(migrations.Migration):",
            *_keys("dependencies", dependencies),
            *(_keys("run_before", run_before) if run_before else ()),
            "",
            "    operations = [",
            *blocks,
            "    ]",
            "",
        ]
    )


def ignore_function_block(function: IgnoreFunction) -> str:
    """The operation that makes the shared ignore function."""
    hints = f'hints={{"model_name": {string_literal(function.model_name)}}},'
    return _operation(
        "The function by which pgtrigger.ignore() turns triggers off. All triggers share it, "
        "so it stays.",
        f"sql={sql_literal(_lines(ignore_function(function.name)))},",
        "reverse_sql=migrations.RunSQL.noop,",
        *([hints] if function.model_name else ()),
    )


def operation_block(operation: TriggerOperation, style: Style = DEFAULT_STYLE) -> str:
    """One operation as it stands in a list of operations, with its comment."""
    trigger = operation.trigger
    where = f", declared in {trigger.declared_in}" if trigger.declared_in else ""
    return _operation(
        f"{describe(operation)}{where}.",
        f"sql={sql_literal(_script(operation, style))},",
        f"reverse_sql={sql_literal(_script(operation.reverse(), style))},",
        "hints={",
        f'    "model_name": {string_literal(trigger.model_name)},',
        f"    {string_literal(URI_HINT)}: {string_literal(trigger.uri)},",
        "},",
    )


def _docstring(text: str) -> str:
    """A docstring, or a string with escapes for what would end one."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"""{text}"""' if plain else ascii(text)


def _adoption_blocks(triggers: Iterable[Trigger], style: Style) -> tuple[tuple[str], tuple[str]]:
    """What comes before and after the operations that make the triggers."""
    before = _operation(
        "Triggers that `manage.py pgtrigger install` has made already are taken over. Those that "
        "somebody disabled are noted here, and stay so by the last operation.",
        f"sql={sql_literal(_lines(remember_states(item.parts for item in triggers)))},",
        "reverse_sql=migrations.RunSQL.noop,",
    )
    after = _operation(
        "What was disabled before is disabled again.",
        f"sql={sql_literal(_lines(with_lock_timeout(restore_states(), style)))},",
        "reverse_sql=migrations.RunSQL.noop,",
    )
    return (before,), (after,)


def _suggested_name(operations: Sequence[TriggerOperation]) -> str:
    fragments = [re.sub(r"\W+", "_", name_fragment(operation)) for operation in operations]
    name = shortened(fragments[0])
    for fragment in fragments[1:]:
        if len(longer := f"{name}_{fragment}") > _MAX_NAME_LENGTH:
            return f"{name}_and_more"
        name = longer
    return name


def _keys(attribute: str, keys: Iterable[Key]) -> Iterator[str]:
    lines = [
        f"        ({string_literal(app_label)}, {string_literal(name)}),"
        for app_label, name in keys
    ]
    if lines:
        yield from (f"    {attribute} = [", *lines, "    ]")
    else:
        yield f"    {attribute} = []"


def _operation(comment: str, *arguments: str) -> str:
    lines = (
        # An URI and a path have no blanks to break at; they stay whole.
        *textwrap.wrap(
            one_line(comment),
            _LINE_LENGTH,
            initial_indent="        # ",
            subsequent_indent="        # ",
            break_long_words=False,
            break_on_hyphens=False,
        ),
        "        migrations.RunSQL(",
        *(f"            {argument}" for argument in arguments),
        "        ),",
    )
    return "\n".join(lines)


def _script(operation: TriggerOperation, style: Style) -> str:
    return _lines(with_lock_timeout(operation.to_sql(style), style))


def _lines(sql: str) -> str:
    return sql if sql.endswith("\n") else f"{sql}\n"
