"""Where the connection's parameters come from, and what is never shown of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pgtrigger_codegen.database.address import Address, find_address
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.evaluator.values.assumption import Assumption
from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.project.project import Settings
from pgtrigger_codegen.source.span import Span
from tests.database.project import SETTINGS, Shop
from tests.support.cli import run_cli

_DATABASE = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "shop",
    "USER": "ada",
    "PASSWORD": "sesame",
    "HOST": "db.example",
    "PORT": 5433,
}
_EXPECTED = {
    "dbname": "shop",
    "user": "ada",
    "password": "sesame",
    "host": "db.example",
    "port": "5433",
}
_URL = "postgresql://ada:sesame@db.example:5433/shop"


def _find(
    databases: object = None,
    *,
    dsn: str | None = None,
    alias: str | None = None,
    assumptions: tuple[Assumption, ...] = (),
    **environment: str,
) -> Address:
    values = {} if databases is None else {"DATABASES": databases}
    return find_address(
        dsn=dsn,
        alias=alias,
        settings=Settings("shop.settings", values),
        assumptions=assumptions,
        environment=environment,
    )


def _message(databases: object = None, **arguments: Any) -> str:
    with pytest.raises(DatabaseError) as raised:
        _find(databases, **arguments)
    return str(raised.value)


def _assumed(name: str, value: str) -> Assumption:
    return Assumption(name, value, Span("settings.py", 1, 1, 1, 1))


@pytest.mark.parametrize(
    "text",
    [
        _URL,
        _URL.replace("postgresql:", "postgres:"),
        _URL.replace("postgresql:", "psql:"),
        _URL.replace("postgresql:", "postgresql+psycopg:"),
        f"{_URL}?conn_max_age=60",
        "host=db.example port=5433 dbname=shop user=ada password=sesame",
    ],
)
def test_connection_strings(text: str) -> None:
    assert _find(dsn=text).parameters == _EXPECTED
    assert _find(DATABASE_URL=text).parameters == _EXPECTED


def test_tls_options_pass_through() -> None:
    url = f"{_URL}?sslmode=verify-full&sslrootcert=/etc/ca.pem&conn_max_age=1"
    tls = {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}

    assert _find(dsn=url).parameters == _EXPECTED | tls
    database = _DATABASE | {"OPTIONS": {**tls, "pool": True, "isolation_level": 2}}
    assert _find({"default": database}).parameters == _EXPECTED | tls


def test_settings() -> None:
    address = _find({"default": _DATABASE})

    assert address.parameters == _EXPECTED
    assert address.origin == "DATABASES['default'] of shop.settings"
    assert address.role is None
    assert "sesame" not in repr(address)


def test_settings_that_leave_things_to_libpq() -> None:
    engine = {"ENGINE": "django.contrib.gis.db.backends.postgis", "HOST": "", "PORT": None}

    assert _find({"default": engine}).parameters == {"dbname": "postgres"}
    service = engine | {"OPTIONS": {"service": "shop", "assume_role": "owner"}}
    assert _find({"default": service}).parameters == {"service": "shop"}
    assert _find({"default": service}).role == "owner"


def test_the_most_deliberate_source_wins() -> None:
    databases = {"default": _DATABASE, "other": _DATABASE | {"NAME": "other"}}
    url = "postgresql:///url"

    def origin(**arguments: Any) -> str:
        return _find(databases, **arguments).origin

    assert origin(dsn="dbname=x", alias="other", DATABASE_URL=url, PGHOST="h") == "--dsn"
    assert origin(alias="other", DATABASE_URL=url, PGHOST="h").startswith("DATABASES['other']")
    assert origin(DATABASE_URL=url, PGHOST="h", PGDATABASE="d") == "DATABASE_URL"
    assert origin(PGHOST="h", PGDATABASE="d") == "PGHOST, PGDATABASE"
    assert origin(PGSERVICE="shop") == "PGSERVICE"
    assert origin(PGUSER="ada", PGPASSWORD="x").startswith("DATABASES['default']")
    assert _find(databases, PGSERVICE="shop").parameters == {}


@pytest.mark.parametrize("text", ["postgresql://ada:sesame@[db/shop", "password=sesame host", "="])
def test_a_broken_string_is_not_repeated(text: str) -> None:
    message = _message(dsn=text)

    assert "--dsn is not a connection string" in message
    assert "sesame" not in message


def test_other_databases() -> None:
    assert "not PostgreSQL (mysql)" in _message(DATABASE_URL="mysql://ada:sesame@db/shop")
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x"}}
    assert "is not PostgreSQL (ENGINE is 'django.db.backends.sqlite3')" in _message(sqlite)


def test_nothing_says_where_to_connect() -> None:
    assert "no database to connect to" in _message()
    assert "give --dsn" in _message()
    message = _message({"default": _DATABASE}, alias="replica")
    assert "DATABASES['replica'] of shop.settings does not exist" in message
    assert "the settings have: default" in message


def test_settings_that_cannot_be_read() -> None:
    unknown = Unknown("`dj_database_url.config` is not evaluated")

    assert "cannot be read: `dj_database_url" in _message(unknown)
    assert "cannot be read: `dj_database_url" in _message({"default": unknown})
    message = _message({"default": _DATABASE | {"PASSWORD": unknown}})
    assert "is not known in full: PASSWORD `dj_database_url.config` is not evaluated" in message
    nested = _DATABASE | {"OPTIONS": {"sslmode": unknown}}
    assert "is not known in full: OPTIONS" in _message({"default": nested})


def test_a_default_that_the_environment_contradicts() -> None:
    assumed = (_assumed("DB_HOST", "db.example"), _assumed("DEBUG", "0"))
    databases = {"default": _DATABASE}

    assert _find(databases, assumptions=assumed).parameters == _EXPECTED
    agreeing = {"DB_HOST": "db.example", "DEBUG": "1"}
    assert _find(databases, assumptions=assumed, **agreeing).parameters == _EXPECTED
    message = _message(databases, assumptions=assumed, DB_HOST="production")
    assert "was read with the default of DB_HOST, which is set to something else here" in message


def test_environment_variables_of_libpq(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from psycopg.conninfo import conninfo_to_dict

    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    for key, value in conninfo_to_dict(shop.dsn).items():
        monkeypatch.setenv(names.get(key, f"PG{key.upper()}"), str(value))
    monkeypatch.delenv("PGDBNAME")
    monkeypatch.setenv("PGDATABASE", str(conninfo_to_dict(shop.dsn)["dbname"]))

    outcome = run_cli(shop.root, "ls")

    assert outcome.exit_code == 0, outcome.stderr
    assert outcome.stdout.startswith("UNINSTALLED")


def test_a_service_file(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from psycopg.conninfo import conninfo_to_dict

    lines = (f"{key}={value}" for key, value in conninfo_to_dict(shop.dsn).items())
    file = tmp_path / "pg_service.conf"
    file.write_text("\n".join(["[shop]", *lines, ""]))
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    monkeypatch.setenv("PGSERVICE", "shop")

    outcome = run_cli(shop.root, "ls")

    assert outcome.exit_code == 0, outcome.stderr
    assert "(PGSERVICE)" in outcome.stderr


def test_the_settings_of_a_project(shop: Shop) -> None:
    from psycopg.conninfo import conninfo_to_dict

    names = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    database = {names[key]: value for key, value in conninfo_to_dict(shop.dsn).items()}
    database["ENGINE"] = "django.db.backends.postgresql"
    shop.write(settings=f"{SETTINGS}\nDATABASES = {{'main': {database!r}}}\n")

    assert run_cli(shop.root, "ls", "--database", "main").exit_code == 0
    outcome = run_cli(shop.root, "ls")
    assert outcome.exit_code == 2
    assert "DATABASES['default'] of settings does not exist" in outcome.stderr


def test_passwords_are_never_printed(shop: Shop) -> None:
    settings = f"""{SETTINGS}
import os
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": "1", "NAME": "x",
    "PASSWORD": os.environ.get("DB_PASSWORD", "open sesame"),
}}}}
"""
    shop.write(settings=settings)

    outcome = run_cli(shop.root, "ls")

    assert outcome.exit_code == 2
    assert "cannot connect (DATABASES['default'] of settings)" in outcome.stderr
    assert "sesame" not in outcome.stdout + outcome.stderr
    with_dsn = shop.run("-v", "ls", dsn=f"{shop.dsn} password=sesame")
    assert with_dsn.exit_code == 0
    assert "sesame" not in with_dsn.stdout + with_dsn.stderr
    assert "assumed DB_PASSWORD = '…'" in with_dsn.stderr
