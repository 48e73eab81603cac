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


@pytest.mark.parametrize(
    ("name", "fails"),
    [
        ("PGT102-default-through-proxy: A through model of the project, in RunSQL mode", True),
        ("PGT102-default-through-proxy: Not firing: registered on the through model", False),
    ],
)
def test_migrate_fails_for_a_proxy_of_our_own_through_model(
    name: str, fails: bool, database: str, tmp_path: Path
) -> None:
    CASES[name].write(tmp_path)
    project = DjangoProject(tmp_path, database)

    project.manage("makemigrations", "shop")
    migrated = project.try_manage("migrate")

    assert ("InvalidBasesError" in migrated.stderr) is fails
    assert (migrated.returncode != 0) is fails


def names(uris: Iterable[str]) -> list[str]:
    return sorted(uri.partition(":")[2] for uri in uris)


def fixed(case: Case) -> Case:
    """The case as its fixes leave it."""
    return replace(case, files={**case.files, **case.fixed, **case.unsafely_fixed})
