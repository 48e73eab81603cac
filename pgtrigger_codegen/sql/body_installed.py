"""Stage sql: the bodies of triggers that someone wrote as SQL, with all that is around them.

A trigger of django-pgtrigger comes in parts. In a migration there may be any `CREATE FUNCTION`
and any `CREATE TRIGGER`, which are taken apart here, so that the same questions can be asked.
"""

from __future__ import annotations

from msgspec import Struct

from pgtrigger_codegen.sql.body import Body, BodyUnread, body_facts
from pgtrigger_codegen.sql.body_error import BodyError
from pgtrigger_codegen.sql.body_records import as_record
from pgtrigger_codegen.sql.body_text import placed_tokens
from pgtrigger_codegen.sql.definition import Definition, read_create_trigger
from pgtrigger_codegen.sql.lexer import Kind
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import SqlSyntaxError, SqlTooDeep, parse_function
from pgtrigger_codegen.sql.statements import CreateFunction, read_statements


class InstalledBody(Struct, frozen=True):
    """The body of a function that SQL creates.

    Attributes:
        func: What stands between BEGIN and END; places in the facts count from its beginning.
    """

    func: str
    facts: Body | BodyError | BodyUnread


def read_installed_body(
    table: QualifiedName, create_trigger: str, create_function: str
) -> InstalledBody | None:
    """What a trigger's function does; None when it is no PL/pgSQL or is not understood."""
    definition = read_create_trigger(create_trigger)
    source = _source(create_function)
    if not isinstance(definition, Definition) or source is None:
        return None
    body = _body(source, definition, table)
    try:
        parse_function(create_function)
    except SqlTooDeep as error:
        return InstalledBody(source, BodyUnread(error.message))
    except SqlSyntaxError as error:
        found = body.facts if body else None
        same = isinstance(found, BodyError) and found.message == error.message
        if same or as_record("", source, error.message) is not None:
            return body
        return InstalledBody(source, BodyError(error.message, None))
    return body


def _body(source: str, definition: Definition, table: QualifiedName) -> InstalledBody | None:
    parts = _parts(source)
    if parts is None:
        return None
    declare, func = parts
    facts = body_facts(definition, table, declare, func)
    return InstalledBody(func, facts)


def _source(create_function: str) -> str | None:
    try:
        statements = read_statements(create_function)
    except SqlSyntaxError:
        return None
    for statement in statements:
        if isinstance(statement, CreateFunction) and statement.language == "plpgsql":
            if not statement.returns_trigger:
                continue  # another function of that name; no trigger can call it
            return statement.body
    return None


def _parts(source: str) -> tuple[str, str] | None:
    """What stands before the first BEGIN, and what stands between it and the last END.

    Nothing but blocks may follow DECLARE, so the first BEGIN is the outermost.
    """
    words = [
        (token.text.upper(), place)
        for token, place in placed_tokens(source)
        if token.kind is Kind.WORD
    ]
    begin = next((place for word, place in words if word == "BEGIN"), None)
    end = next((place for word, place in reversed(words) if word == "END"), None)
    if begin is None or end is None or end.start < begin.end:
        return None
    return source[: begin.start], source[begin.end : end.start]
