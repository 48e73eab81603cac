"""Stage project: questions to git, asked so that nothing of the repository runs.

A repository can name programs in many places: its configuration (`core.fsmonitor`, filters, hooks,
ssh commands), folders that are repositories themselves, and a file called `git` where `PATH` has
the current folder. Whoever asks git something about a stranger's code asks here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from pgtrigger_codegen.confinement.wall import trusted
from pgtrigger_codegen.errors import CodegenError
from pgtrigger_codegen.source.boundary import work_tree_of
from pgtrigger_codegen.source.paths import resolved

# What programs git would start, whatever the repository's configuration says.
_SETTINGS = {
    "safe.bareRepository": "explicit",  # a folder `migrations` with HEAD and objects is one
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.pager": "cat",
    "core.sshCommand": "false",
    "protocol.allow": "never",
    "submodule.recurse": "false",
    "core.untrackedCache": "false",
    "core.attributesFile": os.devnull,
    "maintenance.auto": "false",
    "gc.auto": "0",
}
_VARIABLES = {
    "GIT_NO_LAZY_FETCH": "1",  # what a partial clone lacks would be fetched
    "GIT_ALLOW_PROTOCOL": "",  # the same for git before 2.44: no way to fetch is allowed
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
# The user's own choices. Others would lead git elsewhere, such as GIT_DIR in a hook.
_KEPT_VARIABLES = frozenset(
    {"GIT_CONFIG_GLOBAL", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM"}
)
# Programs that git would start to compare a file with what is committed, and how to have none.
_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}
_SECONDS = 60


class GitError(CodegenError):
    """Git gave no answer, though there is a repository."""


class Repository(Struct, frozen=True):
    """A work tree.

    Attributes:
        root: The folder that holds `.git`, resolved.
    """

    root: Path

    def has_committed(self, path: Path, commit: str = "HEAD") -> bool:
        """Whether the file is part of a commit, else of the last one.

        Raises:
            GitError: Git does not say.
        """
        if self._text("rev-parse", "--verify", "--quiet", "HEAD", codes={0, 1}) == "":
            return False  # nothing is committed yet
        return bool(self._text("ls-tree", "-z", "--name-only", commit, "--", self._relative(path)))

    def knew(self, path: Path, other: Path) -> bool:
        """Whether the file was committed before the other one was, or with it.

        Otherwise they come from two branches, or the other one is older.

        Raises:
            GitError: Git does not say, or one of the files is not committed.
        """
        first, then = self._first_commit(path), self._first_commit(other)
        return self._succeeds("merge-base", "--is-ancestor", first, then)

    def _first_commit(self, path: Path) -> str:
        # Not `log`, which runs whatever the configuration names to check signatures.
        listed = self._text("rev-list", "--topo-order", "HEAD", "--", self._relative(path)).split()
        if not listed:
            raise GitError(f"{path} is not committed")
        return listed[-1]

    def changed(self, folder: Path) -> list[str]:
        """Files of a folder that git knows and that are not as they were committed.

        Raises:
            GitError: Git does not say.
        """
        listed = self._text(
            "status",
            "--porcelain",
            "-z",
            "--no-renames",
            "--untracked-files=no",
            "--ignore-submodules=all",
            "--",
            self._relative(folder),
            settings=self._without_filters(),
        )
        return [entry[3:] for entry in listed.split("\0") if entry]

    def untracked(self, paths: Iterable[Path]) -> list[str]:
        """Those of the files that git does not know.

        Raises:
            GitError: Git does not say.
        """
        names = [self._relative(path) for path in paths]
        return [
            name
            for name in self._text("ls-files", "--others", "-z", "--", *names).split("\0")
            if name
        ]

    def staged(self, folder: Path) -> dict[Path, bytes]:
        """What a commit would hold of files of a folder that are otherwise on disk, or not there.

        In a hook of git's own, `GIT_INDEX_FILE` names what is being committed.

        Raises:
            GitError: Git does not say.
        """
        index = os.environ.get("GIT_INDEX_FILE")
        # Relative to the root, where git runs its hooks, and where it is asked here.
        variables = {"GIT_INDEX_FILE": index} if index else {}
        listed = self._run(
            *("diff-files", "--name-only", "-z", "--no-renames", "--ignore-submodules=all"),
            *("--", self._relative(folder)),
            settings=self._without_filters(),
            variables=variables,
        )
        names = [name for name in os.fsdecode(listed).split("\0") if name]
        return {
            self.root / name: self._run("cat-file", "blob", f":{name}", variables=variables)
            for name in names
        }

    def new(self, paths: Iterable[Path]) -> list[Path]:
        """Those of the files that a commit would lack, but for what git is told to leave out.

        Raises:
            GitError: Git does not say.
        """
        index = os.environ.get("GIT_INDEX_FILE")
        listed = self._run(
            *("ls-files", "--others", "--exclude-standard", "-z", "--"),
            *(self._relative(path) for path in paths),
            variables={"GIT_INDEX_FILE": index} if index else {},
        )
        return [self.root / name for name in os.fsdecode(listed).split("\0") if name]

    def branching_point(self, name: str) -> str:
        """The commit where the last commit's branch left another commit, by its hash.

        Args:
            name: A branch, a tag or a commit.

        Raises:
            GitError: There is no such commit, or no common one.
        """
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options")
        commit = self._text(*asked, f"{name}^{{commit}}", codes={0, 1, 128}).strip()
        if not commit:
            raise GitError(
                f"git knows no commit {name!r}",
                help="fetch it first; in CI, check out the whole history (fetch-depth: 0)",
            )
        base = self._text("merge-base", commit, "HEAD", codes={0, 1, 128}).strip()
        if not base:
            raise GitError(
                f"{name!r} and the last commit have no common commit here",
                help="fetch more history; in CI, check out all of it (fetch-depth: 0)",
            )
        return base

    def last_commit(self) -> str | None:
        """The hash of the last commit; None where nothing is committed.

        Raises:
            GitError: Git does not say.
        """
        return self._text("rev-parse", "--verify", "--quiet", "HEAD", codes={0, 1}).strip() or None

    def differs(self, commit: str) -> bool:
        """Whether any file is not as it was in a commit, or not in it.

        Raises:
            GitError: Git does not say.
        """
        settings = self._without_filters()
        arguments = ("--name-only", "-z", "--no-renames", "--ignore-submodules=all", commit, "--")
        changed = self._run("diff-index", *arguments, settings=settings)
        return bool(changed or self._run("ls-files", "--others", "--exclude-standard", "-z"))

    def _relative(self, path: Path) -> str:
        """The path as git names it; resolved but for its own last part, which may be a link."""
        inside = resolved(path.parent) / path.name if path != self.root else self.root
        try:
            return inside.relative_to(self.root).as_posix()
        except ValueError as error:
            raise GitError(f"{path} lies outside of the repository {self.root}") from error

    def _without_filters(self) -> dict[str, str]:
        """Settings that take the programs out of all filters that are configured."""
        pattern = r"^filter\..*\.(clean|smudge|process|required)$"
        listed = self._text("config", "-z", "--name-only", "--get-regexp", pattern, codes={0, 1})
        return {name: _FILTER[name.rpartition(".")[2]] for name in listed.split("\0") if name}

    def _text(
        self,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        codes: Iterable[int] = (0,),
    ) -> str:
        return os.fsdecode(self._run(*arguments, settings=settings, codes=codes))

    def _succeeds(self, *arguments: str) -> bool:
        """What git answers by its exit code."""
        return self.ask(*arguments, codes=(0, 1)).returncode == 0

    def _run(
        self,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        codes: Iterable[int] = (0,),
    ) -> bytes:
        return self.ask(*arguments, settings=settings, variables=variables, codes=codes).stdout

    def ask(
        self,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        codes: Iterable[int] = (0,),
        asked: bytes = b"",
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs git, so that nothing runs which the repository names.

        Args:
            settings: Of its configuration, beside those that keep it harmless.
            variables: Of its environment.
            codes: The exit codes of an answer.
            asked: What git reads from standard input.

        Raises:
            GitError: It ends with another code, or not in time.
        """
        search = _search_path(self.root)
        program = _program(search, self.root)
        if program is None:
            raise GitError("git is not installed", help="install git, so that it can be asked")
        try:
            with trusted():
                result = subprocess.run(  # noqa: S603  (its own program, by an absolute path)
                    [program, "--no-pager", *arguments],
                    cwd=self.root,
                    env=_environment(os.environ, search, {**_SETTINGS, **(settings or {})})
                    | dict(variables or {}),
                    input=asked,
                    capture_output=True,
                    timeout=_SECONDS,
                    check=False,
                )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise GitError(f"git does not answer in {self.root}: {error}") from error
        if result.returncode not in codes:
            said = os.fsdecode(result.stderr).strip().splitlines() or [f"exit {result.returncode}"]
            raise GitError(f"git does not answer in {self.root}: {said[0]}")
        return result


def repository_of(folder: Path) -> Repository | None:
    """The work tree that the folder is in, None without one."""
    root = work_tree_of(folder)
    return None if root is None else Repository(root)


def is_committed(path: Path) -> bool | None:
    """Whether the file is part of the last commit; None where git does not say, or is not used."""
    repository = repository_of(path.parent)
    try:
        return None if repository is None else repository.has_committed(path)
    except GitError:
        return None


def was_known(path: Path, other: Path) -> bool | None:
    """Whether the file was committed when the other one was; None where git does not say."""
    repository = repository_of(path.parent)
    try:
        return None if repository is None else repository.knew(path, other)
    except GitError:
        return None


def _environment(
    environ: Mapping[str, str], search: Iterable[str], settings: Mapping[str, str]
) -> dict[str, str]:
    """The environment for git: what is set there holds over every configuration file.

    Settings travel as variables: a name with `=` in it could not be given by `-c`.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name in _KEPT_VARIABLES
    }
    pairs = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return {**kept, **_VARIABLES, **pairs, "PATH": os.pathsep.join(search)}


def _search_path(root: Path) -> list[str]:
    """The folders of `PATH` that lie outside of the work tree."""
    folders = (folder for folder in os.get_exec_path() if Path(folder).is_absolute())
    return [folder for folder in folders if not resolved(Path(folder)).is_relative_to(root)]


def _program(search: Iterable[str], root: Path) -> str | None:
    name = "git.exe" if os.name == "nt" else "git"
    for folder in search:
        candidate = Path(folder, name)
        runs = candidate.is_file() and os.access(candidate, os.X_OK)
        if runs and not resolved(candidate).is_relative_to(root):
            return str(candidate)
    return None
