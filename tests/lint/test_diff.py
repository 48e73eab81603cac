from __future__ import annotations

from pgtrigger_codegen.lint.fixes.diff import unified_diff
from pgtrigger_codegen.lint.places.source_text import SourceText


def diff(before: str, after: str) -> str:
    path = "/project/shop/models.py"
    return unified_diff(
        {path: SourceText(before)},
        {path: SourceText(after)},
        lambda path: path.removeprefix("/project/"),
    )


def test_a_changed_line() -> None:
    assert diff("a = 1\nb = 2\n", "a = 1\nb = 3\n") == (
        "--- shop/models.py\n+++ shop/models.py\n@@ -1,2 +1,2 @@\n a = 1\n-b = 2\n+b = 3\n"
    )


def test_a_file_without_a_last_line_end() -> None:
    assert diff("a = 1", "a = 2").endswith(
        "-a = 1\n\\ No newline at end of file\n+a = 2\n\\ No newline at end of file\n"
    )


def test_only_line_feeds_end_lines() -> None:
    assert "No newline" not in diff("a = '\x0c'\n", "a = '\x0c '\n")


def test_files_by_name() -> None:
    before = {"/b.py": SourceText("1\n"), "/a.py": SourceText("1\n")}
    after = {"/b.py": SourceText("2\n"), "/a.py": SourceText("2\n")}

    text = unified_diff(before, after, str)

    assert text.index("/a.py") < text.index("/b.py")


def test_no_change_is_no_text() -> None:
    assert diff("a = 1\n", "a = 1\n") == ""
