"""Fixes hold for source that nobody formatted: what they write parses, does what it must, once."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pgtrigger_codegen.analysis import Analysis
from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.fixes.fixed_point import Fixed, fix_all
from pgtrigger_codegen.lint.options import lint_options
from pgtrigger_codegen.lint.registry import find_rule
from pgtrigger_codegen.lint.runner import run
from pgtrigger_codegen.pipeline import analyze
from pgtrigger_codegen.source.overlay import overlaid
from tests.lint.cases import Case

pytestmark = pytest.mark.slow

CONFIG = '[tool.pgtrigger-codegen.lint]\nextend-select = ["PGT113"]\n'
OUTSIDE_RUNSQL_MODE = "PGTRIGGER_MIGRATIONS = True\n"

PRELUDE = """\
# -*- coding: utf-8 -*-
'''Größe — models.'''
from __future__ import annotations
import pgtrigger
from pgtrigger import Delete, Protect, Update
from django.contrib.auth.models import Group, User
from django.db import models

KEEP = Protect(name='keep_all', operation=Delete)
MORE = [Protect(name='more', operation=Update)]
def one_more(): return [Protect(name='one_more', operation=Update)]


class Audited(models.Model):
    class Meta:
        abstract = True
        triggers = [Protect(name='audit', operation=Update)]


class Sorted(models.Model):
    class Meta: abstract = True; ordering = ['id']


class Tag(models.Model):
    if True:
        label = models.TextField()
"""

# What stands in `register(…)`, or in `triggers`, between lines of tildes.
TRIGGERS = r"""
KEEP
~~~
KEEP,
~~~
(KEEP)
~~~
*[KEEP]
~~~
Protect(name='a', operation=Delete), KEEP
~~~
Protect(name='ä'[:0] + 'b', operation=Delete),  # 'why' ( [

~~~

    Protect(name='c', operation=Delete)

~~~

    # first,
    Protect(
        name='d',
        operation=Delete,
    ),  # then )
    KEEP  # last

~~~
Protect(
  name='e', operation=Delete), (
  KEEP
)
~~~
pgtrigger.Trigger(name='f', when=pgtrigger.Before, operation=Delete, func='''
  -- no comment )
	RETURN OLD;
''')
~~~
pgtrigger.Trigger(name='g', when=pgtrigger.Before, operation=Delete,
    func=f'''
{'RETURN'} OLD;  -- ü
'''
  ''
)
~~~
pgtrigger.Trigger(name='i', when=pgtrigger.Before, operation=Delete, func='RETURN '  # in two
    'OLD;\
    -- 1')
~~~
Protect(name='h', operation=Delete) if True else KEEP
""".strip("\n").split("\n~~~\n")

# Bodies of a class that the triggers are to move into.
BODIES = r'''
 pass
~~~
 ...
~~~
 "Doc."; size = models.IntegerField()  # how large
~~~

    pass
~~~

    """An order.

Very large.
    """
~~~

    size = models.IntegerField(
)

    # Shown.
    @property
    def shown(self): return 'ß'
~~~

    def __str__(self):
        return """
class Meta:
"""
~~~

    # Shown, too.
    def __str__(self):
        return "x"
~~~

    class Meta: ordering = ['id']
~~~

    class Meta: pass  # nothing
~~~

    class Meta:
        """Options."""
        # none yet
~~~

    class Meta ( ) :
        ordering = (
'id',
        )

    size = models.TextField()
~~~

    class Meta:
        triggers = []
~~~

    class Meta:
        triggers = [  # none
        ]
~~~

    class Meta:
        triggers = ()
~~~

    class Meta:
        triggers = [*MORE]; ordering = ['id']
~~~

    class Meta:
        triggers = (Protect(name='old', operation=Update),)
~~~

    class Meta:
        triggers = (Protect(name='old', operation=Update)), (Protect(name='old2', operation=Update))
~~~

    class Meta:
        triggers = [Protect(name='old', operation=Update)
        ,]
~~~

    class Meta:
        triggers = [Protect(
            name='old', operation=Update)]
~~~

    class Meta:
        triggers = [
          Protect(name='old', operation=Update)  # ),
        ]
~~~

    class Meta:
        triggers = [
          (Protect(name='old', operation=Update)),

          # more
          ]
        ordering = ['id']
~~~

    class Meta:
        triggers = MORE
~~~

    class Meta:
        triggers = MORE + []
~~~

    class Meta:
        triggers = (
            MORE  # all
        )
~~~

    class Meta:
        triggers: list = one_more()
'''.strip("\n").split("\n~~~\n")
BASES = ["models.Model", "Audited", "Sorted", "Sorted, Audited"]

# Statements that put triggers on the class `Order`, whose header and body are given.
REGISTRATIONS = [
    "{header}{body}\n\npgtrigger.register({triggers})(Order)  # now\nLAST = 1\n",
    "{header}{body}\npgtrigger.register({triggers})(Order)\nMETHOD . register(Order)\n",
    "# What is sold.\n@pgtrigger.register({triggers})  # now\n# Really.\n{header}{body}\n",
    "@  pgtrigger.register({triggers})\n@pgtrigger.register(METHOD)\n{header}{body}\n",
]
# What is reported and stays as it is.
LEFT = [
    "{header}{body}\n(\n  pgtrigger.register({triggers})(Order)\n)\n",
    "{header}{body}\nLAST = 1; pgtrigger.register({triggers})(Order)\n",
]
UNCLEAR = [
    "\n    class Meta:\n        triggers = MORE if True else []",
    "\n    class Meta:\n        triggers = [one for one in MORE]",
    "\n    if True:\n        class Meta:\n            ordering = ['id']",
    "\n    class Other:\n        triggers = MORE\n    Meta = Other",
]

# `Meta` that loses the triggers of its class's base.
LOSING = [
    "class Meta: ordering = ['id']",
    "class Meta: # why\n        ordering = ['id']",
    "class Meta ( ) :\n        ordering = ['id']",
    "class Meta(object):\n        ordering = ['id']",
    "class Meta(object,):\n        ordering = ['id']",
    "class Meta(\n        object,  # base )\n    ):\n        ordering = ['id']",
    "class Meta(\n        Options  # base\n    ):\n        ordering = ['id']",
    "class Meta(Options, object):\n        ordering = ['id']",
    "class Meta((Options)):\n        ordering = ['id']",
    "größe = models.TextField('ß'); ü = 1\n    class Meta: ordering = ['id']",
]
NOT_DERIVED = [
    "class Meta(\n    ):\n        ordering = ['id']",
    "class \\\n      Meta:\n        ordering = ['id']",
]
LAYOUTS = [("    ", "\n", False), ("  ", "\r\n", True), ("\t", "\r", False)]

each_layout = pytest.mark.parametrize(
    ("indent", "line_end", "bom"), LAYOUTS, ids=["spaces", "CRLF and BOM", "tabs and CR"]
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose `shop/models.py` the tests put in the place of what is on disk."""
    return project(tmp_path_factory.mktemp("odd"), "")


@pytest.fixture(scope="module")
def unpatched_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same outside RunSQL mode."""
    return project(tmp_path_factory.mktemp("odd"), OUTSIDE_RUNSQL_MODE)


def project(folder: Path, options: str) -> Path:
    files = {"shop/models.py": "", "pyproject.toml": CONFIG, "config/settings.py": options}
    Case("odd", files, (), {}, {}).write(folder)
    return folder


@each_layout
def test_moved_into_meta(root: Path, indent: str, line_end: str, bom: bool) -> None:
    choose = random.Random(indent + line_end)
    kinds = [(body, choose.choice(REGISTRATIONS), choose.choice(TRIGGERS)) for body in BODIES]
    kinds += [(choose.choice(BODIES), one, choose.choice(TRIGGERS)) for one in REGISTRATIONS]
    kinds += [(choose.choice(BODIES), choose.choice(REGISTRATIONS), one) for one in TRIGGERS]
    unfixed = [(choose.choice(BODIES), one, choose.choice(TRIGGERS)) for one in LEFT]
    unfixed += [(body, choose.choice(REGISTRATIONS), TRIGGERS[0]) for body in UNCLEAR]
    text = f"{PRELUDE}METHOD = Protect(name='method', operation=Delete)\n"
    for number, (body, registration, triggers) in enumerate([*kinds, *unfixed]):
        header = f"class Order({choose.choice(BASES)}):"
        statements = registration.format(header=header, body=body, triggers=triggers)
        text += re.sub(r"\bOrder\b", f"Order{number}", statements)
    source = encoded(text, indent, line_end, bom=bom)

    before, fixed = fix(root, source, "PGT113")

    assert hashes(fixed.analysis) == hashes(before)
    check(root, source, fixed, "PGT113")
    left = {re.findall(r"shop\.Order(\d+)", one.message)[0] for one in fixed.diagnostics}
    assert {int(number) for number in left} == set(range(len(kinds), len(kinds) + len(unfixed)))


@each_layout
def test_moved_to_a_proxy(unpatched_root: Path, indent: str, line_end: str, bom: bool) -> None:
    calls = [
        f"pgtrigger.register({triggers})({model})\n"
        for triggers, model in zip(TRIGGERS, ("User", "Group") * len(TRIGGERS), strict=False)
    ]
    calls = [re.sub(r"KEEP", f"make('{number}')", call) for number, call in enumerate(calls)]
    make = "def make(name): return Protect(name='keep' + name, operation=Delete)\n"
    text = PRELUDE + make + "".join(calls) + "X = 1; make('last').register(User)"
    source = encoded(text, indent, line_end, bom=bom)

    before, fixed = fix(unpatched_root, source, "PGT101")

    assert {one.code for one in fixed.applied} == {"PGT101"}
    assert [one.code for one in fixed.diagnostics] == ["PGT101"]
    assert names(fixed.analysis) == names(before)
    check(unpatched_root, source, fixed, "PGT101")


@each_layout
def test_moved_to_a_through_model(root: Path, indent: str, line_end: str, bom: bool) -> None:
    text = PRELUDE
    for number, triggers in enumerate(TRIGGERS):
        text += (
            f"class Order{number}(models.Model):\n    tags = models.ManyToManyField(Tag)\n"
            f"class Members{number}(Order{number} . tags.through):\n    '''Who.'''\n"
            "    class Meta:\n        proxy = True; triggers = "
            + (f"[{triggers}\n]  # so\n" if number % 2 else f"(*[{triggers}\n],)  # so\n")
        )
    source = encoded(f"{text}X = 1", indent, line_end, bom=bom)

    before, fixed = fix(root, source, "PGT102")

    assert {one.code for one in fixed.applied} == {"PGT102"}
    assert fixed.diagnostics == ()
    assert names(fixed.analysis) == names(before)
    check(root, source, fixed, "PGT102")


@each_layout
def test_derived(root: Path, indent: str, line_end: str, bom: bool) -> None:
    bases = ["Audited", "(Audited)", "Audited, Sorted", "Sorted, Audited"]
    text = f"{PRELUDE}class Options: pass\n"
    for number, meta in enumerate([*LOSING, *NOT_DERIVED]):
        text += f"class Order{number}({bases[number % len(bases)]}):\n    {meta}\n"
    source = encoded(f"{text}X = 1\n", indent, line_end, bom=bom)

    before, fixed = fix(root, source, "PGT103")

    assert {one.code for one in fixed.applied} == {"PGT103"}
    assert len(hashes(fixed.analysis)) == len(hashes(before)) + len(LOSING)
    assert [one.code for one in fixed.diagnostics] == ["PGT103"] * len(NOT_DERIVED)
    check(root, source, fixed, "PGT103")


def encoded(text: str, indent: str, line_end: str, *, bom: bool) -> bytes:
    """The text with another indentation (within strings too) and other line ends."""
    lines = []
    for line in text.split("\n"):
        rest = line.lstrip(" ")
        depth, odd = divmod(len(line) - len(rest), 4)
        lines.append(indent * depth + " " * odd + rest)
    return ("\ufeff" * bom + line_end.join(lines)).encode()


def fix(root: Path, source: bytes, code: str) -> tuple[Analysis, Fixed]:
    """The project before and after the fixes of a rule."""

    def findings(analysis: Analysis) -> list[Diagnostic]:
        rules = [find_rule(code)]
        return run(analysis, rules=rules, options=lint_options(analysis.config))

    with overlaid({models_of(root): source}):
        return analyze(root), fix_all(lambda: analyze(root), findings, unsafe=True)


def check(root: Path, before: bytes, fixed: Fixed, code: str) -> None:
    """What every fix must leave: Python, in the file's own line ends, with nothing to fix."""
    after = fixed.after[models_of(root)].encode()
    ast.parse(after)
    assert line_ends(after) == line_ends(before)
    assert after.startswith(b"\xef\xbb\xbf") is before.startswith(b"\xef\xbb\xbf")
    assert set(comments(before)) <= set(comments(after))
    _, again = fix(root, after, code)
    assert again.applied == ()


def line_ends(source: bytes) -> set[bytes]:
    return set(re.findall(rb"\r\n|\r|\n", source))


def comments(source: bytes) -> list[str]:
    return re.findall(r"#.*", source.decode().replace("\r", "\n"))


def models_of(root: Path) -> str:
    return str(root / "shop" / "models.py")


def hashes(analysis: Analysis) -> Mapping[str, str]:
    return {trigger.uri: trigger.hash for trigger in analysis.triggers}


def names(analysis: Analysis) -> list[str]:
    return sorted(trigger.name for trigger in analysis.triggers)
