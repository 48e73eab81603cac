"""Stage sql: reads the facts that matter to triggers from a script of SQL.

Migrations are read back this way, our own and any other. What does not concern triggers is
`Other`, kept so that a reader can tell "nothing here" from "something else here".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

from msgspec import Struct

from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.sql.parser import Node, canonical, parse_script, parse_sql, strings

TriggerState = Literal["ENABLED", "DISABLED", "REPLICA", "ALWAYS"]


class CreateFunction(Struct, frozen=True):
    """CREATE [OR REPLACE] FUNCTION.

    Attributes:
        body: The source text, or None for a C function or a body in SQL's own syntax.
        language: In lower case.
        options: What else is said of it (SECURITY DEFINER, SET …), canonical.
        arguments: Number of parameters.
    """

    function: QualifiedName
    body: str | None
    language: str
    returns_trigger: bool
    options: str
    arguments: int


class CreateTriggerStatement(Struct, frozen=True):
    """CREATE [OR REPLACE] [CONSTRAINT] TRIGGER.

    Attributes:
        definition: All of it but name and table, canonical.
        calls: The function that the trigger executes.
    """

    table: QualifiedName
    name: str
    definition: str
    is_constraint: bool
    replace: bool
    calls: QualifiedName


class DropTriggerStatement(Struct, frozen=True):
    """DROP TRIGGER."""

    table: QualifiedName
    name: str


class DropFunction(Struct, frozen=True):
    """DROP FUNCTION; a statement that drops several gives one fact for each.

    Attributes:
        arguments: Number of parameters.
        cascade: Whether the triggers go along that call it.
    """

    function: QualifiedName
    arguments: int = 0
    cascade: bool = False


class CommentOnTrigger(Struct, frozen=True):
    """COMMENT ON TRIGGER; `IS NULL` removes the comment."""

    table: QualifiedName
    name: str
    text: str | None


class SetTriggerState(Struct, frozen=True):
    """ALTER TABLE … ENABLE/DISABLE TRIGGER.

    Attributes:
        name: None for `ALL` and `USER`.
    """

    table: QualifiedName
    name: str | None
    state: TriggerState


class RenameTrigger(Struct, frozen=True):
    """ALTER TRIGGER … RENAME TO."""

    table: QualifiedName
    name: str
    new_name: str


class DropTable(Struct, frozen=True):
    """DROP TABLE, which drops the table's triggers and leaves their functions."""

    table: QualifiedName


class RenameTable(Struct, frozen=True):
    """ALTER TABLE … RENAME TO: the table's triggers go along."""

    table: QualifiedName
    new_name: str


class MoveTable(Struct, frozen=True):
    """ALTER TABLE … SET SCHEMA: the table's triggers go along."""

    table: QualifiedName
    schema: str


class RenameColumn(Struct, frozen=True):
    """ALTER TABLE … RENAME COLUMN."""

    table: QualifiedName
    column: str
    new_name: str


class DropColumn(Struct, frozen=True):
    """ALTER TABLE … DROP COLUMN."""

    table: QualifiedName
    column: str


class RetypeColumn(Struct, frozen=True):
    """ALTER TABLE … ALTER COLUMN … TYPE."""

    table: QualifiedName
    column: str


class Do(Struct, frozen=True):
    """A DO block, which may do anything."""

    body: str


class Other(Struct, frozen=True):
    """Any other statement.

    Attributes:
        kind: PostgreSQL's name of the node (`SelectStmt`).
    """

    kind: str


Statement = (
    CreateFunction
    | CreateTriggerStatement
    | DropTriggerStatement
    | DropFunction
    | CommentOnTrigger
    | SetTriggerState
    | RenameTrigger
    | DropTable
    | RenameTable
    | MoveTable
    | RenameColumn
    | DropColumn
    | RetypeColumn
    | Do
    | Other
)


def read_statements(sql: str) -> list[Statement]:
    """The statements of a script, in order.

    Raises:
        SqlSyntaxError: The script does not parse.
    """
    return [fact for tree in parse_sql(sql) for fact in statement_facts(tree)]


def read_script(sql: str) -> list[tuple[str, list[Statement]]]:
    """The statements of a script, each with its text.

    Raises:
        SqlSyntaxError: The script does not parse.
    """
    return [(text, statement_facts(tree)) for text, tree in parse_script(sql)]


def statement_facts(tree: Node) -> list[Statement]:
    """What one statement says; one that drops several things gives a fact for each."""
    ((kind, node),) = tree.items()
    read = _READERS.get(kind)
    return (read and list(read(node))) or [Other(kind)]


def relation_name(relation: Node) -> QualifiedName:
    """The table that a RangeVar names."""
    return QualifiedName(relation.get("schemaname"), relation["relname"])


def _create_function(node: Node) -> Iterator[Statement]:
    if node.get("is_procedure"):
        return
    elements = [option["DefElem"] for option in node.get("options", ())]
    options = {element["defname"]: element.get("arg") for element in elements}
    source = options.pop("as", None)
    language = options.pop("language", None)
    texts = strings(source["List"]["items"]) if source else ()
    body = node.get("sql_body")
    yield CreateFunction(
        function=_qualified(strings(node["funcname"])),
        body=texts[0] if len(texts) == 1 else None,
        language=language["String"]["sval"].lower() if language else "sql",
        returns_trigger=strings(node.get("returnType", {}).get("names"))[-1:] == ("trigger",),
        options=canonical({**options, **({"body": body} if body else {})}),
        arguments=len(node.get("parameters", ())),
    )


def _create_trigger(node: Node) -> Iterator[Statement]:
    identity = ("relation", "trigname", "replace")
    yield CreateTriggerStatement(
        table=relation_name(node["relation"]),
        name=node["trigname"],
        definition=canonical({key: node[key] for key in node if key not in identity}),
        is_constraint=node.get("isconstraint", False),
        replace=node.get("replace", False),
        calls=_qualified(strings(node["funcname"])),
    )


def _drop(node: Node) -> Iterator[Statement]:
    for item in node["objects"]:
        match node["removeType"]:
            case "OBJECT_TRIGGER":
                *table, trigger = strings(item["List"]["items"])
                yield DropTriggerStatement(_qualified(table), trigger)
            case "OBJECT_TABLE":
                yield DropTable(_qualified(strings(item["List"]["items"])))
            case "OBJECT_FUNCTION":
                function = item["ObjectWithArgs"]
                arguments = len(function.get("objargs", ()))
                cascade = node.get("behavior") == "DROP_CASCADE"
                yield DropFunction(_qualified(strings(function["objname"])), arguments, cascade)


def _comment(node: Node) -> Iterator[Statement]:
    if node["objtype"] == "OBJECT_TRIGGER":
        *table, trigger = strings(node["object"]["List"]["items"])
        yield CommentOnTrigger(_qualified(table), trigger, node.get("comment"))


_STATES: dict[str, TriggerState] = {
    "AT_EnableTrig": "ENABLED",
    "AT_EnableTrigAll": "ENABLED",
    "AT_EnableTrigUser": "ENABLED",
    "AT_DisableTrig": "DISABLED",
    "AT_DisableTrigAll": "DISABLED",
    "AT_DisableTrigUser": "DISABLED",
    "AT_EnableReplicaTrig": "REPLICA",
    "AT_EnableAlwaysTrig": "ALWAYS",
}


_COLUMN_CHANGES: dict[str, type[DropColumn | RetypeColumn]] = {
    "AT_DropColumn": DropColumn,
    "AT_AlterColumnType": RetypeColumn,
}


def _alter_table(node: Node) -> Iterator[Statement]:
    table = relation_name(node["relation"])
    for item in node["cmds"]:
        command = item["AlterTableCmd"]
        subtype = command.get("subtype")
        if state := _STATES.get(subtype):
            yield SetTriggerState(table, command.get("name"), state)
        elif change := _COLUMN_CHANGES.get(subtype):
            yield change(table, command["name"])
        else:
            yield Other("AlterTableStmt")


def _rename(node: Node) -> Iterator[Statement]:
    match node["renameType"]:
        case "OBJECT_TRIGGER":
            yield RenameTrigger(relation_name(node["relation"]), node["subname"], node["newname"])
        case "OBJECT_TABLE":
            yield RenameTable(relation_name(node["relation"]), node["newname"])
        case "OBJECT_COLUMN":
            yield RenameColumn(relation_name(node["relation"]), node["subname"], node["newname"])


def _set_schema(node: Node) -> Iterator[Statement]:
    if node["objectType"] == "OBJECT_TABLE":
        yield MoveTable(relation_name(node["relation"]), node["newschema"])


def _do(node: Node) -> Iterator[Statement]:
    for arg in node["args"]:
        if arg["DefElem"]["defname"] == "as":
            yield Do(arg["DefElem"]["arg"]["String"]["sval"])


_READERS: dict[str, Callable[[Node], Iterator[Statement]]] = {
    "CreateFunctionStmt": _create_function,
    "CreateTrigStmt": _create_trigger,
    "DropStmt": _drop,
    "CommentStmt": _comment,
    "AlterTableStmt": _alter_table,
    "RenameStmt": _rename,
    "AlterObjectSchemaStmt": _set_schema,
    "DoStmt": _do,
}


def _qualified(names: tuple[str, ...] | list[Any]) -> QualifiedName:
    """A name of one to three parts; the database's, in front, can only be the current one."""
    return QualifiedName(names[-2] if len(names) > 1 else None, names[-1])
