"""Changes to the lists of a migration's class."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence

import pytest

from pgtrigger_codegen.migrations.writing.class_lists import ClassLists
from pgtrigger_codegen.migrations.writing.migration_class import LayoutError

FILE = '''\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]

    operations = [
        # Ours: one.
        migrations.RunSQL(
            sql="""\\
ä one
""",  # the text
        ),  # first
        # Not ours: this stays.
        # Ours: two.
        migrations.RunSQL("two"),
        migrations.RunSQL("three"),
        # The last word.
    ]
'''
NEW = '        migrations.RunSQL("new"),'


def _rewritten(text: str, replaced: Mapping[int, Sequence[str]]) -> str:
    lists = ClassLists(text)
    lists.rewrite("operations", replaced, lambda comment: comment.startswith("Ours"))
    return lists.result()


def _inside(text: str) -> list[str]:
    """The lines between the brackets of the operations."""
    lines = text.splitlines()
    start = lines.index("    operations = [")
    return [line.strip() for line in lines[start + 1 : lines.index("    ]", start)]]


def test_an_element_goes_with_our_comment_above_it() -> None:
    assert _inside(_rewritten(FILE, {1: ()}))[-4:] == [
        "),  # first",
        "# Not ours: this stays.",
        'migrations.RunSQL("three"),',
        "# The last word.",
    ]


def test_comments_in_and_behind_an_element_stay() -> None:
    assert _inside(_rewritten(FILE, {0: (NEW,)}))[:4] == [
        "# the text",
        "# first",
        'migrations.RunSQL("new"),',
        "# Not ours: this stays.",
    ]


def test_what_is_not_changed_stays_as_it_is() -> None:
    before, after = FILE.splitlines(), _rewritten(FILE, {2: (NEW, NEW)}).splitlines()

    assert after == [*before[:-3], NEW, NEW, *before[-2:]]


def test_a_list_without_elements_closes_at_once() -> None:
    text = FILE.replace("        # The last word.\n", "").replace(
        "        # Not ours: this stays.\n", ""
    )
    text = text.replace("  # the text", "").replace("  # first", "")

    assert "    operations = []\n" in _rewritten(text, {0: (), 1: (), 2: ()})


def test_a_list_without_elements_keeps_its_comments() -> None:
    assert _inside(_rewritten(FILE, {0: (), 1: (), 2: ()})) == [
        "# the text",
        "# first",
        "# Not ours: this stays.",
        "# The last word.",
    ]


@pytest.mark.parametrize(
    ("operations", "replaced", "count"),
    [
        ('[migrations.RunSQL("a")]', {0: ()}, 0),
        ('[migrations.RunSQL("a")]', {0: (NEW,)}, 1),
        ('[migrations.RunSQL("a"), migrations.RunSQL("b")]', {0: ()}, 1),
        ('[migrations.RunSQL("a"), migrations.RunSQL("b")]', {1: ()}, 1),
        ('[migrations.RunSQL("a"), migrations.RunSQL("b"),]', {1: (NEW,)}, 2),
        ('[migrations.RunSQL("a"),\n        migrations.RunSQL("b")]', {1: (NEW, NEW)}, 3),
        ('[\n        migrations.RunSQL("a"),\n        migrations.RunSQL("b")]', {0: (NEW,)}, 2),
        ('[\n        migrations.RunSQL("a")  # without a comma\n    ]', {0: (NEW,)}, 1),
    ],
)
def test_lists_of_any_shape(
    operations: str, replaced: Mapping[int, Sequence[str]], count: int
) -> None:
    text = f"class Migration:\n    operations: list = {operations}\n"

    rewritten = ClassLists(_rewritten(text, replaced))
    assert len(rewritten.elements("operations")) == count


@pytest.mark.parametrize(
    ("before", "gone", "codes", "after"),
    [
        ('[("a", "1")]', [0], ["B"], "[B]"),
        ('[("a", "1"), ("b", "1")]', [0], [], '[("b", "1")]'),
        ('[("a", "1")]', [], ["B", "C"], '[("a", "1"), B, C]'),
        ('[("a", "1")]', [0], ["B", "C"], "[B, C]"),
        ("[]", [], ["B"], "[\n        B,\n    ]"),
        (
            '[\n        ("a", "1"),  # why\n    ]',
            [],
            ["B"],
            '[\n        ("a", "1"),  # why\n        B,\n    ]',
        ),
        ('[\n        ("a", "1")\n    ]', [], ["B"], '[\n        ("a", "1"),\n        B,\n    ]'),
        (
            '[\n        ("a", "1"),\n        ("b", "1"),\n    ]',
            [0, 1],
            ["B"],
            "[\n        B,\n    ]",
        ),
    ],
)
def test_dependencies(before: str, gone: list[int], codes: list[str], after: str) -> None:
    lists = ClassLists(f"class Migration:\n    dependencies = {before}\n")
    lists.exchange("dependencies", gone, codes)

    assert lists.result() == f"class Migration:\n    dependencies = {after}\n"


@pytest.mark.parametrize(
    "body",
    ["operations = list()", "operations = [*others]", "dependencies = []", "operations += []"],
)
def test_lists_that_cannot_be_changed(body: str) -> None:
    with pytest.raises(LayoutError, match="plain list"):
        ClassLists(f"class Migration:\n    {body}\n").elements("operations")


def test_no_migration() -> None:
    with pytest.raises(LayoutError, match="no `class Migration`"):
        ClassLists(textwrap.dedent("operations = []")).elements("operations")


def test_the_outcome_is_python() -> None:
    ast.parse(_rewritten(FILE, {0: (NEW,), 1: (), 2: (NEW, NEW)}))
