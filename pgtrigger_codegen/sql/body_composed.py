"""Stage sql: the text that EXECUTE runs, where it is put together of constants and quoted values.

`FORMAT('UPDATE %I SET note = %L', 'shop_order', NEW.note)` runs `UPDATE shop_order SET note = $1`,
as far as names and types are concerned.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from pgtrigger_codegen.sql.parser import Node, SqlSyntaxError, SqlTooDeep, parse_sql, strings


class Composed(Struct, frozen=True):
    """A text with a parameter for each value that is quoted in it.

    Attributes:
        values: The values, as texts that say nothing of their types.
    """

    text: str
    values: tuple[str, ...]


def composed(query: str, given: int) -> Composed | None:
    """The text that an expression makes; None where it depends on more than quoted values.

    Args:
        given: How many values are given with USING: the numbers of others follow.
    """
    try:
        tree = parse_sql(f"SELECT {query}")[0]["SelectStmt"]["targetList"][0]["ResTarget"]["val"]
    except (SqlSyntaxError, SqlTooDeep, KeyError, IndexError):
        return None
    composer = _Composer(given)
    text = composer.text_of(tree)
    if text is None:
        return None
    if composer.count > given:
        try:
            parse_sql(text)
        except (SqlSyntaxError, SqlTooDeep):
            return None  # a literal may stand where a parameter may not
    return Composed(text, ("NULL",) * (composer.count - given))


class _Composer:
    def __init__(self, count: int) -> None:
        self.count = count

    def text_of(self, tree: Node) -> str | None:
        """The text of an expression, where that is known but for quoted values."""
        ((kind, node),) = tree.items()
        match kind:
            case "A_Const":
                return _constant(node)
            case "A_Expr" if strings(node["name"]) == ("||",) and "lexpr" in node:
                return self._joined([node["lexpr"], node["rexpr"]])
            case "FuncCall" if not {"func_variadic", "over"} & node.keys():
                return self._call(strings(node["funcname"])[-1], node.get("args", []))
        return None

    def _joined(self, parts: list[Node]) -> str | None:
        texts = [self.text_of(part) for part in parts]
        return None if None in texts else "".join(filter(None, texts))

    def _call(self, name: str, arguments: list[Node]) -> str | None:
        match name:
            case "concat":
                return self._joined(arguments)
            case "quote_literal" | "quote_nullable":
                return self._value()
            case "quote_ident":
                return _identifier(self.text_of(arguments[0]))
            case "format" if arguments:
                return self._formatted(arguments)
        return None

    def _value(self) -> str:
        self.count += 1
        return f"${self.count}"

    def _formatted(self, arguments: list[Node]) -> str | None:
        template, *values = arguments
        text = template.get("A_Const", {}).get("sval", {}).get("sval")
        pending = iter(values)
        parts = list(self._fields(text, pending)) if text is not None else [None]
        return None if None in parts else "".join(filter(None, parts))

    def _fields(self, template: str, values: Iterator[Node]) -> Iterator[str | None]:
        """The parts of a template; None for what is not known."""
        end = 0
        for field in _FIELD.finditer(template):
            yield template[end : field.start()]
            end = field.end()
            if field["kind"] == "%":
                yield "%"
                continue
            value = next(values, None) if field["kind"] else None
            if value is None:
                yield None
            elif field["kind"] == "L":
                yield self._value()
            else:
                text = self.text_of(value) if "A_Const" in value else None
                yield _identifier(text) if field["kind"] == "I" else text
        yield template[end:]


def _constant(node: Node) -> str | None:
    if "sval" in node:
        return str(node["sval"].get("sval", ""))
    return str(node["ival"].get("ival", 0)) if "ival" in node else None


def _identifier(text: str | None) -> str | None:
    if text is None:
        return None
    return '"' + text.replace('"', '""') + '"'


# With widths and positions it is not followed.
_FIELD = re.compile(r"%(?P<kind>[%sIL])?")
