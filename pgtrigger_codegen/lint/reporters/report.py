"""The input and the interface of every reporter."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct, field

from pgtrigger_codegen.lint.diagnostic import Diagnostic
from pgtrigger_codegen.lint.places.source_text import lines_to_show
from pgtrigger_codegen.lint.reporters.palette import Palette


class Report(Struct, frozen=True):
    """The findings of one run and how to show them.

    Attributes:
        display_path: From an absolute path to the one that the output shows.
        cells: From a text to the number of columns that a terminal shows it in.
        repository_path: From an absolute path to the one that code hosts know the file by,
            which is another when the project is a folder of its repository; None when it is not.
        fixed: How many findings have just been fixed, and are not among the diagnostics.
        unsafe_fixes: Whether unsafe fixes would be applied: they are marked `[*]` only then.
        lines: From an absolute path to the file's lines.
    """

    diagnostics: tuple[Diagnostic, ...]
    display_path: Callable[[str], str]
    cells: Callable[[str], int]
    repository_path: Callable[[str], str] | None = None
    fixed: int = 0
    unsafe_fixes: bool = False
    palette: Palette = field(default_factory=Palette)
    lines: Callable[[str], list[str]] = lines_to_show

    def hosted_path(self, path: str) -> str:
        """The path that code hosts know the file by."""
        return (self.repository_path or self.display_path)(path)


Reporter = Callable[[Report], str]
