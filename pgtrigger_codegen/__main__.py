"""Where the console script and `python -m pgtrigger_codegen` begin.

Nothing is imported here but what Python itself has loaded already, until the project's own folders
are off the search path.
"""

import sys

from pgtrigger_codegen.confinement.search_path import leave_out_projects


def run() -> None:
    """Runs the command line."""
    leave_out_projects(sys.argv[1:])
    from pgtrigger_codegen.cli.entry import run as run_command_line

    run_command_line()


if __name__ == "__main__":
    run()
