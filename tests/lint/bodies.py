"""Reads the corpus of bodies, lints them, and asks a server what they do.

The format is described in `fixtures/bodies/README.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg
from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.registry import RULES
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.sql.body_text import create_function
from pgtrigger_codegen.triggers.compiled import CompiledTrigger
from tests.lint.facts import analysis, model, trigger

FOLDER = Path(__file__).parents[2] / "fixtures" / "bodies"
_ALSO = frozenset({"PGT215"})
"""Rules that look into bodies besides."""
FIRST_LINE = 4
"""Where a body begins in the module that is made of it."""

COLUMNS = ("id", "status", "amount", "customer_id", "note", "createdAt", "updated_at", "version")
SCHEMA = """
CREATE TABLE shop_order (
    id bigint PRIMARY KEY, status text, amount integer, customer_id bigint, note text,
    "createdAt" timestamptz, updated_at timestamptz, version integer, tags text[]
);
CREATE TABLE shop_log (id serial PRIMARY KEY, order_id bigint, message text);
CREATE TABLE shop_customer (id bigint PRIMARY KEY, orders integer);
CREATE TABLE shop_payment (
    id bigserial PRIMARY KEY, order_id bigint NOT NULL, paid_at timestamptz NOT NULL,
    method varchar(5), is_open boolean NOT NULL, amount integer NOT NULL DEFAULT 0
);
CREATE TABLE shop_audit (
    id bigserial PRIMARY KEY, table_name varchar(100) NOT NULL, row_id text NOT NULL,
    action varchar(20) NOT NULL, old_data jsonb, new_data jsonb, changed_by text,
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION my_slug(source text, size integer) RETURNS text LANGUAGE sql
AS $$SELECT left(source, size)$$;
CREATE AGGREGATE own_sum(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION is_delete(event text) RETURNS boolean LANGUAGE sql AS $$SELECT event = 'DELETE'$$;
CREATE FUNCTION refuse(message text) RETURNS void LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION '%', message; END$$;
INSERT INTO shop_order (id, status, amount, version) VALUES (1, 'new', 10, 1);
"""
TYPES = {
    "order": (
        ("id", "bigint"),
        ("status", "text"),
        ("amount", "integer"),
        ("customer_id", "bigint"),
        ("note", "text"),
        ("createdAt", "timestamp with time zone"),
        ("updated_at", "timestamp with time zone"),
        ("version", "integer"),
        ("tags", "text[]"),
    ),
    "log": (("id", "bigint"), ("order_id", "bigint"), ("message", "text")),
    "customer": (("id", "bigint"), ("orders", "integer")),
    "audit": (
        ("id", "bigint"),
        ("table_name", "character varying(100)"),
        ("row_id", "text"),
        ("action", "character varying(20)"),
        ("old_data", "jsonb"),
        ("new_data", "jsonb"),
        ("changed_by", "text"),
        ("changed_at", "timestamp with time zone"),
    ),
}
"""What the linter is told of the tables; `shop_payment` has more to tell."""
VIRTUAL = "ALTER TABLE shop_order ADD doubled integer GENERATED ALWAYS AS (amount * 2) VIRTUAL"
"""For the bodies in `virtual.sql` alone, since it takes PostgreSQL 18."""
RAISED_ON_PURPOSE = "P0001"
WRITES = {
    "insert": "INSERT INTO shop_order (id, status, amount) VALUES (2, 'new', 10)",
    "update": "UPDATE shop_order SET amount = amount + 1, status = 'open' WHERE id = 1",
    "delete": "DELETE FROM shop_order WHERE id = 1",
}


class BodyCase(Struct, frozen=True):
    """One body of the corpus.

    Attributes:
        finding: Code of the rule that reports it.
        place: Line and column in the body, as far as they are announced.
        outcome: As written down.
    """

    name: str
    file: Path
    when: str
    operation: str
    level: str
    declare: str
    finding: str | None
    place: str | None
    outcome: str
    meant: str
    missed: str
    func: str

    @property
    def events(self) -> list[str]:
        return [event for event in WRITES if event.upper() in self.operation]


def read_bodies(files: Iterable[Path]) -> list[BodyCase]:
    """The bodies of some files, in order."""
    return [
        _body(file, "-- body: " + part)
        for file in files
        for part in re.split(r"^-- body: ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[
            1:
        ]
    ]


def _body(file: Path, text: str) -> BodyCase:
    header = re.match(r"(?:-- (?:body|trigger|declare|finding|outcome|meant|missed): .*\n)+", text)
    assert header is not None
    fields = dict(re.findall(r"^-- (\w+): (.*)$", header.group(), flags=re.MULTILINE))
    when, operation = fields["trigger"].split(" ", 1)
    level = "STATEMENT" if operation.endswith(" STATEMENT") else "ROW"
    code, _, place = fields.get("finding", "").partition(" ")
    return BodyCase(
        name=fields["body"],
        file=file,
        when=when,
        operation=operation.removesuffix(" STATEMENT"),
        level=level,
        declare=fields.get("declare", ""),
        finding=code or None,
        place=place or None,
        outcome=fields.get("outcome", ""),
        meant=fields.get("meant", ""),
        missed=fields.get("missed", ""),
        func=text[header.end() :].strip("\n"),
    )


def compiled(body: BodyCase, at: Span | None = None) -> CompiledTrigger:
    """The trigger that has the body."""
    fact = trigger(
        "shop.Order:case", at or Span("/nowhere/models.py", 1, 1, 1, 2), table="shop_order"
    )
    parts = replace(
        fact.parts,
        pgid="pgtrigger_case",
        execute="pgtrigger_case()",
        declare=body.declare,
        func=body.func,
        when=body.when,
        operation=body.operation,
        level=body.level,
    )
    return replace(fact, class_name="pgtrigger.core.Trigger", parts=parts)


def module_of(body: BodyCase) -> tuple[str, int]:
    """A module that declares the trigger, and the line on which the declaration ends."""
    source = f'import pgtrigger\n\nTRIGGER = pgtrigger.Trigger(func=r"""\n{body.func}\n""")\n'
    return source, source.count("\n")


def lint(body: BodyCase, folder: Path) -> list[Diagnostic]:
    """What the rules for bodies say of it, in a module that declares it."""
    path = folder / "models.py"
    source, end_line = module_of(body)
    path.write_text(source, encoding="utf-8")
    fact = compiled(body, Span(str(path), 3, 11, end_line, 5))
    order = replace(model("shop.Order"), table="shop_order", columns=(*COLUMNS, "tags"))
    order = replace(order, field_columns=(("customer", "customer_id"),))
    order = replace(order, types=TYPES["order"])
    if body.file.stem == "virtual":
        order = replace(order, columns=(*COLUMNS, "tags", "doubled"), virtual=("doubled",))
    others = (
        *(
            replace(
                model(f"shop.{name.title()}"),
                columns=tuple(dict(types)),
                types=types,
                required=("table_name", "row_id", "action") if name == "audit" else (),
            )
            for name, types in TYPES.items()
            if name != "order"
        ),
        replace(
            model("shop.Payment"),
            columns=("id", "order_id", "paid_at", "method", "is_open", "amount"),
            required=("order_id", "paid_at", "is_open"),
            types=(
                ("method", "character varying(5)"),
                ("is_open", "boolean"),
                ("amount", "integer"),
            ),
        ),
    )
    tables = [replace(table, unique=("id",)) for table in (order, *others)]
    facts = analysis(models=tables, triggers=(fact,), read_files=frozenset({path}))
    rules = [rule for rule in RULES if rule.code.startswith("PGT3") or rule.code in _ALSO]
    return sorted(
        (finding for rule in rules for finding in rule.check(LintContext(facts))),
        key=lambda one: one.sort_key,
    )


def measure(body: BodyCase, connection: psycopg.Connection) -> str:
    """What a server does with it; leaves the database as it was."""
    function = create_function(body.declare, body.func)
    events = body.operation
    try:
        with connection.transaction(force_rollback=True):
            if body.file.stem == "virtual":
                connection.execute(VIRTUAL.encode())
            connection.execute(function.encode())
            connection.execute(
                f"CREATE TRIGGER t {body.when} {events} ON shop_order FOR EACH {body.level}"
                " EXECUTE FUNCTION f()".encode()
            )
            results = {event: _write(WRITES[event], connection) for event in body.events}
    except psycopg.Error as error:
        return f"refused {error.sqlstate}"
    return ", ".join(f"{event} {result}" for event, result in results.items())


def _write(statement: str, connection: psycopg.Connection) -> str:
    try:
        with connection.transaction(force_rollback=True):
            count = connection.execute(statement.encode()).rowcount
    except psycopg.Error as error:
        return f"fails {error.sqlstate}"
    return "ok" if count else "lost"


def goes_wrong(outcome: str) -> bool:
    """Whether a body is refused, fails though it does not say so, or loses a write."""
    words = outcome.replace(f"fails {RAISED_ON_PURPOSE}", "raises")
    return not {"refused", "fails", "lost"}.isdisjoint(re.findall(r"\w+", words))


def write_outcomes(file: Path, outcomes: Mapping[str, str]) -> None:
    """Puts what was measured into a file of the corpus, by name of the body."""
    parts = re.split(r"^(?=-- body: )", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text("".join(_with_outcome(part, outcomes) for part in parts), encoding="utf-8")


def _with_outcome(part: str, outcomes: Mapping[str, str]) -> str:
    part = re.sub(r"^-- outcome: .*\n", "", part, flags=re.MULTILINE)
    match = re.match(r"-- body: (.*)\n(?:-- (?:trigger|declare|finding|meant|missed): .*\n)+", part)
    if match is None:
        return part
    return f"{match.group()}-- outcome: {outcomes[match.group(1)]}\n{part[match.end() :]}"
