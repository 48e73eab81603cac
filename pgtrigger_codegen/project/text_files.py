"""Stage project: text files that a trigger's body may be read from.

A body ends up in migrations, reports and logs. So files of which nobody expects that are not read:
hidden ones (`.env`, `.git/`), keys, and what git ignores, which is not the project's.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pgtrigger_codegen.source.boundary import work_tree_of
from pgtrigger_codegen.source.files import LEADS_OUT, FileRefusedError
from pgtrigger_codegen.source.ignored import is_ignored
from pgtrigger_codegen.source.overlay import read_bytes
from pgtrigger_codegen.source.paths import resolved

_SECRET = re.compile(
    r"""
    .*\.(env|pem|key|p8|p12|pfx|der|jks|keystore|kdbx|asc|gpg|pgpass|ovpn|tfstate|tfvars)
    | env(\..*)? | id_(rsa|dsa|ecdsa|ed25519)(\..*)? | [._]?(netrc|pgpass|htpasswd|npmrc|pypirc)
    # A body in SQL may well be about passwords.
    | .*(secret|credential|passwd|password|private[-_]?key|api[-_]?key|access[-_]?token).*
      (?<!\.sql)(?<!\.psql)(?<!\.pgsql)(?<!\.plpgsql)
    """,
    re.VERBOSE | re.IGNORECASE,
)


def read_text_file(path: Path, root: Path) -> str:
    """The text of a file in the project's folder, in UTF-8.

    Raises:
        FileRefusedError: It is no text that a trigger is made from.
        UnicodeDecodeError: It is not in UTF-8.
        OSError: It cannot be read.
    """
    given = Path(os.path.normpath(path))
    root, real = resolved(root), resolved(path)
    if not real.is_relative_to(root):
        raise FileRefusedError(path, LEADS_OUT if given.is_relative_to(root) else _OUTSIDE)
    for one in (given, real):
        parts = one.relative_to(root).parts if one.is_relative_to(root) else one.parts[-1:]
        if any(part.startswith(".") for part in parts):
            raise FileRefusedError(path, "hidden files are not read")
        if parts and _SECRET.fullmatch(parts[-1]):
            raise FileRefusedError(path, "its name is that of a file with secrets")
    work_tree = work_tree_of(root)
    if work_tree is not None and is_ignored(real, work_tree):
        raise FileRefusedError(path, "git ignores it, so it is not part of the project")
    return read_bytes(real).decode("utf-8")


_OUTSIDE = "it lies outside of the project"
