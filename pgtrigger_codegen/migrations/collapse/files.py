"""Stage migrations: the new texts of a collapsed run's files, and the files to remove.

A file in which nothing is left goes, and what came after it comes after what was before it. It
stays, without operations, where somebody else counts on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from pgtrigger_codegen.evaluator.values.unknown import Unknown
from pgtrigger_codegen.migrations.changes.operations import TriggerOperation
from pgtrigger_codegen.migrations.collapse.outcome import Collapse
from pgtrigger_codegen.migrations.collapse.runs import Run
from pgtrigger_codegen.migrations.collapse.trigger_steps import OperationPlace
from pgtrigger_codegen.migrations.reading.reader import EvaluatedMigration, Key
from pgtrigger_codegen.migrations.writing.class_lists import ClassLists
from pgtrigger_codegen.migrations.writing.literal import string_literal
from pgtrigger_codegen.migrations.writing.migration_class import LayoutError
from pgtrigger_codegen.migrations.writing.writer import (
    HEADER,
    IgnoreFunction,
    ignore_function_block,
    operation_block,
)
from pgtrigger_codegen.source.edits import module_name
from pgtrigger_codegen.source.overlay import read_bytes


class CollapsedFile(Struct, frozen=True):
    """A migration file that changes.

    Attributes:
        after: None for a file that goes.
        operations: What stands for several operations now.
        kept: Why a file stays in which no operation is left.
    """

    key: Key
    path: Path
    before: str
    after: str | None
    operations: tuple[TriggerOperation, ...] = ()
    kept: str | None = None


class CollapsedFiles(Struct, frozen=True):
    """The files of a collapsed run.

    Attributes:
        leaf: The app's last migration where that is another one now.
    """

    files: tuple[CollapsedFile, ...]
    leaf: Key | None


class RunFiles(Struct):
    """The texts of a run's files.

    Attributes:
        obstacles: Why operations of a file cannot be replaced one by one.
    """

    run: Run
    lists: dict[Key, ClassLists] = field(default_factory=dict)
    obstacles: dict[Key, str] = field(default_factory=dict)

    @classmethod
    def read(cls, run: Run) -> RunFiles:
        files = cls(run)
        for key in run.keys:
            try:
                files.lists[key] = _editable(run.graph.migrations[key])
            except LayoutError as error:
                files.obstacles[key] = str(error)
        return files


def collapsed_files(
    files: RunFiles, outcome: Collapse, may_change: Callable[[Path], bool]
) -> CollapsedFiles:
    """The files as they are to be.

    Args:
        may_change: Whether a file outside of the run may be changed, for its dependencies.
    """
    return _Files(files, outcome, may_change).result()


def is_our_comment(comment: str) -> bool:
    """Whether a comment is what we write above an operation."""
    return _COMMENT.fullmatch(comment) is not None


_COMMENT = re.compile(
    r"(Add|Remove|Change|Rename|Create|Drop|Record)\b.* trigger \S+:\S+.*\."
    r"|The function by which pgtrigger\.ignore\(\) turns triggers off\..*"
    r"|Triggers that `manage\.py pgtrigger install` has made already are taken over\..*"
    r"|What was disabled before is disabled again\."
)


def _editable(migration: EvaluatedMigration) -> ClassLists:
    """The file's lists, where its operations are all in them.

    Raises:
        LayoutError: They are not.
    """
    if isinstance(migration.operations, Unknown):
        raise LayoutError(f"its operations cannot be read: {migration.operations.reason}")
    lists = ClassLists(_text(migration.path))
    if len(lists.elements("operations")) != len(migration.operations):
        raise LayoutError("its operations are not all in the list of class Migration")
    if module_name(lists.text, "django.db", "migrations") != "migrations":
        raise LayoutError("it does not say `from django.db import migrations`")
    if migration.replaces:
        raise LayoutError("it stands for migrations that were squashed")
    return lists


def _text(path: Path) -> str:
    """The file's text, as `OriginalText` takes it back."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LayoutError("it is not UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


class _Files:
    def __init__(
        self, files: RunFiles, outcome: Collapse, may_change: Callable[[Path], bool]
    ) -> None:
        self._lists = files.lists
        self._run = files.run
        self._graph = files.run.graph
        self._outcome = outcome
        self._may_change = may_change
        self._gone: dict[Key, tuple[Key, ...]] = {}
        self._kept: dict[Key, str] = {}
        self._others: dict[Key, ClassLists] = {}

    def result(self) -> CollapsedFiles:
        changed = {
            place.migration for place in (*self._outcome.replaced, *self._outcome.ignore_functions)
        }
        for key in self._run.keys:
            if key in changed and self._is_empty(key):
                self._dismiss(key)
        for key in changed - self._gone.keys():
            self._rewrite(key)
        rewired = self._rewire()
        files = [self._file(key) for key in sorted(changed | rewired)]
        return CollapsedFiles(
            tuple(item for item in files if item.after != item.before), self._new_leaf()
        )

    def _is_empty(self, key: Key) -> bool:
        return not any(
            self._blocks(OperationPlace(key, index)) for index in range(self._count(key))
        ) and all(
            OperationPlace(key, index) in self._outcome.replaced
            for index in range(self._count(key))
        )

    def _count(self, key: Key) -> int:
        return len(self._lists[key].elements("operations"))

    def _dismiss(self, key: Key) -> None:
        """Let a file go in which nothing is left, or note why it stays."""
        reason = self._needed(key)
        if reason:
            self._kept[key] = reason
            return
        listed = self._graph.migrations[key].dependencies
        assert not isinstance(listed, Unknown)
        self._gone[key] = tuple((str(item[0]), str(item[1])) for item in _pairs(listed))

    def _needed(self, key: Key) -> str | None:
        """Why a file without operations must stay."""
        migration, lists = self._graph.migrations[key], self._lists[key]
        if migration.replaces or migration.initial:
            return "replaces or initial is set in it"
        if _says_more(lists.tree) or self._is_commented(lists):
            return "there is more in it than operations"
        if any(not self._comes_anyway(key, child) for child in _pairs(migration.run_before)):
            return "what it names in run_before would come earlier without it"
        try:
            written = [_pair(element) for element in lists.elements("dependencies")]
        except LayoutError:
            written = [None]
        if None in written:
            return "its dependencies cannot be changed"
        if not any(pair and pair[0] == key[0] for pair in written):
            return "it is the app's first"
        return self._wanted(key)

    def _is_commented(self, lists: ClassLists) -> bool:
        """Whether somebody has something to say in the file besides."""
        empty = ClassLists(lists.text)
        count = len(empty.elements("operations"))
        empty.rewrite("operations", dict.fromkeys(range(count), ()), is_our_comment)
        return any(not text.startswith("# Generated by Django") for text in empty.comments())

    def _wanted(self, key: Key) -> str | None:
        """Who else needs a migration."""
        for child, migration in self._graph.migrations.items():
            if child == key or child in self._gone:
                continue
            for attribute in ("run_before", "replaces"):
                if key in _pairs(getattr(migration, attribute)):
                    return f"{'.'.join(child)} names it in {attribute}"
            if key in _pairs(migration.dependencies) and (reason := self._fixed(child, key)):
                return reason
        if key in self._graph.replaced.values():
            return "it stands for migrations that were squashed"
        return None

    def _comes_anyway(self, key: Key, child: Key) -> bool:
        """Whether a migration comes after all that another one does, without that one."""
        parents = self._graph.parents.get(child, ())
        others = {item for item in parents if item != key}
        before = others.union(*(self._graph.ancestors(item) for item in others))
        return set(self._graph.parents[key]) <= before

    def _fixed(self, child: Key, key: Key) -> str | None:
        """Why a migration's dependency on another one cannot be changed."""
        name = ".".join(child)
        if child[0] != key[0]:
            return f"{name} depends on it"
        if child not in self._lists:
            path = self._graph.migrations[child].path
            if child not in self._others and not self._may_change(path):
                return f"{name}, which is not to be changed, depends on it"
            try:
                self._others.setdefault(child, ClassLists(_text(path)))
            except (LayoutError, SyntaxError):
                return f"{name} depends on it"
        try:
            elements = self._all(child).elements("dependencies")
        except LayoutError:
            return f"{name} depends on it, in a way that cannot be changed"
        if key not in map(_pair, elements):
            return f"{name} depends on it, in a way that cannot be changed"
        return None

    def _all(self, key: Key) -> ClassLists:
        return self._lists.get(key) or self._others[key]

    def _rewrite(self, key: Key) -> None:
        replaced = {
            index: blocks
            for index in range(self._count(key))
            if (blocks := self._blocks(OperationPlace(key, index))) is not None
        }
        self._lists[key].rewrite("operations", replaced, is_our_comment)

    def _blocks(self, place: OperationPlace) -> list[str] | None:
        """What an operation is replaced by; None where it stays as it is."""
        if place not in self._outcome.replaced:
            return None  # an ignore function comes only before what is written anew
        blocks = [ignore_function_block(IgnoreFunction(name)) for name in self._names(place)]
        rewritten = self._outcome.replaced[place]
        if rewritten and rewritten.operation:
            blocks.append(operation_block(rewritten.operation, rewritten.style))
        return blocks

    def _names(self, place: OperationPlace) -> Sequence[str]:
        return self._outcome.ignore_functions.get(place, ())

    def _rewire(self) -> set[Key]:
        """Set dependencies right; the migrations of which they change."""
        changed = set()
        for key in self._graph.migrations:
            if key in self._gone or (key not in self._lists and key not in self._others):
                continue
            added = set(self._outcome.dependencies.get(key, ()))
            if self._rewire_one(key, added):
                changed.add(key)
        return changed

    def _rewire_one(self, key: Key, added: Collection[Key]) -> bool:
        lists = self._all(key)
        try:
            elements = lists.elements("dependencies")
        except LayoutError:
            return False
        written = [_pair(element) for element in elements]
        there = {item for item in written if item and item not in self._gone}
        gone = [index for index, item in enumerate(written) if item in self._gone]
        before = [key for item in written if item in self._gone for key in self._instead(item)]
        new = [item for item in dict.fromkeys([*before, *sorted(added)]) if item not in there]
        if not gone and not new:
            return False
        lists.exchange("dependencies", gone, [_code(item) for item in new])
        return True

    def _instead(self, key: Key) -> Iterator[Key]:
        """What a migration that goes came after."""
        for parent in self._gone[key]:
            if parent in self._gone:
                yield from self._instead(parent)
            else:
                yield parent

    def _file(self, key: Key) -> CollapsedFile:
        path = self._graph.migrations[key].path
        before = self._all(key).text
        if key in self._gone:
            return CollapsedFile(key, path, before, None)
        operations = tuple(
            rewritten.operation
            for place, rewritten in sorted(self._outcome.replaced.items(), key=lambda item: item[0])
            if place.migration == key and rewritten and rewritten.operation
        )
        return CollapsedFile(
            key, path, before, self._all(key).result(), operations, self._kept.get(key)
        )

    def _new_leaf(self) -> Key | None:
        leaf = self._graph.leaf(self._run.app_label)
        if leaf is None or leaf not in self._gone:
            return None
        return next(key for key in self._instead(leaf) if key[0] == leaf[0])


def _says_more(tree: ast.Module) -> bool:
    """Whether a file has more to say than a migration's lists."""
    for statement in tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                pass
            case ast.Expr(value=ast.Constant(value=str(text))) if text.startswith(HEADER):
                pass
            case ast.ClassDef(name="Migration"):
                for inner in statement.body:
                    match inner:
                        case (
                            ast.Assign(targets=[ast.Name(id=name)])
                            | ast.AnnAssign(target=ast.Name(id=name))
                        ) if name in ("dependencies", "operations", "run_before", "atomic"):
                            pass
                        case _:
                            return True
            case _:
                return True
    return False


def _pairs(listed: object) -> list[Key]:
    if isinstance(listed, Unknown) or not isinstance(listed, list | tuple):
        return []
    return [item for item in listed if isinstance(item, tuple) and len(item) == 2]


def _pair(element: ast.expr) -> Key | None:
    match element:
        case ast.Tuple(elts=[ast.Constant(value=str(app_label)), ast.Constant(value=str(name))]):
            return app_label, name
    return None


def _code(key: Key) -> str:
    return f"({string_literal(key[0])}, {string_literal(key[1])})"
