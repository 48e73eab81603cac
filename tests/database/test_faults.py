"""What goes wrong on a server, and what is left then: nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from pgtrigger_codegen.database.locks import ADVISORY_KEY
from tests.database.project import DOUBLE, MODELS, PROTECT, TABLE, Shop

NewRole = Callable[[], tuple[str, str]]


@contextmanager
def _other_session(shop: Shop, statement: str) -> Iterator[int]:
    with psycopg.connect(shop.dsn, application_name="nightly import") as connection:
        connection.execute(statement.encode())
        yield connection.info.backend_pid


def _fails(shop: Shop, *arguments: str, dsn: str | None = None) -> str:
    outcome = shop.run(*arguments, dsn=dsn)
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    return outcome.stderr


def _nothing_is_there(shop: Shop) -> bool:
    return (
        shop.sql(
            "SELECT proname FROM pg_proc WHERE proname LIKE '%pgtrigger%' "
            "UNION SELECT tgname FROM pg_trigger"
        )
        == []
    )


def test_the_server_ends_the_session_in_mid_install(shop: Shop) -> None:
    # After the first trigger's comment, with its function and the trigger already there.
    shop.sql(
        "CREATE FUNCTION die() RETURNS event_trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END'",
        "CREATE EVENT TRIGGER die ON ddl_command_end WHEN TAG IN ('COMMENT') "
        "EXECUTE FUNCTION die()",
    )

    message = _fails(shop, "install", "--yes")

    assert f"{DOUBLE}: the connection was lost" in message
    assert "nothing was changed" in message
    shop.sql("DROP EVENT TRIGGER die")
    assert _nothing_is_there(shop)
    shop.done("install")
    assert {found[0] for found in shop.statuses().values()} == {"INSTALLED"}


def test_an_error_in_mid_install(shop: Shop) -> None:
    shop.sql("ALTER TABLE shop_order DROP status")

    message = _fails(shop, "install", "--yes")

    assert f"{PROTECT} failed: column old.status does not exist; nothing was changed" in message
    assert "migrate first" in message
    assert _nothing_is_there(shop)


@pytest.mark.parametrize(
    ("action", "lock"),
    [("install", "ROW EXCLUSIVE"), ("uninstall", "ACCESS SHARE"), ("disable", "ROW EXCLUSIVE")],
)
def test_a_lock_that_another_session_holds(shop: Shop, action: str, lock: str) -> None:
    if action != "install":
        shop.done("install")
    before = shop.statuses()

    with _other_session(shop, f"LOCK TABLE shop_order IN {lock} MODE") as pid:
        message = _fails(shop, action, "--yes", "--lock-timeout", "50ms")

    assert f"public.shop_order is locked by session {pid} of " in message
    assert "(nightly import), idle in transaction since " in message
    assert "nothing was changed" in message
    assert shop.statuses() == before


def test_readers_do_not_stop_an_install(shop: Shop) -> None:
    with _other_session(shop, "LOCK TABLE shop_order IN ACCESS SHARE MODE"):
        shop.done("install", "--lock-timeout", "50ms")
        assert shop.statuses()[PROTECT][0] == "INSTALLED"


def test_looking_waits_for_nobody(shop: Shop) -> None:
    shop.done("install")

    with _other_session(shop, "LOCK TABLE shop_order IN SHARE ROW EXCLUSIVE MODE"):
        outcome = shop.run("ls", "--check", "--lock-timeout", "50ms")

    assert outcome.exit_code == 0


def test_a_lock_on_a_partition(shop: Shop) -> None:
    shop.sql(
        "DROP TABLE shop_order",
        f"{TABLE.replace('PRIMARY KEY', '')} PARTITION BY RANGE (id)",
        "CREATE TABLE part_1 PARTITION OF shop_order FOR VALUES FROM (0) TO (10)",
    )

    with _other_session(shop, "LOCK TABLE part_1 IN ROW EXCLUSIVE MODE") as pid:
        message = _fails(shop, "install", "--yes", "--lock-timeout", "50ms")

    assert f"is locked by session {pid} of " in message


def test_another_command_is_at_work(shop: Shop) -> None:
    with _other_session(shop, f"SELECT pg_advisory_xact_lock({ADVISORY_KEY})") as pid:
        message = _fails(shop, "install", PROTECT, "--lock-timeout", "50ms")

    assert f"another command of pgtrigger-codegen is at work: session {pid} of " in message
    assert _nothing_is_there(shop)


def test_a_statement_that_takes_too_long(shop: Shop) -> None:
    with _other_session(shop, "LOCK TABLE shop_order IN ROW EXCLUSIVE MODE"):
        message = _fails(shop, "install", "--yes", "--statement-timeout", "50ms")

    assert "canceling statement due to statement timeout; nothing was changed" in message
    assert "raise --statement-timeout" in message


@pytest.mark.parametrize("option", ["--lock-timeout", "--statement-timeout"])
@pytest.mark.parametrize("value", ["5", "soon", "-1s", "5 s; DROP TABLE shop_order"])
def test_durations(shop: Shop, option: str, value: str) -> None:
    outcome = shop.run("ls", option, value)

    assert outcome.exit_code == 2
    assert "is not a duration such as 500ms" in outcome.stderr


def test_tables_of_other_owners(shop: Shop, new_role: NewRole) -> None:
    role, dsn = new_role()
    shop.sql(f"GRANT ALL ON SCHEMA public TO {role}", f"GRANT ALL ON shop_order TO {role}")
    shop.done("install", DOUBLE)
    ((owner,),) = shop.sql("SELECT current_user")

    assert shop.run("ls", PROTECT, dsn=dsn).stdout.startswith("UNINSTALLED")
    for command in ("install", "uninstall", "disable"):
        message = _fails(shop, command, "--yes", dsn=dsn)
        assert f"does not own these tables: public.shop_order (of {owner})" in message, command
        assert "connect as their owner" in message
    assert shop.statuses()[DOUBLE] == ("INSTALLED", None, "ENABLED")


def test_a_member_of_the_owner_may(shop: Shop, new_role: NewRole) -> None:
    owner, _ = new_role()
    role, dsn = new_role()
    shop.sql(
        f"GRANT {owner} TO {role}",
        f"GRANT ALL ON SCHEMA public TO {owner}",
        f"ALTER TABLE shop_order OWNER TO {owner}",
    )

    assert shop.run("install", "--yes", dsn=dsn).exit_code == 0
    assert shop.statuses()[PROTECT][0] == "INSTALLED"


def test_a_role_that_may_not_create_functions(shop: Shop, new_role: NewRole) -> None:
    role, dsn = new_role()
    shop.sql(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"ALTER TABLE shop_order OWNER TO {role}",
    )

    message = _fails(shop, "install", "--yes", dsn=dsn)

    assert f"role {role} may not create functions in schema public; nothing was changed" in message
    assert f"GRANT CREATE ON SCHEMA public TO {role}" in message
    # Nothing is needed for what is there already.
    shop.done("install")
    assert shop.run("install", "--yes", dsn=dsn).exit_code == 0


def test_a_function_of_another_owner(shop: Shop, new_role: NewRole) -> None:
    role, dsn = new_role()
    shop.done("install")
    shop.sql(f"GRANT ALL ON SCHEMA public TO {role}", f"ALTER TABLE shop_order OWNER TO {role}")
    shop.write(MODELS.replace("* 2", "* 3"))

    message = _fails(shop, "install", DOUBLE, dsn=dsn)

    assert f"belongs to another role than {role}; nothing was changed" in message


def test_a_read_only_session(shop: Shop) -> None:
    dsn = f"{shop.dsn} options='-c default_transaction_read_only=on'"

    message = _fails(shop, "install", "--yes", dsn=dsn)

    assert "in a read-only transaction; nothing was changed" in message
    assert "connect to the primary server" in message


def test_no_server(shop: Shop) -> None:
    message = _fails(shop, "ls", dsn="postgresql://ada:secret@127.0.0.1:1/shop")

    assert "cannot connect (--dsn): " in message
    assert "secret" not in message


def test_a_wrong_database_name(shop: Shop) -> None:
    message = _fails(shop, "ls", dsn=f"{shop.dsn} dbname=nowhere")

    assert 'database "nowhere" does not exist' in message
