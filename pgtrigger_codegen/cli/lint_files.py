"""The files that `lint` reads and writes besides source: baselines, reports, and fixed source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.lint.baseline import Baseline, parse_baseline
from pgtrigger_codegen.lint.source_text import SourceText


def read_baseline(path: Path) -> Baseline:
    """Reads a baseline.

    Raises:
        ConfigError: It cannot be read, or is no baseline.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the baseline {path} cannot be read: {error.strerror}",
            help="write it with `lint --baseline FILE --write-baseline`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the baseline {path} is not UTF-8", help="write it anew") from error
    return parse_baseline(text, path)


def write_text(path: Path, text: str) -> None:
    """Writes a report or a baseline.

    Raises:
        CodegenError: It cannot be written.
    """
    # A lone surrogate, which a name in the source can hold, has no bytes of its own.
    _write(
        path,
        text.encode(errors="backslashreplace"),
        "make its folder writable, or name another file",
    )


def write_texts(texts: Mapping[str, SourceText]) -> None:
    """Writes changed source.

    Raises:
        CodegenError: A file cannot be written.
    """
    for path, source in texts.items():
        _write(Path(path), source.encode(), "make the file writable; --diff shows the changes")


def _write(path: Path, content: bytes, help: str) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CodegenError(f"{path} cannot be written: {error.strerror}", help=help) from error
