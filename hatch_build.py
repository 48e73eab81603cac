"""What a build adds to the repository's files: man pages, and a README whose links work on PyPI.

`nox -s dist` writes the man pages before. They are made from the program itself, so a build that
made them would have to install all that the program needs. An installation from git has none.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

HOMEPAGE = "https://github.com/pgtrigger-codegen/pgtrigger-codegen"
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")


class ManPages(BuildHookInterface[Any]):
    """Man pages that lie in `build/man`."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Names the pages as files that pip installs beside the programs."""
        for page in sorted(Path(self.root, "build", "man").glob("*.1")):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"


class Readme(MetadataHookInterface):
    """The README, of which PyPI shows the text alone."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Lets links to files of the repository lead to GitHub."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": _LINK.sub(rf"]({HOMEPAGE}/blob/main/\1)", text),
        }
