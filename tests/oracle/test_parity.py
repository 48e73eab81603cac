"""Every trigger of the fixtures is the one that django-pgtrigger itself compiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import run_json
from tests.support.django_process import DjangoProject
from tests.support.oracle import registered_triggers
from tests.support.projects import WORKING, copy_project


@pytest.mark.parametrize("name", WORKING)
def test_triggers_are_those_of_django_pgtrigger(name: str, tmp_path: Path) -> None:
    root = copy_project(name, tmp_path)
    ours = run_json(root, "show")
    theirs = registered_triggers(DjangoProject(root))

    assert ours["unresolved"] == []
    assert theirs, "the oracle found nothing to compare with"
    assert {
        entry["uri"]: (entry["pgid"], entry["hash"], entry["table"]) for entry in ours["triggers"]
    } == {trigger.uri: (trigger.pgid, trigger.hash, trigger.table) for trigger in theirs}
    assert len(ours["triggers"]) == len(theirs)
    sites = ours["coverage"].pop("sites")
    assert sites >= len({(entry["path"], entry["line"]) for entry in ours["triggers"]})
    assert ours["coverage"] == {
        "found": len(theirs),
        "compiled": len(theirs),
        "unresolved": 0,
    }


def test_classes_are_named_as_they_are_imported(tmp_path: Path) -> None:
    ours = run_json(copy_project("shop", tmp_path), "show")

    classes = {entry["uri"]: entry["class"] for entry in ours["triggers"]}

    # A project's own class by its own path, a library's by a path that can be imported.
    assert classes["orders.JournalEntry:append_only"] == "shop.core.triggers.AppendOnly"
    assert classes["customers.Customer:keep_protected"].startswith("pgtrigger.")
    assert classes["customers.Customer:keep_protected"].endswith(".Protect")


def test_origins_and_apps_say_where_a_trigger_comes_from(tmp_path: Path) -> None:
    ours = run_json(copy_project("shop", tmp_path), "show")

    found = {
        entry["uri"]: (entry["origin"], entry["migration_app"], entry["path"])
        for entry in ours["triggers"]
    }

    assert found["catalog.Category:archive"] == ("inherited", "catalog", "shop/core/bases.py")
    assert found["catalog.Price:no_empty_update"] == (
        "register",
        "catalog",
        "shop/catalog/models.py",
    )
    assert found["auth.User_user_permissions:permissions_are_never_changed"] == (
        "register",
        "customers",
        "shop/customers/models.py",
    )
    # A call in a module that `AppConfig.ready()` imports is a registration like any other.
    assert found["customers.Customer:keep_email_of_protected"] == (
        "register",
        "customers",
        "shop/customers/protection.py",
    )
    assert found["customers.StaffAccount:keep_superusers"] == (
        "meta",
        "customers",
        "shop/customers/models.py",
    )


def test_a_meta_of_its_own_drops_what_the_base_declares(tmp_path: Path) -> None:
    root = copy_project("shop", tmp_path)

    uris = {entry["uri"] for entry in run_json(root, "show")["triggers"]}

    # `Basket` has `class Meta:` without the base's, `Customer` has `class Meta(Timestamped.Meta)`.
    assert "orders.Basket:keep_created_at" not in uris
    assert "customers.Customer:keep_created_at" in uris
