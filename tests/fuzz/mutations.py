"""How a text is changed: by character, token, line, statement, literal, name and word of SQL.

All are pure functions of a `random.Random`, so that a seed is enough to repeat a case.
"""

from __future__ import annotations

import ast
import keyword
import random
import re
from collections.abc import Callable, Sequence

_MOST_CHARACTERS = 60_000
"""Some changes double a text: what has grown so long is left alone."""

_ODD_CHARACTERS = (
    *(
        "\0",
        "\ud800",
        "\udfff",
        "\u2028",
        "\ufeff",
        "\u00a0",
        "\r",
        "\f",
        "\v",
        "\x1a",
        "\x1b",
        "é",
    ),
    *("\U0001f600", "\u202e", "\\", '"', "'", '"""', "'''", "(", ")", "[", "]", "{", "}"),
    *(":", ",", ";", "=", "%", "$", "$$", "#", "@", "*", "**", "\n", "\t", " "),
)
_ODD_EXPRESSIONS = (
    *("None", "True", "...", "-1", "0", "2**63", "10**400", "10**10**10", "1 << 99999999", "1e999"),
    *(
        "-0.0",
        "1j",
        "float('nan')",
        "''",
        "b''",
        "b'\\xff'",
        "'\\ud800'",
        "'\\x00'",
        "'a' * 10**10",
    ),
    *("'%s'", "'{'", "'{}'", "'é' * 80", "'a.b.c'", "'.'", "'$$'", "'\"'", "'-' * 300", "[[]]"),
    *(
        "[]",
        "()",
        "{}",
        "{1: 2}",
        "set()",
        "[0] * 10**9",
        "range(10**12)",
        "lambda: 0",
        "lambda *a: a",
    ),
    *("type", "object", "super()", "__file__", "__name__", "__import__('os')", "open('x')", "self"),
    *(
        "print",
        "1 / 0",
        "[] > 1",
        "not_defined",
        "models.Q()",
        "models.F('id')",
        "models.Q",
        "models",
    ),
    *(
        "pgtrigger",
        "pgtrigger.Q()",
        "pgtrigger.F('old__id')",
        "pgtrigger.Update",
        "pgtrigger.Trigger",
    ),
    *("pgtrigger.Func('{x}')", "pgtrigger.Condition('NEW.* IS')", "~pgtrigger.Q(old__id=None)"),
    *(
        "[x for x in x]",
        "[x for x in range(9999999)]",
        "(yield)",
        "(a := 1)",
        "f'{1:{2}}'",
        "f'{x!r}'",
    ),
    *(
        "'x' if y else z",
        "a.b.c.d",
        "x[0]",
        "x[::0]",
        "[*x]",
        "{**x}",
        "await x",
        "'a' 'b'",
        "-'a'",
    ),
)
_ODD_STATEMENTS = (
    *(
        "while True:\n    pass",
        "for x in range(10**9):\n    y = x",
        "raise Exception",
        "del x",
        "return",
    ),
    *(
        "import os",
        "from . import x",
        "from .models import *",
        "from .... import y",
        "import models",
    ),
    *(
        "global x",
        "nonlocal x",
        "assert False",
        "class X(X):\n    pass",
        "def f():\n    return f()",
    ),
    *(
        "f = lambda: f()",
        "x = x",
        "x: int",
        "x += 1",
        "a = b = c",
        "a, *b = 1",
        "with x as y:\n    pass",
    ),
    *(
        "match x:\n    case {'a': 1, **rest}:\n        pass",
        "async def f():\n    await f()",
        "'text'",
    ),
    *(
        "try:\n    x\nexcept* ValueError:\n    pass",
        "__all__ = 1",
        "__path__ = []",
        "locals()['x'] = 1",
    ),
    *("x = []\nx.append(x)", "x = {}\nx[1] = x", "type X = X", "print(x := 1)", "exec('x = 1')"),
    *(
        "x = 'a'\nwhile x:\n    x += x",
        "x = [1]\nfor y in x:\n    x.append(y)",
        "class M(type):\n    x = 1",
    ),
)
_ODD_SQL = (
    *("NEW", "OLD", "NEW.*", "OLD.id", "NULL", "RETURN", "RETURN NEW;", "BEGIN", "END;", "END IF;"),
    *(
        "IF",
        "THEN",
        "ELSE",
        "ELSIF",
        "LOOP",
        "FOR r IN",
        "EXECUTE",
        "PERFORM",
        "RAISE",
        "EXCEPTION",
    ),
    *(
        "DECLARE",
        "SELECT",
        "FROM",
        "WHERE",
        "INSERT INTO",
        "UPDATE",
        "DELETE",
        "WITH x AS (",
        "INTO",
    ),
    *(
        "(",
        ")",
        ";",
        ",",
        ".",
        "..",
        ":=",
        "=",
        "$$",
        "$a$",
        "'",
        "''",
        '"',
        '""',
        "E'\\",
        "--",
        "/*",
    ),
    *(
        "*/",
        "%",
        "%s",
        "{",
        "}",
        "{{",
        "}}",
        "{meta.db_table}",
        "{columns.id}",
        "{columns.no}",
        "\0",
    ),
    *(
        "\ud800",
        "é",
        "\\",
        "<<a>>",
        "[1]",
        "::text",
        "1e999",
        "99999999999999999999",
        "-1",
        "U&'\\00'",
    ),
    *(
        "(" * 300,
        ")" * 50,
        "CASE WHEN",
        "COALESCE(",
        "1 +" * 400,
        "IF a THEN " * 60,
        "GOTO",
        "TG_OP",
    ),
)
_WORDS = re.compile(r"\w+|[^\S\n]+|\n|.", re.DOTALL)
_SQL_WORDS = re.compile(r"'(?:[^']|'')*'|\w+|\s+|:=|.", re.DOTALL)
_NAMES = re.compile(r"[A-Za-z_]\w*")
_BRACKETS = re.compile(r"[()\[\]{}]")

Mutation = Callable[[str, random.Random, Sequence[str]], str]


def mutated(text: str, chance: random.Random, donors: Sequence[str], times: int) -> str:
    """The text after some changes; a change that is not possible there leaves the text alone.

    Args:
        donors: Other texts, of which parts may be taken.
    """
    for _ in range(times):
        changed = chance.choice(MUTATIONS)(text, chance, donors)
        if len(changed) <= _MOST_CHARACTERS:
            text = changed
    return text


def changed_sql(text: str, chance: random.Random, donors: Sequence[str] = ()) -> str:
    """Words of SQL, deleted, doubled, exchanged, or replaced by odd ones and by those of others."""
    words = _SQL_WORDS.findall(text) or [""]
    others = _SQL_WORDS.findall(chance.choice(donors)) if donors else []
    for _ in range(chance.randint(1, 4)):
        one, other = chance.randrange(len(words)), chance.randrange(len(words))
        kind = chance.randrange(6)
        if kind == 0:
            words[one] = ""
        elif kind == 1:
            words[one] *= 2
        elif kind == 2:
            words[one], words[other] = words[other], words[one]
        elif kind == 3:
            words.insert(one, f" {chance.choice(_ODD_SQL)} ")
        elif kind == 4:
            words[one] = chance.choice(others or _ODD_SQL)
        else:
            del words[min(one, other) : max(one, other)]
            words = words or [""]
    return "".join(words)


def _characters(text: str, chance: random.Random, _: Sequence[str]) -> str:
    start = chance.randrange(len(text) + 1)
    end = start + chance.choice((0, 0, 1, 1, 2, 10))
    put = chance.choice(("", *_ODD_CHARACTERS, chr(chance.randrange(0x250))))
    return text[:start] + put + text[end:]


def _cut(text: str, chance: random.Random, _: Sequence[str]) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] if chance.random() < 0.7 else text[place:]


def _tokens(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    words = _WORDS.findall(text)
    if not words:
        return text
    one, other = chance.randrange(len(words)), chance.randrange(len(words))
    kind = chance.randrange(5)
    if kind == 0:
        del words[one]
    elif kind == 1:
        words[one], words[other] = words[other], words[one]
    elif kind == 2:
        words[one] = chance.choice((*keyword.kwlist, *keyword.softkwlist))
    elif kind == 3:
        words[one] = chance.choice(_ODD_EXPRESSIONS)
    else:
        words[one] = chance.choice(_WORDS.findall(chance.choice(donors)) or [""])
    return "".join(words)


def _bracket(text: str, chance: random.Random, _: Sequence[str]) -> str:
    found = list(_BRACKETS.finditer(text))
    if not found:
        return text
    place = chance.choice(found).start()
    put = chance.choice(("", chance.choice("()[]{}"), text[place] * 2, text[place] * 150))
    return text[:place] + put + text[place + 1 :]


def _lines(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 2:
        lines.insert(other, lines[one])
    elif kind == 3:
        lines[one] = " " * chance.randrange(13) + lines[one].lstrip()
    elif kind == 4:
        del lines[min(one, other) : max(one, other)]
    else:
        spliced = chance.choice(donors).split("\n")
        start = chance.randrange(len(spliced))
        lines[one:one] = spliced[start : start + chance.randint(1, 8)]
    return "\n".join(lines)


def _renamed(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    names = _NAMES.findall(text)
    if not names:
        return text
    odd = ("Meta", "objects", "pk", "id", "self", "None", "__class__", "__init__", "é", "x" * 300)
    others = (*odd, *names, *_NAMES.findall(chance.choice(donors)))
    old, new = chance.choice(names), chance.choice(others)
    count = chance.choice((0, 1))
    return re.sub(rf"\b{old}\b", lambda _: new, text, count=count)


def _nested(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    """An expression, some levels deeper than anybody would write."""
    depth = chance.choice((3, 30, 90, 250, 1500))
    start, end = chance.choice(
        (("[", "]"), ("(", ",)"), ("~", ""), ("-", ""), ("not ", ""), ("f(", ")"))
    )

    def deeper(node: ast.expr) -> str:
        return start * depth + f"({ast.unparse(node)})" + end * depth

    return _with_expression(text, chance, deeper) if donors else text


def _odd_expression(text: str, chance: random.Random, _: Sequence[str]) -> str:
    return _with_expression(text, chance, lambda _: chance.choice(_ODD_EXPRESSIONS))


def _foreign_expression(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    tree = _parsed(chance.choice(donors))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.expr)] if tree else []
    if not nodes:
        return text
    return _with_expression(text, chance, lambda _: ast.unparse(chance.choice(nodes)))


def _literal(text: str, chance: random.Random, _: Sequence[str]) -> str:
    """Another constant in the place of a constant, in the source as it stands."""
    return _with_expression(
        text, chance, lambda _: chance.choice(_ODD_EXPRESSIONS), only=(ast.Constant,)
    )


def _body(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    """SQL in a string, changed."""

    def changed(node: ast.expr) -> str:
        assert isinstance(node, ast.Constant)
        value = node.value
        return repr(changed_sql(value, chance, donors) if isinstance(value, str) else value)

    return _with_expression(text, chance, changed, only=(ast.Constant,), containing=" ")


def _argument(text: str, chance: random.Random, _: Sequence[str]) -> str:
    """A call's argument that is missing, exchanged, made up or passed in another way."""

    def changed(node: ast.expr) -> str:
        assert isinstance(node, ast.Call)
        kind = chance.randrange(5)
        odd = ast.parse(chance.choice(_ODD_EXPRESSIONS), mode="eval").body
        if kind == 0 and node.keywords:
            del node.keywords[chance.randrange(len(node.keywords))]
        elif kind == 1 and node.args:
            del node.args[chance.randrange(len(node.args))]
        elif kind == 2:
            names = [one.arg or "x" for one in node.keywords]
            node.keywords.append(ast.keyword(arg=chance.choice((*names, "name", None)), value=odd))
        elif kind == 3 and node.keywords:
            chance.choice(node.keywords).value = odd
        else:
            node.args.append(chance.choice((odd, ast.Starred(value=odd, ctx=ast.Load()))))
        return ast.unparse(node)

    return _with_expression(text, chance, changed, only=(ast.Call,))


def _statements(text: str, chance: random.Random, donors: Sequence[str]) -> str:
    """Statements that are deleted, doubled, exchanged, put into others, or come from elsewhere."""
    tree = _parsed(text)
    if tree is None:
        return text
    bodies: list[list[ast.stmt]] = [
        body
        for node in ast.walk(tree)
        for name in ("body", "orelse", "finalbody")
        if isinstance(body := getattr(node, name, None), list) and body
    ]
    if not bodies:
        return text
    body, other = chance.choice(bodies), chance.choice(bodies)
    one, two = chance.randrange(len(body)), chance.randrange(len(other))
    kind = chance.randrange(6)
    if kind == 0:
        body[one] = ast.Pass()
    elif kind == 1:
        body[one], other[two] = other[two], body[one]
    elif kind == 2:
        body.insert(one, body[one])
    elif kind == 3:
        body.insert(one, _first(chance.choice(_ODD_STATEMENTS)))
    elif kind == 4:
        body[one] = _within(body[one], chance)
    else:
        foreign = _parsed(chance.choice(donors))
        other[two:two] = chance.sample(foreign.body, 1) if foreign and foreign.body else []
    return _unparsed(tree, text)


def _within(statement: ast.stmt, chance: random.Random) -> ast.stmt:
    heads = (
        *("if x:", "if False:", "for x in y:", "while x:", "with x:", "def f():", "class X:"),
        *("async def f(x=x):", "try:", "class X(object, metaclass=x):", "for i in range(10**9):"),
    )
    head = chance.choice(heads)
    made = _first(f"{head}\n    pass" + ("\nexcept:\n    pass" if head == "try:" else ""))
    made.body = [statement]  # type: ignore[attr-defined]
    return made


def _first(source: str) -> ast.stmt:
    tree = _parsed(source)
    return tree.body[0] if tree is not None else ast.Pass()


def _with_expression(
    text: str,
    chance: random.Random,
    change: Callable[[ast.expr], str],
    *,
    only: tuple[type[ast.expr], ...] = (ast.expr,),
    containing: str = "",
) -> str:
    """The text with another expression in the place of one; all around stays as it is."""
    tree = _parsed(text)
    if tree is None:
        return text
    lines = text.encode("utf-8", "surrogatepass").split(b"\n")
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, only)
        and (not containing or containing in str(getattr(node, "value", "")))
    ]
    if not nodes:
        return text
    node = chance.choice(nodes)
    assert isinstance(node, ast.expr)
    if node.end_lineno is None or node.end_col_offset is None or node.end_lineno > len(lines):
        return text
    start, end = node.lineno - 1, node.end_lineno - 1
    before, after = lines[start][: node.col_offset], lines[end][node.end_col_offset :]
    try:
        put = change(node)
    except (RecursionError, ValueError):  # `ast.unparse` has limits of its own
        return text
    lines[start : end + 1] = [before + put.encode("utf-8", "surrogatepass") + after]
    return b"\n".join(lines).decode("utf-8", "surrogatepass")


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _unparsed(tree: ast.Module, text: str) -> str:
    try:
        return ast.unparse(tree)
    except (RecursionError, ValueError):
        return text


MUTATIONS: tuple[Mutation, ...] = (
    *(_characters, _cut, _tokens, _bracket, _lines, _renamed, _nested, _odd_expression),
    *(_foreign_expression, _literal, _literal, _body, _body, _body, _argument, _argument),
    *(_statements, _statements, _lines, _odd_expression),
)
