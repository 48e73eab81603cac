"""Triggers to render and read, from the plain to the nasty."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path

from msgspec.structs import asdict
from pgtrigger.compiler import UpsertTriggerSql

from pgtrigger_codegen.triggers.compiled import TriggerParts

TABLES = """
CREATE SCHEMA erc;
CREATE TABLE orders (
    id BIGSERIAL PRIMARY KEY, status TEXT, total INTEGER, is_active BOOLEAN, "Note Text" TEXT,
    customer_id BIGINT, changed TIMESTAMPTZ, search TSVECTOR, "Mixed" TEXT
);
CREATE TABLE erc.report (id BIGSERIAL PRIMARY KEY, order_id BIGINT);
CREATE TABLE "Camel Table's" (id BIGSERIAL PRIMARY KEY, "order" TEXT);
CREATE VIEW order_view AS SELECT * FROM orders;
"""


def parts(pgid: str = "pgtrigger_case_12345", **overrides: str) -> TriggerParts:
    """A trigger that differs from a plain one in what is given."""
    defaults = {
        "ignore_func_name": '"public"._pgtrigger_should_ignore',
        "declare": "",
        "func": "RETURN NEW;",
        "table": "orders",
        "constraint": "",
        "when": "BEFORE",
        "operation": "UPDATE",
        "timing": "",
        "referencing": "",
        "level": "ROW",
        "condition": "",
        "execute": f"{pgid}()",
    }
    return TriggerParts(pgid=pgid, **{**defaults, **overrides})


def constraint(**overrides: str) -> TriggerParts:
    return parts(
        **{
            "constraint": "CONSTRAINT",
            "when": "AFTER",
            "timing": "DEFERRABLE INITIALLY DEFERRED",
            "func": "RETURN NULL;",
            **overrides,
        }
    )


def reference_sql(trigger: TriggerParts) -> str:
    """What django-pgtrigger installs."""
    return str(UpsertTriggerSql(**asdict(trigger)))


def reference_hash(trigger: TriggerParts) -> str:
    return UpsertTriggerSql(**asdict(trigger)).hash


BODIES = {
    "empty line at the ends": "\n\n    RETURN NEW;\n\n",
    "indented": """
        IF NEW.total > 3 THEN

            NEW.status := 'high';
        END IF;
        RETURN NEW;
    """,
    "first line less indented": "IF TRUE THEN\n        RETURN NEW;\n    END IF;\n  RETURN OLD;",
    "tabs": "\n\tIF TRUE THEN\n\t\tRETURN NEW;\n\tEND IF;\n\tRETURN NEW;\n",
    "carriage returns": "\r\n  IF TRUE THEN\r\n    RETURN NEW;\r\n  END IF;\r\n  RETURN NEW;\r\n",
    "percent": "RAISE NOTICE '100%% of %', NEW.total % 3; RETURN NEW;",
    "quotes": """RAISE NOTICE 'it''s "%"', NEW."Note Text"; RETURN NEW;""",
    "backslashes": r"NEW.status := E'a\'b\\' || 'c\' || U&'\0041'; RETURN NEW;",
    "literal over lines": "\n    NEW.status := 'one\n        two  \n;three';\n    RETURN NEW;\n",
    "continued literal": "NEW.status := 'one'\n    ' two'; RETURN NEW;",
    "inner dollar quotes": "NEW.status := $x$it's;  here$x$; RETURN NEW;",
    "line comment at the end": "RETURN NEW; -- and that's that;",
    "line comments": "\n  -- first; then\n  RETURN NEW; -- last",
    "block comment over lines": "\n    /* a ;\n  /* nested */ ' */\n    RETURN NEW;",
    "exception section": "RETURN NEW; EXCEPTION WHEN OTHERS THEN RAISE; RETURN NULL;",
    "case": "NEW.total := CASE WHEN NEW.total > 1 THEN 2 ELSE 3 END; RETURN NEW;",
    "nested blocks": "DECLARE x INT; BEGIN FOR x IN 1..3 LOOP NULL; END LOOP; END; RETURN NEW;",
    "non-ASCII": "NEW.status := 'Grüße, 世界 😀'; RETURN NEW; -- ü",
    "dynamic": "EXECUTE 'SELECT 1' USING NEW.total; RETURN NEW;",
}

HAND_MADE = {
    **{f"body: {name}": parts(func=body) for name, body in BODIES.items()},
    "schema in the table": parts(table='erc"."report'),
    "schema, all quotes": parts(table='"erc"."report"'),
    "name that needs quotes": parts(table="Camel Table's", operation='UPDATE OF "order"'),
    "mixed case column": parts(operation='UPDATE OF "Mixed", "total"'),
    "instead of": parts(table="order_view", when="INSTEAD OF"),
    "constraint": constraint(),
    "constraint, immediate": constraint(timing="DEFERRABLE INITIALLY IMMEDIATE"),
    "long condition": parts(
        condition='WHEN (OLD."status" IS DISTINCT FROM NEW."status" AND'
        ' (OLD."total" BETWEEN 1 AND 2 OR NEW."total" > 10000) OR OLD."Mixed" = \'a AND b\')'
    ),
    "condition with a comment": parts(condition="WHEN (OLD.total = 1 -- one\n AND TRUE)"),
    "condition with a literal over lines": parts(condition="WHEN (OLD.status = 'a\n  b')"),
    "arguments": parts(execute="pgtrigger_case_12345('a', 2)"),
    "function in a schema": parts(execute="public.pgtrigger_case_12345()"),
    "declarations": parts(declare="DECLARE a INTEGER; b TEXT := 'x; y';"),
    "declarations over lines": parts(declare="declare\n      a INTEGER;\n      b TEXT;"),
    "transition tables": parts(
        level="STATEMENT",
        when="AFTER",
        referencing="REFERENCING OLD TABLE AS o  NEW TABLE AS n ",
        func="PERFORM 1 FROM o JOIN n USING (id); RETURN NULL;",
    ),
}


@functools.cache
def built_in() -> dict[str, TriggerParts]:
    """What django-pgtrigger compiles its own classes to."""
    script = Path(__file__).with_name("builtin_triggers.py")
    output = subprocess.run(
        [sys.executable, str(script)], check=True, capture_output=True, text=True
    )
    return {name: TriggerParts(**kwargs) for name, kwargs in json.loads(output.stdout)}


def all_cases() -> dict[str, TriggerParts]:
    return {**HAND_MADE, **{f"built in: {name}": case for name, case in built_in().items()}}
