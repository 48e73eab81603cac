"""Stage migrations: finds SQL that was edited by hand and still has the old hash.

django-pgtrigger knows a trigger by the hash in its comment alone, and so says that one is
installed which is not.
"""

from __future__ import annotations

from typing import Literal

from pgtrigger_codegen.migrations.changes.autodetector import definition_of, is_written_the_same
from pgtrigger_codegen.migrations.replaying.state import InstalledTrigger
from pgtrigger_codegen.sql.equivalence import same_definition, same_function
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.triggers.compiled import CompiledTrigger

Edited = Literal["definition", "function"]


def edited_part(installed: InstalledTrigger, declared: CompiledTrigger) -> Edited | None:
    """What of the trigger differs from the declaration whose hash it bears, if something does."""
    there = installed.definition
    if there.hash != declared.hash:
        return None
    if is_written_the_same(declared.parts, declared.hash, installed):
        return None
    try:
        wanted = definition_of(declared.parts, declared.hash)
    except SqlSyntaxError:
        return None
    if not same_definition(wanted, there):
        return "definition"
    return None if same_function(wanted, there) else "function"
