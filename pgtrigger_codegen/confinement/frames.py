"""What the evaluator may know of real frames: it looks at none by itself."""

from __future__ import annotations


def raised_in(error: BaseException) -> tuple[str, ...]:
    """Names of the functions from the one that caught an error down to the one that raised it."""
    names = []
    traceback = error.__traceback__
    while traceback is not None:
        names.append(traceback.tb_frame.f_code.co_name)
        traceback = traceback.tb_next
    return tuple(names)
