"""Stage project: manage.py, wsgi.py and asgi.py, read with `ast` and never run.

Django itself takes `DJANGO_SETTINGS_MODULE` from the environment. We never look at our own
environment for it: a hook must give the same result in every shell. So what counts is the value
that these files give the variable.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from pgtrigger_codegen.project.command_line import holds_for_migrate
from pgtrigger_codegen.project.config import is_dotted_name
from pgtrigger_codegen.project.constants import MAX_DEPTH, once_assigned
from pgtrigger_codegen.project.settings_name import CONFIGURATION, VARIABLE, Naming
from pgtrigger_codegen.source.files import read_within


def read_entry_point(path: Path, env: Mapping[str, str]) -> list[Naming]:
    """The settings modules that manage.py, wsgi.py or the like sets.

    A branch on `sys.argv` is that of `migrate`. What is set in another branch counts only when
    nothing is set outside.

    Args:
        env: Pinned environment variables.

    Raises:
        SyntaxError: The file does not parse.
    """
    data = read_within(path)
    if VARIABLE.encode() not in data:
        return []
    try:
        module = ast.parse(data)
    except ValueError as error:  # null bytes, on Python before 3.12
        raise SyntaxError(str(error)) from error
    values = _Values(once_assigned(module), env)
    classes = [
        (values.read(value), way)
        for value, way in _assignments(module, CONFIGURATION, _Way(), values)
    ]
    configuration = _only(name for name, way in classes if not way.conditional) or _only(
        name for name, _ in classes
    )
    namings = [
        replace(_naming(path, value, way, values), configuration=configuration)
        for value, way in _assignments(module, VARIABLE, _Way(), values)
    ]
    return [naming for naming in namings if not naming.conditional] or namings


class _Way(Struct, frozen=True):
    """How a statement is come to: through branches, and through branches on `sys.argv`."""

    conditional: bool = False
    by_command: bool = False


def _naming(path: Path, value: ast.expr, way: _Way, values: _Values) -> Naming:
    module = values.read(value)
    if module is not None and not is_dotted_name(module):
        module = None
    source = values.environment_of(value)
    source = source if module else None
    return Naming(path, value.lineno, module, way.conditional, source, by_command=way.by_command)


def _only(names: Iterable[str | None]) -> str | None:
    found = set(names)
    return found.pop() if len(found) == 1 else None


def _assignments(
    node: ast.AST, variable: str, way: _Way, values: _Values
) -> Iterator[tuple[ast.expr, _Way]]:
    """Expressions that a variable is set to, and how they are come to."""
    inside: Iterable[ast.AST] = ast.iter_child_nodes(node)
    match node:
        case ast.Call(func=ast.Attribute(value=target, attr="setdefault"), args=[key, value]) if (
            _is_environ(target) and values.read(key) == variable
        ):
            yield value, way
        case ast.Assign(targets=[ast.Subscript(value=target, slice=key)], value=value) if (
            _is_environ(target) and values.read(key) == variable
        ):
            yield value, way
        case ast.If(test=test) if (holds := holds_for_migrate(test)) is not None:
            way = replace(way, by_command=True)
            inside = node.body if holds else node.orelse
        case ast.If(test=test):
            way = replace(way, conditional=way.conditional or not _is_main_guard(test))
        case ast.IfExp() | ast.Match() | ast.ExceptHandler():
            way = replace(way, conditional=True)
        case _:
            pass
    for child in inside:
        yield from _assignments(child, variable, way, values)


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


class _Values:
    """Reads the strings that entry points name settings with."""

    def __init__(self, constants: Mapping[str, ast.expr], env: Mapping[str, str]) -> None:
        self._constants = constants
        self._env = env

    def read(self, node: ast.expr, depth: int = 0) -> str | None:
        """The string that the expression is, None when it cannot be told."""
        if depth > MAX_DEPTH:
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
        if depth > MAX_DEPTH:
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
