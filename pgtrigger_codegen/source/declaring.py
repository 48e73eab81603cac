"""Stage source: the places in a text that can declare triggers, as LibCST reads them.

The evaluator reads `ast`; this is the other reader, by which the first is checked. It is given
lines that a filter let through, parses the statements around them and nothing else, and keeps
exact places and comments.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    import libcst as cst

What = Literal["meta", "register", "trigger", "provider"]


class Enclosure(Struct, frozen=True):
    """A statement around a site, of which the body may not run.

    Attributes:
        kind: `if`, `else`, `case`, `except`, `function` or `class`.
        line: Of the statement: for `else`, of its `if`.
        name: Of a function or class.
        test: The condition as text, for `if` and `else`.
    """

    kind: str
    line: int
    name: str = ""
    test: str = ""


class DeclarationSite(Struct, frozen=True):
    """A place that can declare triggers.

    Attributes:
        name: The trigger's name, where it stands there as a literal.
        enclosures: Statements around it, the outermost first.
    """

    what: What
    line: int
    column: int
    end_line: int
    end_column: int
    name: str | None = None
    enclosures: tuple[Enclosure, ...] = ()


def declaring_sites(
    text: str, statements: Collection[tuple[int, int]], callables: Mapping[str, What]
) -> Iterator[DeclarationSite]:
    """The sites in some top-level statements.

    Args:
        statements: First and last line of each.
        callables: By dotted name as the module writes it (`pgtrigger.Protect`, `Protect`): what a
            call of it is.

    Raises:
        libcst.ParserSyntaxError: A statement does not parse.
    """
    from libcst import parse_module
    from libcst.metadata import MetadataWrapper, PositionProvider

    lines = text.split("\n")
    for first, last in sorted(statements):
        module = parse_module("\n".join(lines[first - 1 : last]) + "\n")
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        positions = wrapper.resolve(PositionProvider)
        finder = _Finder(positions, first - 1, callables)
        finder.visit(wrapper.module, ())
        yield from finder.sites


class _Finder:
    def __init__(
        self, positions: Mapping[cst.CSTNode, object], offset: int, callables: Mapping[str, What]
    ) -> None:
        self._positions = positions
        self._offset = offset
        self._callables = callables
        self.sites: list[DeclarationSite] = []

    def visit(self, node: cst.CSTNode, around: tuple[Enclosure, ...]) -> None:
        """Looks for sites in a node.

        Args:
            around: The statements that it is in.
        """
        visitor = _VISITORS.get(type(node).__name__)  # by name: LibCST is imported late
        if visitor is not None:
            visitor(self, node, around)
        else:
            self._visit_children(node, around)

    def _visit_children(self, node: cst.CSTNode, around: tuple[Enclosure, ...]) -> None:
        for child in node.children:
            self.visit(child, around)

    def _visit_function_def(self, node: cst.FunctionDef, around: tuple[Enclosure, ...]) -> None:
        for decorator in node.decorators:
            self.visit(decorator, around)
        self.visit(node.params, around)
        inner = Enclosure("function", self._line(node.name), node.name.value)
        self.visit(node.body, (*around, inner))

    def _visit_lambda(self, node: cst.Lambda, around: tuple[Enclosure, ...]) -> None:
        self.visit(node.body, (*around, Enclosure("function", self._line(node))))

    def _visit_if(self, node: cst.If, around: tuple[Enclosure, ...]) -> None:
        self._branches(node.test, node.body, node.orelse, around)

    def _visit_conditional(self, node: cst.IfExp, around: tuple[Enclosure, ...]) -> None:
        self._branches(node.test, node.body, node.orelse, around)

    def _visit_match_case(self, node: cst.MatchCase, around: tuple[Enclosure, ...]) -> None:
        self._visit_children(node, (*around, Enclosure("case", self._line(node))))

    def _visit_except_handler(self, node: cst.ExceptHandler, around: tuple[Enclosure, ...]) -> None:
        self.visit(node.body, (*around, Enclosure("except", self._line(node))))

    def _visit_assign(self, node: cst.Assign, around: tuple[Enclosure, ...]) -> None:
        self._assignment(node, [one.target for one in node.targets], around)

    def _visit_ann_assign(self, node: cst.AnnAssign, around: tuple[Enclosure, ...]) -> None:
        self._assignment(node, [node.target], around)

    def _visit_aug_assign(self, node: cst.AugAssign, around: tuple[Enclosure, ...]) -> None:
        self._assignment(node, [node.target], around)

    def _visit_call(self, node: cst.Call, around: tuple[Enclosure, ...]) -> None:
        what = self._meaning(node)
        if what is not None:
            self._add(what, node, around, _name_argument(node))
        self._visit_children(node, around)

    def _visit_class_def(self, node: cst.ClassDef, around: tuple[Enclosure, ...]) -> None:
        for part in (*node.decorators, *node.bases, *node.keywords):
            self.visit(part, around)
        inner = Enclosure("class", self._line(node.name), node.name.value)
        self.visit(node.body, (*around, inner))

    def _branches(
        self,
        test: cst.CSTNode,
        body: cst.CSTNode,
        orelse: cst.CSTNode | None,
        around: tuple[Enclosure, ...],
    ) -> None:
        line, text = self._line(test), _text(test)
        self.visit(test, around)
        self.visit(body, (*around, Enclosure("if", line, test=text)))
        if orelse is not None:
            self.visit(orelse, (*around, Enclosure("else", line, test=text)))

    def _assignment(
        self,
        node: cst.CSTNode,
        targets: Iterable[cst.CSTNode],
        around: tuple[Enclosure, ...],
    ) -> None:
        for target in targets if is_in_meta(around) else ():
            if type(target).__name__ == "Name" and getattr(target, "value", "") == "triggers":
                self._add("meta", target, around)
        self._visit_children(node, around)

    def _meaning(self, node: cst.Call) -> What | None:
        """What a call declares: by its name, or as `pgtrigger.Protect(…).register(Order)`."""
        written = _dotted(node.func)
        if written is not None:
            return self._callables.get(written)
        made = getattr(node.func, "value", None)
        name = getattr(getattr(node.func, "attr", None), "value", None)
        if name == "register" and type(made).__name__ == "Call":
            inside = _dotted(made.func)  # type: ignore[union-attr]
            if inside is not None and self._callables.get(inside) == "trigger":
                return "register"
        return None

    def _add(
        self,
        what: What,
        node: cst.CSTNode,
        around: tuple[Enclosure, ...],
        name: str | None = None,
    ) -> None:
        place = self._positions[node]
        start, end = place.start, place.end  # type: ignore[attr-defined]
        self.sites.append(
            DeclarationSite(
                what,
                start.line + self._offset,
                start.column + 1,
                end.line + self._offset,
                end.column + 1,
                name,
                around,
            )
        )

    def _line(self, node: cst.CSTNode) -> int:
        return int(self._positions[node].start.line) + self._offset  # type: ignore[attr-defined]


_VISITORS: dict[str, Callable[[_Finder, Any, tuple[Enclosure, ...]], None]] = {
    "AnnAssign": _Finder._visit_ann_assign,
    "Assign": _Finder._visit_assign,
    "AugAssign": _Finder._visit_aug_assign,
    "Call": _Finder._visit_call,
    "ClassDef": _Finder._visit_class_def,
    "ExceptHandler": _Finder._visit_except_handler,
    "FunctionDef": _Finder._visit_function_def,
    "If": _Finder._visit_if,
    "IfExp": _Finder._visit_conditional,
    "Lambda": _Finder._visit_lambda,
    "MatchCase": _Finder._visit_match_case,
}


def is_in_meta(around: tuple[Enclosure, ...]) -> bool:
    """Whether the innermost class or function is a class `Meta`."""
    holders = [one for one in around if one.kind in ("class", "function")]
    return bool(holders) and (holders[-1].kind, holders[-1].name) == ("class", "Meta")


def _name_argument(node: cst.Call) -> str | None:
    import libcst as cst

    for argument in node.args:
        if argument.keyword is not None and argument.keyword.value == "name":
            value = argument.value
            evaluated = value.evaluated_value if isinstance(value, cst.SimpleString) else None
            return evaluated if isinstance(evaluated, str) else None
    return None


def _dotted(node: cst.CSTNode) -> str | None:
    import libcst as cst

    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join([node.value, *reversed(parts)])


def _text(node: cst.CSTNode) -> str:
    import libcst as cst

    return cst.Module([]).code_for_node(node)
