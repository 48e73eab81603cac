"""Maps causes (unread code, refused declarations) to the rules that report them."""

from __future__ import annotations

from typing import Final

from pgtrigger_codegen.certificate.gaps import Gap
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.triggers.compiled import Cause

CODES: Final = {
    Cause.UNREADABLE: "PGT002",
    Cause.UNKNOWN_BASE: "PGT003",
    Cause.BAD_NAME: "PGT105",
    Cause.BAD_ARGUMENTS: "PGT106",
    Cause.NOT_IMPORTED: "PGT107",
    Cause.APP_NOT_INSTALLED: "PGT108",
    Cause.NOT_A_SEQUENCE: "PGT112",
    Cause.FOREIGN_APP: "PGT116",
    Cause.NO_PROVIDER: "PGT117",
    Cause.ABSTRACT_MODEL: "PGT119",
    Cause.UNKNOWN_FIELD: "PGT208",
    Cause.BAD_TEMPLATE: "PGT313",
}
_OF_KINDS: Final = {GapKind.SYNTAX_ERROR: "PGT001", GapKind.UNKNOWN_SETTING: "PGT004"}


def code_of_gap(gap: Gap) -> str:
    """The code of the rule that reports a gap."""
    return CODES[gap.cause] if gap.cause is not None else _OF_KINDS.get(gap.kind, "PGT006")
