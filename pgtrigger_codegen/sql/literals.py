"""Stage sql: quoted literals that are not valid values of a type.

Only what PostgreSQL refuses under any setting is reported: what dates look like depends on
`DateStyle`, so little is said of them. A test asks a server.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable, Mapping

from pgtrigger_codegen.sql.coercion import in_words

Verdict = str | None
"""PostgreSQL's words for what is wrong, with `{type}` and `{text}`; None for nothing."""

_SYNTAX = 'invalid input syntax for type {type}: "{text}"'
_RANGE = 'value "{text}" is out of range for type {type}'
_FIELD = 'date/time field value out of range: "{text}"'
_ARRAY = 'malformed array literal: "{text}"'


def invalid_literal(type_name: str, text: str) -> str | None:
    """Why a literal in quotes is no value of a type; None where it may be one.

    Args:
        type_name: PostgreSQL's internal name (`int4`, `text[]`).
    """
    if type_name.endswith("[]"):
        verdict = _array(type_name[:-2], text)
    else:
        check = _CHECKS.get(type_name)
        verdict = check(text) if check is not None else None
    return None if verdict is None else verdict.format(type=in_words(type_name), text=text)


def out_of_range(type_name: str, number: str) -> str | None:
    """Why a number without quotes is no value of a type of integers; None where it may be one."""
    limit = _LIMITS.get(type_name)
    if limit is None or not number.isdigit() or int(number) < limit:
        return None
    return f"{in_words(type_name)} out of range"


_LIMITS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}
_INTEGER = re.compile(
    r"\s*([+-]?)(\d(_?\d)*|0[xX](_?[0-9a-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+)\s*"
)
_BOOLEAN = re.compile(
    r"\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|off?|1|0)\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"\s*[+-]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(e[+-]?\d[\d_]*)?\s*", re.IGNORECASE)
_OTHER_NUMBER = re.compile(r"\s*[+-]?(0[xob]|nan|inf)", re.IGNORECASE)
_UUID = re.compile(
    r"([0-9a-f]{4}-?){7}[0-9a-f]{4}|\{([0-9a-f]{4}-?){7}[0-9a-f]{4}\}", re.IGNORECASE
)
_ISO_DATE = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?=\s|T|$)", re.IGNORECASE)
# The day may come before the month or behind it: `DateStyle` says.
_SHORT_DATE = re.compile(r"\s*(\d{1,2})[./-](\d{1,2})[./-]\d{4}(?![\d./-])")
_CLOCK = re.compile(r"(?:^|[\sT])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\d:])", re.IGNORECASE)
_SPAN = re.compile(r"\s*[+-]?\d+\s*(day|hour|minute|second|week|month|year)s?(\s+ago)?\s*")
_WORD = re.compile(r"[a-z]+")


_OF_ARRAY = re.compile(r"\s*(\[\s*[+-]?\d.*=\s*)?\{.*\}\s*", re.DOTALL)
_PLAIN_ELEMENTS = re.compile(r"\s*\{([^{}\"\\]*)\}\s*")


def _array(type_name: str, text: str) -> Verdict:
    if not _OF_ARRAY.fullmatch(text):
        return _ARRAY
    match = _PLAIN_ELEMENTS.fullmatch(text)
    for element in match[1].split(",") if match and match[1].strip() else ():
        if not element.strip():
            return _ARRAY
        if element.strip().upper() != "NULL":
            refused = invalid_literal(type_name, element.strip())
            if refused is not None:
                return refused.replace("{", "{{").replace("}", "}}")
    return None


def _address(text: str) -> Verdict:
    """An IP address: what is of its letters alone may be one."""
    stripped = text.strip()
    if not _OF_ADDRESS.fullmatch(stripped):
        return _SYNTAX
    address, _, bits = stripped.partition("/")
    octets = address.split(".")
    if bits.isdigit() and int(bits) > (128 if ":" in address else 32):
        return _SYNTAX
    if ":" not in stripped and (len(octets) > 4 or any(_is_no_octet(one) for one in octets)):
        return _SYNTAX
    return None


def _is_no_octet(text: str) -> bool:
    return not text.isdigit() or len(text) > 3 or int(text) > 255


_OF_ADDRESS = re.compile(r"[0-9a-f.:]+(/\d+)?", re.IGNORECASE)


def _integer(type_name: str) -> Callable[[str], Verdict]:
    def check(text: str) -> Verdict:
        match = _INTEGER.fullmatch(text)
        if match is None:
            return _SYNTAX
        if not match[2].isdigit():
            return None
        limit = _LIMITS[type_name]
        value = int(match[2]) if len(match[2]) < 40 else limit + 1
        return _RANGE if value > limit or (value == limit and match[1] != "-") else None

    return check


def _boolean(text: str) -> Verdict:
    return None if _BOOLEAN.fullmatch(text) else _SYNTAX


def _number(text: str) -> Verdict:
    return None if _NUMBER.fullmatch(text) or _OTHER_NUMBER.match(text) else _SYNTAX


def _uuid(text: str) -> Verdict:
    return None if _UUID.fullmatch(text) else _SYNTAX


def _json(text: str) -> Verdict:
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_no_json)
    except RecursionError:
        return None
    except ValueError:
        return "invalid input syntax for type json"
    return None


def _no_json(name: str) -> None:
    raise ValueError(name)


def _date(text: str) -> Verdict:
    lowered = text.lower()
    match = _ISO_DATE.match(lowered)
    if match is not None and "bc" not in lowered:
        year, month, day = map(int, match.groups())
        if not 1 <= month <= 12 or (year and not 1 <= day <= calendar.monthrange(year, month)[1]):
            return _FIELD
    if _SPAN.fullmatch(lowered):
        return _SYNTAX
    if (match := _SHORT_DATE.match(lowered)) is not None:
        one, two = int(match[1]), int(match[2])
        if min(one, two) > 12 or max(one, two) > 31 or min(one, two) < 1:
            return _FIELD
    return _without_digits(lowered, _DATE_WORDS) or _clock(lowered)


def _time(text: str) -> Verdict:
    lowered = text.lower()
    return _without_digits(lowered, _DATE_WORDS) or _clock(lowered)


def _clock(text: str) -> Verdict:
    match = _CLOCK.search(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    return _FIELD if hour > 24 or minute > 59 or second > 60 else None


def _without_digits(text: str, known: frozenset[str]) -> Verdict:
    """Of words alone, only some mean a moment."""
    if any(letter.isdigit() for letter in text) or not text.isascii():
        return None
    return None if known.intersection(_WORD.findall(text)) else _SYNTAX


def _interval(text: str) -> Verdict:
    lowered = text.strip().lower()
    if lowered[:1] == "p" or not lowered.isascii():
        return None  # ISO 8601
    if not any(letter.isdigit() for letter in lowered):
        return None if "inf" in lowered else _SYNTAX
    # Of longer words PostgreSQL reads the beginning.
    words = (word for word in _WORD.findall(lowered) if len(word) <= 10)
    return None if all(word in UNITS or word in _INTERVAL_WORDS for word in words) else _SYNTAX


_DATE_WORDS = frozenset("allballs epoch inf infinity now today tomorrow yesterday".split())
_INTERVAL_WORDS = frozenset({"ago", "infinity", "inf", "e", "invalid", "undefined", "t", "z"})
UNITS = frozenset(
    """
    c cent centuries century cents d day days dec decade decades decs h hour hours hr hrs m
    microsecon microsecond microseconds mil millennia millennium millisecon millisecond
    milliseconds mils min mins minute minutes mon mons month months ms msec msecond mseconds msecs
    qtr quarter s sec second seconds secs timezone timezone_h timezone_m us usec usecond useconds
    usecs w week weeks y year years yr yrs
    """.split()
)
"""Words for units of time, in all that PostgreSQL takes for one."""

_CHECKS: Mapping[str, Callable[[str], Verdict]] = {
    **{name: _integer(name) for name in _LIMITS},
    "bool": _boolean,
    "numeric": _number,
    "float4": _number,
    "float8": _number,
    "uuid": _uuid,
    "inet": _address,
    "json": _json,
    "jsonb": _json,
    "date": _date,
    "timestamp": _date,
    "timestamptz": _date,
    "time": _time,
    "timetz": _time,
    "interval": _interval,
}
