from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgtrigger_codegen.errors import ConfigError
from pgtrigger_codegen.lint.baseline import Baseline, BaselineEntry, parse_baseline
from tests.lint import facts

FILE = Path("lint.json")
ENTRIES = st.builds(BaselineEntry, st.text(), st.from_regex(r"PGT\d{3}", fullmatch=True), st.text())


def display(path: str) -> str:
    return path.removeprefix("/project/")


def entry(code: str = "PGT103") -> BaselineEntry:
    return BaselineEntry("shop/models.py", code, "Something is wrong")


@given(st.dictionaries(ENTRIES, st.integers(1, 9)))
def test_rendering_and_parsing_are_inverse(counts: dict[BaselineEntry, int]) -> None:
    baseline = Baseline(Counter(counts))

    assert parse_baseline(baseline.render(), FILE) == baseline


def test_a_known_finding_may_move() -> None:
    baseline = Baseline.of([facts.finding(facts.span(1))], display)

    compared = baseline.compare([facts.finding(facts.span(99))], display)

    assert (compared.new, compared.stale) == ((), Counter())


def test_more_than_are_known_are_new() -> None:
    first, second = facts.finding(facts.span(1)), facts.finding(facts.span(2))

    assert Baseline.of([first], display).compare([first, second], display).new == (second,)


@pytest.mark.parametrize(
    "other",
    [
        facts.finding(facts.span(1), code="PGT104"),
        facts.finding(facts.span(1, path="/project/shop/forms.py")),
    ],
    ids=["code", "path"],
)
def test_another_finding_is_new_and_the_known_one_is_stale(other: object) -> None:
    known = facts.finding(facts.span(1))

    compared = Baseline.of([known, known], display).compare([other], display)  # type: ignore[list-item]

    assert compared.new == (other,)
    assert compared.stale == Counter({entry(): 2})


def test_entries_are_sorted_and_counted() -> None:
    text = Baseline(Counter({entry("PGT104"): 1, entry("PGT103"): 2})).render()

    assert text.index("PGT103") < text.index("PGT104")
    assert '"count": 2' in text
    assert text.endswith("}\n")


def test_merging_keeps_what_a_partial_run_says_nothing_of() -> None:
    old = Baseline(Counter({entry("PGT103"): 1, entry("PGT104"): 1}))
    new = Baseline(Counter({entry("PGT105"): 3}))

    merged = old.merged(new, lambda one: one.code == "PGT104")

    assert merged.counts == Counter({entry("PGT104"): 1, entry("PGT105"): 3})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[", "line 1"),
        ("[]", "no `version` 1"),
        ('{"version": 2, "findings": []}', "no `version` 1"),
        ('{"version": 1}', "`findings` is not a list"),
        ('{"version": 1, "findings": [{"path": "a"}]}', "entry 1 of `findings`"),
        (
            '{"version": 1, "findings": [{"path":"a","code":"b","message":"c","count":0}]}',
            "entry 1 of `findings`",
        ),
    ],
)
def test_what_is_no_baseline(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match="is not a baseline") as caught:
        parse_baseline(text, FILE)

    assert message in str(caught.value)
    assert "--write-baseline" in str(caught.value.help)
