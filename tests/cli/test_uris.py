"""URIs on the command line, in full and shortened."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.cli.uris import full_uri, full_uris
from pgtrigger_codegen.errors import CodegenError
from tests.support.cli import run_cli, run_json
from tests.support.projects import write_project

KNOWN = {"shop.Order:protect", "shop.Order:double", "shop.Line:protect", "audit.Log:append"}
MODELS = """
import pgtrigger
from django.db import models


class Order(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]


class Line(models.Model):
    class Meta:
        triggers = [pgtrigger.Protect(name="protect", operation=pgtrigger.Delete)]
"""


@pytest.mark.parametrize(
    ("given", "uri"),
    [
        ("shop.Order:protect", "shop.Order:protect"),
        ("Order:protect", "shop.Order:protect"),
        ("double", "shop.Order:double"),
        ("shop.Line", "shop.Line:protect"),
        ("Log", "audit.Log:append"),
    ],
)
def test_what_tells_which_one(given: str, uri: str) -> None:
    assert full_uri(given, KNOWN) == uri


@pytest.mark.parametrize("given", ["prot", "order:protect", "shop", "Order:", ":protect", ""])
def test_a_part_of_a_word_tells_nothing(given: str) -> None:
    with pytest.raises(CodegenError, match="no trigger has the URI"):
        full_uri(given, KNOWN)


def test_what_can_mean_several_names_them() -> None:
    with pytest.raises(CodegenError) as raised:
        full_uri("protect", KNOWN)

    assert "`protect` can mean 2 triggers: shop.Line:protect, shop.Order:protect" in str(
        raised.value
    )
    assert raised.value.exit_code == 2


def test_a_whole_uri_is_never_short_for_another() -> None:
    """Two apps may have the labels `a` and `x.a`, as far as this function knows."""
    assert full_uri("a.B:c", {"a.B:c", "x.a.B:c"}) == "a.B:c"


def test_many_candidates_are_counted() -> None:
    with pytest.raises(CodegenError, match=r"can mean 30 triggers: .* and 20 more"):
        full_uri("protect", {f"shop.M{number}:protect" for number in range(30)})


def test_one_trigger_by_two_names_is_one() -> None:
    assert full_uris(["double", "shop.Order:double"], KNOWN) == ("shop.Order:double",)


def test_show_takes_short_uris(tmp_path: Path) -> None:
    root = write_project(tmp_path, MODELS)
    shown = run_json(root, "show", "Line:protect")["triggers"]
    refused = run_cli(root, "show", "protect")

    assert [trigger["uri"] for trigger in shown] == ["shop.Line:protect"]
    assert refused.exit_code == 2
    assert "shop.Line:protect, shop.Order:protect" in refused.stderr
    assert refused.stdout == ""
