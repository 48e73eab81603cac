from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from pgtrigger_codegen.sql.literals import UNITS, invalid_literal, out_of_range

TYPES = (
    "int2 int4 int8 bool numeric float4 float8 uuid json jsonb date timestamp timestamptz time"
    " timetz interval inet int4[] text[] bool[]"
).split()
_WORDS = """
1|0|-5|12||abc|t|yes|on|tru|o|of|off|2| no|yes |null|NULL|1 |- 5|+5|99999999999|2147483647
2147483648|-2147483648|-2147483649|9223372036854775808|-9223372036854775808|32768|1.5|.5|5.
1e10|1_000|1__0|0x1F|0o17|0b11|nan|NaN|inf|Infinity|-inf|+infinity|1e400|1,5|{}|[]|{1,2}
[0:1]={1,2}|{a|1,2|{"a": 1}|{a: 1}|"x"|'x'|true|[1,]|NaN |1 2|{"a": "\\u0000"}|[1e5, null]
a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|not-a-uuid|{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}
a0eebc999c0b4ef8bb6d6bb9bd380a11|{a0eebc999c0b4ef8bb6d6bb9bd380a11
a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11|2020-13-01|2020-02-30|2020-02-29|2023-02-29|2024-2-9
0000-01-01|0044-03-15 BC|0044-02-30 BC|2020-00-10|2020-01-00|31 Jan 2020|Jan 31, 2020|20200131
200101|J2451187|2020-Jan-31|2020.02.30|January|Monday|01/13/2020|13/01/2020|1/1/1|2020-366
Mon 2020-01-06|now|today|tomorrow UTC|today 10:00|now allballs|epoch|infinity|-infinity
allballs|yesterday|10:00|24:00|25:00|10:61|12:30:60|12:30:61|10:00 PM|10:30 Europe/Berlin
2020-01-01 25:00|2020-01-01 24:00|2020-01-01T10:61|2020-01-01 10:00:00.123456+02
2020-1-1 1:00 am|2020-01-01 10:00+25|3 dayz|3 days|1 mon|P1D|PT2H|P1|1e3 days|1.5 hours ago
-1 day +2:03:04|1-2|1 2:03|3d|3 d 4 h|hour|1 fortnight|1 decade|1 century|1 secondes|1 secs
1 minuts|1 yr 2 mons|15 minutes|2 Days|2 weeks ago|1 microseconds|1 us|1 quarter|100:00|1:60
1 day ago|current_date|now()
31.13.2024|13.12.2024|32.1.2024|0.5.2024|1-13-2020|31/12/2020|12-31-2020 25:00|{a,b}|{1,b}|{1,,2}
{ }|{NULL,1}|{"a,b",c}|{{1},{2}}|["a"]|[1:2]={1,2}|[x]={1}|{t,f}|{t,maybe}|{1}x|10.0.0.1|10.0.0.300
10.0.0.0/8|10.0.0.1.5|1.2.3|::1|fe80::1/64|example.org|1.2.3.x|10.0.0.1/33|1.2.3.4
"""
WORDS = _WORDS.strip("\n").replace("\n", "|").split("|")
STYLES = ("ISO, MDY", "SQL, DMY", "Postgres, YMD", "German")


@pytest.fixture(scope="module")
def connection(postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres, autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize("type_name", TYPES)
def test_a_server_refuses_what_is_reported(type_name: str, connection: psycopg.Connection) -> None:
    reported = {word: found for word in WORDS if (found := invalid_literal(type_name, word))}

    assert reported
    for style in STYLES:
        connection.execute(sql.SQL("SET datestyle = {}").format(style))
        for word, message in reported.items():
            with pytest.raises(psycopg.DataError) as raised:
                connection.execute(sql.SQL("SELECT {}::{}").format(word, sql.SQL(type_name)))
            if "date" not in type_name and "time" not in type_name:
                assert message in str(raised.value)


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("int4", "ten"),
        ("int4", "2147483648"),
        ("int2", "-32769"),
        ("bool", "maybe"),
        ("numeric", "1,5"),
        ("float8", "x"),
        ("uuid", "not-a-uuid"),
        ("jsonb", "{a: 1}"),
        ("date", "2020-13-01"),
        ("timestamptz", "2023-02-29 10:00"),
        ("timestamp", "soon"),
        ("time", "25:00"),
        ("interval", "3 dayz"),
        ("text[]", "hot"),
    ],
)
def test_what_is_reported(type_name: str, text: str) -> None:
    assert invalid_literal(type_name, text) is not None


@pytest.mark.parametrize("unit", sorted(UNITS - {"timezone", "timezone_h", "timezone_m"}))
def test_no_unit_is_refused(unit: str) -> None:
    assert invalid_literal("interval", f"1 {unit}") is None


@pytest.mark.parametrize(
    ("type_name", "number", "expected"),
    [
        ("int4", "2147483647", None),
        ("int4", "2147483648", "integer out of range"),
        ("int2", "32768", "smallint out of range"),
        ("int8", "2147483648", None),
        ("int4", "3000000000.5", None),
        ("numeric", "9" * 30, None),
    ],
)
def test_numbers(type_name: str, number: str, expected: str | None) -> None:
    assert out_of_range(type_name, number) == expected
