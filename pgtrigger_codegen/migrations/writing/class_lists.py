"""Stage migrations: the lists of a migration's class, element by element, in the text of its file.

What is not changed stays as it is written, comments and layout included. Only what can be told
from the text alone is changed: plain lists in the body of the class.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from pgtrigger_codegen.migrations.writing.migration_class import migration_class, plain_list


class ClassLists:
    """One migration file, and the changes to its lists."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree = ast.parse(text)
        self._edits: list[_Edit] = []
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    @property
    def tree(self) -> ast.Module:
        return self._tree

    def elements(self, attribute: str) -> list[ast.expr]:
        """The elements of a list.

        Raises:
            LayoutError: It is not a plain list in the class.
        """
        return self._list(attribute).elts

    def rewrite(
        self,
        attribute: str,
        replaced: Mapping[int, Sequence[str]],
        is_ours: Callable[[str], bool] = lambda comment: False,
    ) -> None:
        """Put blocks of lines in the place of elements; none of them to take the element away.

        Args:
            is_ours: Whether a comment above an element goes with it, given its text as one line.
        """
        listed = self._list(attribute)
        if len(replaced) == len(listed.elts) and not any(replaced.values()):
            self._empty(listed, is_ours)
            return
        for index, blocks in replaced.items():
            self._replace(listed.elts[index], blocks, is_ours)

    def exchange(self, attribute: str, gone: Sequence[int], codes: Sequence[str]) -> None:
        """Put expressions in the place of elements, be they more or fewer."""
        elements = self.elements(attribute)
        for index, code in zip(gone, codes, strict=False):
            start, end = self._start(elements[index]), self._end(elements[index])
            self._edits.append(_Edit(start, end, code))
        if left := gone[len(codes) :]:
            self.rewrite(attribute, dict.fromkeys(left, ()))
        elif codes[len(gone) :]:
            self._append(self._list(attribute), codes[len(gone) :])

    def result(self) -> str:
        """The text with all changes."""
        pieces, position = [], 0
        for edit in sorted(self._edits, key=lambda edit: edit.start):
            pieces += [self.text[position : edit.start], edit.code]
            position = edit.end
        text = "".join((*pieces, self.text[position:]))
        ast.parse(text)
        return text

    def comments(self) -> list[str]:
        """All comments of the file as it is then."""
        return _comments(self.result(), "{}")

    def _list(self, attribute: str) -> ast.List:
        return plain_list(migration_class(self._tree), attribute)

    def _append(self, listed: ast.List, codes: Sequence[str]) -> None:
        """Put expressions behind the last element of a list."""
        end = self._end(listed) - 1
        if not listed.elts:
            inside = "".join(f"\n        {code}," for code in codes)
            self._edits.append(_Edit(self._start(listed), end + 1, f"[{inside}\n    ]"))
            return
        last = listed.elts[-1]
        begin = self._line_start(self._start(last))
        indent = self.text[begin : self._start(last)]
        if indent.strip() or "\n" not in self.text[self._end(last) : end]:
            added = "".join(f", {code}" for code in codes)
            self._edits.append(_Edit(self._end(last), self._end(last), added))
            return
        place = self._end(last)
        if comma := _COMMA.match(self.text, place):
            place = comma.end()
        else:
            self._edits.append(_Edit(place, place, ","))
        if rest := _REST.match(self.text, place):
            place = rest.end()
        added = "".join(f"\n{indent}{code}," for code in codes)
        self._edits.append(_Edit(place, place, added))

    def _replace(
        self, element: ast.expr, blocks: Sequence[str], is_ours: Callable[[str], bool]
    ) -> None:
        """Comments inside of the element stay, above what takes its place."""
        start, end = self._start(element), self._end(element)
        inside = _comments(self.text[start:end])
        comma = _COMMA.match(self.text, end)
        end = comma.end() if comma else end
        line = self._line_start(start)
        indent = self.text[line:start]
        rest = _REST.match(self.text, end)
        if indent.strip() or not rest:
            # It shares its lines with other code.
            code = "".join(f"\n{block}" for block in blocks)
            blanks = _BLANKS.match(self.text, end)
            end = blanks.end() if blanks and not blocks else end
            self._edits.append(_Edit(start, end, f"{code}\n{' ' * 8}" if blocks else ""))
            return
        begin = self._above(line, is_ours)
        behind = rest.group(1)
        kept = [*inside, behind] if behind else inside
        lines = [*(f"{indent}{comment}" for comment in kept), *blocks]
        end = min(rest.end() + 1, len(self.text))
        self._edits.append(_Edit(begin, end, "".join(f"{text}\n" for text in lines)))

    def _empty(self, listed: ast.List, is_ours: Callable[[str], bool]) -> None:
        """Take all elements away; without comments that stay, the list closes at once."""
        before = len(self._edits)
        for element in listed.elts:
            self._replace(element, (), is_ours)
        edits, self._edits = self._edits[before:], self._edits[:before]
        start, end = self._start(listed), self._end(listed)
        pieces, position = [], start + 1
        for edit in edits:
            pieces += [self.text[position : edit.start], edit.code]
            position = edit.end
        left = "".join((*pieces, self.text[position : end - 1]))
        self._edits.append(_Edit(start, end, f"[{left}]" if left.strip() else "[]"))

    def _above(self, line: int, is_ours: Callable[[str], bool]) -> int:
        """Where our own comment above a line begins; the line itself where there is none."""
        found, begin, comment = line, line, ""
        while begin:
            before = self._line_start(begin - 1)
            text = self.text[before:begin].strip()
            if not text.startswith("#"):
                break
            begin, comment = before, f"{text.lstrip('# ')} {comment}"
            if is_ours(comment.strip()):
                found = begin
        return found

    def _line_start(self, offset: int) -> int:
        return self.text.rfind("\n", 0, offset) + 1

    def _start(self, node: ast.expr) -> int:
        return self._offset(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        """Columns count bytes."""
        start = self._starts[line - 1]
        text = self.text[start : self._starts[line]]
        return start + len(text.encode()[:column].decode())


class _Edit(Struct, frozen=True):
    start: int
    end: int
    code: str


_COMMA = re.compile(r"\s*,")
_BLANKS = re.compile(r"[ \t]*")
# What may stand behind an element on its line; nothing but a comment.
_REST = re.compile(r"[ \t]*(#[^\n]*)?(?=\n|\Z)")


def _comments(code: str, around: str = "({})") -> list[str]:
    """Those of an expression; parentheses let it go over several lines."""
    tokens = tokenize.generate_tokens(io.StringIO(around.format(code)).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]
