"""Stage source: from a module's dotted name to its file, without importing it.

The rules are those of `importlib.machinery.PathFinder` over the project's `sys.path`: for each
folder in order, a package before a module before a portion of a namespace package; a submodule
through its package's folders. What differs is the aim: we look for *source*. So `.py` wins over
a compiled twin beside it, and the standard library is not looked at (nothing in it is read).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.source.boundary import Boundary, is_of_system, is_under
from pgtrigger_codegen.source.editable import PathAdditions, read_pth_files
from pgtrigger_codegen.source.files import NO_SOURCE, FileRefusedError
from pgtrigger_codegen.source.overlay import overlaid_names

_COMPILED_SUFFIXES = (".so", ".pyd", ".pyc")


class ModuleLocation(Struct, frozen=True):
    """Where a module is.

    Attributes:
        name: Dotted name.
        path: The source file, absolute and resolved; None for a namespace package, and for a
            module that has no source (a C extension, a lone `.pyc`).
        is_package: Whether it can have submodules.
        first_party: Whether it lies under the source roots and not in site-packages.
        search_paths: Folders of its submodules.
        refused: Why the file is not to be read, though it is there; empty where it may be.
    """

    name: str
    path: Path | None
    is_package: bool
    first_party: bool
    search_paths: tuple[Path, ...] = ()
    refused: str = ""

    @property
    def is_namespace(self) -> bool:
        """Whether it is a package without a file of its own (PEP 420)."""
        return self.path is None and self.is_package


class _Listing(Struct, frozen=True):
    """The names in a folder, exactly as written, and the modules that only have compiled code.

    Attributes:
        problem: Why the folder cannot be listed; None where it can, or is not there.
    """

    folders: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()
    compiled: frozenset[str] = frozenset()
    problem: str | None = None


class ModuleFinder:
    """Finds modules; remembers folders, so it sees no files made after it first looked.

    Args:
        source_roots: First-party folders, in the order of `sys.path`.
        site_packages: Folders searched after them; their `.pth` files count.
        boundary: What links of the project must not leave; None for no such limit.
    """

    def __init__(
        self,
        source_roots: Iterable[Path],
        site_packages: Iterable[Path] = (),
        boundary: Boundary | None = None,
    ) -> None:
        self._boundary = boundary
        self._refused: dict[str, str] = {}
        self._roots = [os.path.realpath(root) for root in source_roots]
        self._own_roots = tuple(self._roots)  # without what links add
        self._sites = [os.path.realpath(folder) for folder in site_packages]
        self._additions = [read_pth_files(folder) for folder in self._sites]
        self._entries = _unique(
            [*self._roots, *_site_entries(zip(self._sites, self._additions, strict=True))]
        )
        self._locations: dict[str, ModuleLocation | None] = {}
        self._folders: dict[str, _Listing] = {}

    def find(self, dotted: str) -> ModuleLocation | None:
        """Where the module is, or None when the search paths do not have it."""
        try:
            return self._locations[dotted]
        except KeyError:
            location = self._locations[dotted] = self._find(dotted)
            return location

    @property
    def own_roots(self) -> tuple[Path, ...]:
        """The first-party folders, without what links add."""
        return tuple(map(Path, self._own_roots))

    def unreadable_folders(self) -> dict[str, str]:
        """First-party folders that were looked into and cannot be listed, with the reason."""
        return {
            folder: listing.problem
            for folder, listing in self._folders.items()
            if listing.problem is not None and self._owns(folder)
        }

    def require_inside(self, path: Path) -> None:
        """Refuses a file that is given by its path, and lies outside of the project.

        Raises:
            FileRefusedError: It does.
        """
        real = os.path.realpath(path)
        if self._boundary is not None and not self._is_inside(real):
            raise FileRefusedError(path, "it lies outside of the project")

    def is_first_party(self, path: Path) -> bool:
        """Whether a file or folder lies under the source roots and not in site-packages."""
        return self._owns(os.path.realpath(path))

    def _find(self, dotted: str) -> ModuleLocation | None:
        parent, dot, name = dotted.rpartition(".")
        if not name:
            return None
        folders = self._entries
        if dot:
            package = self.find(parent)
            if package is None:
                return None
            if package.refused and not package.search_paths:
                return replace(package, name=dotted, is_package=False)
            folders = [str(folder) for folder in package.search_paths]
        return self._search(dotted, name, folders) or self._find_mapped(dotted, name)

    def _search(self, dotted: str, name: str, folders: Iterable[str]) -> ModuleLocation | None:
        portions: list[str] = []
        for folder in folders:
            found = self._search_folder(dotted, name, folder)
            if isinstance(found, ModuleLocation):
                return found
            if found is not None:
                portions.append(found)
        return self._namespace(dotted, portions)

    def _search_folder(self, dotted: str, name: str, folder: str) -> ModuleLocation | str | None:
        """The module, or the folder of a namespace portion, or None."""
        listing = self._list(folder)
        inside = ""
        if name in listing.folders:
            inside = self._real(folder, name)
            if reason := self._refused.get(inside):
                return ModuleLocation(dotted, Path(inside), True, self._owns(inside), (), reason)
            content = self._list(inside)
            if "__init__.py" in content.files:
                return self._package(dotted, inside, self._real(inside, "__init__.py"))
            if "__init__" in content.compiled:
                return self._package(dotted, inside, None)
        if f"{name}.py" in listing.files:
            path = self._real(folder, f"{name}.py")
            reason = self._refused.get(path, "")
            return ModuleLocation(dotted, Path(path), False, self._owns(path), refused=reason)
        if name in listing.compiled:
            return ModuleLocation(dotted, None, False, self._owns(folder))
        return inside or None

    def _package(self, dotted: str, folder: str, path: str | None) -> ModuleLocation:
        reason = self._refused.get(path or "", "")
        return ModuleLocation(
            dotted, Path(path) if path else None, True, self._owns(folder), (Path(folder),), reason
        )

    def _namespace(self, dotted: str, portions: Iterable[str]) -> ModuleLocation | None:
        folders = _unique(portions)
        if not folders:
            return None
        first_party = any(self._owns(folder) for folder in folders)
        return ModuleLocation(dotted, None, True, first_party, tuple(map(Path, folders)))

    def _find_mapped(self, dotted: str, name: str) -> ModuleLocation | None:
        """Ask the editable installs' own finders, which come after `sys.path`."""
        for additions in self._additions:
            target = additions.mapping.get(dotted)
            if target is not None:
                folder, base = os.path.split(target)
                found = self._search_folder(dotted, base, folder)
                if isinstance(found, ModuleLocation):
                    return found
                if found is not None:
                    return self._namespace(dotted, [found])
            if dotted in additions.namespaces:
                return self._mapped_namespace(dotted, additions)
        return None

    def _mapped_namespace(self, dotted: str, additions: PathAdditions) -> ModuleLocation:
        folders = tuple(map(Path, additions.namespaces[dotted]))
        first_party = any(self._owns(str(folder)) for folder in folders)
        return ModuleLocation(dotted, None, True, first_party, folders)

    def _list(self, folder: str) -> _Listing:
        listing = self._folders.get(folder)
        if listing is None:
            listing = self._folders[folder] = _scan(folder)
        return listing

    def _real(self, folder: str, name: str) -> str:
        """The path of something in a (resolved) folder, symbolic links resolved.

        What the project links to from under its roots belongs to the project too, unless the
        link leads into site-packages.
        """
        path = os.path.join(folder, name)
        if not os.path.islink(path):
            return path
        target = os.path.realpath(path)
        if not os.path.lexists(target):
            return path  # it leads nowhere: what is to be looked at is the link
        if not self._may_lead(path, target):
            self._refused[path] = NO_SOURCE
            return path
        if self._owns(path) and not self._owns(target) and not self._in_site_packages(target):
            self._roots.append(target)
        return target

    def _may_lead(self, link: str, target: str) -> bool:
        """Whether a link is followed: not out of the project, nor to what is no module.

        Installed packages can be links to a store that several environments share. A folder of
        sources that the configuration names may hold links to itself.
        """
        if self._boundary is None:
            return True
        if is_of_system(target) or (link.endswith(".py") and not target.endswith(".py")):
            return False
        return self._in_site_packages(link) or self._is_inside(target)

    def _is_inside(self, real: str) -> bool:
        """Whether a path belongs to the project or to an environment, or to a configured folder."""
        assert self._boundary is not None
        if self._boundary.may_read(real):
            return True
        root = self._boundary.root
        named = [one for one in self._own_roots if not is_under(root, one)]
        return not is_of_system(real) and any(is_under(real, one) for one in named)

    def _owns(self, path: str) -> bool:
        return not self._in_site_packages(path) and any(
            is_under(path, root) for root in self._roots
        )

    def _in_site_packages(self, path: str) -> bool:
        return any(is_under(path, folder) for folder in self._sites)


def _site_entries(sites: Iterable[tuple[str, PathAdditions]]) -> list[str]:
    return [entry for folder, additions in sites for entry in (folder, *additions.folders)]


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads round in a circle, or to where nobody may look
        return False


def _scan(folder: str) -> _Listing:
    folders: set[str] = set()
    files: set[str] = set()
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                (folders if _is_folder(entry) else files).add(entry.name)
        os.stat(f"{folder}/.")  # a folder can be listed whose files cannot be opened
    except (FileNotFoundError, NotADirectoryError):
        return _Listing()
    except OSError as error:
        # Python's own finder takes it for an empty one; whoever asks for all must not.
        return _Listing(problem=error.strerror or str(error))
    files |= overlaid_names(folder)
    # `name.cpython-311-x86_64-linux-gnu.so`: whatever Python and platform it was built for.
    compiled = {name.partition(".")[0] for name in files if name.endswith(_COMPILED_SUFFIXES)}
    return _Listing(frozenset(folders), frozenset(files), frozenset(compiled))
