"""Stage sql: writes names in SQL, and reads written names."""

from __future__ import annotations

import functools
from itertools import chain, count
from typing import NamedTuple

from pgtrigger_codegen.source.escaping import escaped, has_active_characters
from pgtrigger_codegen.sql.lexer import Kind, code_tokens, folded_name


class QualifiedName(NamedTuple):
    """A table or function as PostgreSQL sees it: case folded, without quotes.

    Attributes:
        schema: None where the text leaves it to the search path.
    """

    schema: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def db_table(name: QualifiedName) -> str:
    """The table as a model names it."""
    return f'{name.schema}"."{name.name}' if name.schema else name.name


def quote_table(table: str) -> str:
    """A model's `db_table` as SQL, with quotes only where it does not bring its own.

    `erc"."report` and `"erc"."report"` both stand for table report in schema erc: projects
    reach other schemas that way, and Django and django-pgtrigger let them.
    """
    return table if table.startswith('"') or table.endswith('"') else f'"{table}"'


def quote_name(*names: str) -> str:
    """A name, qualified or not, whatever it holds."""
    return ".".join(_quoted(name, '"') for name in names)


@functools.cache
def table_name(table: str) -> QualifiedName:
    """What a model's `db_table` stands for."""
    return _qualified_name(quote_table(table))


def called_function(call: str) -> QualifiedName:
    """The function that a call such as `pgid()` names."""
    return _qualified_name(call.partition("(")[0])


def quote_literal(text: str) -> str:
    """A string literal (with `standard_conforming_strings`, the default since 9.1)."""
    return _quoted(text, "'")


def _quoted(text: str, quote: str) -> str:
    """The text between quotes, with PostgreSQL's escapes for what a terminal would act on.

    A script is printed, and what is printed has to mean the same.
    """
    doubled = text.replace(quote, quote * 2)
    if not has_active_characters(text):
        return f"{quote}{doubled}{quote}"
    return f"U&{quote}{escaped(doubled.replace(chr(92), chr(92) * 2), prefix=chr(92))}{quote}"


def dollar_quote(body: str) -> str:
    """The text between dollar quotes, with a tag that it does not run into."""
    tags = chain(("$$", "$body$"), (f"$body{number}$" for number in count(2)))
    tag = next(tag for tag in tags if (body + tag).index(tag) == len(body))
    return f"{tag}{body}{tag}"


@functools.cache
@functools.lru_cache(maxsize=4096)  # the same few for every rule
def _qualified_name(text: str) -> QualifiedName:
    names = [
        folded_name(token)
        for token in code_tokens(text)
        if token.kind in (Kind.WORD, Kind.QUOTED_NAME)
    ]
    return QualifiedName(names[-2] if len(names) > 1 else None, names[-1] if names else text)
