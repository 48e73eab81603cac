"""`server`: starts the language server, or says what it takes to have one."""

from __future__ import annotations

import gc
import importlib.util
import os

import click

from pgtrigger_codegen.errors import CodegenError

_NEEDED = "pygls"
_READER = "from pgtrigger_codegen.cli.reader import serve; serve()"


@click.command()
def server() -> None:
    """Serve an editor: findings while typing, SQL on hover, fixes.

    Speaks the language server protocol on standard input and output. Editors start this command
    themselves; https://pgtrigger-codegen.github.io/pgtrigger-codegen/editor/ says how for each.
    Needs the extra: pgtrigger-codegen[editor].
    """
    if importlib.util.find_spec(_NEEDED) is None:
        raise CodegenError(
            f"the server needs {_NEEDED}, which is not installed",
            help='install the extra: pip install "pgtrigger-codegen[editor]"',
        )
    from pgtrigger_codegen.server.language_server import start

    gc.enable()  # unlike a command, the server does not end soon
    # The streams of Python copy what is printed; the protocol is no text to be kept.
    with os.fdopen(os.dup(0), "rb") as stdin, os.fdopen(os.dup(1), "wb") as stdout:
        os.dup2(2, 1)  # whatever prints by mistake
        start(stdin, stdout, _READER)
