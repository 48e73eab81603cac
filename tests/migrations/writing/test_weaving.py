"""Operations added to files that somebody else wrote."""

from __future__ import annotations

import ast

import pytest

from pgtrigger_codegen.migrations.writing.migration_class import LayoutError
from pgtrigger_codegen.migrations.writing.weaving import Threads, weave

HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
BEFORE = "        # Before.\n        migrations.RunSQL('b'),"
AFTER = "        # After.\n        migrations.RunSQL('a'),"
USUAL = """\
    dependencies = [("shop", "0001")]

    operations = [
        # First, as always.
        migrations.One(),
        # The second one
        # takes two lines.
        migrations.Two(
            "x",
        ),  # and a remark
        migrations.Three(),
    ]
"""


def added(body: str, index: int, *dependencies: tuple[str, str]) -> str:
    woven = weave(HEAD + body, Threads({index: [BEFORE]}, {index: [AFTER]}), dependencies)
    assert woven.startswith(HEAD)
    return woven.removeprefix(HEAD)


def operations(body: str) -> list[str]:
    (migration,) = ast.parse(HEAD + body).body[1:]
    assert isinstance(migration, ast.ClassDef)
    listed = migration.body[-1]
    assert isinstance(listed, ast.Assign | ast.AnnAssign)
    assert isinstance(listed.value, ast.List)
    return [ast.unparse(element).removeprefix("migrations.") for element in listed.value.elts]


def test_comments_stay_with_their_operations() -> None:
    assert added(USUAL, 1) == USUAL.replace(
        "        # The second", f"{BEFORE}\n        # The second"
    ).replace("# and a remark\n", f"# and a remark\n{AFTER}\n")


@pytest.mark.parametrize(
    "body",
    [
        "    operations = [migrations.Two()]\n",
        "    operations = [migrations.Two(),]\n",
        "    operations = [\n        migrations.Two()\n    ]\n",
        "    operations = [\n        migrations.Two()  # without a comma\n    ]\n",
        "    operations = [\n        migrations.Two(\n            'é', 'ü'\n        )]\n",
        "    operations: list = [\n        migrations.Two(), ]\n",
        "    operations = [(migrations.Two())]\n",
        "    operations = [\n        (  # (why)\n        (migrations.Two())\n        ),\n    ]\n",
        "    operations = [\n        migrations.Two()\n        # ## One more.\n        ,\n    ]\n",
        "    operations = [migrations.Two(  # x\n    ) \\\n    ,  # y\n    ]\n",
        "    operations = [\n        migrations.Two('\u2028'),\n    ]\n",
        "    operations = [\n        migrations.Two(" + '"""\x0c\n"""' + ")  # c\n    ]\n",
    ],
)
def test_any_layout(body: str) -> None:
    two = operations(body)

    assert operations(added(body, 0)) == ["RunSQL('b')", *two, "RunSQL('a')"]


def test_between_operations_on_one_line() -> None:
    body = "    operations = [migrations.One(), migrations.Two(), migrations.Three()]\n"

    assert operations(added(body, 1)) == ["One()", "RunSQL('b')", "Two()", "RunSQL('a')", "Three()"]


def test_line_ends_stay_as_they_are() -> None:
    source = (HEAD + USUAL).replace("\n", "\r\n")

    woven = weave(source, Threads({0: [BEFORE]}, {2: [AFTER]}))

    assert woven.count("\n") == woven.count("\r\n") == source.count("\n") + 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[("shop", "0001")]', '[("shop", "0001"),\n        ("audit", "0002"),\n    ]'),
        ("[]", '[\n        ("audit", "0002"),\n    ]'),
        (
            '[\n        ("shop", "0001"),\n    ]',
            '[\n        ("shop", "0001"),\n        ("audit", "0002"),\n    ]',
        ),
    ],
)
def test_dependencies(before: str, after: str) -> None:
    body = USUAL.replace('[("shop", "0001")]', before)

    woven = added(body, 0, ("audit", "0002"))

    assert f"    dependencies = {after}\n" in woven


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("operations = []\n", "no `class Migration`"),
        (HEAD.replace("import migrations", "import migrations as m") + USUAL, "from django.db"),
        (HEAD + "    operations = []\n", "not all in the list"),
        (HEAD + "    operations = [*SHARED, migrations.One()]\n", "not a plain list"),
        (HEAD + "    operations = shared()\n", "not a plain list"),
        (HEAD + "    pass\n", "not a plain list"),
    ],
)
def test_what_cannot_be_added_to(source: str, reason: str) -> None:
    with pytest.raises(LayoutError, match=reason):
        weave(source, Threads({0: [BEFORE]}, {}))


NOTHING = Threads({}, {})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "    dependencies = []\n\n    operations = []\n",
            "    dependencies = []\n{added}\n    operations = []\n",
        ),
        ("    operations = []\n", "{added}\n    operations = []\n"),
        ("    dependencies = []", "    dependencies = []\n{added}"),
        (
            '    run_before = [("a", "1")]\n',
            '    run_before = [("a", "1"),\n        ("shop", "0002"),\n    ]\n',
        ),
    ],
)
def test_run_before_is_added_to_the_class(body: str, expected: str) -> None:
    added = '    run_before = [\n        ("shop", "0002"),\n    ]\n'

    woven = weave(HEAD + body, NOTHING, run_before=[("shop", "0002")])

    assert woven.rstrip() == (HEAD + expected.format(added=added)).rstrip()
    assert [*ast.walk(ast.parse(woven))]


def test_run_before_that_is_no_list_is_refused() -> None:
    with pytest.raises(LayoutError, match="run_before are not a plain list"):
        weave(f"{HEAD}    run_before = [*OTHERS]\n", NOTHING, run_before=[("shop", "0002")])
