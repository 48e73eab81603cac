"""Small programs of pure Python, each of which binds `result`.

Written out where each is a case of its own (`pure_python/`, one file a topic, with a `## name`
above each), and multiplied where options combine.
"""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path

_WRITTEN = Path(__file__).with_name("pure_python")


def programs() -> dict[str, str]:
    """All programs by name."""
    return {**_written(), **_supers(), **_data_classes(), **_operators(), **_patterns(), **_enums()}


def _written() -> dict[str, str]:
    found: dict[str, str] = {}
    for topic in sorted(_WRITTEN.glob("*.txt")):
        for part in f"\n{topic.read_text(encoding='utf-8')}".split("\n## ")[1:]:
            name, _, text = part.partition("\n")
            assert name not in found, name
            found[name] = text + "\n"
    return found


def _supers() -> dict[str, str]:
    """`super()` in every kind of method, with and without arguments, of one base and of two."""
    kinds = {
        "method": ("", "self", "B().f()"),
        "class method": ("@classmethod", "cls", "B.f()"),
        "property": ("@property", "self", "B().f"),
        "cached property": ("@functools.cached_property", "self", "B().f"),
    }
    made = {}
    for (kind, (decorator, first, used)), explicit, mixed in itertools.product(
        kinds.items(), (False, True), (False, True)
    ):
        call = f"super(B, {first})" if explicit else "super()"
        called = ".f" if "property" in kind else ".f()"
        name = f"super of a {kind}, explicit {explicit}, mixed {mixed}"
        made[name] = _text(f"""
            import functools
            class A:
                {decorator}
                def f({first}): return ["A", getattr({first}, "tag", None)]
            class M(A):
                {decorator}
                def f({first}): return ["M", *super(){called}]
            class B({"M, A" if mixed else "A"}):
                tag = "b"
                {decorator}
                def f({first}): return ["B", *{call}{called}]
            class C(B):
                tag = "c"
            result = {used}, {used.replace("B", "C")}
            """)
    return made


def _data_classes() -> dict[str, str]:
    """Data classes with every pair of options."""
    options = ["eq=False", "order=True", "frozen=True", "kw_only=True", "slots=True", "repr=False"]
    options += ["init=False", "unsafe_hash=True", "match_args=False"]
    made = {}
    for first, second in itertools.combinations(["", *options], 2):
        if (first, second) == ("eq=False", "order=True"):
            continue  # which no class can have
        given = ", ".join(option for option in (first, second) if option)
        made[f"dataclass({given})"] = _text(f"""
            import dataclasses
            def outcome(f):
                try:
                    return f()
                except Exception as error:
                    return type(error).__name__
            @dataclasses.dataclass({given})
            class A:
                x: int = 1
                y: list = dataclasses.field(default_factory=list, compare=False)
                z: int = dataclasses.field(default=3, repr=False)
                def twice(self): return self.x * 2
            def assigned():
                a = A()
                a.x = 5
                return a.twice()
            result = [
                outcome(lambda: A(x=2).twice()), outcome(lambda: A(2).x), outcome(assigned),
                outcome(lambda: A(x=1) == A(x=1)), outcome(lambda: A(x=1) < A(x=2)),
                outcome(lambda: len({{A(), A()}})),
                outcome(lambda: getattr(A, "__match_args__", 0)),
                outcome(lambda: repr(A(x=4)).endswith("A(x=4, y=[])")),
                outcome(lambda: dataclasses.replace(A(), x=7).x),
            ]
            """)
    return made


def _operators() -> dict[str, str]:
    """Each operator on each pair of some values, errors included."""
    values = ["7", "-2", "2.5", "True", "'ab'", "b'x'", "[1, 2]", "(1,)", "{1: 2}", "{3}", "None"]
    symbols = [*"+ - * / // % ** & | ^ << >> < <= == != > >=".split(), "in", "not in"]
    made = {}
    for symbol, left in itertools.product(symbols, values):
        lines = "\n".join(f"    lambda: {left} {symbol} {right}," for right in values)
        made[f"{left} {symbol}"] = (
            f"cases = [\n{lines}\n]\n"
            "result = []\n"
            "for case in cases:\n"
            "    try:\n"
            "        result.append(case())\n"
            "    except Exception as error:\n"
            "        result.append(type(error).__name__)\n"
        )
    return made


def _patterns() -> dict[str, str]:
    """Each pattern with each of some subjects."""
    patterns = [
        "[1, *_]", "[x, y]", "[[x], *rest]", "(1 | 2) as x", '{"a": x}', "{**rest}", "str(x)",
        "int() | float()", "bool(x)", "list([x])", "dict()", "None | True", '"a" | "b"', "[*_]",
    ]  # fmt: skip
    subjects = "1, 2.5, True, None, 'a', 'ab', [], [1], [1, 2], [[5], 6], (1, 2), {}, {'a': 3}"
    made = {}
    for pattern in patterns:
        made[f"case {pattern}"] = _text(f"""
            def f(subject):
                x = y = rest = "-"
                match subject:
                    case {pattern}: return (x, y, rest)
                return "no"
            result = [f(subject) for subject in [{subjects}]]
            """)
    return made


def _enums() -> dict[str, str]:
    """Each kind of enum with each way of giving values."""
    bodies = {
        "numbers": "A = 1\n    B = 2",
        "aliases": "A = 1\n    B = 2\n    C = 1",
        "auto": "A = enum.auto()\n    B = enum.auto()",
        "texts": "A = 'a'\n    B = 'b'",
        "a method": "A = 1\n    def f(self): return self.name",
        "a text for it": "A = 1\n    def __str__(self): return 'text'",
        "a property": "A = 1\n    @property\n    def p(self): return self.value",
        "tuples": "A = (1,)\n    B = (2,)",
    }
    bases = ["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"]
    bases += ["str, enum.Enum", "int, enum.Enum", "models.TextChoices", "models.IntegerChoices"]
    made = {}
    for base, (name, body) in itertools.product(bases, bodies.items()):
        made[f"class ({base}) of {name}"] = f"""\
import enum
from django.db import models
try:
    class E({base}):
        {body.replace(chr(10), chr(10) + "    ")}
    result = [(m.name, m.value, str(m), f"{{m}}", m == m.value, E[m.name] is m) for m in E]
    result += [E(E.A.value) is E.A, len(E), sorted(E.__members__), isinstance(E.A, str)]
    result += [E.A.f() if hasattr(E.A, "f") else None, E.A.p if hasattr(E.A, "p") else None]
    result += ["%s" % E.A, "{{}}".format(E.A), [E.A].index(E.A), {{E.A: 1}}[E.A], bool(E.A)]
except (TypeError, ValueError) as error:
    result = type(error).__name__
"""
    return made


def _text(source: str) -> str:
    return textwrap.dedent(source)
