"""The table of django-pgtrigger: allowed calls and uses of its objects.

Name by name: its public names include `install`, `uninstall` and `ignore`.
"""

from __future__ import annotations

from pgtrigger_codegen.evaluator.library.rows import LibraryTable, kind, module, modules

_MODULES = (
    *modules("pgtrigger"),
    module("pgtrigger.compiler", calls="Trigger UpsertTriggerSql"),
    module(
        "pgtrigger.contrib", calls="Composer FSM Protect ReadOnly SoftDelete UpdateSearchVector"
    ),
    module(
        "pgtrigger.core",
        calls="""
            AllChange AllDontChange AnyChange AnyDontChange Condition F Func IsDistinctFrom
            IsNotDistinctFrom Level Operation Operations Q Referencing Timing Trigger UpdateOf When
        """,
    ),
    module("pgtrigger.migrations", calls="AddTrigger RemoveTrigger"),
    module("pgtrigger.utils", calls="quote AttrDict"),
)

_TYPES = (
    kind(
        "Trigger",
        calls="""
            __init__ __str__ format_sql get_condition get_declare get_func get_func_template_kwargs
            get_pgid get_uri render_condition render_declare render_execute render_func
            validate_name
        """,
    ),
    kind(
        "Composer",
        calls="""
            __init__ get_func get_func_template_kwargs render_condition render_func
        """,
    ),
    kind("Protect", calls="__init__ get_func"),
    kind("ReadOnly", calls="__init__ get_condition"),
    kind("FSM", calls="__init__ get_declare get_func"),
    kind("SoftDelete", calls="__init__ get_func"),
    kind("UpdateSearchVector", calls="__init__ get_func render_execute"),
    kind("Func", calls="__init__ render"),
    kind("Condition", calls="__init__ resolve"),
    kind("_Change", calls="__init__ resolve __invert__"),
    kind("AnyChange", calls="__init__"),
    kind("AnyDontChange", calls="__init__"),
    kind("AllChange", calls="__init__"),
    kind("AllDontChange", calls="__init__"),
)

TABLE = LibraryTable(_MODULES, _TYPES)
