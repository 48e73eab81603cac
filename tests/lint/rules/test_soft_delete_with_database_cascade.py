"""Cascades of the database: what is reported is what leaves rows that refer to nothing."""

from __future__ import annotations

import contextlib

import psycopg
import pytest
from msgspec.structs import replace

from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.soft_delete_with_database_cascade import (
    SoftDeleteWithDatabaseCascade,
)
from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.lint.facts import analysis, model, span, trigger

TABLES = """
CREATE TABLE shop_customer (id integer PRIMARY KEY, is_active boolean);
CREATE TABLE shop_order (
    id integer PRIMARY KEY,
    customer_id integer REFERENCES shop_customer ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    is_active boolean
);
INSERT INTO shop_customer VALUES (1, TRUE);
INSERT INTO shop_order VALUES (1, 1, TRUE);
"""
SOFT_DELETE = "UPDATE {} SET is_active = FALSE WHERE id = OLD.id; RETURN NULL;"
ORDER, CUSTOMER = SOFT_DELETE.format("shop_order"), SOFT_DELETE.format("shop_customer")

# Functions of orders and of customers, and WHEN for the orders.
DANGLING = {
    "soft delete": (ORDER, "", ""),
    "nothing but RETURN NULL": ("RETURN NULL;", "", ""),
    "only active rows": (ORDER, "", "WHEN (OLD.is_active)"),
    "a customer that is watched": (ORDER, "RETURN OLD;", ""),
    "a customer that may be kept": (
        ORDER,
        "IF OLD.id = 2 THEN RETURN NULL; END IF; RETURN OLD;",
        "",
    ),
}
IN_ORDER = {
    "customers are soft-deleted too": (ORDER, CUSTOMER, ""),
    "customers cannot be deleted": (ORDER, "RAISE EXCEPTION 'no';", ""),
    "orders cannot be deleted": ("RAISE EXCEPTION 'no';", "", ""),
    "the cascade gets through": (
        f"IF pg_trigger_depth() = 1 THEN {ORDER} END IF; RETURN OLD;",
        "",
        "",
    ),
    "the cascade gets past": (ORDER, "", "WHEN (pg_trigger_depth() = 0)"),
    "the customer is looked for": (
        (
            "IF EXISTS (SELECT 1 FROM shop_customer WHERE id = OLD.customer_id) THEN RETURN NULL; "
            "END IF; RETURN OLD;"
        ),
        "",
        "",
    ),
    "the foreign key is set": (
        "UPDATE shop_order SET customer_id = NULL WHERE id = OLD.id; RETURN NULL;",
        "",
        "",
    ),
    "the row is deleted": ("RETURN OLD;", "", ""),
}


@pytest.mark.parametrize("name", DANGLING)
def test_dangling(name: str, database: str) -> None:
    assert reported(*DANGLING[name]) == ["PGT310"]
    assert dangling_rows(*DANGLING[name], database) == 1


@pytest.mark.parametrize("name", IN_ORDER)
def test_in_order(name: str, database: str) -> None:
    assert reported(*IN_ORDER[name]) == []
    assert dangling_rows(*IN_ORDER[name], database) == 0


def reported(order: str, customer: str, condition: str) -> list[str]:
    models = [
        replace(model("shop.Order"), cascades=(("customer_id", "shop.Customer"),)),
        model("shop.Customer"),
    ]
    triggers = [compiled("shop.Order", order, condition)]
    if customer:
        triggers.append(compiled("shop.Customer", customer))
    facts = analysis(models=models, triggers=tuple(triggers))
    return [one.code for one in SoftDeleteWithDatabaseCascade().check(LintContext(facts))]


def compiled(label: str, func: str, condition: str = "") -> CompiledTrigger:
    fact = trigger(f"{label}:t", span(), pgid="t")
    return replace(fact, parts=replace(fact.parts, func=func, condition=condition))


def dangling_rows(order: str, customer: str, condition: str, dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        for table, func, when in (
            ("shop_order", order, condition),
            ("shop_customer", customer, ""),
        ):
            if func:
                function = create_function("", func).replace("f()", f"{table}_f()")
                connection.execute(function.encode())
                connection.execute(
                    f"CREATE TRIGGER t BEFORE DELETE ON {table} FOR EACH ROW {when}"
                    f" EXECUTE FUNCTION {table}_f()".encode()
                )
        with contextlib.suppress(psycopg.errors.RaiseException):
            connection.execute("DELETE FROM shop_customer")
        row = connection.execute(
            "SELECT count(*) FROM shop_order WHERE customer_id IS NOT NULL"
            " AND customer_id NOT IN (SELECT id FROM shop_customer)"
        ).fetchone()
    assert row is not None
    count: int = row[0]
    return count
