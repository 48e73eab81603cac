"""What a release has to be, and what it says of itself.

`python .ci/release.py check [TAG]` looks at the distributions in `dist`; with a tag, also at what
has to be done before it. `python .ci/release.py notes TAG` prints the change log's section.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pgtrigger_codegen import __version__
from pgtrigger_codegen.cli.main import COMMANDS

REPOSITORY = Path(__file__).parents[1]
PROGRAM = "pgtrigger-codegen"
_RELATIVE_LINK = re.compile(r"\]\((?![a-z]+:|#)[^)\s]+\)")


def faults_of_distributions(folder: Path) -> Iterator[str]:
    """What is wrong with the files that would be uploaded."""
    stem = f"pgtrigger_codegen-{__version__}"
    wheel, sdist = folder / f"{stem}-py3-none-any.whl", folder / f"{stem}.tar.gz"
    if {path.name for path in folder.glob("*") if path.name[0] != "."} != {wheel.name, sdist.name}:
        yield f"{folder} must hold {wheel.name} and {sdist.name}, and nothing else"
        return
    pages = {f"{PROGRAM}.1", *(f"{PROGRAM}-{name}.1" for name in COMMANDS)}
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
        readme = file.read(f"{stem}.dist-info/METADATA").decode()
    with tarfile.open(sdist) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    for page in sorted(pages - {Path(name).name for name in names if "/share/man/man1/" in name}):
        yield f"the wheel has no man page {page}"
    for page in sorted(pages - {Path(name).name for name in source}):
        yield f"the sdist has no man page {page}"
    yield from (
        f"the wheel has no {name}"
        for name in ("pgtrigger_codegen/py.typed", f"{stem}.dist-info/licenses/LICENSE")
        if name not in names
    )
    yield from (
        f"the wheel holds {name}, which is not of the package"
        for name in names
        if not name.startswith(("pgtrigger_codegen/", f"{stem}."))
    )
    yield from (
        f"a link of the README leads nowhere on PyPI: {link}"
        for link in _RELATIVE_LINK.findall(readme)
    )


def faults_of_release(tag: str, repository: Path = REPOSITORY) -> Iterator[str]:
    """What has to be done before that tag."""
    if tag != f"v{__version__}":
        yield f"the tag is {tag}, and the package says {__version__}"
    if not notes(tag, repository):
        yield f"CHANGELOG.md has no section for {tag}, or an empty one"
    for page in (repository / "README.md", *sorted((repository / "docs").glob("*.md"))):
        if re.search(r"pgtrigger-codegen(\[\w+\])? @ git\+", page.read_text(encoding="utf-8")):
            yield f"{page.relative_to(repository)} still installs from git"


def notes(tag: str, repository: Path = REPOSITORY) -> str:
    """The section of the change log, without its heading; empty if there is none."""
    version = re.escape(tag.removeprefix("v"))
    text = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    section = rf"^## \[{version}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|\Z)"
    found = re.search(section, text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def main(arguments: list[str]) -> int:
    """The exit code: 1 if something is wrong, 2 after a wrong call."""
    match arguments:
        case ["check", *tags] if len(tags) < 2:
            faults = [*faults_of_distributions(REPOSITORY / "dist")]
            faults += [fault for tag in tags for fault in faults_of_release(tag)]
            print("\n".join(faults) or "The distributions are as a release needs them.")
            return 1 if faults else 0
        case ["notes", tag]:
            print(notes(tag))
            return 0 if notes(tag) else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
