from __future__ import annotations

import pytest

from pgtrigger_codegen.lint.diagnostic import Applicability, Diagnostic, Edit, Fix
from pgtrigger_codegen.lint.fixes.applying import apply_fixes, may_apply
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.source.span import Span
from tests.lint import facts

FILES = {"/a.py": SourceText("one = 1\ntwo = 2\n"), "/b.py": SourceText("three = 3\n")}


def edit(path: str, line: int, start: int, end: int, content: str) -> Edit:
    return Edit(Span(path, line, start, line, end), content)


def finding(*edits: Edit, applicability: Applicability = Applicability.SAFE) -> Diagnostic:
    return facts.finding(edits[0].span, fix=Fix("Mend it", applicability, edits))


def texts(*findings: Diagnostic) -> dict[str, str]:
    fixed = apply_fixes(findings, FILES.__getitem__)
    return {path: source.text for path, source in fixed.texts.items()}


def test_all_edits_of_a_fix_in_all_files() -> None:
    fix = finding(edit("/a.py", 1, 7, 8, "10"), edit("/b.py", 1, 9, 10, "30"))

    assert texts(fix) == {"/a.py": "one = 10\ntwo = 2\n", "/b.py": "three = 30\n"}


def test_fixes_in_different_places_go_together() -> None:
    later, earlier = finding(edit("/a.py", 2, 7, 8, "20")), finding(edit("/a.py", 1, 7, 8, "10"))

    assert texts(later, earlier) == {"/a.py": "one = 10\ntwo = 20\n"}


@pytest.mark.parametrize(
    "second",
    [edit("/a.py", 1, 5, 8, "= 11"), edit("/a.py", 1, 7, 7, "1")],
    ids=["overlapping", "at the same place"],
)
def test_fixes_that_meet_wait_for_the_next_round(second: Edit) -> None:
    first = finding(edit("/a.py", 1, 7, 8, "10"))
    other = finding(edit("/b.py", 1, 9, 10, "30"), second)

    fixed = apply_fixes([first, other], FILES.__getitem__)

    assert fixed.applied == (first,)
    assert set(fixed.texts) == {"/a.py"}


def test_a_fix_that_two_findings_share_is_made_once_for_both() -> None:
    first, second = finding(edit("/a.py", 1, 7, 8, "10")), finding(edit("/a.py", 1, 7, 8, "10"))

    fixed = apply_fixes([first, second], FILES.__getitem__)

    assert fixed.applied == (first, second)
    assert fixed.texts["/a.py"].text == "one = 10\ntwo = 2\n"


def test_fixes_that_touch_do_not_meet() -> None:
    first, second = finding(edit("/a.py", 1, 1, 4, "uno")), finding(edit("/a.py", 1, 4, 8, "=1"))

    assert texts(first, second) == {"/a.py": "uno=1\ntwo = 2\n"}


def test_a_fix_that_would_not_parse_is_left_out() -> None:
    good, bad = finding(edit("/a.py", 1, 7, 8, "10")), finding(edit("/a.py", 2, 5, 6, "= ="))

    assert texts(bad, good) == {"/a.py": "one = 10\ntwo = 2\n"}


def test_a_file_of_others_is_left_alone() -> None:
    fix = finding(edit("/a.py", 1, 7, 8, "10"), edit("/b.py", 1, 9, 10, "30"))

    fixed = apply_fixes([fix], FILES.__getitem__, writable=lambda path: path == "/a.py")

    assert (fixed.texts, fixed.applied) == ({}, ())


@pytest.mark.parametrize(
    ("applicability", "unsafe", "expected"),
    [
        (Applicability.SAFE, False, True),
        (Applicability.UNSAFE, False, False),
        (Applicability.UNSAFE, True, True),
        (Applicability.DISPLAY_ONLY, True, False),
    ],
)
def test_which_fixes_are_applied(
    applicability: Applicability, unsafe: bool, expected: bool
) -> None:
    found = finding(edit("/a.py", 1, 7, 8, "10"), applicability=applicability)

    assert may_apply(found.fix, unsafe=unsafe) is expected
    fixed = apply_fixes([found], FILES.__getitem__, unsafe=unsafe)
    assert bool(fixed.applied) is expected


def test_a_finding_without_a_fix() -> None:
    assert texts(facts.finding(facts.span())) == {}
