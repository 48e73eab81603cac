"""Stage sql: PostgreSQL's rules for implicit casts between types.

None stands for a type that is not known here, and goes everywhere. `unknown` is PostgreSQL's
word for the type of a plain literal in quotes.

Rules: https://www.postgresql.org/docs/current/typeconv.html
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.builtins import Signature
from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, parse_sql, strings

Type = str | None

UNKNOWN = "unknown"
ROW = "record"


def accepts(parameter: str, given: Type) -> bool:
    """Whether an argument of a type is taken for a parameter, without a cast that is written."""
    if given in (None, UNKNOWN, parameter) or parameter in _ANYTHING:
        return True
    assert given is not None
    if parameter in _POLYMORPHIC:
        wanted = _POLYMORPHIC[parameter]
        if wanted == "R" and given.endswith("multirange") is not ("multirange" in parameter):
            return False
        return builtins.category(given) in wanted if wanted else not given.endswith("[]")
    if given.endswith("[]") and parameter.endswith("[]"):
        return accepts(parameter[:-2], given[:-2])
    return given != ROW and builtins.cast_context(given, parameter) == "i"


def assignable(target: str, given: Type) -> bool:
    """Whether a value of a type is taken for a column in INSERT and UPDATE."""
    if given in (None, UNKNOWN, target):
        return True
    assert given is not None
    if builtins.category(target) == "S":
        return True  # any type has a text
    if given.endswith("[]") and target.endswith("[]"):
        return assignable(target[:-2], given[:-2])
    return builtins.cast_context(given, target) in ("i", "a")


def castable(target: str, given: Type) -> bool:
    """Whether a value of a type can be cast to another where the cast is written."""
    if given in (None, UNKNOWN, ROW, target):
        return True
    assert given is not None
    if "S" in (builtins.category(target), builtins.category(given)):
        return True  # by way of its text
    if given.endswith("[]") and target.endswith("[]"):
        return castable(target[:-2], given[:-2])
    return bool(builtins.cast_context(given, target))


def convertible(target: str, given: Type) -> bool:
    """Whether PL/pgSQL may make a variable's value of a type of another, by way of its text.

    False where that fails for every value but NULL.
    """
    if assignable(target, given) or given is None or given == ROW:
        return True
    source = _KINDS.get(given) or builtins.category(given)
    if source in ("D", "T") and target in _MAY_BE_INFINITE:
        return True
    return (_KINDS.get(target) or builtins.category(target)) not in _NEVER.get(source, "")


def is_only_if_infinite(target: str, given: Type) -> bool:
    """Whether only infinite values of a type have a text that is a value of another."""
    if given is None or assignable(target, given):
        return False
    if target in _MAY_BE_INFINITE:
        return given in (*_MOMENTS, "interval")
    return (target == "interval" and given in _MOMENTS) or (
        given == "interval" and target in _MOMENTS
    )


_MOMENTS = frozenset({"date", "timestamp", "timestamptz"})
# Types whose category says nothing of their texts.
_KINDS = {"uuid": "uuid", "json": "json", "jsonb": "json"}
_MAY_BE_INFINITE = frozenset({"float4", "float8", "numeric"})
# By what a value is, what its text never is: categories of PostgreSQL's, and the kinds above.
_NEVER: Mapping[str, frozenset[str]] = {
    "A": frozenset({"B", "D", "I", "N", "T", "uuid"}),
    "B": frozenset({"A", "D", "I", "N", "T", "json", "uuid"}),
    "D": frozenset({"A", "B", "I", "N", "json", "uuid"}),
    "I": frozenset({"A", "B", "D", "N", "json", "uuid"}),
    "N": frozenset({"A", "uuid"}),
    "T": frozenset({"A", "B", "I", "N", "json", "uuid"}),
    "uuid": frozenset({"A", "B", "D", "I", "N", "T", "json"}),
}


def common(types: Sequence[Type]) -> Type:
    """The type of CASE or COALESCE over values of these types, where it can be told."""
    known = {name for name in types if name != UNKNOWN}
    if len(known) == 1:
        return known.pop()
    if known and all(name and builtins.category(name) == "S" for name in known):
        return "text"
    return None


def unmatched(types: Sequence[Type]) -> tuple[str, str] | None:
    """Two types of such values that no type is common to."""
    known = [name for name in types if name not in (None, UNKNOWN, ROW)]
    for name in known[1:]:
        if name and known[0] and builtins.category(name) != builtins.category(known[0]):
            return known[0], name
    return None


def fitting(signatures: Sequence[Signature], given: Sequence[Type]) -> list[Signature]:
    """Those that can take arguments of these types."""
    return [
        signature
        for signature in signatures
        if (parameters := signature.expanded(len(given))) is not None
        and all(map(accepts, parameters, given))
        and _agree(parameters, given)
    ]


def _agree(parameters: Sequence[str], given: Sequence[Type]) -> bool:
    """Whether the arguments whose types are to be alike may be so."""
    for family in (_LIKE_ANYELEMENT, _LIKE_ANYCOMPATIBLE):
        elements: list[Type] = []
        for parameter, argument in zip(parameters, given, strict=False):
            if parameter in family and argument not in (None, UNKNOWN):
                if not parameter.endswith("array") or parameter.endswith("nonarray"):
                    elements.append(argument)
                elif argument.endswith("[]"):
                    elements.append(argument[:-2])
        if unmatched(elements) is not None:
            return False
    return True


def preferred(signatures: Sequence[Signature], given: Sequence[Type]) -> Sequence[Signature]:
    """Those that PostgreSQL prefers where arguments of these types are taken by several.

    Rules: https://www.postgresql.org/docs/current/typeconv-func.html
    """
    if len(signatures) < 2 or None in given or UNKNOWN in given:
        return signatures
    for score in (_exact, _exact_or_preferred):
        scores = [score(one.expanded(len(given)) or (), given) for one in signatures]
        signatures = [
            one for one, own in zip(signatures, scores, strict=True) if own == max(scores)
        ]
    return signatures


def _exact(parameters: Sequence[str], given: Sequence[Type]) -> int:
    return sum(map(str.__eq__, parameters, map(str, given)))


def _exact_or_preferred(parameters: Sequence[str], given: Sequence[Type]) -> int:
    pairs = zip(parameters, given, strict=False)
    return sum(one == other or one in PREFERRED for one, other in pairs)


def resolved(signatures: Sequence[Signature], given: Sequence[Type]) -> Type:
    """The type that they give for arguments of these types, be it that of an argument."""
    found = result(signatures)
    if found is not None or len(signatures) != 1:
        return found
    (one,) = signatures
    pairs = list(zip(one.expanded(len(given)) or (), given, strict=False))
    if one.result in ("anyrange", "anycompatiblerange"):
        ranges = {own for parameter, own in pairs if parameter == one.result}
        return ranges.pop() if len(ranges) == 1 and UNKNOWN not in ranges else None
    element, is_array = _ELEMENTS.get(one.result, ("", False))
    family = [item for item in pairs if _ELEMENTS.get(item[0], (None,))[0] == element]
    types = {_element(*item) for item in family if item[1] != UNKNOWN}
    name = types.pop() if len(types) == 1 else None
    return f"{name}[]" if name and is_array else name


def _element(parameter: str, given: Type) -> Type:
    if given is None or given == ROW:
        return None
    if parameter.endswith("range"):
        return _IN_RANGES.get(given)
    if parameter.endswith("array") and not parameter.endswith("nonarray"):
        return given.removesuffix("[]") if given.endswith("[]") else None
    return None if given.endswith("[]") else given


# The families of types that go together, and whether a type is that of an array.
_ELEMENTS: Mapping[str, tuple[str, bool]] = {
    **dict.fromkeys(("anyelement", "anynonarray", "anyrange"), ("element", False)),
    "anyarray": ("element", True),
    **dict.fromkeys(
        ("anycompatible", "anycompatiblenonarray", "anycompatiblerange"), ("compatible", False)
    ),
    "anycompatiblearray": ("compatible", True),
}
_IN_RANGES = {
    "int4range": "int4",
    "int8range": "int8",
    "numrange": "numeric",
    "tsrange": "timestamp",
    "tstzrange": "timestamptz",
    "daterange": "date",
}


@functools.lru_cache(maxsize=4096)
def operation(name: str, left: Type, right: Type) -> tuple[bool, Type]:
    """Whether there may be an operator for such operands, and the type of what it gives.

    Args:
        left: Empty for an operator that stands before its operand.
    """
    signatures = builtins.operators(name)
    fits = [
        one
        for one in signatures
        if (one.arguments[0] == "") == (left == "")
        and accepts(one.arguments[1], right)
        and (left == "" or accepts(one.arguments[0], left))
        and _agree(one.arguments, (left, right))
    ]
    if not fits:
        # Someone's own, or of a type that is not known.
        return not signatures or left is None or right is None, None
    operands = tuple(
        # A literal takes the type of the other operand, where that fits.
        other if operand == UNKNOWN else operand
        for operand, other in ((left, right), (right, left))
    )
    return True, resolved([one for one in fits if one.arguments == operands] or fits, operands)


@functools.lru_cache(maxsize=1024)
def operand_types(name: str, other: Type, *, is_left: bool) -> frozenset[str]:
    """The types that a literal may have as one operand of an operator beside another."""
    return frozenset(
        one.arguments[0 if is_left else 1]
        for one in builtins.operators(name)
        if one.arguments[0] and accepts(one.arguments[1 if is_left else 0], other)
    )


def result(signatures: Sequence[Signature]) -> Type:
    """The type that all of them give; None where they differ or it depends on the arguments."""
    results = {signature.result for signature in signatures}
    name = results.pop() if len(results) == 1 else None
    return None if name in _POLYMORPHIC or name in _ANYTHING or name in _NO_VALUE else name


@functools.lru_cache(maxsize=1024)
def internal_name(written: str) -> Type:
    """`integer` → `int4`; None for types that are not built in, and for those of columns."""
    node = type_node(written)
    return None if node is None else type_of_name(node)


def type_node(written: str) -> Node | None:
    """A type as the parser gives it; None for one of a column or a table."""
    if not written.strip() or "%" in written:
        return None
    try:
        (statement,) = parse_sql(f"SELECT CAST(NULL AS {written})")
        cast = statement["SelectStmt"]["targetList"][0]["ResTarget"]["val"]["TypeCast"]
    except (SqlSyntaxError, KeyError, ValueError):
        return None
    node: Node = cast["typeName"]
    return node


def type_of_name(node: Node) -> Type:
    """The internal name of a type that a statement names."""
    names = strings(node.get("names"))
    if node.get("setof") or not names or (len(names) > 1 and names[0] != "pg_catalog"):
        return None
    name = {"boolean": "bool", "integer": "int4"}.get(names[-1], names[-1])
    name = _SERIALS.get(name, name)
    if not builtins.is_type(name):
        return None
    return f"{name}[]" if "arrayBounds" in node else name


def in_words(type_name: Type) -> str:
    """A type as PostgreSQL's messages name it."""
    if type_name is None:
        return "…"
    name = type_name.removesuffix("[]")
    return _IN_WORDS.get(name, name) + type_name[len(name) :]


PREFERRED = frozenset("bool float8 inet interval oid text timestamptz varbit".split())
_LIKE_ANYELEMENT = frozenset({"anyelement", "anyarray", "anynonarray"})
_LIKE_ANYCOMPATIBLE = frozenset({"anycompatible", "anycompatiblearray", "anycompatiblenonarray"})
_ANYTHING = frozenset({"any", "anyelement", "anycompatible"})
_NO_VALUE = frozenset({"void", "record", "trigger"})
# By the category of what they take; the types of enums are never built in.
_POLYMORPHIC = {
    "anyarray": "A",
    "anycompatiblearray": "A",
    "anyrange": "R",
    "anycompatiblerange": "R",
    "anymultirange": "R",
    "anycompatiblemultirange": "R",
    "anyenum": "E",
    "anynonarray": "",  # whatever is no array
    "anycompatiblenonarray": "",
}
_SERIALS = {"serial": "int4", "bigserial": "int8", "smallserial": "int2"}
_IN_WORDS = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "bool": "boolean",
    "float4": "real",
    "float8": "double precision",
    "varchar": "character varying",
    "bpchar": "character",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
}
