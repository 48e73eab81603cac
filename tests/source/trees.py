"""Trees of `ast` as plain data, and the golden trees of syntax newer than the oldest Python here.

The corpus is Python that only 3.12, 3.13 or 3.14 reads, divided by lines of `# ----`. What Python
3.14 makes of it was written by that Python itself, with

    python3.14 tests/source/trees.py
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("newer_syntax")
CORPUS = FOLDER / "corpus.txt"
EXPECTED = FOLDER / "python-3.14.json"
_PLACE = ("lineno", "col_offset", "end_lineno", "end_col_offset")
# Known to an earlier Python as attributes, not as fields.
_NEWER_FIELDS = ("type_params", "default_value")
# Python 3.11 puts all that is in an f-string in the place of the whole string.
_STRINGS = (ast.JoinedStr,)


def cases() -> dict[str, str]:
    """The pieces of the corpus, by the comment that each begins with."""
    pieces = CORPUS.read_text(encoding="utf-8").split("# ----\n")
    return {piece.partition("\n")[0].removeprefix("# "): piece for piece in pieces if piece.strip()}


def plain(node: Any, *, within_strings: bool = True, _placed: bool = True) -> Any:
    """A tree as lists: the kind of each node, where it stands, and its fields."""
    if isinstance(node, ast.AST):
        place = [getattr(node, name, None) for name in _PLACE] if _placed else []
        _placed = _placed and (within_strings or not isinstance(node, _STRINGS))
        fields = {
            name: plain(getattr(node, name, None), within_strings=within_strings, _placed=_placed)
            for name in dict.fromkeys((*node._fields, *_NEWER_FIELDS))
        }
        # A later Python has None or nothing in a field that an earlier one does not know.
        written = {name: value for name, value in fields.items() if value not in (None, [])}
        return [type(node).__name__, place, written]
    if isinstance(node, list):
        return [plain(one, within_strings=within_strings, _placed=_placed) for one in node]
    return node if node is None or isinstance(node, str) else repr(node)


def write_expected() -> None:
    """Writes down what the Python that runs this makes of the corpus."""
    trees = {name: plain(ast.parse(text)) for name, text in cases().items()}
    # One line for each statement, so that a change can be read.
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(tree)}" for name, tree in trees.items())
    EXPECTED.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    write_expected()
