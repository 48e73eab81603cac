"""Stage project: the files of a commit, as git has them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pgtrigger_codegen.project.git import GitError, Repository


class CommittedFile(NamedTuple):
    """A file of a commit.

    Attributes:
        path: As git has it, relative to the root; whatever somebody has put there.
        content: Of a link, where it leads.
    """

    path: str
    content: bytes
    is_link: bool


_LINK_MODE = "120000"
_SOURCES = (".py", ".sql", ".toml", ".cfg", ".ini")
_BATCH = 500  # files whose contents are held at a time


def committed_files(repository: Repository, commit: str, most: int) -> Iterator[CommittedFile]:
    """All regular files and links of a commit, but for large ones.

    Args:
        most: The largest number of bytes of a file.

    Raises:
        GitError: Git does not say, or does not have all of the sources.
    """
    listed = repository.ask("ls-tree", "-r", "-z", "-l", "--full-tree", commit).stdout
    found: list[tuple[str, str, bool]] = []
    for entry in filter(None, os.fsdecode(listed).split("\0")):
        facts, _, path = entry.partition("\t")
        mode, kind, name, size = facts.split()
        if kind == "blob" and not size.isdigit():
            if path.endswith(_SOURCES):
                raise GitError(
                    f"{path} is part of commit {commit[:12]}, and its content is not here",
                    help="fetch all of the commit: clone without --filter",
                )
        elif kind == "blob" and int(size) <= most:
            found.append((path, name, mode == _LINK_MODE))
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        contents = _blobs(repository, [name for _, name, _ in batch])
        for (path, _, is_link), content in zip(batch, contents, strict=True):
            yield CommittedFile(path, content, is_link)


def _blobs(repository: Repository, names: Sequence[str]) -> Iterator[bytes]:
    asked = "".join(f"{name}\n" for name in names).encode()
    answer = repository.ask("cat-file", "--batch", asked=asked).stdout
    position = 0
    for name in names:
        head, _, _ = answer[position : position + 200].partition(b"\n")
        words = head.split()
        if len(words) != 3 or words[0] != name.encode():
            raise GitError(f"git has no content for the object {name}")
        start = position + len(head) + 1
        end = start + int(words[2])
        yield answer[start:end]
        position = end + 1
