"""Where the console script begins.

What is imported here is imported before it is known whether anything needs to be done.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path

from pgtrigger_codegen import crashes
from pgtrigger_codegen.cli.speed import speed

TRACEBACK = "--traceback"

FRAMES = 4_000
"""Nested calls of Python functions: a level of the source that is read takes some fifteen of them.

The stack of 8 MiB that a process has holds twice as many, even where each goes through C.
"""


def run() -> None:
    """The console script: a crash exits with 2, after its traceback."""
    # Nearly all that is made is needed to the end; looking for garbage took a third of the time.
    gc.disable()
    sys.setrecursionlimit(max(FRAMES, sys.getrecursionlimit()))
    for stream in (sys.stdout, sys.stderr):
        # Names and paths of a project may hold what a terminal's encoding has no place for.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    _require_working_directory()
    arguments = [os.fsdecode(os.fsencode(argument)) for argument in sys.argv[1:]]
    if instruction := os.environ.get("_PGTRIGGER_CODEGEN_COMPLETE"):
        from pgtrigger_codegen.cli.completion import complete

        sys.exit(complete(instruction))
    sys.exit(speed.run(_exit_code, arguments))


def _require_working_directory() -> None:
    """Ends here when somebody has deleted the current folder."""
    try:
        Path.cwd()
    except OSError:
        sys.stderr.write("error: the current folder does not exist any more\n")
        sys.exit(2)


def _exit_code() -> int:
    """Runs the command line."""
    from pgtrigger_codegen.cli.main import main
    from pgtrigger_codegen.cli.output import escaping_streams

    try:
        main(prog_name="pgtrigger-codegen")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  (even outside of all barriers: the contract's exit code)
        with escaping_streams():
            if TRACEBACK in sys.argv:
                sys.excepthook(*sys.exc_info())
            else:
                name = type(error).__name__
                sys.stderr.write(f"error: internal error ({name}); {crashes.REPORT}\n")
        return 2
    finally:
        # All that is left goes with the process: Python need not look through it once more.
        gc.freeze()
    return 0
