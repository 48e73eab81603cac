"""Stage sql: PostgreSQL's own grammar (libpg_query), and the form of its trees here.

The trees are JSON: nodes are one-key objects (`{"ColumnRef": {…}}`), and an absent key means
false, zero or nothing. No other module calls pgparse.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pgparse

from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.sql.lexer import COMMENTS, Kind, code_tokens, tokenize

Node = dict[str, Any]


class SqlSyntaxError(CodegenError):
    """Text that PostgreSQL would refuse.

    Attributes:
        message: PostgreSQL's own words.
        line, column: Where in the text, from 1; None where the parser does not say (it never
            does for PL/pgSQL).
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        where = f" (line {line}, column {column} of the SQL)" if line else ""
        super().__init__(
            f"SQL does not parse: {message}{where}",
            help="correct the SQL; PostgreSQL refuses it too",
        )
        self.message = message
        self.line = line
        self.column = column


class SqlTooDeep(SqlSyntaxError):
    """SQL that may be right, and is nested deeper than can be followed here."""

    def __init__(self) -> None:
        super().__init__("it is nested too deeply to be read")


def parse_sql(sql: str) -> list[Node]:
    """The statements of a script, each as its one-key object.

    Raises:
        SqlSyntaxError: The script, or any part of it, does not parse.
    """
    return [statement["stmt"] for statement in _call(pgparse.parse, sql)]


def parse_script(sql: str) -> list[tuple[str, Node]]:
    """The statements of a script, each with its text, without the semicolon.

    Raises:
        SqlSyntaxError: The script, or any part of it, does not parse.
    """
    parsed = _call(pgparse.parse, sql)
    source = sql.encode()  # positions count bytes
    return [
        (source[start : start + length].decode().strip(), statement["stmt"])
        for statement in parsed
        for start in [statement.get("stmt_location", 0)]
        for length in [statement.get("stmt_len", len(source))]
    ]


def parse_places(sql: str) -> list[tuple[int, int, Node]]:
    """The statements of a script, each with its first character and the end of its last.

    Neither whitespace nor comments in front of a statement nor its semicolon is part of it.

    Raises:
        SqlSyntaxError: The script, or any part of it, does not parse.
    """
    parsed = _call(pgparse.parse, sql)
    source = sql.encode()  # positions count bytes
    places: list[tuple[int, int, Node]] = []
    for statement in parsed:
        first = statement.get("stmt_location", 0)
        length = statement.get("stmt_len", len(source) - first)
        start, text = len(source[:first].decode()), source[first : first + length].decode()
        for token in tokenize(text):
            if token.kind is not Kind.SPACE and token.kind not in COMMENTS:
                break
            start += len(token.text)
            text = text[len(token.text) :]
        places.append((start, start + len(text.rstrip()), statement["stmt"]))
    return places


def parse_function(create_function: str) -> Node:
    """The tree of the PL/pgSQL function that a CREATE FUNCTION statement defines.

    Raises:
        SqlSyntaxError: The statement or the function's body does not parse.
    """
    function: Node = _call(pgparse.parse_pgsql, create_function)[0]["PLpgSQL_function"]
    return function


def canonical(tree: object) -> str:
    """A tree as text that is the same for any formatting of the same statement.

    Leaves out positions, and nests no AND in an AND or OR in an OR.
    """
    return json.dumps(_without_positions(tree), sort_keys=True, ensure_ascii=False)


def strings(nodes: list[Node] | None) -> tuple[str, ...]:
    """The texts of a list of String nodes, as names are given."""
    return tuple(node["String"]["sval"] for node in nodes or () if "String" in node)


def conjuncts(condition: Node) -> Iterator[Node]:
    """The parts that AND connects, however deep; the condition itself where there is no AND."""
    connected = condition.get("BoolExpr", {})
    if connected.get("boolop") == "AND_EXPR":
        for part in connected["args"]:
            yield from conjuncts(part)
    else:
        yield condition


def walk(tree: object) -> Iterator[tuple[str, Any]]:
    """Every key of every object in the tree with its value, outer ones first."""
    # Generators within generators would pass each pair on once for every level above it.
    found: list[tuple[str, Any]] = []
    _collect(tree, found)
    return iter(found)


def _collect(tree: object, found: list[tuple[str, Any]]) -> None:
    # JSON has no subclasses of these.
    kind = type(tree)
    if kind is dict:
        for pair in tree.items():  # type: ignore[attr-defined]
            found.append(pair)
            kind = type(pair[1])
            if kind is dict or kind is list:
                _collect(pair[1], found)
    elif kind is list:
        for item in tree:  # type: ignore[attr-defined]
            _collect(item, found)


# Asked of every node, and a union would be made anew each time.
INNER = (dict, list)
"""What has something in it."""


# Several stages ask for the same statement one after the other, and none changes a tree.
@functools.lru_cache(maxsize=256)
def _call(parse: Callable[[str], list[Node]], sql: str) -> list[Node]:
    # The parser is C: a NUL would end the text for it, and the rest would go unread.
    nul = sql.find("\0") + 1
    if nul:
        raise _syntax_error("a NUL character, which PostgreSQL's texts cannot hold", sql, nul)
    if len(sql) > _SHORT and nesting(sql) > _MOST_LEVELS:
        raise SqlTooDeep
    try:
        with trusted():  # Cython compiles a line of its own for the traceback of a refusal
            trees = parse(sql)
    except RecursionError as error:
        raise SqlTooDeep from error
    except pgparse.PGQueryError as error:
        raise _syntax_error(error.message, sql, error.position) from error
    except UnicodeEncodeError as error:
        raise _syntax_error("half of a surrogate pair", sql, error.start + 1) from error
    if len(sql) > _MAX_DEPTH and _is_too_deep(trees):
        raise SqlTooDeep
    return trees


_SHORT = 4_000
_MOST_LEVELS = 1_500
"""The parser is recursive C, and overflows its stack at some tens of thousands of levels."""


def nesting(sql: str) -> int:
    """How deep the tree of a text can be, at most: brackets, and operators in one expression."""
    levels, deepest, total, last = [0], 0, 0, ""
    for token in code_tokens(sql):
        text = token.text.lower()
        if token.kind is Kind.DOLLAR_STRING:  # a function's body
            tag = text.index("$", 1) + 1
            deepest = max(deepest, total + nesting(token.text[tag:-tag]))
        elif text in _OPENING and last != "end":
            levels.append(1)
            total += 1
        elif text in _CLOSING and len(levels) > 1:
            total -= levels.pop()
        elif text in _SEPARATING:
            total -= max(levels[-1] - 1, 0)
            levels[-1] = min(levels[-1], 1)
        elif text in _JOINING or token.kind is Kind.OPERATOR:
            levels[-1] += 1
            total += 1
        deepest = max(deepest, total)
        last = text
    return deepest


_OPENING = frozenset({"(", "[", "case", "begin", "loop", "if"})
_CLOSING = frozenset({")", "]", "end"})
_SEPARATING = frozenset({",", ";"})
_JOINING = frozenset(
    "and between else elsif except from in intersect is join like not or union".split()
)

# Lists and objects within each other. Whoever walks through a tree takes a step or two for each,
# and Python allows for a thousand.
_MAX_DEPTH = 400


def _is_too_deep(tree: list[Node]) -> bool:
    level: list[Any] = [tree]
    for _ in range(_MAX_DEPTH):
        children: list[Any] = []
        for node in level:
            children += node.values() if isinstance(node, dict) else node
        level = [child for child in children if isinstance(child, INNER)]
        if not level:
            return False
    return True


_POSITIONS = frozenset({"location", "stmt_location", "stmt_len", "name_location"})


def _without_positions(tree: object) -> object:
    if isinstance(tree, list):
        return [_without_positions(item) for item in tree]
    if not isinstance(tree, dict):
        return tree
    plain = {key: _without_positions(value) for key, value in tree.items() if key not in _POSITIONS}
    return _flat_conjunction(plain) if "boolop" in plain else plain


def _flat_conjunction(expression: Node) -> Node:
    """`a AND (b AND c)` means `a AND b AND c`."""
    if expression["boolop"] == "NOT_EXPR":
        return expression
    args: list[Node] = []
    for arg in expression["args"]:
        inner = arg.get("BoolExpr", {})
        same = inner.get("boolop") == expression["boolop"]
        args.extend(inner["args"] if same else [arg])
    return {**expression, "args": args}


def _syntax_error(message: str, sql: str, position: int) -> SqlSyntaxError:
    """`position` counts characters from 1, and is 0 where it is not known."""
    if position <= 0:
        return SqlSyntaxError(message)
    before = sql[: position - 1]
    line = before.count("\n") + 1
    return SqlSyntaxError(message, line, position - 1 - before.rfind("\n"))
