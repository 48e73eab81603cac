"""Stage migrations: names that tables and columns have had, as far as functions know them.

A function is text, and keeps the name that a table or column had. Where nothing but such a name
differs between two functions, the one is the other after a renaming.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from pgtrigger_codegen.migrations.replaying.state import SchemaChange
from pgtrigger_codegen.migrations.schema.tables import RenamedColumn, RenamedTable
from pgtrigger_codegen.sql.lexer import code_tokens, folded_name


class Renames(Struct, frozen=True):
    """Which names have become which others."""

    _next: Mapping[str, frozenset[str]]

    def same(self, before: str, after: str) -> bool:
        """Whether two texts of SQL differ in nothing but names that have changed."""
        if before == after:
            return True
        if not self._next:
            return False
        old, new = list(code_tokens(before)), list(code_tokens(after))
        return len(old) == len(new) and all(
            one.text == other.text or self._has_become(folded_name(one), folded_name(other))
            for one, other in zip(old, new, strict=True)
        )

    def _has_become(self, old: str, new: str) -> bool:
        seen, pending = {old}, [old]
        while pending:
            following = self._next.get(pending.pop(), frozenset()) - seen
            if new in following:
                return True
            seen |= following
            pending += following
        return False


NO_RENAMES = Renames({})


def renames_in(changes: Iterable[Iterable[SchemaChange]]) -> Renames:
    """The renamings of a history."""
    found: dict[str, set[str]] = {}
    for listed in changes:
        for made in listed:
            match made.change:
                case RenamedTable(old=old, new=new):
                    found.setdefault(old.name, set()).add(new.name)
                case RenamedColumn(old=old_column, new=new_column):
                    found.setdefault(old_column, set()).add(new_column)
                case _:
                    pass
    return Renames({old: frozenset(new) for old, new in found.items()})
