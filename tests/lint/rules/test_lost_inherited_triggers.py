from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Severity
from pgtrigger_codegen.lint.facts.context import LintContext
from pgtrigger_codegen.lint.rules.lost_inherited_triggers import LostInheritedTriggers
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.source.span import Span
from tests.lint import facts

SOURCE = """\
class Audited(models.Model):
    class Meta:
        abstract = True
        triggers = [KEEP]


class Order(Audited):
    class Meta:
        ordering = []
"""


def check(
    path: Path,
    *,
    cause: Literal["own-meta", "other-base"] = "own-meta",
    triggers: tuple[str, ...] = ("keep",),
    meta_bases: tuple[str, ...] = (),
) -> Diagnostic:
    lost = LostTriggers(
        model="Order",
        base="Audited",
        triggers=triggers,
        cause=cause,
        span=Span(str(path), 8, 11, 8, 15),
        base_span=Span(str(path), 1, 7, 1, 14),
        meta_bases=meta_bases,
    )
    (found,) = LostInheritedTriggers().check(LintContext(facts.analysis(lost_triggers=(lost,))))
    return found


@pytest.fixture
def models(tmp_path: Path) -> Path:
    path = tmp_path / "models.py"
    path.write_text(SOURCE)
    return path


def test_points_at_the_meta_and_notes_the_base(models: Path) -> None:
    found = check(models)

    assert (found.severity, found.span.line) == (Severity.ERROR, 8)
    assert [note.span.line for note in found.notes] == [1]
    assert found.help == "Derive `Meta` from the base's `Meta`: `class Meta(Audited.Meta)`"


def test_the_fix_reads_the_sources(models: Path) -> None:
    found = check(models)

    assert found.fix is not None
    assert found.fix.applicability is Applicability.SAFE


def test_a_file_that_is_gone_has_no_fix(tmp_path: Path) -> None:
    assert check(tmp_path / "gone.py").fix is None


@pytest.mark.parametrize(
    ("triggers", "named"),
    [
        (("keep",), "drops the inherited trigger `keep` of `Audited`"),
        (("keep", "log"), "drops the inherited triggers `keep`, `log` of `Audited`"),
        ((), "drops the inherited triggers of `Audited`"),
    ],
)
def test_the_message_names_what_is_known(
    models: Path, triggers: tuple[str, ...], named: str
) -> None:
    assert named in check(models, triggers=triggers).message


def test_an_earlier_bases_meta(models: Path) -> None:
    found = check(models, cause="other-base")

    assert "inherits the `Meta` of an earlier base" in found.message
    assert found.fix is None


@pytest.mark.parametrize(
    ("meta_bases", "help"),
    [
        (("Other.Meta",), "`class Meta(Other.Meta, Audited.Meta)`"),
        (("Audited.Meta",), "`triggers = [*Audited.Meta.triggers, ...]`"),
    ],
)
def test_help_keeps_the_bases_that_meta_has(
    models: Path, meta_bases: tuple[str, ...], help: str
) -> None:
    found = check(models, meta_bases=meta_bases)

    assert found.help is not None
    assert help in found.help
