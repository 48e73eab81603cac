from __future__ import annotations

import pytest
from hypothesis import given
from msgspec.structs import replace

from pgtrigger_codegen.sql import render
from pgtrigger_codegen.sql.equivalence import definitions, same_definition, same_function
from pgtrigger_codegen.sql.lexer import COMMENTS, Kind, tokenize
from pgtrigger_codegen.sql.names import QualifiedName, table_name
from pgtrigger_codegen.sql.remembered import BOOK
from pgtrigger_codegen.sql.statements import (
    CommentOnTrigger,
    CreateFunction,
    CreateTriggerStatement,
    Do,
    DropFunction,
    DropTriggerStatement,
    Statement,
    read_statements,
)
from pgtrigger_codegen.triggers.compiled import TriggerParts
from tests.sql import strategies
from tests.sql.cases import HAND_MADE, constraint, parts, reference_hash, reference_sql

ORDERS = QualifiedName(None, "orders")
PGID = "pgtrigger_case_12345"


def _kinds(sql: str) -> list[type[Statement]]:
    return [type(statement) for statement in read_statements(sql)]


def test_what_creates_a_trigger_is_rendered_once_in_all_runs() -> None:
    trigger, text = parts(func="RETURN OLD;"), "as an earlier run had it"
    created = next(one for one in BOOK.functions if one.name.endswith("render._created"))
    created.forget()
    BOOK.recall(lambda: {created.name: {(trigger, "abc"): text}})
    try:
        assert render.create_trigger(trigger, "abc") == text
        assert render.create_trigger(trigger, "abc", render.Style(or_replace=False)) != text
        assert render.create_trigger(trigger, "def") != text
    finally:
        BOOK.recall(dict)
        created.forget()
    assert "RETURN OLD" in render.create_trigger(trigger, "abc")


def test_create_trigger_in_full() -> None:
    trigger = parts(
        declare="DECLARE a INT; b INT;",
        func="a := 1; RETURN NEW;",
        operation='UPDATE OF "status"',
        condition="WHEN (OLD.total > 3)",
    )
    assert render.create_trigger(trigger, "abc") == (
        """\
CREATE OR REPLACE FUNCTION pgtrigger_case_12345()
RETURNS TRIGGER
LANGUAGE plpgsql
AS $$
DECLARE
    a INT;
    b INT;
BEGIN
    IF ("public"._pgtrigger_should_ignore(TG_NAME) IS TRUE) THEN
        IF (TG_OP = 'DELETE') THEN
            RETURN OLD;
        ELSE
            RETURN NEW;
        END IF;
    END IF;
    a := 1;
    RETURN NEW;
END;
$$;

CREATE OR REPLACE TRIGGER pgtrigger_case_12345
    BEFORE UPDATE OF "status"
    ON "orders"
    FOR EACH ROW
    WHEN (OLD.total > 3)
    EXECUTE FUNCTION pgtrigger_case_12345();

COMMENT ON TRIGGER pgtrigger_case_12345 ON "orders" IS 'abc';"""
    )


def test_what_each_text_consists_of() -> None:
    plain, deferred = parts(), constraint()
    assert _kinds(render.ignore_function("public.x")) == [CreateFunction]
    create = [CreateFunction, CreateTriggerStatement, CommentOnTrigger]
    assert _kinds(render.create_trigger(plain, "h")) == create
    assert _kinds(render.install_sql(plain, "h")) == [CreateFunction, *create]
    assert _kinds(render.drop_trigger(plain)) == [DropTriggerStatement, DropFunction]
    assert render.uninstall_sql(plain) == render.drop_trigger(plain)
    assert _kinds(render.alter_function(plain, "h")) == [CreateFunction, CommentOnTrigger]
    replaced = [Do, CreateFunction, CreateTriggerStatement, CommentOnTrigger, Do]
    dropped = [
        Do,
        CreateFunction,
        DropTriggerStatement,
        CreateTriggerStatement,
        CommentOnTrigger,
        Do,
    ]
    assert _kinds(render.replace_trigger(plain, plain, "h")) == replaced
    assert _kinds(render.replace_trigger(plain, deferred, "h")) == dropped
    assert _kinds(render.replace_trigger(deferred, plain, "h")) == dropped
    assert _kinds(render.replace_trigger(deferred, deferred, "h")) == dropped
    assert _kinds(render.replace_trigger(replace(plain, table="x"), plain, "h")) == dropped


def test_constraint_triggers_are_dropped_first() -> None:
    create = [CreateFunction, DropTriggerStatement, CreateTriggerStatement, CommentOnTrigger]
    assert _kinds(render.create_trigger(constraint(), "h")) == create


def test_another_name_drops_the_old_function_last() -> None:
    old, new = parts("pgtrigger_old_1"), parts("pgtrigger_new_2")
    *_, last = read_statements(render.replace_trigger(old, new, "h"))
    assert last == DropFunction(QualifiedName(None, "pgtrigger_old_1"))


@pytest.mark.parametrize("call", ["tsvector_update_trigger('a', 'b', 'c')", "x.other()"])
def test_a_function_that_is_never_called_is_not_created(call: str) -> None:
    trigger = parts(execute=call)
    assert not render.uses_own_function(trigger)
    assert _kinds(render.install_sql(trigger, "h")) == [CreateTriggerStatement, CommentOnTrigger]
    assert _kinds(render.alter_function(trigger, "h")) == [CommentOnTrigger]
    assert _kinds(render.drop_trigger(trigger)) == [DropTriggerStatement, DropFunction]
    *_, last = read_statements(render.replace_trigger(parts(), trigger, "h"))
    assert last == DropFunction(QualifiedName(None, PGID))


@pytest.mark.parametrize("call", [f"{PGID}()", f"{PGID}('a')", f"public.{PGID}()", f'"{PGID}"()'])
def test_calls_of_the_own_function(call: str) -> None:
    assert render.uses_own_function(parts(execute=call))


def test_dollar_quotes_in_the_body_get_another_tag_around() -> None:
    trigger = parts(func="EXECUTE $$SELECT 1$$; RETURN NEW;")
    function, *_ = read_statements(render.create_trigger(trigger, "h"))
    assert isinstance(function, CreateFunction)
    assert function.body is not None
    assert "EXECUTE $$SELECT 1$$;" in function.body


def test_quotes_in_names_and_hashes_are_escaped() -> None:
    trigger = parts(table="Camel Table's")
    *_, comment = read_statements(render.create_trigger(trigger, "it's"))
    table = QualifiedName(None, "Camel Table's")
    assert comment == CommentOnTrigger(table, PGID, "it's")
    assert Do in _kinds(render.replace_trigger(trigger, trigger, "h"))


@pytest.mark.parametrize("trigger", HAND_MADE.values(), ids=HAND_MADE)
def test_no_line_is_blank_within_a_trigger_or_ends_in_a_space(trigger: TriggerParts) -> None:
    statement = render.trigger_statement(trigger)
    if "'a\n  b'" not in statement:
        assert all(line == line.rstrip() for line in statement.split("\n"))
    assert "\n\n" not in statement


@given(strategies.triggers())
def test_what_is_rendered_is_read_back_as_what_django_pgtrigger_installs(
    trigger: TriggerParts,
) -> None:
    hash = reference_hash(trigger)
    (ours,) = definitions(render.install_sql(trigger, hash))
    (theirs,) = definitions(reference_sql(trigger))
    assert ours == theirs
    assert same_definition(ours, theirs)
    assert same_function(ours, theirs)
    assert (ours.table, ours.pgid, ours.hash) == (table_name(trigger.table), PGID, hash)
    assert (ours.function is None) == (not render.uses_own_function(trigger))


@given(strategies.triggers())
def test_bodies_keep_their_literals_and_comments(trigger: TriggerParts) -> None:
    kinds = COMMENTS | {Kind.STRING, Kind.DOLLAR_STRING, Kind.QUOTED_NAME}
    given_tokens = [t.text for t in tokenize(trigger.func) if t.kind in kinds]
    function = render.trigger_function(replace(trigger, execute=f"{PGID}()"))
    (statement,) = read_statements(function)
    assert isinstance(statement, CreateFunction)
    kept = [t.text for t in tokenize(statement.body or "") if t.kind in kinds]
    assert kept[len(kept) - len(given_tokens) :] == given_tokens


@given(strategies.triggers(), strategies.triggers())
def test_a_replacement_leaves_what_creating_leaves(old: TriggerParts, new: TriggerParts) -> None:
    script = render.create_trigger(old, "1") + "\n" + render.replace_trigger(old, new, "2")
    assert definitions(script) == definitions(render.create_trigger(new, "2"))


@given(strategies.triggers())
def test_dropping_leaves_nothing(trigger: TriggerParts) -> None:
    script = render.create_trigger(trigger, "1") + "\n" + render.drop_trigger(trigger)
    assert definitions(script) == []
