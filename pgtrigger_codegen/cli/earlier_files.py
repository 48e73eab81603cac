"""Stage cli: the files of a commit in a folder of their own, to be read as a project.

They are written by name and content, without git's own checkout, which would run filters and hooks
that the repository names.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.project.git import Repository
from pgtrigger_codegen.project.git_files import CommittedFile, committed_files
from pgtrigger_codegen.source.files import MOST_BYTES
from pgtrigger_codegen.source.paths import resolved


@contextmanager
def files_of(repository: Repository, commit: str) -> Iterator[Path]:
    """Within it, there is a folder with the files of a commit.

    Raises:
        GitError: Git does not say.
    """
    with tempfile.TemporaryDirectory(prefix="pgtrigger-codegen-") as scratch:
        root = resolved(Path(scratch))
        # Where a project may lead by links ends here, as it does at the repository's root.
        (root / ".git").mkdir()
        try:
            _write_all(root, committed_files(repository, commit, MOST_BYTES))
        except OSError as error:
            raise CodegenError(
                f"the files of commit {commit} cannot be written to {root}: {error.strerror}",
                help="give the folder for temporary files (TMPDIR) more room",
            ) from error
        yield root


def _write_all(root: Path, files: Iterable[CommittedFile]) -> None:
    links: list[CommittedFile] = []
    for file in files:
        if _is_harmless(file.path):
            if file.is_link:
                links.append(file)
            else:
                _write(root / file.path, file.content)
    # Links come last, so that nothing is written through one.
    for link in links:
        _link(root, link)


def _is_harmless(path: str) -> bool:
    """Whether a path of a commit stays in its folder, and out of git's own."""
    parts = PurePosixPath(path.casefold()).parts
    return bool(parts) and not path.startswith("/") and not {"..", ".git"} & {*parts}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _link(root: Path, link: CommittedFile) -> None:
    path = root / link.path
    target = link.content.decode(errors="surrogateescape")
    if "\0" in target or PurePosixPath(target).is_absolute():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if resolved(path.parent / target).is_relative_to(root) and not path.exists():
        path.symlink_to(target)
