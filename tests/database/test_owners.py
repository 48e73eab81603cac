"""Functions of our names that belong to somebody who has no say in the table."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.database.project import DOUBLE, MODELS, PROTECT, TABLE, Shop

NewRole = Callable[[], tuple[str, str]]

_BODY = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"


def _pgid(shop: Shop, uri: str) -> str:
    return str(next(entry["pgid"] for entry in shop.entries() if entry["uri"] == uri))


def _owner(shop: Shop, function: str) -> str | None:
    rows = shop.sql(
        f"SELECT proowner::regrole::text FROM pg_proc WHERE oid = to_regprocedure('{function}')"
    )
    return str(rows[0][0]) if rows else None


@pytest.fixture
def mallory(shop: Shop, new_role: NewRole) -> str:
    """A role that may create functions where ours are."""
    name, _ = new_role()
    shop.sql(f"GRANT CREATE, USAGE ON SCHEMA public TO {name}")
    return name


def _plant(shop: Shop, mallory: str, function: str) -> None:
    shop.sql(
        f"SET ROLE {mallory}; CREATE FUNCTION {function}() {_BODY}",
    )


def _refused(shop: Shop, *arguments: str, dsn: str | None = None) -> str:
    outcome = shop.run(*arguments, dsn=dsn)
    assert outcome.exit_code == 2
    assert outcome.stdout == ""
    assert "nothing was changed" in outcome.stderr
    return outcome.stderr


def test_a_function_that_waits_for_its_trigger(shop: Shop, mallory: str) -> None:
    pgid = _pgid(shop, PROTECT)
    _plant(shop, mallory, pgid)

    status, reason, _ = shop.statuses()[PROTECT]
    assert status == "UNINSTALLED"
    assert reason is not None
    assert f"function public.{pgid} belongs to {mallory}, who can change it" in reason
    message = _refused(shop, "install", "--yes")
    assert f"{PROTECT} cannot be installed: function public.{pgid} belongs to {mallory}" in message
    assert "then drop it or give it to the table's owner" in message
    assert _owner(shop, f"{pgid}()") == mallory
    assert shop.statuses()[DOUBLE][0] == "UNINSTALLED"

    # Another trigger is not concerned, and what the message says helps.
    shop.done("install", DOUBLE)
    shop.sql(f"ALTER FUNCTION {pgid}() OWNER TO CURRENT_USER")
    shop.done("install")
    assert {found[0] for found in shop.statuses().values()} == {"INSTALLED"}


def test_a_dry_run_refuses_too(shop: Shop, mallory: str) -> None:
    _plant(shop, mallory, _pgid(shop, PROTECT))

    _refused(shop, "install", "--dry-run")


def test_the_function_of_an_installed_trigger(shop: Shop, mallory: str) -> None:
    shop.done("install")
    pgid = _pgid(shop, DOUBLE)
    shop.sql(f"ALTER FUNCTION {pgid}() OWNER TO {mallory}")

    status, reason, _ = shop.statuses()[DOUBLE]
    assert status == "OUTDATED"
    assert reason is not None
    assert f"function public.{pgid} belongs to {mallory}" in reason
    assert shop.run("ls", "--check").exit_code == 1
    _refused(shop, "install", DOUBLE)
    shop.write(MODELS.replace("* 2", "* 3"))
    _refused(shop, "install", DOUBLE)
    assert _owner(shop, f"{pgid}()") == mallory


def test_the_shared_function(shop: Shop, mallory: str) -> None:
    shop.sql(
        f"SET ROLE {mallory}; CREATE FUNCTION public._pgtrigger_should_ignore(name) "
        "RETURNS boolean LANGUAGE sql AS 'SELECT true'"
    )

    reason = shop.statuses()[PROTECT][1]
    assert reason is not None
    assert f"function public._pgtrigger_should_ignore belongs to {mallory}" in reason
    _refused(shop, "install", "--yes")


def test_enabling_what_somebody_else_can_change(shop: Shop, mallory: str) -> None:
    shop.done("install")
    shop.done("disable")
    shop.sql(f"ALTER FUNCTION {_pgid(shop, DOUBLE)}() OWNER TO {mallory}")

    outcome = shop.run("enable", DOUBLE)

    assert outcome.exit_code == 2
    assert f"left alone: {DOUBLE}: function public." in outcome.stderr
    assert shop.statuses()[DOUBLE][2] == "DISABLED"
    assert shop.done("enable", PROTECT) == f"enabled: {PROTECT}\n"


@pytest.mark.parametrize("command", ["uninstall", "prune"])
def test_functions_of_others_are_not_dropped(shop: Shop, mallory: str, command: str) -> None:
    shop.done("install")
    pgid = _pgid(shop, DOUBLE)
    shop.sql(f"ALTER FUNCTION {pgid}() OWNER TO {mallory}")
    if command == "prune":
        shop.write(MODELS.replace('"double"', '"twice"'))

    arguments = ("--foreign",) if command == "prune" else (DOUBLE,)
    outcome = shop.run(command, "--yes", *arguments)

    assert outcome.exit_code == 0
    assert "dropped" not in outcome.stdout
    assert f'left alone: function "public"."{pgid}": it belongs to {mallory}' in outcome.stderr
    assert _owner(shop, f"{pgid}()") == mallory
    assert shop.sql(f"SELECT tgname FROM pg_trigger WHERE tgname = '{pgid}'") == []


def test_the_owner_of_the_table_and_its_members(shop: Shop, new_role: NewRole) -> None:
    """Whoever may change the table's triggers gains nothing by a function."""
    owner, owner_dsn = new_role()
    member, member_dsn = new_role()
    other_member, _ = new_role()
    shop.sql(
        f"GRANT {owner} TO {member}, {other_member}",
        f"GRANT ALL ON SCHEMA public TO {owner}",
        f"ALTER TABLE shop_order OWNER TO {owner}",
    )
    assert shop.run("install", "--yes", dsn=member_dsn).exit_code == 0
    assert _owner(shop, f"{_pgid(shop, DOUBLE)}()") == member
    installed = {found[0] for found in shop.statuses().values()}
    assert installed == {"INSTALLED"}

    for role in (owner, other_member):
        shop.sql(f"ALTER FUNCTION {_pgid(shop, DOUBLE)}() OWNER TO {role}")
        outcome = shop.run("ls", "--check", dsn=owner_dsn)
        assert outcome.exit_code == 0, outcome.stdout

    # The superuser's function is nobody's trap; its owner alone can replace it.
    shop.sql(f"ALTER FUNCTION {_pgid(shop, DOUBLE)}() OWNER TO CURRENT_USER")
    assert shop.run("ls", "--check", dsn=owner_dsn).exit_code == 0


def test_a_member_drops_what_is_the_owners(shop: Shop, new_role: NewRole) -> None:
    owner, owner_dsn = new_role()
    member, member_dsn = new_role()
    shop.sql(
        f"GRANT {owner} TO {member}",
        f"GRANT ALL ON SCHEMA public TO {owner}",
        f"ALTER TABLE shop_order OWNER TO {owner}",
    )
    assert shop.run("install", "--yes", dsn=owner_dsn).exit_code == 0
    pgid = _pgid(shop, DOUBLE)

    outcome = shop.run("uninstall", "--yes", dsn=member_dsn)

    assert outcome.exit_code == 0
    assert outcome.stdout.count("dropped: function ") == 2
    assert _owner(shop, f"{pgid}()") is None


def test_a_function_that_two_tenants_share(shop: Shop, mallory: str) -> None:
    """A tenant's trigger calls a function of the other's; it gets one of its own."""
    shop.sql(
        "CREATE SCHEMA a",
        TABLE.replace("shop_order", "a.shop_order"),
    )
    shop.done("install")
    shop.done("install", "--schema", "a")
    pgid = _pgid(shop, DOUBLE)
    ((body,),) = shop.sql(f"SELECT prosrc FROM pg_proc WHERE oid = 'public.{pgid}()'::regprocedure")
    shop.sql(
        f"DROP TRIGGER {pgid} ON a.shop_order",
        f"DROP FUNCTION a.{pgid}()",
        "CREATE SCHEMA b",
        f"CREATE FUNCTION b.{pgid}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$",
        f"ALTER FUNCTION b.{pgid}() OWNER TO {mallory}",
        f"CREATE TRIGGER {pgid} BEFORE INSERT ON a.shop_order FOR EACH ROW "
        f"EXECUTE FUNCTION b.{pgid}()",
    )

    status, reason, _ = shop.statuses("--schema", "a")[DOUBLE]
    assert status == "OUTDATED"
    assert reason is not None
    assert f"function b.{pgid} belongs to {mallory}" in reason
    outcome = shop.run("install", DOUBLE, "--schema", "a")

    assert outcome.stdout == f"replaced: {DOUBLE}\n"
    assert shop.statuses("--schema", "a")[DOUBLE] == ("INSTALLED", None, "ENABLED")
    assert _owner(shop, f"b.{pgid}()") == mallory
