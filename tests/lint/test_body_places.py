"""Places of a body's text in the Python that made it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from tests.lint.cases import Case

BEFORE = """\
import textwrap

import pgtrigger
from django.db import models

"""
MODEL = """

class Order(models.Model):
    status = models.TextField()

    class Meta:
        triggers = [
            {trigger},
        ]
"""
TRIGGER = (
    'pgtrigger.Trigger(name="a", when=pgtrigger.Before, operation=pgtrigger.Insert, func={func})'
)


@pytest.mark.parametrize(
    ("above", "func"),
    [
        ("", '"NEW.<state> = 1; RETURN NEW;"'),
        ("", "'NEW.status = \\'a\\'; NEW.<state> = 1; RETURN NEW;'"),
        ("", '("NEW.status = 1; "\n    "NEW.<state> = 1; " "RETURN NEW;")'),
        ("", '"NEW.status = 1; " + "NEW.<state> = 1; RETURN NEW;"'),
        ("", '"""\n    NEW.status = 1;\n    NEW.<state> = 1;\n    RETURN NEW;\n"""'),
        (
            "",
            'textwrap.dedent("""\n    PERFORM 1;\n      NEW.<state> = 1;\n    RETURN NEW;""")',
        ),
        ("", "f\"NEW.{'status'} = 1; NEW.<state> = 1; RETURN NEW;\""),
        ("", 'pgtrigger.Func("NEW.{columns.status} = 1; NEW.<state> = 1; RETURN NEW;")'),
        ("", "pgtrigger.Func(\"NEW.status = '{{}}'; NEW.<state> = 1; RETURN NEW;\")"),
        ("", '"NEW.%s = 1; NEW.<state> = 1; RETURN NEW;" % "status"'),
        ("", '"{} NEW.<state> = 1; RETURN NEW;".format("NEW.status = 1;")'),
        ("", '"\\n".join(["NEW.status = 1;", "NEW.<state> = 1;", "RETURN NEW;"])'),
        ('BODY = "NEW.<state> = 1; RETURN NEW;"', "BODY"),
        ('def body(n):\n    return f"NEW.<state> = {n}; RETURN NEW;"', "body(1)"),
    ],
)
def test_inside_the_literal(above: str, func: str, tmp_path: Path) -> None:
    source = BEFORE + above + MODEL.format(trigger=TRIGGER.format(func=func))

    assert_found(source, tmp_path)


def test_text_of_get_func(tmp_path: Path) -> None:
    source = """
import pgtrigger
from django.db import models

class Stamp(pgtrigger.Trigger):
    when = pgtrigger.Before
    operation = pgtrigger.Insert

    def get_func(self, model):
        table = model._meta.db_table
        return f'''
            PERFORM 1 FROM {table};
            NEW.<state> = 1;
            RETURN NEW;
        '''
"""
    assert_found(source + MODEL.format(trigger='Stamp(name="a")'), tmp_path)


@pytest.mark.parametrize(
    ("func", "text"),
    [
        ("(Path(__file__).parent / 'body.sql').read_text()", "\nNEW.state = 1;\nRETURN NEW;\n"),
        (
            "pgtrigger.Func((Path(__file__).parent / 'body.sql').read_text())",
            "NEW.{columns.status} = 1;\nNEW.state = 1; RETURN NEW;",
        ),
    ],
)
def test_in_an_sql_file(func: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "body.sql").write_text(text, encoding="utf-8")
    source = "from pathlib import Path\n" + BEFORE + MODEL.format(trigger=TRIGGER.format(func=func))

    assert places(source, tmp_path) == [(2, 1, 1 + len("NEW.state"))]


@pytest.mark.parametrize(
    ("above", "func"),
    [
        ('BODY = "NEW.state = 1; RETURN NEW;"\nOTHER = "NEW.state = 1; RETURN NEW;"', "BODY"),
        ('def body(n):\n    return f"NEW.state = {n}; " + "RETURN NEW;"', "body(1)"),
        ("", '"NEW.STATE = 1; RETURN NEW;".lower()'),
        ("", '"NEW." + "state" + " = 1; RETURN NEW;"'),
    ],
)
def test_the_trigger_where_no_literal_is_certain(above: str, func: str, tmp_path: Path) -> None:
    trigger = TRIGGER.format(func=func)
    source = BEFORE + above + MODEL.format(trigger=trigger)

    [(line, column, end_column)] = places(source, tmp_path)

    assert source.split("\n")[line - 1][column - 1 :] == trigger + ","
    assert end_column == column + len(trigger)


def assert_found(source: str, folder: Path) -> None:
    """`NEW.<state>` marks where the one finding is."""
    lines = source.split("\n")
    line = next(number for number, text in enumerate(lines, 1) if "NEW.<state>" in text)
    column = lines[line - 1].index("NEW.<state>") + 1

    found = places(source.replace("<state>", "state"), folder)

    assert found == [(line, column, column + len("NEW.state"))]


def places(source: str, folder: Path) -> list[tuple[int, int, int]]:
    case = Case("case", {"shop/models.py": source}, (), {}, {})
    case.write(folder)
    found = run(analyze(folder, settings=None))
    assert {one.code for one in found} == {"PGT305"}
    return [(one.span.line, one.span.column, one.span.end_column) for one in found]
