"""The files that `lint` reads and writes besides source: baselines, reports, and fixed source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pgtrigger_codegen.cli.write_files import Change, write_files
from pgtrigger_codegen.errors import CodegenError, ConfigError
from pgtrigger_codegen.lint.baseline import Baseline, parse_baseline
from pgtrigger_codegen.lint.source_text import SourceText
from pgtrigger_codegen.source.escaping import escaped
from pgtrigger_codegen.source.files import read_regular

_MOST_BYTES = 64 * 1024 * 1024


def read_baseline(path: Path) -> Baseline:
    """Reads a baseline.

    Raises:
        ConfigError: It cannot be read, or is no baseline.
    """
    try:
        text = read_regular(path.resolve(), _MOST_BYTES).data.decode()
    except OSError as error:
        raise ConfigError(
            f"the baseline {path} cannot be read: {error.strerror}",
            help="write it with `lint --baseline FILE --write-baseline`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the baseline {path} is not UTF-8", help="write it anew") from error
    return parse_baseline(text, path)


def write_report(root: Path, path: Path, text: str) -> None:
    """Writes a report: a new file, or into a device or a pipe that is there.

    Raises:
        CodegenError: It cannot be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        try:
            path.write_bytes(_encoded(text))
        except OSError as error:
            raise CodegenError(
                f"{path} cannot be written: {error.strerror}", help="name another file"
            ) from error
    else:
        write_files(root, [Change(path, _encoded(text))])


def write_baseline(root: Path, path: Path, text: str) -> None:
    """Writes a baseline.

    Raises:
        CodegenError: It cannot be written.
    """
    write_files(root, [Change(path, _encoded(text))])


def write_texts(root: Path, texts: Mapping[str, SourceText]) -> None:
    """Writes changed source.

    Raises:
        CodegenError: A file cannot be written.
    """
    write_files(root, [Change(Path(path), source.encode()) for path, source in texts.items()])


def _encoded(text: str) -> bytes:
    # A lone surrogate, which a name in the source can hold, has no bytes of its own.
    return escaped(text).encode(errors="backslashreplace")
