"""Tells which errors the handlers of a PL/pgSQL block catch, by the names of conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psycopg import errors

_SQLSTATE = re.compile(r"[0-9A-Z]{5}")
_CATEGORY = "000"


def catching(conditions: Iterable[str], sqlstate: str) -> str | None:
    """The condition that catches an error, None where none does.

    A name that is not known is taken to catch everything, as OTHERS does.

    Args:
        conditions: Names as after WHEN, or five characters.
        sqlstate: The error's.
    """
    return next((name for name in sorted(conditions) if _catches(name, sqlstate)), None)


def _catches(name: str, sqlstate: str) -> bool:
    code = name if _SQLSTATE.fullmatch(name) else _code(name)
    if code is None:
        return True
    if code.endswith(_CATEGORY):
        return sqlstate[:2] == code[:2]
    return sqlstate == code


def _code(name: str) -> str | None:
    kind = getattr(errors, "".join(word.capitalize() for word in name.split("_")), None)
    return getattr(kind, "sqlstate", None)
