"""The fix of PGT103: what it writes, and when it is safe."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.lint.diagnostic import Applicability
from pgtrigger_codegen.lint.fixes.meta_fix import meta_fix
from pgtrigger_codegen.lint.places.source_text import SourceText
from pgtrigger_codegen.models.facts import LostTriggers
from pgtrigger_codegen.source.module import Module, parse_module
from pgtrigger_codegen.source.span import Span

BASE = """\
class Audited(models.Model):
    class Meta:
        abstract = True
        triggers = [KEEP]
"""


def fixed(
    text: str,
    *,
    base: str = "Audited",
    base_text: str | None = None,
    meta_bases: tuple[str, ...] = (),
    keeps_others: bool = False,
) -> tuple[str, Applicability] | None:
    """Fixes the `Meta` of the class `Order`; `Audited` is in the same text or in one of its own."""
    module = _module(text)
    base_module = module if base_text is None else _module(base_text)
    lost = LostTriggers(
        model="Order",
        base=base,
        triggers=("keep",),
        cause="own-meta",
        span=_span(module, "Order", "Meta") or Span("/project/shop/models.py", 1, 1, 1, 2),
        base_span=_span(base_module, "Audited") or Span("/project/core/models.py", 1, 1, 1, 2),
        meta_bases=meta_bases,
        keeps_others=keeps_others,
    )
    fix = meta_fix(lost, module, base_module)
    return (SourceText(text).apply(fix.edits).text, fix.applicability) if fix else None


def _module(text: str) -> Module:
    return parse_module("shop.models", Path("/project/shop/models.py"), text)


def _span(module: Module, *names: str) -> Span | None:
    found: ast.AST = module.tree
    for name in names:
        for node in ast.walk(found):
            if isinstance(node, ast.ClassDef) and node.name == name:
                found = node
                break
        else:
            return None
    assert isinstance(found, ast.ClassDef)
    return module.name_span(found)


def order(header: str, body: str = "ordering = []", *, bases: str = "Audited") -> str:
    """The class with a `Meta`."""
    return f"class Order({bases}):\n    {header}\n        {body}\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("class Meta:", "class Meta(Audited.Meta):"),
        ("class Meta():", "class Meta(Audited.Meta):"),
        ("class Meta ( ) :  # why", "class Meta(Audited.Meta) :  # why"),
        ("class Meta(object):", "class Meta(Audited.Meta):"),
    ],
)
def test_a_meta_without_bases_gets_one(header: str, expected: str) -> None:
    assert fixed(BASE + order(header)) == (BASE + order(expected), Applicability.SAFE)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("class Meta(Other):", "class Meta(Other, Audited.Meta):"),
        ("class Meta(Other,):", "class Meta(Other, Audited.Meta,):"),
        ("class Meta((Other)):", "class Meta((Other), Audited.Meta):"),
        ("class Meta(Other, object):", "class Meta(Other, Audited.Meta):"),
        ("class Meta(Other, metaclass=M):", "class Meta(Other, Audited.Meta, metaclass=M):"),
    ],
)
def test_after_other_bases_it_is_unsafe(header: str, expected: str) -> None:
    assert fixed(BASE + order(header)) == (BASE + order(expected), Applicability.UNSAFE)


@pytest.mark.parametrize(
    ("base", "expected"),
    [("Base", "Base"), ("core.models.Audited", "core.models.Audited"), ("Audited[int]", "Audited")],
)
def test_the_base_is_named_as_the_class_names_it(base: str, expected: str) -> None:
    result = fixed(order("class Meta:", bases=base), base=base, base_text=BASE)

    header = f"class Meta({expected}.Meta):"
    assert result == (order(header, bases=base), Applicability.SAFE)


@pytest.mark.parametrize(
    ("base_meta", "applicability"),
    [
        ("abstract = True", Applicability.SAFE),
        ("abstract = True; ordering = ['name']", Applicability.SAFE),
        ("abstract = True; db_table = 'audited'", Applicability.UNSAFE),
    ],
    ids=["nothing else", "an option that the class sets too", "an option that would come along"],
)
def test_other_options_of_the_base_make_it_unsafe(
    base_meta: str, applicability: Applicability
) -> None:
    base = BASE.replace("abstract = True", base_meta)

    assert fixed(base + order("class Meta:")) == (
        base + order("class Meta(Audited.Meta):"),
        applicability,
    )


def test_a_base_whose_meta_derives_from_others_makes_it_unsafe() -> None:
    base = BASE.replace("class Meta:", "class Meta(Deeper.Meta):")

    result = fixed(base + order("class Meta:"))

    assert result is not None
    assert result[1] is Applicability.UNSAFE


@pytest.mark.parametrize(
    "text",
    [
        BASE + order("class Meta:", "triggers = []"),
        BASE + order("class Meta(metaclass=M):"),
        BASE + "class Order(Audited):\n    Audited = 1\n    class Meta:\n        ordering = []\n",
    ],
    ids=[
        "Meta sets triggers itself",
        "Meta has keywords only",
        "the class binds the name to something else",
    ],
)
def test_no_fix(text: str) -> None:
    assert fixed(text) is None


def test_no_fix_for_a_base_without_a_name() -> None:
    assert fixed(order("class Meta:"), base="mixin()", base_text=BASE) is None


def test_no_fix_where_deriving_has_not_helped() -> None:
    text = BASE + order("class Meta(Options, Audited.Meta):")

    assert fixed(text, meta_bases=("Options", "Audited.Meta")) is None


def test_no_fix_for_a_class_without_a_meta() -> None:
    assert fixed(f"{BASE}class Order(Sorted, Audited):\n    pass\n") is None


def test_no_fix_where_a_meta_has_the_triggers_of_another_base() -> None:
    text = BASE + order("class Meta(Other.Meta):")

    assert fixed(text, meta_bases=("Other.Meta",)) is not None
    assert fixed(text, meta_bases=("Other.Meta",), keeps_others=True) is None
