from __future__ import annotations

import psycopg
import pytest

from pgtrigger_codegen.source.misspelling import misspelt
from pgtrigger_codegen.sql import builtins, coercion
from tests.sql.builtin_catalogue import FILE, catalogue, text


def test_the_catalogue_has_all_that_a_server_has(database: str) -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    with psycopg.connect(database) as connection:
        version = connection.info.server_version // 10000
        wanted = text(catalogue(connection), ["0"]).splitlines()
    if str(version) not in lines[1]:
        pytest.skip(f"the catalogue was not made with PostgreSQL {version}")

    known: dict[tuple[str, ...], set[str]] = {}
    for words in (line.split(" ") for line in lines if line[0] != "#"):
        known.setdefault(_subject(words), set()).update(words)
    for words in (line.split(" ") for line in wanted if line[0] != "#"):
        subject = _subject(words)
        assert {*words[len(subject) :]} <= known.get(subject, set()), " ".join(words)


def _subject(words: list[str]) -> tuple[str, ...]:
    """The words that say what a line of the catalogue is about."""
    return tuple(words[: 3 if words[0] == "function" else 2])


def test_a_catalogue_names_the_versions_that_were_not_read() -> None:
    assert "15.1 and 18.4; not read: 14, 16, 17." in text([], ["18.4", "15.1"])


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("now", [], "timestamptz"),
        ("pg_notify", ["unknown", "text"], None),
        ("length", ["varchar"], "int4"),
        ("concat", ["int4", "bool", "jsonb"], "text"),
        ("format", ["unknown", "int8", "record"], "text"),
        ("to_jsonb", ["record"], "jsonb"),
        ("array_append", ["int8[]", "int8"], None),
        ("make_interval", ["int4"], "interval"),
    ],
)
def test_calls_that_fit(name: str, given: list[str], result: str | None) -> None:
    fits = coercion.fitting(builtins.functions(name), given)

    assert fits
    assert coercion.result(fits) == result


@pytest.mark.parametrize(
    ("name", "given"),
    [("pg_notify", ["unknown", "int8"]), ("now", ["int4"]), ("concat", []), ("upper", ["int4"])],
)
def test_calls_that_do_not(name: str, given: list[str]) -> None:
    assert not coercion.fitting(builtins.functions(name), given)


@pytest.mark.parametrize(
    ("written", "internal"),
    [
        ("integer", "int4"),
        ("character varying(20)", "varchar"),
        ("timestamp with time zone", "timestamptz"),
        ("numeric(10, 2)[]", "numeric[]"),
        ('pg_catalog."boolean"', "bool"),
        ("citext", None),
        ("public.money_amount", None),
        ("shop_order.id%TYPE", None),
        ("", None),
    ],
)
def test_types_have_internal_names(written: str, internal: str | None) -> None:
    assert coercion.internal_name(written) == internal


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lenght", "length"),
        ("uper", "upper"),
        ("nwo", "now"),
        ("coalesc", "coalesce"),
        ("to_chr", "to_char"),
        ("json_biuld_objcet", "json_build_object"),
        ("row_to_jsonb", "row_to_json"),
        # What people call functions of their own.
        ("array_avg", None),
        ("array_diff", None),
        ("f_unaccent", None),
        ("jsonb_diff", None),
        ("jsonb_merge", None),
        ("last", None),
        ("notify", None),
        ("uuid7", None),
        ("upper", None),
    ],
)
def test_misspelt_names(name: str, meant: str | None) -> None:
    known = [one for one in builtins.called_by_name() if one != name or meant]

    assert misspelt(name, known) == meant


def test_functions_of_extensions() -> None:
    assert builtins.extension_of("uuid_generate_v4") == "uuid-ossp"
    assert builtins.extension_of("similarity") == "pg_trgm"
    assert builtins.extension_of("now") is None
