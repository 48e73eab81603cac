"""What the fixtures announce is what happens in a real Django process with django-pgtrigger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from tests.lint.cases import Case, read_cases
from tests.lint.registered import Outcome, registered
from tests.support.django_process import DjangoProject

# Each asks Django itself, in processes of their own.
pytestmark = pytest.mark.slow

FIXTURES = Path(__file__).parents[2] / "fixtures" / "rules"
CASES = {
    f"{fixture.stem}: {case.name}": case
    for fixture in (*sorted(FIXTURES.glob("PGT10[1-6]*.md")), *FIXTURES.glob("PGT113*.md"))
    for case in read_cases(fixture)
}
FIXED = {name: case for name, case in CASES.items() if case.fixed or case.unsafely_fixed}
HYPHEN = "PGT105-invalid-trigger-name: A hyphen, which only PostgreSQL refuses"
TWICE = "PGT104-duplicate-trigger-name: Inherited by a model and by its proxy"

# Codes of errors that stop the project, as far as django-pgtrigger sees them.
STOPPING = {"PGT104", "PGT105", "PGT106"}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """Of each case, and under `fixed …` of each fixed one."""
    cases = CASES | {f"fixed {name}": fixed(case) for name, case in FIXED.items()}
    folders = {name: tmp_path_factory.mktemp("case") for name in cases}
    for name, case in cases.items():
        case.write(folders[name])
    found = registered(folders.values())
    return {name: found[folder] for name, folder in folders.items()}


@pytest.mark.parametrize("name", [name for name in CASES if name != HYPHEN])
def test_an_error_stops_the_project_and_no_error_does_not(
    name: str, outcomes: Mapping[str, Outcome]
) -> None:
    expected = CASES[name].expected
    refused = any(one.code in STOPPING and one.severity == "error" for one in expected)

    assert (outcomes[name].error is not None) is refused


@pytest.mark.parametrize("name", [name for name in FIXED if "PGT103" in name])
def test_the_fix_brings_the_triggers_back(name: str, outcomes: Mapping[str, Outcome]) -> None:
    assert outcomes[name].install_sql == {}
    assert len(outcomes[f"fixed {name}"].install_sql) == len(CASES[name].expected)


@pytest.mark.parametrize("name", [name for name in FIXED if "PGT113" in name])
def test_moved_into_meta_a_trigger_is_the_same(name: str, outcomes: Mapping[str, Outcome]) -> None:
    assert outcomes[name].install_sql
    assert outcomes[f"fixed {name}"] == outcomes[name]


@pytest.mark.parametrize("name", [name for name in FIXED if "PGT101" in name or "PGT102" in name])
def test_moved_to_another_model_no_trigger_is_lost(
    name: str, outcomes: Mapping[str, Outcome]
) -> None:
    before, after = outcomes[name].install_sql, outcomes[f"fixed {name}"].install_sql

    assert before
    assert names(after) == names(before)
    assert after.keys().isdisjoint(before)


def test_one_trigger_of_two_models_is_installed_twice(outcomes: Mapping[str, Outcome]) -> None:
    assert set(outcomes[TWICE].install_sql) == {"shop.Order:protect", "shop.OrderProxy:protect"}


def test_postgresql_refuses_a_hyphen(outcomes: Mapping[str, Outcome], database: str) -> None:
    assert outcomes[HYPHEN].error is None
    (install_sql,) = outcomes[HYPHEN].install_sql.values()

    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE shop_order (id bigint)")
        with pytest.raises(psycopg.errors.SyntaxError, match='at or near "-"'):
            connection.execute(install_sql.encode())


FIXTURE_OF_PROXIES = "PGT102-default-through-proxy"
PROXIES = {name: case for name, case in CASES.items() if FIXTURE_OF_PROXIES in name}


@pytest.mark.parametrize("name", [name for name in PROXIES if not PROXIES[name].fixed])
def test_migrate_fails_for_proxies_where_an_error_says_so(
    name: str, database: str, tmp_path: Path
) -> None:
    case = PROXIES[name]
    case.write(tmp_path)
    project = DjangoProject(tmp_path, database)
    errors = [one for one in case.expected if one.severity == "error"]
    fails = any("tests" not in one.message for one in errors)

    project.manage(
        "makemigrations", *sorted({path.partition("/")[0] for path in case.files} - {"config"})
    )
    migrated = project.try_manage("migrate")

    assert ("InvalidBasesError" in migrated.stderr) is fails
    assert (migrated.returncode != 0) is fails


@pytest.mark.parametrize("migrate", [False, True])
def test_tests_without_migrations_fail_for_a_proxy(
    migrate: bool, database: str, tmp_path: Path
) -> None:
    case = PROXIES[f"{FIXTURE_OF_PROXIES}: Tests without migrations"]
    case.write(tmp_path)
    settings = tmp_path / "config" / "settings.py"
    settings.write_text(settings.read_text().replace('"MIGRATE": False', f'"MIGRATE": {migrate}'))
    (tmp_path / "shop" / "tests.py").write_text(
        "from django.test import TestCase\n\n\nclass Empty(TestCase):\n    def test(self): ...\n"
    )
    project = DjangoProject(tmp_path, database)

    project.manage("makemigrations", "shop")
    tested = project.try_manage("test", "--no-input")

    assert ("InvalidBasesError" in tested.stderr) is not migrate


@pytest.mark.parametrize(
    ("operation", "old", "new"),
    [
        ('RenameModel("Order", "Shop")', "Order(models|Order.tags", "Shop(models|Shop.tags"),
        ('RenameField("Order", "tags", "own")', "    tags =|Order.tags", "    own =|Order.own"),
    ],
)
def test_a_rename_fails_for_a_proxy(
    operation: str, old: str, new: str, database: str, tmp_path: Path
) -> None:
    name = f"{FIXTURE_OF_PROXIES}: A through model of the project, outside RunSQL mode"
    PROXIES[name].write(tmp_path)
    project = DjangoProject(tmp_path, database)
    project.manage("makemigrations", "shop")
    project.manage("migrate")
    models = tmp_path / "shop" / "models.py"
    text = models.read_text()
    for before, after in zip(old.split("|"), new.split("|"), strict=True):
        text = text.replace(before, after)
    models.write_text(text)
    (tmp_path / "shop" / "migrations" / "0002_rename.py").write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0001_initial")]\n'
        f"    operations = [migrations.{operation}]\n"
    )

    migrated = project.try_manage("migrate")

    assert "InvalidBasesError" in migrated.stderr


def names(uris: Iterable[str]) -> list[str]:
    return sorted(uri.partition(":")[2] for uri in uris)


def fixed(case: Case) -> Case:
    """The case as its fixes leave it."""
    return replace(case, files={**case.files, **case.fixed, **case.unsafely_fixed})
