"""The one decision: may a trigger exist that was not read?"""

from __future__ import annotations

import random

import pytest

from pgtrigger_codegen.certificate.certificate import Certificate, installed_name, is_named
from pgtrigger_codegen.certificate.gaps import EVERYTHING, OTHER_APPS, Concern, Gap
from pgtrigger_codegen.source.span import Span
from pgtrigger_codegen.source.unread import GapKind
from pgtrigger_codegen.sql.names import QualifiedName
from pgtrigger_codegen.triggers.compiled import Cause

ORDERS, LOGS = QualifiedName(None, "shop_order"), QualifiedName(None, "audit_log")
URI = "shop.Order:protect"
NAME = installed_name(URI)


def test_gaps_that_differ_in_little_have_an_order() -> None:
    one, other = Span("/models.py", 1, 1, 1, 2), Span("/models.py", 2, 1, 2, 2)
    unread = GapKind.UNREAD_BASE
    gaps = [
        Gap(unread, "a", Concern("app", "shop"), one),
        Gap(unread, "a", Concern("table", "audit_log"), one),
        Gap(unread, "a", Concern("table", "shop_order"), one, apps=frozenset({"audit", "shop"})),
        Gap(unread, "a", Concern("table", "shop_order"), one, apps=frozenset({"shop"})),
        Gap(unread, "a", Concern("table", "shop_order"), one, Cause.BAD_NAME),
        Gap(unread, "a", Concern("table", "shop_order"), other, blocks=False),
        Gap(unread, "a", Concern("table", "shop_order"), other),
        Gap(unread, "a", EVERYTHING, None),
        Gap(unread, "b", EVERYTHING, None, apps=None),
    ]
    for _ in range(50):
        mixed = random.sample(gaps, len(gaps))
        assert Certificate(mixed).stated == tuple(gaps)
        assert Certificate(mixed[:4], more=lambda: mixed[4:]).gaps == tuple(gaps)  # noqa: B023
        assert Certificate(mixed).blocking == tuple(gap for gap in gaps if gap.blocks)


def certificate(concerns: Concern) -> Certificate:
    gap = Gap(GapKind.SYNTAX_ERROR, "invalid syntax", concerns)
    return Certificate([gap], lambda: {"shop_order": "shop", "audit_log": "audit"})


@pytest.mark.parametrize(
    ("concerns", "table", "owner", "doubted"),
    [
        (EVERYTHING, ORDERS, "shop", True),
        (EVERYTHING, LOGS, None, True),
        # An app that is not known cannot have declared what a known app's migrations made.
        (OTHER_APPS, ORDERS, "shop", False),
        (OTHER_APPS, ORDERS, None, True),
        (Concern("app", "shop"), ORDERS, "shop", True),
        (Concern("app", "shop"), LOGS, "shop", True),  # it registers on other apps' tables
        (Concern("app", "shop"), ORDERS, "audit", True),  # or declares it itself by now
        (Concern("app", "shop"), LOGS, "audit", False),
        (Concern("app", "shop"), LOGS, None, True),
        (Concern("table", "shop_order"), ORDERS, "audit", True),
        (Concern("table", "shop_order"), QualifiedName("public", "shop_order"), None, True),
        (Concern("table", 'erp"."shop_order'), QualifiedName("crm", "shop_order"), None, False),
        (Concern("table", "shop_order"), LOGS, None, False),
        (Concern("trigger", URI), LOGS, None, True),
        (Concern("trigger", "protect"), ORDERS, None, True),
        (Concern("trigger", "protec"), ORDERS, None, False),
        (Concern("trigger", "shop.Other:protect"), ORDERS, None, False),
    ],
)
def test_decides_by_what_a_gap_concerns(
    concerns: Concern, table: QualifiedName, owner: str | None, doubted: bool
) -> None:
    found = certificate(concerns).doubt(table, NAME, owner)
    assert (found is not None) is doubted


def test_names_a_trigger_as_django_pgtrigger_does() -> None:
    assert NAME.startswith("pgtrigger_protect_")
    assert is_named(NAME.upper(), URI)
    assert not is_named("pgtrigger_protect_00000", URI)


def test_finds_what_takes_work_only_when_it_is_asked_for() -> None:
    asked = []

    def more() -> list[Gap]:
        asked.append(True)
        return [Gap(GapKind.UNREAD_BASE, "x", Concern("table", "shop_order"), blocks=False)]

    sure = Gap(GapKind.SYNTAX_ERROR, "y", Concern("app", "shop"), apps=frozenset({"shop"}))
    known = Certificate([sure], more=more)
    assert known.gaps_of("shop") == (sure,)
    assert known.gaps_of("audit") == ()
    assert known.blocking == (sure,)
    assert not asked
    assert len(known.gaps) == 2
    assert asked
