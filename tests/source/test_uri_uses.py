from __future__ import annotations

import ast

import pytest

from pgtrigger_codegen.source.uri_uses import may_name_uris, uri_uses


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pgtrigger\npgtrigger.ignore('a', 'b')", [("ignore", ["a", "b"], True)]),
        ("import pgtrigger as p\np.install('a', *x)", [("install", ["a"], False)]),
        ("from pgtrigger import disable as off\noff(f'a{x}')", [("disable", [], False)]),
        ("import pgtrigger\n@pgtrigger.ignore('a')\ndef f(): ...", [("ignore", ["a"], True)]),
        ("import pgtrigger\npgtrigger.constraints(x, 'a')", [("constraints", ["a"], True)]),
        ("def f():\n    from pgtrigger import ignore\n    ignore()", [("ignore", [], True)]),
        ("from pgtrigger import ignore\nignore.session('default')", []),
        ("import pgtrigger\npgtrigger.prune('a')", []),
        ("from .pgtrigger import ignore\nignore('a')", []),
        ("import other as pgtrigger\npgtrigger.ignore('a')", []),
        (
            "from pgtrigger import ignore\ntry: ignore('a')\nexcept KeyError: ignore('b')",
            [("ignore", ["b"], True)],
        ),
        (
            "import pgtrigger\ntry:\n    pgtrigger.ignore('a')\nfinally:\n    done()",
            [("ignore", ["a"], True)],
        ),
    ],
)
def test_calls_that_take_uris(source: str, expected: list[tuple[str, list[str], bool]]) -> None:
    found = uri_uses(ast.parse(source))

    assert [
        (use.function, [node.value for node in use.uris], use.is_complete) for use in found
    ] == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"import pgtrigger\nwith pgtrigger.ignore(\n    'a'):", True),
        (b"import pgtrigger\npgtrigger.Protect(name='ignore')", False),
        (b"from library import ignore\nignore('a')", False),
    ],
)
def test_words_of_such_calls(content: bytes, expected: bool) -> None:
    assert may_name_uris(content) is expected
