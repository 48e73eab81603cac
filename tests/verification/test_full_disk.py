"""A disk that is full: a clear message, exit code 2, and nothing left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from pgtrigger_codegen.verification.embedded import running
from pgtrigger_codegen.verification.names import PREFIX
from tests.database.project import Shop
from tests.support.cli import start_process
from tests.verification.migrated_shop import add_migration, declare, make_migrated_shop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system of Linux"),
]
_FILLS = "CREATE TABLE big AS SELECT repeat('x', 900) AS a FROM generate_series(1, 1000000)"

Disk = Callable[[int], Path]


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    """Makes a file system of so many megabytes, where this may be done."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = False

    def make(megabytes: int) -> Path:
        nonlocal mounted
        options = f"size={megabytes}m,mode=0755"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.call(command, stderr=subprocess.DEVNULL) != 0:
            pytest.skip("nothing may be mounted here")
        mounted = True
        for parent in folder.parents:
            if parent.stat().st_uid == os.geteuid():
                parent.chmod(parent.stat().st_mode | 0o55)
        return folder

    yield make
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_migrated_shop(tmp_path, "")
    declare(shop)
    add_migration(shop, "0002_big", f'migrations.RunSQL("{_FILLS}", "DROP TABLE big")')
    return shop


@pytest.mark.parametrize(
    ("megabytes", "message"),
    [
        (8, "the embedded server does not start: no more than 8 MB are free in"),
        (90, "the embedded server has no space left in"),
        (200, "the embedded server has no space left in"),
    ],
)
def test_of_the_embedded_server(disk: Disk, shop: Shop, megabytes: int, message: str) -> None:
    folder = disk(megabytes)

    process = start_process(
        shop.root,
        "verify",
        "--migrations",
        variables={"TMPDIR": str(folder), "PGTRIGGER_CODEGEN_DSN": None},
    )
    stdout, stderr = process.communicate(timeout=300)

    assert process.returncode == 2, stdout + stderr
    assert f"error: {message} {folder}" in stderr
    assert "give --dsn" in stderr
    assert "Traceback" not in stderr
    assert not list(folder.glob("pgtrigger-codegen-*"))


def test_of_a_given_server(disk: Disk, shop: Shop) -> None:
    with _server(disk(200)) as dsn:
        process = start_process(shop.root, "verify", "--migrations", "--dsn", dsn)
        stdout, stderr = process.communicate(timeout=300)

        assert process.returncode == 2, stdout + stderr
        assert "Traceback" not in stderr
        if "the server is gone" in stderr and "the next run of verify drops database" in stderr:
            return  # A server whose log of writes has no space ends, and may not start again.
        assert "the server's disk is full" in stderr or "the server is gone" in stderr
        with psycopg.connect(dsn) as connection:
            left = connection.execute(
                "SELECT datname FROM pg_database WHERE datname LIKE %(prefix)s "
                "UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE %(prefix)s",
                {"prefix": f"{PREFIX}%"},
            ).fetchall()
        assert left == []


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    data = folder / "data"
    data.mkdir()
    with running(data) as address:
        yield psycopg.conninfo.make_conninfo(**address.parameters)
