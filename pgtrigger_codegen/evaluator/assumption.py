"""What is taken as given, and said so in the output."""

from __future__ import annotations

from pgtrigger_codegen.records import dataclass
from pgtrigger_codegen.source.span import Span


@dataclass(frozen=True, slots=True, order=True)
class Assumption:
    """A value that source alone does not settle, with what was taken for it.

    Attributes:
        name: What the assumption is about: an environment variable, or a question.
        value: The value taken, as text.
        span: Where the source asks for it.
    """

    name: str
    value: str
    span: Span
