"""Bodies that only migrations know: which are judged, and where findings about them point."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from tests.lint.cases import Case

MODELS = """\
import pgtrigger
from django.db import models


class Order(models.Model):
    status = models.TextField()
"""
MIGRATION = """\
import textwrap
from pathlib import Path

from django.db import migrations, models

{above}

class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
        migrations.RunSQL("SELECT 1", reverse_sql=""),
        migrations.RunSQL({sql}, reverse_sql="DROP TRIGGER stamp ON shop_order"),
    ]
"""
FUNCTION = """\
CREATE OR REPLACE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    -- What the row was.
    before text;
BEGIN
    NEW.{column} := 'new';
    RETURN NEW;
END;
$$;
"""
TRIGGER = "CREATE TRIGGER stamp BEFORE INSERT ON shop_order FOR EACH ROW EXECUTE FUNCTION stamp();"
BROKEN = FUNCTION.format(column="state") + TRIGGER
RIGHT = FUNCTION.format(column="status") + TRIGGER
INSTALLED_BY_PGTRIGGER = """\
from django.db import migrations
import pgtrigger.compiler
import pgtrigger.migrations


class Migration(migrations.Migration):
    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="order",
            trigger=pgtrigger.compiler.Trigger(
                name="stamp",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="NEW.state = 'new'; RETURN NEW;",
                    hash="0" * 40,
                    operation="INSERT",
                    pgid="pgtrigger_stamp_{hash}",
                    table="shop_order",
                    when="BEFORE",
                ),
            ),
        ),
    ]
"""


@pytest.mark.parametrize(
    ("above", "sql"),
    [
        ("", f'"""{BROKEN}"""'),
        ("", f'r"""\n    {BROKEN}"""'),
        ("", 'textwrap.dedent("""\\\n    ' + BROKEN.replace("\n", "\n    ") + '""")'),
        ("", " ".join(repr(line + "\n") for line in BROKEN.split("\n"))),
        (f'BODY = """{BROKEN}"""', "BODY"),
        (f'BODY = """{BROKEN}"""', "[BODY]"),
        ("", 'f"""' + BROKEN.replace("shop_order", "{'shop_order'}") + '"""'),
    ],
)
def test_inside_the_literal(above: str, sql: str, tmp_path: Path) -> None:
    migration = source(sql, above)
    write(tmp_path, {"0001_stamp": migration})

    [one] = findings(tmp_path)

    assert one.code == "PGT305"
    line = migration.split("\n")[one.span.line - 1]
    assert line[one.span.column - 1 : one.span.end_column - 1] == "NEW.state"


def test_the_operation_where_no_literal_is_certain(tmp_path: Path) -> None:
    above = f'BODY = """{BROKEN}"""'.replace("'new'", "'{what}'")
    migration = source('BODY.format(what="new")', above)
    write(tmp_path, {"0001_stamp": migration})

    [one] = findings(tmp_path)

    line = migration.split("\n")[one.span.line - 1]
    assert line[one.span.column - 1 :].startswith("migrations.RunSQL(BODY.format")


def test_in_an_sql_file(tmp_path: Path) -> None:
    write(tmp_path, {"0001_stamp": source('(Path(__file__).parent / "stamp.sql").read_text()')})
    (tmp_path / "shop/migrations/stamp.sql").write_text(BROKEN)

    [one] = findings(tmp_path)

    assert one.span.path.endswith("shop/migrations/stamp.sql")
    assert (one.span.line, one.span.column, one.span.end_column) == (6, 5, 14)


def test_in_a_module_that_the_migration_imports(tmp_path: Path) -> None:
    write(tmp_path, {"0001_stamp": source("BODY", "from shop.sql import BODY")})
    (tmp_path / "shop/sql.py").write_text(f'BODY = """{BROKEN}"""')

    [one] = findings(tmp_path)

    assert (Path(one.span.path).name, one.span.line) == ("sql.py", 6)


def test_the_function_that_was_installed_last(tmp_path: Path) -> None:
    write(tmp_path, {"0001_stamp": source(repr(BROKEN)), "0002_stamp": source(repr(RIGHT), "", 1)})

    assert findings(tmp_path) == []

    last = FUNCTION.format(column="state")
    write(tmp_path, {"0003_stamp": source(f'"""{last}"""', "", 2)})
    [one] = findings(tmp_path)
    assert Path(one.span.path).stem == "0003_stamp"


def test_of_two_functions_with_one_body_each_is_found(tmp_path: Path) -> None:
    other = BROKEN.replace("stamp", "mark").replace("BEFORE INSERT", "BEFORE UPDATE")
    write(tmp_path, {"0001_stamp": source(f'"""{other}{BROKEN}"""')})

    assert [one.span.line for one in findings(tmp_path)] == [17, 26]


def test_of_two_functions_in_two_literals_each_is_found(tmp_path: Path) -> None:
    other = BROKEN.replace("stamp", "mark").replace("BEFORE INSERT", "BEFORE UPDATE")
    write(tmp_path, {"0001_stamp": source(f'["""{other}""", """{BROKEN}"""]')})

    first, second = findings(tmp_path)

    assert first.span.line == 17
    assert second.span.line > first.span.line + len(other.split("\n")) - 3


@pytest.mark.parametrize(
    "sql",
    [
        RIGHT,
        BROKEN + "DROP TRIGGER stamp ON shop_order;",
        BROKEN.replace("shop_order", "audit.order"),
        FUNCTION.format(column="state"),
        BROKEN.replace("LANGUAGE plpgsql", "LANGUAGE plperl"),
    ],
)
def test_nothing_to_report(sql: str, tmp_path: Path) -> None:
    write(tmp_path, {"0001_stamp": source(repr(sql))})

    assert findings(tmp_path) == []


def test_syntax_errors(tmp_path: Path) -> None:
    sql = RIGHT.replace("RETURN NEW;\n", "RETRUN NEW;\n")
    write(tmp_path, {"0001_stamp": source(f'"""{sql}"""')})

    [one] = findings(tmp_path)

    assert one.code == "PGT301"
    assert one.span.line == source(f'"""{sql}"""').split("\n").index("    RETRUN NEW;") + 1


def test_what_is_declared_is_reported_there_alone(tmp_path: Path) -> None:
    declaration = """
    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="stamp",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.state = 'new'; RETURN NEW;",
            ),
        ]
"""
    migration = INSTALLED_BY_PGTRIGGER.replace("{hash}", "7c71a")
    write(tmp_path, {"0001_stamp": migration}, MODELS + declaration)

    [one] = findings(tmp_path)

    assert analyze(tmp_path, settings=None).triggers[0].pgid == "pgtrigger_stamp_7c71a"
    assert Path(one.span.path).name == "models.py"


def test_what_django_pgtrigger_installed_and_nothing_declares_now(tmp_path: Path) -> None:
    write(tmp_path, {"0001_stamp": INSTALLED_BY_PGTRIGGER.replace("{hash}", "12345")})

    [one] = findings(tmp_path)

    assert Path(one.span.path).stem == "0001_stamp"
    line = INSTALLED_BY_PGTRIGGER.split("\n")[one.span.line - 1]
    assert line[one.span.column - 1 : one.span.end_column - 1] == "NEW.state"


def source(sql: str, above: str = "", number: int = 0) -> str:
    dependencies = f'[("shop", "000{number}_stamp")]' if number else "[]"
    return MIGRATION.format(above=above, sql=sql, dependencies=dependencies)


def write(folder: Path, migrations: dict[str, str], models: str = MODELS) -> None:
    files = {f"shop/migrations/{name}.py": text for name, text in migrations.items()}
    Case("case", {"shop/models.py": models, **files}, (), {}, {}).write(folder)


def findings(folder: Path) -> list[Diagnostic]:
    found = run(analyze(folder, settings=None))
    return [one for one in found if one.code.startswith("PGT3")]


SUMMING = """\
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql {setting} AS $$
{directive}
DECLARE
    status text;
BEGIN
    status := 'new';
    SELECT max(status) INTO NEW.status FROM shop_order;
    RETURN NEW;
END;
$$;
"""


@pytest.mark.parametrize(
    ("setting", "directive", "codes"),
    [
        ("", "", ["PGT317"]),
        ("SET search_path = public", "-- variable_conflict", ["PGT317"]),
        ("SET plpgsql.variable_conflict = 'use_column'", "", []),
        ("", "#variable_conflict use_column", []),
        ("", "#variable_conflict error", ["PGT317"]),
    ],
)
def test_a_function_may_say_what_an_ambiguous_name_means(
    setting: str, directive: str, codes: list[str], tmp_path: Path
) -> None:
    sql = SUMMING.format(setting=setting, directive=directive) + TRIGGER
    write(tmp_path, {"0001_stamp": source(f'"""{sql}"""')})

    assert [one.code for one in findings(tmp_path)] == codes
