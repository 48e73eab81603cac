"""Stage source: the folders that `.pth` files add to the module search, editable installs included.

Python's `site` adds each line of a `.pth` file to `sys.path` and *executes* lines that start
with `import`. We never execute: of those lines, only the finders that setuptools and the
`editables` library generate are understood, by reading the literals in their source.
"""

from __future__ import annotations

import ast
import os
import re

from msgspec import Struct, field

from pgtrigger_codegen.source.files import read_regular

# setuptools: `import __editable___shop_1_0_finder; __editable___shop_1_0_finder.install()`
# editables (hatchling's dev-mode-exact, pdm-backend): `import _editable_impl_shop`
_GENERATED = re.compile(r"\b(__editable___\w+_finder|_editable_impl_\w+|__editables_\w+)\b")


class PathAdditions(Struct, frozen=True):
    """The folders that one site-packages folder adds to the search.

    Attributes:
        folders: Folders appended to `sys.path`, in order.
        mapping: Dotted names to the path of the package's folder, or of the module without
            its `.py`.
        namespaces: Names of namespace packages to their folders.
    """

    folders: tuple[str, ...] = ()
    mapping: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_pth_files(site_packages: str) -> PathAdditions:
    """Read the folder's `.pth` files by the rules of `site.addpackage`."""
    folders: list[str] = []
    mapping: dict[str, str] = {}
    namespaces: dict[str, tuple[str, ...]] = {}
    for line in _lines(site_packages):
        if line.startswith(("import ", "import\t")):
            for name in _GENERATED.findall(line):
                path = os.path.join(site_packages, f"{name}.py")
                _read_generated_finder(path, mapping, namespaces)
            continue
        folder = os.path.realpath(os.path.join(site_packages, line))
        if os.path.isdir(folder) and folder not in folders:
            folders.append(folder)
    return PathAdditions(tuple(folders), mapping, namespaces)


def _lines(site_packages: str) -> list[str]:
    try:
        names = sorted(os.listdir(site_packages))
    except OSError:
        return []
    lines: list[str] = []
    for name in names:
        if name.endswith(".pth") and not name.startswith("."):
            text = _read(os.path.join(site_packages, name))
            lines += [line.rstrip() for line in text.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _read(path: str) -> str:
    """The file's text; nothing when it cannot be read, as `site` too goes on without it."""
    try:
        # A package manager may link to a store of its own.
        text = read_regular(os.path.realpath(path)).data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    return "" if "\0" in text else text


def _read_generated_finder(
    path: str, mapping: dict[str, str], namespaces: dict[str, tuple[str, ...]]
) -> None:
    try:
        module = ast.parse(_read(path))
    except SyntaxError:
        return
    for statement in module.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as value):
                _read_literal(name, value, mapping, namespaces)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as value):
                _read_literal(name, value, mapping, namespaces)
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="map_module"),
                    args=[ast.Constant(value=str(module_name)), ast.Constant(value=str(target))],
                )
            ):
                mapping[module_name] = _without_suffix(target)
            case _:
                pass


def _read_literal(
    name: str,
    value: ast.Dict,
    mapping: dict[str, str],
    namespaces: dict[str, tuple[str, ...]],
) -> None:
    for key, item in zip(value.keys, value.values, strict=True):
        match key, item:
            case ast.Constant(value=str(module)), ast.Constant(value=str(path)):
                if name == "MAPPING":
                    mapping[module] = os.path.realpath(path)
            case ast.Constant(value=str(module)), ast.List(elts=elements):
                if name == "NAMESPACES":
                    namespaces[module] = tuple(
                        os.path.realpath(element.value)
                        for element in elements
                        if isinstance(element, ast.Constant) and isinstance(element.value, str)
                    )
            case _:
                pass


def _without_suffix(path: str) -> str:
    """`…/shop/__init__.py` to `…/shop`, `…/shop.py` to `…/shop`: the form of MAPPING."""
    path = os.path.realpath(path).removesuffix(".py")
    return os.path.dirname(path) if os.path.basename(path) == "__init__" else path
