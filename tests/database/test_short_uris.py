"""Shortened URIs in commands that look at a database, and in those that change it."""

from __future__ import annotations

from tests.database.project import DOUBLE, MODELS, PROTECT, Shop


def test_a_name_tells_which_trigger(shop: Shop) -> None:
    assert f"installed: {PROTECT}" in shop.done("install", "protect")
    statuses = shop.statuses()

    assert statuses[PROTECT][0] == "INSTALLED"
    assert statuses[DOUBLE][0] == "UNINSTALLED"


def test_several_triggers_are_named_and_none_is_changed(shop: Shop) -> None:
    refused = shop.run("install", "Order")

    assert refused.exit_code == 2
    assert f"`Order` can mean 2 triggers: {DOUBLE}, {PROTECT}" in refused.stderr
    assert {status for status, _, _ in shop.statuses().values()} == {"UNINSTALLED"}


def test_nothing_is_changed_by_a_short_uri_where_source_was_not_read(shop: Shop) -> None:
    """What was not read may declare another trigger that has the name as well."""
    shop.done("install")
    unread = "class Unread(models.Model):\n    class Meta:\n        triggers = unknown()\n"
    shop.write(f"{MODELS}\n\n{unread}")
    refused = shop.run("disable", "protect")
    listed = shop.run("ls", "protect")

    assert refused.exit_code == 2
    assert f"`protect` is short for `{PROTECT}`" in refused.stderr
    assert f"help: write the whole URI: {PROTECT}" in refused.stderr
    assert listed.stdout == f"INSTALLED ENABLED  {PROTECT}\n"
    assert shop.run("disable", PROTECT).stdout == f"disabled: {PROTECT}\n"
