"""Stage sql: the places of the parser's expressions in a body's text.

PL/pgSQL's tree gives lines for statements and no positions at all for expressions, but the text
of each expression just as it was written. Walking in the order of the text, each is found after
the one before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from pgtrigger_codegen.sql.body_facts import TextRange
from pgtrigger_codegen.sql.lexer import COMMENTS, Kind, Token, folded_name, tokenize
from pgtrigger_codegen.sql.names import dollar_quote


def create_function(declare: str, func: str, end: str = "\nEND;") -> str:
    """A function of the body alone, which begins on its line 2 if DECLARE takes up one."""
    text = f"{one_line(declare)} BEGIN\n{func}{end}"
    return f"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS {dollar_quote(text)}"


def one_line(declare: str) -> str:
    """The DECLARE section without line breaks, unless a comment or literal needs them."""
    return declare if "--" in declare else declare.replace("\n", " ").replace("\r", " ")


def first_line(declare: str) -> int:
    """The line of the function on which the body begins."""
    return 2 + one_line(declare).count("\n")


def placed_tokens(text: str, start: int = 0) -> list[tuple[Token, TextRange]]:
    """The tokens that mean something, with their places."""
    found = []
    for token in tokenize(text):
        end = start + len(token.text)
        if token.kind is not Kind.SPACE and token.kind not in COMMENTS:
            found.append((token, TextRange(start, end)))
        start = end
    return found


def last_code(text: str) -> TextRange | None:
    """The last token that means something."""
    tokens = placed_tokens(text)
    return tokens[-1][1] if tokens else None


def aliases(text: str) -> frozenset[str]:
    """The names that `ALIAS FOR` declares, of which the parser says nothing."""
    if "alias" not in text.lower():  # as in nearly every function
        return frozenset()
    return frozenset(name.lower() for name in _ALIAS.findall(text))


_ALIAS = re.compile(r"(\w+)\"?\s+ALIAS\s+FOR\b", re.IGNORECASE)
_ROW = re.compile(r"NEW|OLD", re.IGNORECASE)

# PL/pgSQL leaves spaces where it takes an INTO out of a query.
_GAP = re.compile(r" {6,}")
_CASE = re.compile(r'"__Case__Variable_\d+__" IN \((.*)\)', re.DOTALL)


class BodyText:
    """A body's text, and how far a walk through it has come.

    Args:
        first_line: The line of the function on which the text begins.
    """

    def __init__(self, text: str, first_line: int = 2) -> None:
        self.text = text
        self.first_line = first_line
        self._tokens = placed_tokens(text)
        self._starts = [place.start for _, place in self._tokens]
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._cursor = 0
        self.gaps: list[TextRange] = []

    def go_to_line(self, line: int | None) -> None:
        """Moves on to the line of a statement, as the function counts lines."""
        if line is not None and 0 <= line - self.first_line < len(self._lines):
            self._cursor = max(self._cursor, self._lines[line - self.first_line])

    def find_word(self, word: str) -> TextRange | None:
        """The next such keyword."""
        for token, place in self._tokens[bisect_left(self._starts, self._cursor) :]:
            if token.kind is Kind.WORD and token.text.upper() == word:
                self._cursor = place.end
                return place
        return None

    def find_expression(self, query: str, *, perform: bool = False) -> TextRange | None:
        """The next text that the parser's expression was made of.

        Afterwards `gaps` has the places of what the parser took out of it.
        """
        self.gaps = []
        if perform:
            query = re.sub(r"\ASELECT ", "", query)
        if match := _CASE.fullmatch(query):
            query = match.group(1)
        start = self.text.find(query, self._cursor)
        end = start + len(query)
        if start < 0 or _GAP.search(query):
            found = _with_gaps(query).search(self.text, self._cursor)
            if found is None:
                return None
            start, end = found.span()
            self.gaps = [TextRange(*found.span(group)) for group in range(1, found.re.groups + 1)]
        self._cursor = end
        return TextRange(start, end)

    def rows_in(self, place: TextRange) -> list[tuple[str, str | None, TextRange]]:
        """NEW and OLD in a stretch of text, with the column named, in order."""
        found: list[tuple[str, str | None, TextRange]] = []
        if not _ROW.search(self.text, place.start, place.end):
            return found
        first = bisect_left(self._starts, place.start)
        tokens = self._tokens[first : bisect_left(self._starts, place.end)]
        for index, (token, at) in enumerate(tokens):
            name = token.text.upper()
            follows_dot = index > 0 and tokens[index - 1][0].text == "."
            if token.kind is not Kind.WORD or name not in ("NEW", "OLD") or follows_dot:
                continue
            column, end = None, at.end
            after = tokens[index + 1 : index + 3]
            if len(after) == 2 and after[0][0].text == ".":
                end = after[1][1].end
                if after[1][0].kind in (Kind.WORD, Kind.QUOTED_NAME):
                    column = folded_name(after[1][0])
            found.append((name, column, TextRange(at.start, end)))
        return found


def _with_gaps(query: str) -> re.Pattern[str]:
    pieces = []
    position = 0
    for gap in _GAP.finditer(query):
        pieces.append(re.escape(query[position : gap.start()]))
        pieces.append(rf"([\s\S]{{{len(gap.group())}}})")
        position = gap.end()
    pieces.append(re.escape(query[position:]))
    return re.compile("".join(pieces))
