"""The fix of PGT103: what it writes, and when it is safe."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from pgtrigger_codegen.lint.diagnostic import Applicability
from pgtrigger_codegen.lint.meta_fix import meta_fix
from pgtrigger_codegen.lint.source_text import SourceText
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
    text: str, *, base: str = "Audited", base_text: str | None = None, cause: str = "own-meta"
) -> tuple[str, Applicability] | None:
    """Fixes the `Meta` of the class `Order`; the base is in the same text or in one of its own."""
    module = _module(text)
    base_module = module if base_text is None else _module(base_text)
    lost = LostTriggers(
        model="Order",
        base=base,
        triggers=("keep",),
        cause=cause,  # type: ignore[arg-type]
        span=_span(module, "Order", "Meta"),
        base_span=_span(base_module, base),
        meta_bases=(),
    )
    fix = meta_fix(lost, module, base_module)
    return (SourceText(text).apply(fix.edits).text, fix.applicability) if fix else None


def _module(text: str) -> Module:
    return parse_module("shop.models", Path("/project/shop/models.py"), text)


def _span(module: Module, *names: str) -> Span:
    node: ast.AST = module.tree
    for name in names:
        node = next(
            child
            for child in ast.walk(node)
            if isinstance(child, ast.ClassDef) and child.name == name
        )
    assert isinstance(node, ast.ClassDef)
    return module.name_span(node)


def order(header: str, body: str = "ordering = []", *, bases: str = "Audited") -> str:
    """The class with a `Meta`."""
    return f"class Order({bases}):\n    {header}\n        {body}\n"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("class Meta:", "class Meta(Audited.Meta):"),
        ("class Meta():", "class Meta(Audited.Meta):"),
        ("class Meta ( ) :  # why", "class Meta(Audited.Meta) :  # why"),
    ],
)
def test_a_meta_without_bases_gets_one(header: str, expected: str) -> None:
    assert fixed(BASE + order(header)) == (BASE + order(expected), Applicability.SAFE)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("class Meta(Other):", "class Meta(Other, Audited.Meta):"),
        ("class Meta(Other,):", "class Meta(Other, Audited.Meta,):"),
        ("class Meta(Other, metaclass=M):", "class Meta(Other, Audited.Meta, metaclass=M):"),
    ],
)
def test_after_other_bases_it_is_unsafe(header: str, expected: str) -> None:
    assert fixed(BASE + order(header)) == (BASE + order(expected), Applicability.UNSAFE)


@pytest.mark.parametrize(
    ("imports", "bases", "expected"),
    [
        ("from core.models import Audited\n", "Audited", "Audited"),
        ("from core.models import Audited as Base\n", "Base", "Base"),
        ("from core import models as core\n", "core.Audited", "core.Audited"),
        ("from core.models import Audited\n", "Audited[int]", "Audited"),
        ("from core.models import Audited\n", "Named, Audited", "Audited"),
    ],
)
def test_the_base_is_named_as_the_class_names_it(imports: str, bases: str, expected: str) -> None:
    text = imports + order("class Meta:", bases=bases)

    result = fixed(text, base_text=BASE)

    header = f"class Meta({expected}.Meta):"
    assert result == (imports + order(header, bases=bases), Applicability.SAFE)


def test_a_base_of_a_base_that_stands_in_the_module_is_named() -> None:
    middle = f"{BASE}class Middle(Audited):\n    pass\n"

    result = fixed(middle + order("class Meta:", bases="Middle"))

    expected = middle + order("class Meta(Audited.Meta):", bases="Middle")
    assert result == (expected, Applicability.SAFE)


def test_an_import_of_that_name_may_be_another_class() -> None:
    imports = "from core.models import Audited, Middle\n"

    result = fixed(imports + order("class Meta:", bases="Middle"), base_text=BASE)

    expected = imports + order("class Meta(Audited.Meta):", bases="Middle")
    assert result == (expected, Applicability.UNSAFE)


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
        order("class Meta:", bases="Middle") + BASE,
    ],
    ids=[
        "Meta sets triggers itself",
        "Meta has keywords only",
        "the class binds the name to something else",
        "the base is only defined further down",
    ],
)
def test_no_fix(text: str) -> None:
    assert fixed(text) is None


def test_no_fix_for_a_class_that_inherits_an_earlier_bases_meta() -> None:
    assert fixed(BASE + order("class Meta:"), cause="other-base") is None
