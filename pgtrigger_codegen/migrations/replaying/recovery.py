"""Stage migrations: the SQL of an installed trigger → the parts it was rendered from.

The reverse of a change needs what was there before. Migrations hold it as text, in our own
layout, django-pgtrigger's, or someone's own; read back into `TriggerParts` it can be rendered
like anything else. Whether the reading is right is not left to hope: the parts must render to
the very same trigger, or there are none.
"""

from __future__ import annotations

from pgtrigger_codegen.sql.equivalence import (
    TriggerDefinition,
    definitions,
    same_definition,
    same_function,
)
from pgtrigger_codegen.sql.lexer import Kind, Token, text_of, tokenize
from pgtrigger_codegen.sql.parser import SqlSyntaxError
from pgtrigger_codegen.sql.render import create_trigger
from pgtrigger_codegen.triggers.compiled import TriggerParts


def split_statements(sql: str) -> list[str]:
    """The statements of a script as they are written, without what separates them."""
    statements, current = [], ""
    for token in tokenize(sql):
        if token.text == ";":
            statements.append(current.strip())
            current = ""
        else:
            current += token.text
    return [statement for statement in (*statements, current.strip()) if statement]


def recover_parts(
    installed: TriggerDefinition, db_table: str, trigger_sql: str, function_sql: str | None
) -> TriggerParts | None:
    """The parts that render to the trigger, or None when it cannot be written that way.

    Args:
        installed: The facts that the parts must reproduce.
        db_table: The table as a model would name it.
        trigger_sql: The CREATE TRIGGER statement.
        function_sql: The CREATE FUNCTION statement of the function that it calls.
    """
    clauses = _trigger_clauses(trigger_sql)
    body = _function_body(function_sql) if function_sql else ("", "", "")
    if clauses is None or body is None:
        return None
    declare, ignore_func_name, func = body
    parts = TriggerParts(
        pgid=installed.pgid,
        table=db_table,
        ignore_func_name=ignore_func_name,
        declare=declare,
        func=func,
        **clauses,
    )
    return parts if _renders_to(parts, installed) else None


def _renders_to(parts: TriggerParts, installed: TriggerDefinition) -> bool:
    try:
        (rendered,) = definitions(create_trigger(parts, installed.hash or ""))
    except (SqlSyntaxError, ValueError):
        return False
    return same_definition(rendered, installed) and same_function(rendered, installed)


def _trigger_clauses(sql: str) -> dict[str, str] | None:
    """CREATE TRIGGER cut at the words that begin its clauses.

    Parentheses hide what is inside them: a condition may hold any of these words.
    """
    tokens = _without_comments(sql)
    timing = _find(tokens, {"BEFORE", "AFTER", "INSTEAD"}, 0)
    on = _find(tokens, {"ON"}, timing)
    level = _find(tokens, {"ROW", "STATEMENT"}, on)
    execute = _find(tokens, {"EXECUTE"}, level)
    call = _find(tokens, {"FUNCTION", "PROCEDURE"}, execute)
    if call >= len(tokens):
        return None
    each = _find(tokens, {"FOR"}, on)
    options = _find(tokens, {"NOT", "DEFERRABLE", "INITIALLY", "REFERENCING"}, on)
    referencing = _find(tokens, {"REFERENCING"}, on)
    events = timing + (3 if tokens[timing].text.upper() == "INSTEAD" else 2)
    head = {token.text.upper() for token in tokens[:timing]}
    return {
        "constraint": "CONSTRAINT" if "CONSTRAINT" in head else "",
        "when": text_of(tokens[timing:events]).strip().upper(),
        "operation": text_of(tokens[events:on]).strip(),
        "timing": text_of(tokens[min(options, referencing) : min(referencing, each)]).strip(),
        "referencing": text_of(tokens[min(referencing, each) : each]).strip(),
        "level": tokens[level].text.upper(),
        "condition": text_of(tokens[level + 1 : execute]).strip(),
        "execute": text_of(tokens[call + 1 :]).strip(),
    }


def _function_body(sql: str) -> tuple[str, str, str] | None:
    """Declarations, name of the ignore function, and body within django-pgtrigger's frame."""
    bodies = [token.text for token in tokenize(sql) if token.kind is Kind.DOLLAR_STRING]
    if len(bodies) != 1:
        return None
    tag = bodies[0][: bodies[0].index("$", 1) + 1]
    tokens = list(tokenize(bodies[0][len(tag) : -len(tag)]))
    begin = _find(tokens, {"BEGIN"}, 0)
    guard_end = begin
    for _ in range(2):
        guard_end = _find(tokens, {"IF"}, _find(tokens, {"END"}, guard_end)) + 1
    ends = [index for index, token in enumerate(tokens) if token.text.upper() == "END"]
    if guard_end >= len(tokens) or ends[-1] <= guard_end:
        return None
    call = _find(tokens, {"IF"}, begin) + 1
    name = "".join(
        token.text for token in tokens[call : _find(tokens, {"TG_NAME"}, call, nested=True)]
    )
    semicolon = next(index for index in range(guard_end, len(tokens)) if tokens[index].text == ";")
    return (
        text_of(tokens[:begin]).strip(),
        name.strip().removeprefix("(").removesuffix("("),
        text_of(tokens[semicolon + 1 : ends[-1]]).strip(),
    )


def _without_comments(sql: str) -> list[Token]:
    comments = (Kind.LINE_COMMENT, Kind.BLOCK_COMMENT)
    tokens = (Token(Kind.SPACE, " ") if t.kind in comments else t for t in tokenize(sql))
    merged: list[Token] = []
    for token in tokens:
        if not (token.kind is Kind.SPACE and (not merged or merged[-1].kind is Kind.SPACE)):
            merged.append(token)
    return merged


def _find(tokens: list[Token], words: set[str], start: int, *, nested: bool = False) -> int:
    """The index of the first of the words, or the number of tokens."""
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token.text == "(":
            depth += 1
        elif token.text == ")":
            depth -= 1
        elif token.kind is Kind.WORD and token.text.upper() in words and (nested or depth == 0):
            return index
    return len(tokens)
