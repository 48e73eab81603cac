"""Stage sql: calls and operators of literals alone, for which PostgreSQL has too many candidates.

Rules: https://www.postgresql.org/docs/current/typeconv-func.html, steps 4.e and 4.f, and
https://www.postgresql.org/docs/current/typeconv-oper.html
"""

from __future__ import annotations

from collections.abc import Sequence

from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.builtins import Signature
from pgtrigger_codegen.sql.coercion import PREFERRED, UNKNOWN, Type

CAST_HELP = "Say what it is by a cast: '…'::text"
NO_POLYMORPHIC_TYPE = "could not determine polymorphic type because input has type unknown"


def is_not_unique(candidates: Sequence[Signature], given: Sequence[Type]) -> bool:
    """Whether several candidates stay for arguments that are all literals without a type.

    Args:
        candidates: All that may take the arguments.
    """
    if len(candidates) < 2 or set(given) != {UNKNOWN}:
        return False
    if any(one.variadic or one.optional for one in candidates):
        return False  # how these come into it is not told here
    parameters = [one.arguments for one in candidates]
    wanted = [_category([one[place] for one in parameters]) for place in range(len(given))]
    categories = [one for one in wanted if one is not None]
    if len(categories) == len(wanted):
        kept = [
            one
            for one in parameters
            if all(_suits(own, *want) for own, want in zip(one, categories, strict=True))
        ]
        parameters = kept or parameters
    return len(parameters) > 1


def lacks_type(candidates: Sequence[Signature], given: Sequence[Type]) -> bool:
    """Whether the type of a literal is to tell that of the result, and a literal has none."""
    if len(candidates) != 1 or candidates[0].variadic or candidates[0].kind == "window function":
        return False
    polymorphic = [
        own
        for own, parameter in zip(given, candidates[0].arguments, strict=False)
        if parameter in _TELLING
    ]
    return bool(polymorphic) and set(polymorphic) == {UNKNOWN}


def _category(types: Sequence[str]) -> tuple[str, bool] | None:
    """The category that a literal is taken to be of, and whether its preferred type is there.

    None where the candidates do not agree on one.
    """
    categories = {builtins.category(name) for name in types}
    if len(categories) > 1 and _TEXTS not in categories:
        return None
    found = _TEXTS if _TEXTS in categories else categories.pop()
    return found, any(builtins.category(one) == found and one in PREFERRED for one in types)


def _suits(parameter: str, category: str, has_preferred: bool) -> bool:
    is_preferred = parameter in PREFERRED
    return builtins.category(parameter) == category and (is_preferred or not has_preferred)


_TEXTS = "S"
_TELLING = frozenset("anyelement anyarray anynonarray anyrange anymultirange".split())
