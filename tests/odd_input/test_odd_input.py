# ruff: noqa: E501  (one case, one line)
"""What no project should have, and a stranger's may: never a traceback, never an internal error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import CONSOLE_SCRIPT, Outcome, run_cli, run_process
from tests.support.projects import write_project

MODELS = """\
import pgtrigger
from django.db import models
class Product(models.Model):
    name = models.CharField(max_length=9)
    class Meta:
        triggers = [pgtrigger.Protect(name="p", operation=pgtrigger.Delete)]
"""
OTHER = """
class Other(models.Model):
    {field}
    class Meta:
        {option}
        triggers = [{trigger}]
"""
SETTINGS = """\
INSTALLED_APPS = ['pgtrigger', 'shop']
PGTRIGGER_MIGRATIONS = False
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
"""
INITIAL = """\
from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel('Product', [
        ('id', models.BigAutoField(primary_key=True)), ('name', models.CharField(max_length=9)),
    ])]
"""
MIGRATION = """\
from django.db import migrations, models
import pgtrigger.migrations
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [{operation}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"settings.py": SETTINGS, "shop/migrations/0001_initial.py": INITIAL}
    return write_project(tmp_path, MODELS, files, packages=("shop", "shop/migrations"))


def _check(project: Path) -> Outcome:
    """Lints, where a crash surfaces as what it is."""
    outcome = run_cli(project, "lint")
    assert outcome.exit_code in (0, 1, 2)
    assert "internal error" not in outcome.stdout + outcome.stderr
    return outcome


def _other(
    project: Path,
    field: str = "a = models.IntegerField()",
    option: str = "",
    trigger: str = "pgtrigger.Protect(name='q', operation=pgtrigger.Delete)",
) -> Outcome:
    text = MODELS + OTHER.format(field=field, option=option or "pass", trigger=trigger)
    (project / "shop" / "models.py").write_text(text, encoding="utf-8")
    return _check(project)


def test_the_project_is_fine(project: Path) -> None:
    assert "PGT401" in _other(project).stdout


@pytest.mark.parametrize(
    "encoding", ["rot13", "hex", "base64", "zlib", "punycode", "undefined", "nonsense", "utf-16"]
)
def test_an_encoding_that_is_none(project: Path, encoding: str) -> None:
    (project / "shop" / "models.py").write_text(f"# coding: {encoding}\n{MODELS}")
    outcome = _check(project)
    assert outcome.exit_code != 0
    assert "cannot be decoded" in outcome.stdout


@pytest.mark.parametrize(
    "line",
    [
        "DEFAULT_AUTO_FIELD = 1",
        "DEFAULT_AUTO_FIELD = ['x']",
        "DEFAULT_AUTO_FIELD = 'django.db.models.Model'",
        "DEFAULT_AUTO_FIELD = 'django.db.models.CharField'",
        "DATABASE_ROUTERS = 1",
        "DATABASE_ROUTERS = [1]",
        "DATABASES = {'default': 1}",
        "INSTALLED_APPS = [1, None, '', '..', '\\0', 'shop']",
        "MIGRATION_MODULES = {1: 2}",
        "TIME_ZONE = 1",
        "AUTH_USER_MODEL = 1",
        "PGTRIGGER_SCHEMA = 1",
    ],
)
def test_a_setting(project: Path, line: str) -> None:
    settings = project / "settings.py"
    settings.write_text(f"{settings.read_text()}{line}\n")
    _check(project)


@pytest.mark.parametrize(
    "option",
    [
        "db_table = 1",
        "db_table = ['x']",
        "swappable = True",
        "swappable = 1",
        "app_label = 1",
        "db_tablespace = 1",
        "ordering = 1",
        "order_with_respect_to = 1",
        "unique_together = 1",
        "indexes = 1",
        "proxy = True",
        "nonsense = 1",
        "db_table = '\\ud800'",
    ],
)
def test_an_option(project: Path, option: str) -> None:
    _other(project, option=option)


@pytest.mark.parametrize(
    "kind", ["UniqueConstraint(fields=['id'], ", "CheckConstraint(condition=models.Q(id=1), "]
)
def test_a_constraint_with_a_name_that_is_no_string(project: Path, kind: str) -> None:
    body = "INSERT INTO shop_other (id) VALUES (1) ON CONFLICT (id) DO NOTHING; RETURN NEW;"
    trigger = f"pgtrigger.Trigger(name='q', when=pgtrigger.Before, operation=pgtrigger.Insert, func='{body}')"
    _other(project, option=f"constraints = [models.{kind}name=3)]", trigger=trigger)


@pytest.mark.parametrize("option", ["db_table = 1", "db_table = ['x']", "swappable = True"])
def test_an_option_that_is_no_string_is_named(project: Path, option: str) -> None:
    outcome = _other(project, option=option)
    assert "shop.Other" in outcome.stdout
    assert "string" in outcome.stdout


@pytest.mark.parametrize(
    "field",
    [
        "models.CharField(db_column=1)",
        "models.ForeignKey('self', models.CASCADE, to_field=1)",
        "models.ForeignKey(1, 1)",
        "models.ManyToManyField(1)",
        "models.IntegerField(name=1)",
        "models.Field()",
        "models.CharField(db_column='\\ud800')",
        "models.CompositePrimaryKey('nope')",
        "models.IntegerField(choices=[(1,)])",
        "models.IntegerField(choices=[1, 2])",
        "models.IntegerField(choices=[('group', [(1,)])])",
    ],
)
def test_a_field(project: Path, field: str) -> None:
    _other(project, field=f"a = {field}")


@pytest.mark.parametrize(
    "func",
    [
        "FOUND := TRUE; RETURN NEW;",
        "GET DIAGNOSTICS FOUND = ROW_COUNT; RETURN NEW;",
        "NEW.a := '\\ud800'; RETURN NEW;",
        "\\0",
        "RETURN NEW;" * 500,
    ],
)
def test_a_body(project: Path, func: str) -> None:
    _other(
        project,
        trigger=f"pgtrigger.Trigger(name='q', when=pgtrigger.Before, operation=pgtrigger.Insert, func={f'{chr(34) + func + chr(34)}'})",
    )


@pytest.mark.parametrize(
    "expression",
    [
        "1" + "+1" * 65_000,
        "(" * 30_000 + "1" + ")" * 30_000,
        "NOT " * 60_000 + "true",
        "CASE WHEN " * 9_000 + "1 " + "THEN 1 END " * 9_000,
    ],
    ids=["plus", "brackets", "not", "case"],
)
def test_a_deep_expression(project: Path, expression: str) -> None:
    func = f"IF {expression} > 0 THEN NULL; END IF; RETURN NEW;"
    outcome = _other(
        project,
        trigger=f"pgtrigger.Trigger(name='q', when=pgtrigger.Before, operation=pgtrigger.Insert, func='''{func}''')",
    )
    assert "is not checked" in outcome.stdout


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.CreateModel(name=None, fields=[])",
        "migrations.CreateModel('x', fields=[], options=1)",
        "migrations.CreateModel('x', fields=[], options={'db_table': 1})",
        "migrations.CreateModel('x', fields=[], options={'triggers': 1})",
        "migrations.AddField(None, None, None)",
        "migrations.AddField(1, 2, models.IntegerField())",
        "migrations.RemoveField(None, None)",
        "migrations.RenameField(None, None, None)",
        "migrations.RenameModel(None, None)",
        "migrations.DeleteModel(1)",
        "migrations.AlterModelTable('product', 1)",
        "migrations.AlterModelOptions('product', 1)",
        "migrations.RunSQL('SELECT 1', hints=1)",
        "migrations.RunSQL('SELECT 1', state_operations=1)",
        "migrations.SeparateDatabaseAndState(1, 2)",
        "pgtrigger.migrations.AddTrigger(1, 2)",
        "pgtrigger.migrations.RemoveTrigger(model_name=1, name=2)",
    ],
)
def test_an_operation_is_named(project: Path, operation: str) -> None:
    path = project / "shop" / "migrations" / "0002_odd.py"
    path.write_text(MIGRATION.format(operation=operation))
    _check(project)
    outcome = run_cli(project, "makemigrations", "--check")
    assert outcome.exit_code != 0
    assert "shop.0002_odd" in outcome.stderr


@pytest.mark.parametrize(
    "operation",
    [
        "migrations.CreateModel('x', fields=[([], models.IntegerField())], bases=(Abstract,))",
        "migrations.CreateModel('x', fields=1, bases=(Abstract,))",
        "migrations.CreateModel('x', fields=unknown(), bases=(Abstract,))",
        "migrations.CreateModel('x', fields=[1, (), 'a'], bases=(Abstract,))",
        "migrations.RunSQL('CREATE TRIGGER \\ud800 BEFORE DELETE ON shop_product EXECUTE FUNCTION f()')",
        "migrations.RunSQL('DROP FUNCTION f; CREATE FUNCTION \\ud800() RETURNS trigger AS $$ $$')",
    ],
)
def test_an_operation(project: Path, operation: str) -> None:
    (project / "shop" / "abstract.py").write_text(
        "from django.db import models\nclass Abstract(models.Model):\n"
        "    a = models.IntegerField()\n    class Meta: abstract = True\n"
    )
    text = MIGRATION.format(operation=operation)
    path = project / "shop" / "migrations" / "0002_odd.py"
    path.write_text(f"from shop.abstract import Abstract\n{text}")
    _check(project)
    assert run_cli(project, "makemigrations", "--check").exit_code in (0, 1, 2)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Pipfile.lock", '{"default": 1}'),
        ("Pipfile.lock", '{"default": []}'),
        ("Pipfile.lock", '{"default": {"django": {"version": 1}}}'),
        ("Pipfile.lock", "[" * 100_000),
        ("poetry.lock", "package = [1]"),
        ("setup.cfg", "[options.entry_points]\nx = %(y)s"),
        ("manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '\\0')"),
    ],
)
def test_a_file_beside(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text)
    _check(project)


@pytest.mark.parametrize(
    "text",
    [
        'python = "~nouser/x"',
        'source-roots = ["\\u0000"]',
        'source-roots = ["~nouser"]',
        'lint.baseline = "~nouser/x"',
        'lint.baseline = "\\u0000"',
        'exclude = ["\\u0000", "["]',
        'python = "\\u0000"',
    ],
)
def test_a_path_in_the_configuration(project: Path, text: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.pgtrigger-codegen]\n{text}\n")
    outcome = _check(project)
    if "nouser" in text or "exclude" not in text:
        assert outcome.exit_code == 2
        assert "error: " in outcome.stderr


def test_a_folder_that_was_deleted(tmp_path: Path) -> None:
    script = f"import os\nos.rmdir(os.getcwd())\n{CONSOLE_SCRIPT}"
    gone = tmp_path / "gone"
    gone.mkdir()
    result = run_process(gone, "lint", python=("-P", "-c", script))
    assert result.exit_code == 2
    assert result.stderr == "error: the current folder does not exist any more\n"


def _remove_nested(top: Path) -> None:
    """Folders too deep for `shutil.rmtree`, with which pytest cleans up: the second one moves up."""
    while (inner := top / "d").exists():
        inner.rename(top.with_name("next"))
        top.rmdir()
        top.with_name("next").rename(top)
    top.rmdir()


def test_a_thousand_folders_in_each_other(project: Path) -> None:
    here = os.open(project, os.O_RDONLY)
    try:
        for _ in range(1500):
            os.mkdir("d", dir_fd=here)
            inner = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
        os.close(here)
        _check(project)
    finally:
        _remove_nested(project / "d")


@pytest.mark.parametrize("entry", ["shop", "shop.apps.ShopConfig"])
@pytest.mark.parametrize("attribute", ["name", "label", "default", "default_auto_field"])
def test_an_app_configuration_with_an_unknown_attribute(
    project: Path, entry: str, attribute: str
) -> None:
    (project / "shop" / "apps.py").write_text(
        "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n"
        f"    name = 'shop'\n    {attribute} = not_defined\n"
    )
    settings = project / "settings.py"
    settings.write_text(settings.read_text().replace("'shop'", f"'{entry}'"))
    _check(project)
    assert "shop.Product:p" in run_cli(project, "show").stdout


@pytest.mark.parametrize("file", ["settings.py", "shop/models.py", "shop/apps.py"])
def test_expressions_as_deep_as_python_parses_them(project: Path, file: str) -> None:
    path = project / file
    text = path.read_text() if path.exists() else ""
    deep = "-" * 1500
    path.write_text(
        f"{text}\nX = {deep}(1)\nif {deep}(X):\n    Y = 1\nwith {deep}(X):\n    pass\n"
        f"class Deep(models.Model):\n    field = {deep}(1)\n    other = models.IntegerField({deep}(1))\n"
    )
    _check(project)


@pytest.mark.parametrize(
    "deep",
    ["-" * 3000 + "1", "x" + ".y" * 3000, "[" * 90 + "-" * 2000 + "1" + "]" * 90],
    ids=["signs", "attributes", "brackets"],
)
def test_trees_that_are_deeper_than_the_stack(project: Path, deep: str) -> None:
    """Wherever a text is made of them, and wherever they are searched."""
    models = project / "shop" / "models.py"
    models.write_text(
        f"{models.read_text()}        ordering = {deep}\n        abstract = True\n"
        f"X: {deep} = 1\nclass Base({deep}):\n    y: {deep} = 1\n"
        f"class Child(Base, {deep}):\n    class Meta({deep}):\n        triggers = [{deep}]\n"
        f"pgtrigger.register({deep})({deep})\n"
        "class Wrong(models.Model):\n    class Meta:\n        triggers = ["
        "pgtrigger.Trigger(name='w', operation=pgtrigger.Update, func='RETRN NEW;')]\n"
    )
    (project / "shop" / "unread.py").write_text(
        f"import pgtrigger\nclass A:\n    class Meta:\n        x = {deep}\n        triggers = []\n"
    )
    _check(project)
    for command in (("show", "--sites"), ("makemigrations", "--check"), ("diff",)):
        outcome = run_cli(project, *command)
        assert outcome.exit_code in (0, 1, 2)
        assert "internal error" not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    "call",
    [
        *("type()", "type(x=1)", "type(1, 2)", "hasattr(1, 2)", "hasattr('a', None)", "''.join()"),
        *("''.format_map()", "''.format_map(1, 2)", "''.format()", "str.join()", "getattr()"),
    ],
)
def test_a_call_with_arguments_that_no_python_takes(project: Path, call: str) -> None:
    models = project / "shop" / "models.py"
    models.write_text(f"{models.read_text()}\nX = {call}\n")
    _check(project)
    assert "shop.Product:p" in run_cli(project, "show").stdout


def test_a_trigger_below_an_expression_that_nests_too_deeply(project: Path) -> None:
    """It is not read, and may be there: nothing takes it for absent."""
    models = project / "shop" / "models.py"
    deep = "-" * 1500
    models.write_text(
        f"{models.read_text()}\ndef late():\n    {deep}(1)\n"
        "    return pgtrigger.Protect(name='late', operation=pgtrigger.Delete)\n"
    )
    _check(project)
    shown = run_cli(project, "show", "--sites").stdout
    assert "unaccounted" in shown, shown
