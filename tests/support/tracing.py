"""Coverage rests while it would measure what other tests have shown to be reached."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def untraced() -> Iterator[None]:
    """Inside of it nobody counts lines.

    The mark `no_cover` of pytest-cov does not do that in the workers of pytest-xdist: there
    coverage starts with the process.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracing)
