"""Generated models and conditions agree with django-pgtrigger at run time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.triggers.compiled import Cause
from tests.evaluator.live_django import LiveDjango, live_django

HEADER = """\
import datetime
import uuid
from decimal import Decimal
from uuid import UUID

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models


"""

_TEXT = st.text("ab'\"%_\\ é{}\n$", max_size=6)
_INTEGERS = st.integers(-(2**15), 2**15 - 1)
_MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).filter(lambda moment: moment.year > 1000)
_DECIMALS = st.decimals(-999, 999, places=2)
_SPANS = st.timedeltas(dt.timedelta(days=-9), dt.timedelta(days=9))

# By field: its declaration, and what it is compared with.
FIELDS: dict[str, tuple[str, st.SearchStrategy[object]]] = {
    "big": ("models.BigIntegerField()", _INTEGERS),
    "binary": ("models.BinaryField()", st.binary(max_size=4)),
    "boolean": ("models.BooleanField()", st.booleans()),
    "char": ("models.CharField(max_length=10)", _TEXT),
    "date": ("models.DateField()", st.dates(dt.date(1900, 1, 1))),
    "moment": ("models.DateTimeField(db_column='at')", _MOMENTS),
    "decimal": ("models.DecimalField(max_digits=7, decimal_places=2)", _DECIMALS),
    "span": ("models.DurationField()", _SPANS),
    "email": ("models.EmailField()", _TEXT),
    "file": ("models.FileField()", _TEXT),
    "path": ("models.FilePathField()", _TEXT),
    "float": ("models.FloatField()", st.floats(-9, 9, width=16)),
    "address": ("models.GenericIPAddressField()", st.ip_addresses(v=4).map(str)),
    "integer": ("models.IntegerField(null=True)", _INTEGERS),
    "json": ("models.JSONField()", st.dictionaries(_TEXT, _INTEGERS | _TEXT, max_size=2)),
    "positive": ("models.PositiveIntegerField()", _INTEGERS),
    "positive_big": ("models.PositiveBigIntegerField()", _INTEGERS),
    "positive_small": ("models.PositiveSmallIntegerField()", _INTEGERS),
    "slug": ("models.SlugField()", _TEXT),
    "small": ("models.SmallIntegerField()", _INTEGERS),
    "text": ("models.TextField(db_column='the \"text')", _TEXT),
    "time": ("models.TimeField()", st.times()),
    "url": ("models.URLField()", _TEXT),
    "uuid": ("models.UUIDField(default=uuid.uuid4)", st.uuids()),
    "parent": ("models.ForeignKey('self', models.CASCADE, null=True)", _INTEGERS),
    "twin": ("models.OneToOneField('self', models.CASCADE, related_name='+')", _INTEGERS),
    "tags": ("ArrayField(models.CharField(max_length=3))", st.lists(_TEXT, max_size=2)),
}
LOOKUPS = "exact gt gte lt lte in isnull contains startswith range df ndf".split()


@st.composite
def terms(draw: st.DrawFn) -> str:
    """One keyword of a `Q`, as source."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    lookup = draw(st.sampled_from(LOOKUPS))
    values = FIELDS[name][1]
    if lookup == "isnull":
        value = repr(draw(st.booleans()))
    elif lookup == "in":
        value = _source(draw(st.lists(values, min_size=1, max_size=3)))
    elif lookup == "range":
        value = _source(draw(st.tuples(values, values)))
    elif draw(st.integers(0, 4)) == 0:
        value = f"pgtrigger.F('{draw(st.sampled_from(['old', 'new']))}__{name}')"
    elif lookup in ("exact", "df", "ndf") and draw(st.integers(0, 4)) == 0:
        value = "None"
    else:
        value = _source(draw(values))
    side = draw(st.sampled_from(["old", "new"]))
    suffix = "" if lookup == "exact" and draw(st.booleans()) else f"__{lookup}"
    return f"{side}__{name}{suffix}={value}"


conditions = st.recursive(
    st.lists(terms(), min_size=1, max_size=2, unique_by=lambda term: term.partition("=")[0]).map(
        lambda found: f"pgtrigger.Q({', '.join(found)})"
    ),
    lambda inner: st.one_of(
        inner.map(lambda one: f"~{one}"),
        st.tuples(inner, st.sampled_from("&|"), inner).map(lambda each: f"({' '.join(each)})"),
    ),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def django(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveDjango]:
    with live_django(tmp_path_factory.mktemp("live")) as process:
        yield process


_ALWAYS_THE_SAME = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
    derandomize=True,
)


@_ALWAYS_THE_SAME
@given(found=st.lists(conditions, min_size=1, max_size=6))
def test_conditions_agree(django: LiveDjango, found: list[str]) -> None:
    require_agreement(django, found)


@pytest.mark.slow
@settings(_ALWAYS_THE_SAME, max_examples=100)
@given(found=st.lists(conditions, min_size=1, max_size=6))
def test_many_conditions_agree(django: LiveDjango, found: list[str]) -> None:
    require_agreement(django, found)


def require_agreement(django: LiveDjango, found: list[str]) -> None:
    triggers = "".join(
        f"            pgtrigger.Protect(name='t{index}', operation=pgtrigger.Update, "
        f"condition={condition}),\n"
        for index, condition in enumerate(found)
    )
    fields = "".join(
        f"    {name} = {declaration}\n"
        for name, (declaration, _) in FIELDS.items()
        if any(f"__{name}" in condition for condition in found)
    )
    source = (
        f"{HEADER}class Thing(models.Model):\n{fields}\n    class Meta:\n"
        f"        triggers = [\n{triggers}        ]\n"
    )

    theirs = django.hashes(source)
    analysis = analyze(django.root)

    ours = {trigger.uri: trigger.hash for trigger in analysis.triggers}
    assert ours == {uri: hash for uri, hash in theirs.items() if ": " not in hash}
    # What django-pgtrigger raises on, we refuse as its error and not as something unreadable.
    raised = {uri for uri, hash in theirs.items() if ": " in hash}
    assert {trigger.uri for trigger in analysis.unresolved} == raised
    assert {trigger.cause for trigger in analysis.unresolved} <= {
        Cause.BAD_ARGUMENTS,
        Cause.UNKNOWN_FIELD,
    }


def test_the_oracle_compiles(django: LiveDjango) -> None:
    source = (
        f"{HEADER}class Thing(models.Model):\n    x = models.IntegerField()\n    class Meta:\n"
        "        triggers = [pgtrigger.Protect(name='t', operation=pgtrigger.Update, "
        "condition=pgtrigger.Q(old__x=1)), pgtrigger.Protect(name='u', operation=pgtrigger.Update,"
        " condition=pgtrigger.Q(old__y=1))]\n"
    )

    answer = django.hashes(source)

    assert len(answer["app.Thing:t"]) == 40
    assert answer["app.Thing:u"].startswith("FieldError: ")


def _source(value: object) -> str:
    assert not isinstance(value, Decimal) or value.is_finite()
    return repr(value).replace("datetime.UTC", "datetime.timezone.utc")
