"""Which files are migrations, and that they are read only on demand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.reading.reader import (
    EvaluatedMigration,
    MigrationReader,
    is_migrations_package,
    migration_files,
)
from tests.migrations.builders import make_app


def test_counts_what_djangos_loader_counts(tmp_path: Path) -> None:
    app = make_app(
        tmp_path,
        "shop",
        {
            "0002_b.py": "",
            "0001_a.py": "",
            "_helpers.py": "",
            "~old.py": "",
            "max_migration.txt": "",
        },
    )
    (tmp_path / "shop" / "migrations" / "sql").mkdir()

    assert list(migration_files(app.migrations_dir)) == ["0001_a", "0002_b"]


def test_a_folder_without_init_is_no_package(tmp_path: Path) -> None:
    app = make_app(tmp_path, "shop", {"0001_a.py": ""})
    assert app.migrations_dir is not None
    assert is_migrations_package(app.migrations_dir)

    (app.migrations_dir / "__init__.py").unlink()

    assert not is_migrations_package(app.migrations_dir)
    assert migration_files(app.migrations_dir) == {}


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_an_app_without_a_folder_has_no_migrations(folder: Path | None) -> None:
    assert migration_files(folder) == {}


def test_reads_each_file_once_and_on_demand(tmp_path: Path) -> None:
    app = make_app(tmp_path, "shop", {"0001_a.py": "", "0002_b.py": ""})
    loaded: list[str] = []

    def load(app_label: str, path: Path) -> EvaluatedMigration | Unknown:
        loaded.append(f"{app_label} {path.name}")
        return EvaluatedMigration(path.stem, path)

    reader = MigrationReader({"shop": app}, load)
    assert reader.names("shop") == ("0001_a", "0002_b")
    assert reader.names("other") == ()
    assert loaded == []

    first = reader.read(("shop", "0001_a"))

    assert reader.read(("shop", "0001_a")) is first
    assert loaded == ["shop 0001_a.py"]
