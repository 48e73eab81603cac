"""`ls` beside django-pgtrigger's own, on one database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.cli import run_cli
from tests.support.django_process import DjangoProject
from tests.support.projects import copy_project

_INSTALL = """
from django.core.management import call_command

call_command("migrate", verbosity=0)
call_command("pgtrigger", "install")
"""
_COLOUR = re.compile(r"\x1b\[\d+m")


def _theirs(project: DjangoProject) -> dict[str, tuple[str, str]]:
    """Status and state by URI, or by table and pgid."""
    rows = [_COLOUR.sub("", line).split() for line in _list(project).splitlines()]
    return {name: (status, state) for status, state, name in rows}


def _list(project: DjangoProject) -> str:
    return project.manage("pgtrigger", "ls")


def _ours(project: DjangoProject) -> dict[str, dict[str, Any]]:
    assert project.dsn is not None
    outcome = run_cli(project.root, "ls", "--dsn", project.dsn, "--output-format", "json")
    assert outcome.exit_code == 0, outcome.stderr
    return {entry["uri"] or f"{entry['table']}:{entry['pgid']}": entry for entry in outcome.data}


def _as_theirs(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["status"], entry["enabled"] or "N/A"


@pytest.fixture
def project(tmp_path: Path, database: str) -> DjangoProject:
    project = DjangoProject(copy_project("shop", tmp_path), database)
    # Theirs are ours: what django-pgtrigger installs is INSTALLED.
    project.run(_INSTALL)
    return project


@pytest.mark.early
def test_equal_statuses(project: DjangoProject, database: str) -> None:
    before = _ours(project)
    assert {_as_theirs(entry) for entry in before.values()} == {("INSTALLED", "ENABLED")}

    run_cli(project.root, "uninstall", "orders.Payment:order_is_paid", "--dsn", database)
    run_cli(project.root, "disable", "orders.Order:keep_paid", "--dsn", database)
    pgids = {uri: (entry["table"], entry["pgid"]) for uri, entry in before.items()}
    with psycopg.connect(database, autocommit=True) as connection:

        def execute(text: str, uri: str) -> None:
            table, pgid = pgids[uri]
            connection.execute(
                text.format(on=f'{pgid} ON "{table}"', pgid=pgid, table=table).encode()
            )

        execute("COMMENT ON TRIGGER {on} IS NULL", "catalog.Product:archive")
        execute("COMMENT ON TRIGGER {on} IS 'older'", "catalog.Price:no_empty_update")
        execute("ALTER TRIGGER {on} RENAME TO pgtrigger_gone_12345", "catalog.Category:archive")
        execute(
            'ALTER TABLE "{table}" ENABLE REPLICA TRIGGER {pgid}', "orders.JournalEntry:append_only"
        )
        execute("DROP TRIGGER {on}", "orders.Order:status_moves")
        execute(
            "CREATE TRIGGER {on} FOR EACH ROW EXECUTE FUNCTION {pgid}()".replace(
                "{on}", '{pgid} BEFORE DELETE ON "{table}"'
            ),
            "orders.Order:status_moves",
        )
        execute(
            "CREATE OR REPLACE FUNCTION {pgid}() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NEW; END'",
            "orders.Order:count_versions",
        )

    theirs, ours = _theirs(project), _ours(project)

    assert theirs.keys() == ours.keys()
    assert ours["catalog_category:pgtrigger_gone_12345"]["status"] == "PRUNE"
    assert {uri for uri in ours if _as_theirs(ours[uri]) != theirs[uri]} == {
        "orders.JournalEntry:append_only",  # REPLICA is not disabled.
        "orders.Order:count_versions",  # A right hash in the comment on a wrong function.
    }
    assert theirs["orders.JournalEntry:append_only"] == ("INSTALLED", "DISABLED")
    assert _as_theirs(ours["orders.JournalEntry:append_only"]) == ("INSTALLED", "REPLICA")
    assert theirs["orders.Order:count_versions"] == ("INSTALLED", "ENABLED")
    assert _as_theirs(ours["orders.Order:count_versions"]) == ("OUTDATED", "ENABLED")
    assert ours["orders.Order:status_moves"]["reason"] == "definition differs"
    assert ours["catalog.Product:archive"]["reason"] == "comment lost"
    assert ours["catalog.Price:no_empty_update"]["reason"] == "hash only"

    # And ours are theirs.
    assert run_cli(project.root, "install", "--yes", "--dsn", database).exit_code == 0
    assert run_cli(project.root, "prune", "--foreign", "--yes", "--dsn", database).exit_code == 0
    states = dict.fromkeys(before, ("INSTALLED", "ENABLED"))
    disabled = ("orders.Order:keep_paid", "orders.JournalEntry:append_only")
    assert _theirs(project) == states | dict.fromkeys(disabled, ("INSTALLED", "DISABLED"))
