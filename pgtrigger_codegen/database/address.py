"""Stage database: which server to talk to, found without asking it anything.

Sources are looked at from the most to the least deliberate: `--dsn`, an alias asked for by
name, `DATABASE_URL`, libpq's own variables, and the settings as they can be read statically.
A password is part of the result, and of nothing that is printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import psycopg
from msgspec import Struct
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.unknown import Unknown, first_unknown
from pgtrigger_codegen.project.project import Settings

DEFAULT_ALIAS = "default"

# Each of these says where to connect; PGUSER or PGSSLMODE alone do not.
_PLACES = ("PGHOST", "PGHOSTADDR", "PGDATABASE", "PGSERVICE")
_ELSEWHERE = "give --dsn, or set DATABASE_URL or PGHOST, PGDATABASE…"


class Address(Struct, frozen=True):
    """Where to connect.

    Attributes:
        parameters: What libpq is given; it fills in the rest from its own variables.
        origin: Where they come from, in words.
        role: The role to take on after connecting (Django's `assume_role`).
    """

    parameters: Mapping[str, str]
    origin: str
    role: str | None = None

    def __repr__(self) -> str:
        """Without the parameters, which hold a password."""
        return f"Address(origin={self.origin!r}, role={self.role!r})"


def find_address(
    *,
    dsn: str | None,
    alias: str | None,
    settings: Settings,
    assumptions: Iterable[Assumption],
    environment: Mapping[str, str],
) -> Address:
    """The first source that says where to connect.

    Args:
        alias: A key of `DATABASES` that the user asks for, None for no wish.
        assumptions: What the settings were taken to say.

    Raises:
        DatabaseError: The source is not one to connect by, or there is none.
    """
    if dsn:
        return address_of(dsn, "--dsn")
    if alias is None and environment.get("DATABASE_URL"):
        return address_of(environment["DATABASE_URL"], "DATABASE_URL")
    if alias is None and any(environment.get(name) for name in _PLACES):
        named = [name for name in _PLACES if environment.get(name)]
        return Address({}, ", ".join(named))
    address = _from_settings(settings, alias or DEFAULT_ALIAS)
    _check_assumptions(address, assumptions, environment)
    return address


def address_of(text: str, origin: str) -> Address:
    """Where a connection string or URL leads.

    Args:
        origin: Where it comes from, in words.

    Raises:
        DatabaseError: libpq cannot read it.
    """
    return Address(_parse(text, origin), origin)


def _parse(text: str, origin: str) -> dict[str, str]:
    """A connection string or URL; its text is in no message, since it may hold a password."""
    try:
        parameters = conninfo_to_dict(_libpq_url(text, origin))
    except psycopg.ProgrammingError:
        raise DatabaseError(
            f"{origin} is not a connection string that libpq can read",
            help="write it as postgresql://user@host:5432/name or "
            '"host=… dbname=… user=…"; special characters in a URL need %-encoding',
        ) from None
    return {name: str(value) for name, value in parameters.items() if value is not None}


_SCHEME = re.compile(r"([a-z0-9+]+)://", re.IGNORECASE)
# What Django's helpers for DATABASE_URL call PostgreSQL.
_SCHEMES = frozenset({"postgres", "postgresql", "psql", "pgsql", "postgis", "timescale"})


def _libpq_url(text: str, origin: str) -> str:
    """A URL with libpq's scheme, and without parameters that are Django's alone."""
    match = _SCHEME.match(text)
    if match is None:
        return text
    scheme = match.group(1).lower().partition("+")[0]
    if scheme not in _SCHEMES:
        raise DatabaseError(
            f"{origin} names a database that is not PostgreSQL ({scheme})", help=_ELSEWHERE
        )
    place, _, query = text[match.end() :].partition("?")
    known = [(name, value) for name, value in parse_qsl(query) if name in _libpq_parameters()]
    return f"postgresql://{place}" + (f"?{urlencode(known)}" if known else "")


def _libpq_parameters() -> frozenset[str]:
    defaults = pq.Conninfo.get_defaults()
    return frozenset(option.keyword.decode() for option in defaults)


_NAMES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def _from_settings(settings: Settings, alias: str) -> Address:
    databases = settings.get("DATABASES", {})
    where = f"DATABASES[{alias!r}] of {settings.module or 'the settings'}"
    database = databases.get(alias) if isinstance(databases, Mapping) else databases
    if isinstance(database, Unknown):
        raise DatabaseError(f"{where} cannot be read: {database.reason}", help=_ELSEWHERE)
    if not isinstance(database, Mapping):
        known = ", ".join(map(str, databases)) if isinstance(databases, Mapping) else ""
        raise DatabaseError(
            f"no database to connect to: {where} does not exist",
            help=f"{_ELSEWHERE}" + (f"; the settings have: {known}" if known else ""),
        )
    for name in ("ENGINE", *_NAMES, "OPTIONS"):
        if unknown := first_unknown(database.get(name)):
            raise DatabaseError(
                f"{where} is not known in full: {name} {unknown.reason}", help=_ELSEWHERE
            )
    return _address(database, where)


def _address(database: Mapping[str, Any], where: str) -> Address:
    engine = str(database.get("ENGINE", ""))
    if not re.search(r"postg|psycopg|timescale", engine, re.IGNORECASE):
        raise DatabaseError(
            f"{where} is not PostgreSQL (ENGINE is {engine!r})",
            help="name another alias with --database, or give --dsn",
        )
    options = database.get("OPTIONS") or {}
    parameters = {
        libpq: str(database[name])
        for name, libpq in _NAMES.items()
        if database.get(name) not in (None, "")
    }
    parameters |= {
        str(name): str(value) for name, value in options.items() if name in _libpq_parameters()
    }
    if "dbname" not in parameters and "service" not in parameters:
        # What Django connects to for a database without a name.
        parameters["dbname"] = "postgres"
    role = options.get("assume_role")
    return Address(parameters, where, None if role is None else str(role))


def _check_assumptions(
    address: Address, assumptions: Iterable[Assumption], environment: Mapping[str, str]
) -> None:
    """Refuse a default behind the environment where the environment says something else.

    The reading is static, so `os.environ.get("DB_HOST", "localhost")` is read as `localhost`;
    connecting there while DB_HOST names another server would change the wrong database.
    """
    for name in _contradicted(assumptions, address.parameters.values(), environment):
        raise DatabaseError(
            f"{address.origin} was read with the default of {name}, which is set to something "
            "else here",
            help=_ELSEWHERE,
        )


def _contradicted(
    assumptions: Iterable[Assumption], used: Iterable[str], environment: Mapping[str, str]
) -> Iterator[str]:
    values = set(used)
    for assumption in assumptions:
        actual = environment.get(assumption.name)
        if actual is not None and actual != assumption.value and assumption.value in values:
            yield assumption.name
