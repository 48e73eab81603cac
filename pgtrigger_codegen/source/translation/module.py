"""The way in: text to a tree."""

from __future__ import annotations

import ast
import re
import warnings

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from pgtrigger_codegen.source.translation.places import Places
from pgtrigger_codegen.source.translation.statements import statements

# LibCST's parser takes more than linear time for what nests or is chained, and what reads its
# trees is recursive. Nobody writes such expressions by hand.
_MAX_DEPTH = 100
_MAX_CHAIN = 200
_TOKEN = re.compile(
    r"""
    (?P<skipped>\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*)
    |(?P<separator>[,;:]|\n(?=\S))
    |(?P<link>[-+*/%&|^<>.@~(\[]|\b(?:and|or|not|if|await|lambda)\b)
    """,
    re.VERBOSE | re.DOTALL,
)
_DEEP_INDENT = re.compile(r"^[ \t]{400}", re.MULTILINE)


class CannotTranslate(Exception):
    """LibCST cannot read the text either.

    Attributes:
        reason: Why, where LibCST might have been able to; None when it finds it wrong.
    """

    def __init__(self, reason: str | None) -> None:
        super().__init__(reason)
        self.reason = reason


def translate(text: str) -> ast.Module:
    """The tree of text that the Python which runs us cannot parse.

    Raises:
        CannotTranslate: LibCST cannot parse it, or it nests too deeply.
    """
    if _is_too_deep(text):
        raise CannotTranslate("its expressions nest too deeply")
    try:
        wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
        if wrapper.module.code != text:  # blanks after a conversion in an f-string are lost
            raise CannotTranslate("LibCST does not know how to read it")
        positions = wrapper.resolve(PositionProvider)
        places = Places(text, positions)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes are not our business
            tree = ast.Module(statements(wrapper.module.body, places), type_ignores=[])
    except (cst.ParserSyntaxError, SyntaxError, ValueError) as error:
        raise CannotTranslate(None) from error
    # LibCST looks up a node that it has not reached after too much recursion.
    except (RecursionError, KeyError) as error:
        raise CannotTranslate("its statements nest too deeply") from error
    except (cst.CSTLogicError, cst.CSTValidationError) as error:
        raise CannotTranslate("LibCST does not know how to read it") from error
    return tree


def _is_too_deep(text: str) -> bool:
    if _DEEP_INDENT.search(text):
        return True
    depth = chain = 0
    for character in text:
        if character in "([{":
            depth += 1
            if depth > _MAX_DEPTH:
                return True
        elif character in ")]}":
            depth = max(depth - 1, 0)
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "separator":
            chain = 0
        elif token.lastgroup == "link":
            chain += 1
            if chain > _MAX_CHAIN:
                return True
    return False
