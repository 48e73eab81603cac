"""The only place that names the package which makes the command line fast.

With `pgtrigger_codegen.cli import plain` in the place of the import below, nothing is kept between
runs, nothing is done in a second process, and every result is the same.
"""

from __future__ import annotations

from pgtrigger_codegen import incremental as speed

__all__ = ["speed"]
