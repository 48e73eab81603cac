"""Stage sql: constants in an expression that PostgreSQL refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pgtrigger_codegen.source.misspelling import misspelt
from pgtrigger_codegen.sql import builtins
from pgtrigger_codegen.sql.coercion import UNKNOWN, Type, operand_types
from pgtrigger_codegen.sql.literals import UNITS, invalid_literal
from pgtrigger_codegen.sql.parser import Node, strings

_OF_ARRAYS = frozenset({"||", "@>", "<@", "&&"})
_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">="})


def text_of(tree: object) -> str | None:
    """The text of a literal in quotes; None for all else."""
    constant = tree.get("A_Const", {}).get("sval") if isinstance(tree, dict) else None
    return None if constant is None else str(constant.get("sval", ""))


def of_cast(target: Type, argument: Node) -> str | None:
    """Why a literal cannot be cast to a type."""
    text = text_of(argument)
    return invalid_literal(target, text) if target is not None and text is not None else None


def of_comparison(
    operator: str, left: Type, right: Type, sides: tuple[object, object]
) -> str | None:
    """Why a literal cannot be compared with what stands on the other side."""
    for own, other, tree in ((left, right, sides[0]), (right, left, sides[1])):
        text = text_of(tree) if own == UNKNOWN and other not in (None, UNKNOWN, "") else None
        if text is None or not other:
            continue
        # A literal takes the type of the other side, where there is such an operator.
        is_left = tree is sides[0]
        same = frozenset({other}) if _takes_two(operator, other) else frozenset[str]()
        types = same or operand_types(operator, other, is_left=is_left)
        messages = [invalid_literal(name, text) for name in sorted(types)]
        if messages and all(messages):
            return messages[0]
    return None


def of_alternatives(types: Sequence[Type], values: Sequence[Node]) -> str | None:
    """Why a literal of CASE or COALESCE is no value of the type that the others have."""
    others = {name for name in types if name not in (None, UNKNOWN)}
    if None in types or not others:
        return None
    for text in [text for text in map(text_of, values) if text is not None]:
        messages = [invalid_literal(name, text) for name in sorted(filter(None, others))]
        if all(messages):
            return messages[0]
    return None


def _takes_two(operator: str, name: str) -> bool:
    """Whether there is an operator for two values of a type: a literal is taken for one then."""
    if operator in _COMPARISONS:
        return True
    if name.endswith("[]"):
        return operator in _OF_ARRAYS
    return any(one.arguments == (name, name) for one in builtins.operators(operator))


def divides_by_zero(operator: str, left: Type, right: object) -> bool:
    """Whether a number is divided by the constant 0."""
    constant = right.get("A_Const", {}) if isinstance(right, dict) else {}
    is_zero = "ival" in constant and not constant["ival"].get("ival", 0)
    return (
        operator in ("/", "%") and is_zero and bool(left) and builtins.category(left or "") == "N"
    )


def of_unit(name: str, arguments: Sequence[Node]) -> str | None:
    """Why a call fails whose first argument names a part of a date."""
    known = _PARTS.get(name)
    text = text_of(arguments[0]) if arguments else None
    if known is None or text is None or len(arguments) < 2:
        return None
    # Of longer words PostgreSQL reads the beginning.
    unit = text.lower()
    if unit in known or (len(unit) > 10 and any(word.startswith(unit[:10]) for word in known)):
        return None
    return f'unit "{text}" not recognized'


def repeated(names: Sequence[str]) -> Iterator[str]:
    """The names that come more than once."""
    yield from dict.fromkeys(name for name in names if names.count(name) > 1)


def names_of_targets(items: Sequence[Node]) -> list[str]:
    """The columns that a list of targets sets as a whole."""
    targets = [item["ResTarget"] for item in items]
    return [item["name"] for item in targets if "name" in item and "indirection" not in item]


def unknown_type(node: Node) -> tuple[str, str] | None:
    """A type that is misspelt or of another database, and what it is called here.

    Args:
        node: The type's name, as a statement has it.
    """
    names = strings(node.get("names"))
    if len(names) != 1 or builtins.is_type(names[0]):
        return None
    meant = _TYPES_ELSEWHERE.get(names[0]) or misspelt(names[0], builtins.types_by_name())
    return (names[0], meant) if meant else None


_EXTRACTED = UNITS | frozenset(
    "dow doy epoch isodow isoyear j jd julian timezone_hour timezone_minute".split()
)
_PARTS = {"date_trunc": UNITS, "extract": _EXTRACTED, "date_part": _EXTRACTED}
_TYPES_ELSEWHERE = {
    "datetime": "timestamptz",
    "double": "double precision",
    "long": "bigint",
    "longtext": "text",
    "mediumtext": "text",
    "number": "numeric",
    "nvarchar": "varchar",
    "str": "text",
    "string": "text",
    "tinyint": "smallint",
    "unsigned": "bigint",
    "varchar2": "varchar",
}
