"""Writing several files so that either all of them are there or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError


def write_files(files: Mapping[Path, str], removed: Collection[Path] = ()) -> None:
    """Write all files, replacing those that exist, and remove others.

    The contents go into temporary files beside their targets first, where a full disk or a
    folder without permission shows before anything is changed.

    Raises:
        CodegenError: A file could not be written; everything is as it was before.
    """
    temporary = {path: path.with_name(f".{path.name}.tmp") for path in files}
    before: dict[Path, bytes | None] = {}
    replaced: list[Path] = []
    current = Path()
    try:
        for current, content in files.items():
            before[current] = _content(current)
            temporary[current].write_bytes(content.encode())
        for current in files:
            temporary[current].replace(current)
            replaced.append(current)
        for current in removed:
            before[current] = _content(current)
            current.unlink(missing_ok=True)
            replaced.append(current)
    except OSError as error:
        for path in replaced:
            _restore(path, before[path])
        raise CodegenError(
            f"{current} cannot be written: {error.strerror}",
            help="make its folder writable; no file was changed",
        ) from error
    finally:
        for path in temporary.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _content(path: Path) -> bytes | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        return path.read_bytes()
    return None


def _restore(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)
