"""Stage project: which file names the settings module, and what it names.

Django itself takes `DJANGO_SETTINGS_MODULE` from the environment. We never look at our own
environment for it: a hook must give the same result in every shell. The files that set the
variable (manage.py, wsgi.py, a test runner's configuration) are read with `ast`, not run.
"""

from __future__ import annotations

import ast
import configparser
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pgtrigger_codegen.project.config import is_dotted_name, read_toml, toml_table

VARIABLE = "DJANGO_SETTINGS_MODULE"

# Constants may refer to one another, even in a circle.
_MAX_DEPTH = 20
_TABLES = {
    "pytest.ini": ("pytest",),
    ".pytest.ini": ("pytest",),
    "tox.ini": ("pytest",),
    "setup.cfg": ("tool:pytest", "mypy.plugins.django-stubs"),
    "mypy.ini": ("mypy.plugins.django-stubs",),
    ".mypy.ini": ("mypy.plugins.django-stubs",),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """One place that names a settings module.

    Attributes:
        path: The file.
        line: Where it stands, None when only the file is known.
        module: The dotted name, None when it cannot be read.
        conditional: Whether it stands in a branch.
        environment: Name of the variable whose default this is.
        search_path: Folders that the same configuration puts on `sys.path`.
    """

    path: Path
    line: int | None
    module: str | None
    conditional: bool = False
    environment: str | None = None
    search_path: tuple[Path, ...] = ()

    def origin(self, root: Path) -> str:
        """The place as text: `manage.py:9`."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path.as_posix()}:{self.line}" if self.line else path.as_posix()


def read_entry_point(path: Path, env: Mapping[str, str]) -> list[Naming]:
    """The settings modules that manage.py, wsgi.py or the like sets.

    What is set in a branch (`if "test" in sys.argv:`) counts only when nothing is set outside.

    Args:
        env: Pinned environment variables.

    Raises:
        SyntaxError: The file does not parse.
    """
    data = path.read_bytes()
    if VARIABLE.encode() not in data:
        return []
    try:
        module = ast.parse(data)
    except ValueError as error:  # null bytes, on Python before 3.12
        raise SyntaxError(str(error)) from error
    values = _Values(_constants(module), env)
    namings = [
        _naming(path, value, conditional, values)
        for value, conditional in _assignments(module, False, values)
    ]
    return [naming for naming in namings if not naming.conditional] or namings


def read_test_configuration(folder: Path) -> Iterator[Naming]:
    """The settings modules that pytest-django's or django-stubs' configuration names."""
    for name in ("pytest.ini", ".pytest.ini"):
        yield from _read_ini(folder / name)
    yield from _read_pyproject(folder / "pyproject.toml")
    for name in ("tox.ini", "setup.cfg", "mypy.ini", ".mypy.ini"):
        yield from _read_ini(folder / name)


def _naming(path: Path, value: ast.expr, conditional: bool, values: _Values) -> Naming:
    module = values.read(value)
    if module is not None and not is_dotted_name(module):
        module = None
    source = values.environment_of(value)
    return Naming(path, value.lineno, module, conditional, source if module else None)


def _assignments(
    node: ast.AST, conditional: bool, values: _Values
) -> Iterator[tuple[ast.expr, bool]]:
    """Expressions that the variable is set to, and whether they stand in a branch."""
    match node:
        case ast.Call(func=ast.Attribute(value=target, attr="setdefault"), args=[key, value]) if (
            _is_environ(target) and values.read(key) == VARIABLE
        ):
            yield value, conditional
        case ast.Assign(targets=[ast.Subscript(value=target, slice=key)], value=value) if (
            _is_environ(target) and values.read(key) == VARIABLE
        ):
            yield value, conditional
        case ast.If(test=test):
            conditional = conditional or not _is_main_guard(test)
        case ast.IfExp() | ast.Match() | ast.ExceptHandler():
            conditional = True
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _assignments(child, conditional, values)


def _is_environ(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(attr="environ") | ast.Name(id="environ"):
            return True
        case _:
            return False


def _is_main_guard(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and (
        isinstance(test.left, ast.Name) and test.left.id == "__name__"
    )


def _constants(module: ast.Module) -> dict[str, ast.expr]:
    """Names that the file assigns exactly once, to their expressions."""
    stores = Counter(
        node.id
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    )
    found: dict[str, ast.expr] = {}
    for node in ast.walk(module):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                found[name] = value
            case _:
                pass
    return {name: value for name, value in found.items() if stores[name] == 1}


class _Values:
    """Reads the strings that entry points name settings with."""

    def __init__(self, constants: Mapping[str, ast.expr], env: Mapping[str, str]) -> None:
        self._constants = constants
        self._env = env

    def read(self, node: ast.expr, depth: int = 0) -> str | None:
        """The string that the expression is, None when it cannot be told."""
        if depth > _MAX_DEPTH:
            return None
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.Name(id=name) if name in self._constants:
                return self.read(self._constants[name], depth + 1)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined(self.read(part, depth + 1) for part in (left, right))
            case ast.JoinedStr(values=parts):
                return _joined(self.read(part, depth + 1) for part in parts)
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return self.read(value, depth + 1)
            case ast.Call():
                return self._from_environment(node, depth)
            case _:
                return None

    def environment_of(self, node: ast.expr, depth: int = 0) -> str | None:
        """The unpinned environment variable that the value is a default for, if any."""
        if depth > _MAX_DEPTH:
            return None
        for inner in ast.walk(node):
            name = _environment_call(inner)
            if name is not None and name not in self._env:
                return name
            if isinstance(inner, ast.Name) and inner.id in self._constants:
                found = self.environment_of(self._constants[inner.id], depth + 1)
                if found is not None:
                    return found
        return None

    def _from_environment(self, node: ast.Call, depth: int) -> str | None:
        name = _environment_call(node)
        if name is None:
            return None
        if name in self._env:
            return self._env[name]
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        default = keywords.get("default", node.args[1] if len(node.args) > 1 else None)
        return None if default is None else self.read(default, depth + 1)


def _environment_call(node: ast.AST) -> str | None:
    """The name in `os.getenv("X", …)`, `os.environ.get("X", …)`, `config("X", default=…)`."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="getenv" | "config" | "env" | "str")
            | ast.Name(id="getenv" | "config" | "env"),
            args=[ast.Constant(value=str(name)), *_],
        ):
            return name
        case ast.Call(
            func=ast.Attribute(value=target, attr="get"),
            args=[ast.Constant(value=str(name)), *_],
        ) if _is_environ(target):
            return name
        case _:
            return None


def _joined(parts: Iterable[str | None]) -> str | None:
    texts = list(parts)
    return None if None in texts else "".join(text for text in texts if text is not None)


def _read_ini(path: Path) -> Iterator[Naming]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        # Absent, or not ours to report: the tool that owns the file will.
        return
    for table in _TABLES[path.name]:
        if parser.has_section(table):
            yield from _from_options(path, dict(parser.items(table)))


def _read_pyproject(path: Path) -> Iterator[Naming]:
    if not path.is_file():
        return
    document = read_toml(path)
    # `[tool.pytest]` itself since pytest 9, `[tool.pytest.ini_options]` before.
    for keys in (("pytest",), ("pytest", "ini_options"), ("django-stubs",)):
        options = toml_table(document, "tool", *keys)
        if isinstance(options, dict):
            yield from _from_options(path, options)


def _from_options(path: Path, options: Mapping[str, Any]) -> Iterator[Naming]:
    named = _option_in(options.get("addopts")) or options.get(VARIABLE)
    named = named or options.get("django_settings_module")
    if not isinstance(named, str):
        return
    module = named.strip().strip("\"'")
    search_path = tuple(
        (path.parent / folder).resolve() for folder in _words(options.get("pythonpath"))
    )
    if is_dotted_name(module):
        yield Naming(path, _line_of(path, module), module, search_path=search_path)


def _option_in(addopts: object) -> str | None:
    """The value of pytest-django's `--ds`, which wins over the variable."""
    words = iter(_words(addopts))
    for word in words:
        if word.startswith("--ds="):
            return word.removeprefix("--ds=")
        if word == "--ds":
            return next(words, None)
    return None


def _words(value: object) -> list[str]:
    if isinstance(value, list):
        return [word for word in value if isinstance(word, str)]
    try:
        return shlex.split(value) if isinstance(value, str) else []
    except ValueError:  # an unclosed quote
        return []


def _line_of(path: Path, module: str) -> int | None:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if module in line), None)
