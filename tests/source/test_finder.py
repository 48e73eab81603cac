from __future__ import annotations

import importlib.machinery
import os
import pkgutil
import string
import sys
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pgtrigger_codegen.source.boundary import Boundary
from pgtrigger_codegen.source.finder import ModuleFinder, ModuleLocation
from tests.support.projects import write_files

SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])


def write(root: Path, *paths: str, text: str = "") -> None:
    write_files(root, dict.fromkeys(paths, text))


def located(finder: ModuleFinder, name: str) -> ModuleLocation:
    location = finder.find(name)
    assert location is not None, name
    return location


# -- Python's own rules --------------------------------------------------------------------------


def installed_modules() -> list[str]:
    """Top-level names of the environment, and some levels of a few packages."""
    names = [info.name for info in pkgutil.iter_modules([str(SITE_PACKAGES)])]
    for package in ("django", "libcst", "pgtrigger", "psycopg", "rich"):
        names += [
            f"{package}.{info.name}"
            for info in pkgutil.iter_modules([str(SITE_PACKAGES / package)])
        ]
    contrib = SITE_PACKAGES / "django" / "contrib"
    for info in pkgutil.iter_modules([str(contrib)]):
        inside = pkgutil.iter_modules([str(contrib / info.name)])
        names += [f"django.contrib.{info.name}.{module.name}" for module in inside]
    return names


def test_agrees_with_python_on_the_installed_packages() -> None:
    finder = ModuleFinder([], [SITE_PACKAGES])
    names = installed_modules()
    assert len(names) > 200
    for name in names:
        assert_agrees(finder, name, [str(SITE_PACKAGES)])


def assert_agrees(finder: ModuleFinder, name: str, path: list[str]) -> None:
    """Compare with `PathFinder`, walking down from the top as an import does."""
    search: list[str] | None = path
    spec = None
    for part in name.split("."):
        # By the last part alone: for a nested namespace package the full name would make
        # Python look for its parent in `sys.modules`.
        spec = importlib.machinery.PathFinder.find_spec(part, search)
        if spec is None:
            break
        search = list(spec.submodule_search_locations or ())
    location = finder.find(name)
    if spec is None:
        assert location is None, name
        return
    assert location is not None, name
    folders = spec.submodule_search_locations
    assert location.is_package == (folders is not None), name
    expected = [os.path.realpath(folder) for folder in folders or ()]
    assert [str(folder) for folder in location.search_paths] == expected, name
    if spec.origin is None or spec.origin.endswith(".py"):
        assert location.path == (Path(os.path.realpath(spec.origin)) if spec.origin else None), name


LEAVES = ("{0}.py", "{0}/__init__.py", "{0}/{1}.py", "{0}/{1}/__init__.py", "{0}/{1}/{2}.py")
NAMES = st.sampled_from(string.ascii_lowercase[:3])


@st.composite
def layouts(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Files spread over three search paths, with names that often collide."""
    file = st.tuples(
        st.sampled_from(["one", "two", "three"]),
        st.tuples(st.sampled_from(LEAVES), NAMES, NAMES, NAMES).map(
            lambda parts: parts[0].format(*parts[1:])
        ),
    )
    return draw(st.lists(file, max_size=10))


@settings(max_examples=60, deadline=None)
@given(files=layouts())
def test_agrees_with_python_on_any_layout(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, str]]
) -> None:
    root = tmp_path_factory.mktemp("layout")
    write(root, *(f"{folder}/{path}" for folder, path in files))
    paths = [root / folder for folder in ("one", "two", "three")]
    finder = ModuleFinder(paths)
    sys.path_importer_cache.clear()
    for name in (*"abc", *(f"{x}.{y}" for x in "abc" for y in "abc"), "a.b.c", "b.a.a"):
        assert_agrees(finder, name, [str(path) for path in paths])


def test_package_comes_before_module_of_the_same_name(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop.py")
    location = located(ModuleFinder([tmp_path]), "shop")
    assert location.path == tmp_path / "shop" / "__init__.py"
    assert location.search_paths == (tmp_path / "shop",)


def test_later_package_comes_before_earlier_namespace_portion(tmp_path: Path) -> None:
    write(tmp_path, "one/shop/other.py", "two/shop/__init__.py", "two/shop/models.py")
    finder = ModuleFinder([tmp_path / "one", tmp_path / "two"])
    assert located(finder, "shop").path == tmp_path / "two/shop/__init__.py"
    assert finder.find("shop.other") is None


def test_namespace_package_has_all_portions(tmp_path: Path) -> None:
    write(tmp_path, "one/company/a.py", "two/company/b.py")
    finder = ModuleFinder([tmp_path / "one", tmp_path / "two"])
    location = located(finder, "company")
    assert location.is_namespace
    assert location.path is None
    assert location.search_paths == (tmp_path / "one/company", tmp_path / "two/company")
    assert located(finder, "company.b").path == tmp_path / "two/company/b.py"


def test_stub_files_are_not_source(tmp_path: Path) -> None:
    write(tmp_path, "shop.pyi", "cart/__init__.pyi")
    finder = ModuleFinder([tmp_path])
    assert finder.find("shop") is None
    assert located(finder, "cart").is_namespace


def test_compiled_module_is_known_but_has_no_source(tmp_path: Path) -> None:
    write(tmp_path, "one/fast.cpython-311-x86_64-linux-gnu.so", "two/fast.py")
    location = located(ModuleFinder([tmp_path / "one", tmp_path / "two"]), "fast")
    assert location.path is None
    assert not location.is_package
    assert not location.is_namespace


def test_compiled_package_still_has_submodules(tmp_path: Path) -> None:
    write(tmp_path, "fast/__init__.cpython-311-x86_64-linux-gnu.so", "fast/slow.py")
    finder = ModuleFinder([tmp_path])
    assert located(finder, "fast").path is None
    assert located(finder, "fast").is_package
    assert located(finder, "fast.slow").path == tmp_path / "fast/slow.py"


def test_source_beside_its_compiled_twin_is_found(tmp_path: Path) -> None:
    write(tmp_path, "fast.py", "fast.cpython-311-x86_64-linux-gnu.so")
    assert located(ModuleFinder([tmp_path]), "fast").path == tmp_path / "fast.py"


@pytest.mark.parametrize("name", ["Shop", "SHOP", "shop.Models"])
def test_names_are_case_sensitive(tmp_path: Path, name: str) -> None:
    write(tmp_path, "shop/__init__.py", "shop/models.py")
    assert ModuleFinder([tmp_path]).find(name) is None


@pytest.mark.parametrize("name", ["", ".", "shop.", ".shop", "shop..models", "shop.models.Order"])
def test_what_is_no_module_is_not_found(tmp_path: Path, name: str) -> None:
    write(tmp_path, "shop/__init__.py", "shop/models.py")
    assert ModuleFinder([tmp_path]).find(name) is None


def test_missing_search_paths_are_empty(tmp_path: Path) -> None:
    assert ModuleFinder([tmp_path / "gone"], [tmp_path / "lost"]).find("shop") is None


# -- First party ---------------------------------------------------------------------------------


def test_first_party_is_what_lies_under_the_roots(tmp_path: Path) -> None:
    site = tmp_path / ".venv/lib/python3.11/site-packages"
    write(tmp_path, "shop/__init__.py", "shop/models.py")
    write(site, "library/__init__.py", "library/models.py")
    finder = ModuleFinder([tmp_path], [site])
    assert located(finder, "shop.models").first_party
    # The environment lies inside the root, and still is not the project's own.
    assert not located(finder, "library").first_party
    assert not located(finder, "library.models").first_party
    assert finder.is_first_party(tmp_path / "shop/models.py")
    assert not finder.is_first_party(site / "library/models.py")


def test_roots_come_before_site_packages(tmp_path: Path) -> None:
    write(tmp_path, "src/shop.py", "site/shop.py")
    location = located(ModuleFinder([tmp_path / "src"], [tmp_path / "site"]), "shop")
    assert location.path == tmp_path / "src/shop.py"


def test_linked_folder_is_resolved_and_belongs_to_the_project(tmp_path: Path) -> None:
    write(tmp_path, "shared/shop/__init__.py", "shared/shop/models.py")
    (tmp_path / "project").mkdir()
    (tmp_path / "project/shop").symlink_to(tmp_path / "shared/shop")
    finder = ModuleFinder([tmp_path / "project"])
    location = located(finder, "shop.models")
    assert location.path == tmp_path / "shared/shop/models.py"
    assert location.first_party


_ELSEWHERE = {
    "a file out of the project": ("shop/models.py", "{tmp}/elsewhere/models.py"),
    "the system": ("shop/models.py", "/proc/self/environ"),
    "a file that is no source": ("shop/models.py", "{tmp}/project/notes.txt"),
    "a package out of the project": ("shop", "{tmp}/elsewhere"),
    "a package's own file": ("shop/__init__.py", "{tmp}/elsewhere/models.py"),
    "a window into the system": ("shop", "/proc/self/cwd"),
}


@pytest.mark.parametrize("case", _ELSEWHERE)
def test_links_out_of_the_boundary_are_refused(tmp_path: Path, case: str) -> None:
    write(tmp_path, "project/notes.txt", "elsewhere/models.py", "elsewhere/__init__.py")
    link, target = _ELSEWHERE[case]
    path = tmp_path / "project" / link
    path.parent.mkdir(exist_ok=True)
    if link != "shop":
        write(tmp_path, "project/shop/__init__.py", "project/shop/models.py")
        path.unlink()
    path.symlink_to(target.format(tmp=tmp_path))
    finder = ModuleFinder([tmp_path / "project"], boundary=Boundary.of(tmp_path / "project"))

    name = "shop" if link == "shop/__init__.py" else "shop.models"
    location = located(finder, name)
    assert location.refused == (
        "a symbolic link leads out of the project, or to what is no Python source"
    )
    assert location.first_party
    assert not finder.is_first_party(tmp_path / "elsewhere" / "models.py")


def test_installed_packages_may_be_links_to_a_store(tmp_path: Path) -> None:
    write(tmp_path, "store/library/__init__.py", "store/single.py", "project/shop.py")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/library").symlink_to(tmp_path / "store/library")
    (tmp_path / "site/single.py").symlink_to(tmp_path / "store/single.py")
    boundary = Boundary.of(tmp_path / "project", [tmp_path / "site"])
    finder = ModuleFinder([tmp_path / "project"], [tmp_path / "site"], boundary)

    assert located(finder, "library").path == tmp_path / "store/library/__init__.py"
    assert located(finder, "single").path == tmp_path / "store/single.py"
    assert not located(finder, "single").refused


def test_a_configured_folder_may_hold_links_to_itself(tmp_path: Path) -> None:
    write(tmp_path, "project/shop.py", "libs/one.py", "libs/inner/two.py")
    (tmp_path / "libs/two.py").symlink_to("inner/two.py")
    roots = [tmp_path / "project", tmp_path / "libs"]

    finder = ModuleFinder(roots, boundary=Boundary.of(tmp_path / "project"))
    assert located(finder, "two").path == tmp_path / "libs/inner/two.py"
    around = ModuleFinder([*roots[:1], tmp_path], boundary=Boundary.of(tmp_path / "project"))
    assert located(around, "libs.two").refused


# -- Editable installs ---------------------------------------------------------------------------


def test_pth_file_adds_folders(tmp_path: Path) -> None:
    write(tmp_path, "project/src/shop/__init__.py", "elsewhere/library.py", "site/own.py")
    lines = ["# a comment", "", str(tmp_path / "project/src"), "../elsewhere", "gone"]
    write(tmp_path, "site/editable.pth", text="\n".join(lines))
    finder = ModuleFinder([tmp_path / "project"], [tmp_path / "site"])
    assert located(finder, "shop").path == tmp_path / "project/src/shop/__init__.py"
    assert located(finder, "shop").first_party
    assert located(finder, "library").path == tmp_path / "elsewhere/library.py"
    assert not located(finder, "library").first_party
    assert located(finder, "own").path == tmp_path / "site/own.py"


@pytest.mark.parametrize("name", [".hidden.pth", "editable.txt"])
def test_other_files_add_nothing(tmp_path: Path, name: str) -> None:
    write(tmp_path, "elsewhere/library.py")
    write(tmp_path, f"site/{name}", text=str(tmp_path / "elsewhere"))
    assert ModuleFinder([], [tmp_path / "site"]).find("library") is None


def test_pth_file_that_is_no_text_adds_nothing(tmp_path: Path) -> None:
    write(tmp_path, "site/library.py")
    (tmp_path / "site/editable.pth").write_bytes(b"\xff\xfe/tmp")
    (tmp_path / "site/null.pth").write_bytes(b"/tmp\0")
    assert ModuleFinder([], [tmp_path / "site"]).find("library") is not None


def test_pth_code_is_not_executed(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    write(tmp_path, "site/evil.pth", text=f"import pathlib; pathlib.Path({str(marker)!r}).touch()")
    ModuleFinder([], [tmp_path / "site"]).find("anything")
    assert not marker.exists()


SETUPTOOLS_PTH = "import __editable___shop_1_0_finder; __editable___shop_1_0_finder.install()"


@pytest.mark.parametrize("annotation", [": dict[str, str]", ""])
def test_finder_generated_by_setuptools(tmp_path: Path, annotation: str) -> None:
    write(tmp_path, "code/python/shop/__init__.py", "code/python/shop/models.py", "code/tool.py")
    write(tmp_path, "site/__editable__.shop-1.0.pth", text=SETUPTOOLS_PTH)
    mapping = {"shop": str(tmp_path / "code/python/shop"), "tool": str(tmp_path / "code/tool")}
    text = f"raise SystemExit('executed')\nMAPPING{annotation} = {mapping!r}\n"
    write(tmp_path, "site/__editable___shop_1_0_finder.py", text=text)
    finder = ModuleFinder([tmp_path / "code"], [tmp_path / "site"])
    assert located(finder, "shop").search_paths == (tmp_path / "code/python/shop",)
    assert located(finder, "shop.models").path == tmp_path / "code/python/shop/models.py"
    assert located(finder, "shop.models").first_party
    assert finder.find("shop.views") is None
    outside = ModuleFinder([], [tmp_path / "site"])
    assert located(outside, "shop.models").path == tmp_path / "code/python/shop/models.py"
    assert located(outside, "shop").path == tmp_path / "code/python/shop/__init__.py"
    assert located(outside, "tool").path == tmp_path / "code/tool.py"
    assert not located(outside, "shop.models").first_party


def test_namespaces_of_a_generated_finder(tmp_path: Path) -> None:
    write(tmp_path, "code/company/shop/__init__.py")
    write(tmp_path, "site/__editable__.shop-1.0.pth", text=SETUPTOOLS_PTH)
    text = (
        f"MAPPING: dict[str, str] = {{'company.shop': {str(tmp_path / 'code/company/shop')!r}}}\n"
        f"NAMESPACES: dict[str, list[str]] = {{'company': [{str(tmp_path / 'virtual')!r}]}}\n"
    )
    write(tmp_path, "site/__editable___shop_1_0_finder.py", text=text)
    finder = ModuleFinder([], [tmp_path / "site"])
    assert located(finder, "company").is_namespace
    assert located(finder, "company.shop").path == tmp_path / "code/company/shop/__init__.py"


def test_finder_of_the_editables_library(tmp_path: Path) -> None:
    write(tmp_path, "code/shop/__init__.py", "code/tool.py")
    write(tmp_path, "site/_editable_impl_shop.pth", text="import _editable_impl_shop")
    text = (
        "from editables.redirector import RedirectingFinder as F\nF.install()\n"
        f"F.map_module('shop', {str(tmp_path / 'code/shop/__init__.py')!r})\n"
        f"F.map_module('tool', {str(tmp_path / 'code/tool.py')!r})\n"
    )
    write(tmp_path, "site/_editable_impl_shop.py", text=text)
    finder = ModuleFinder([], [tmp_path / "site"])
    assert located(finder, "shop").path == tmp_path / "code/shop/__init__.py"
    assert located(finder, "tool").path == tmp_path / "code/tool.py"


@pytest.mark.parametrize("text", ["MAPPING = {", "MAPPING = {**x, 1: 2}", "MAPPING = compute()"])
def test_strange_generated_finder_is_passed_over(tmp_path: Path, text: str) -> None:
    write(tmp_path, "site/__editable__.shop-1.0.pth", text=SETUPTOOLS_PTH)
    write(tmp_path, "site/__editable___shop_1_0_finder.py", text=text)
    assert ModuleFinder([], [tmp_path / "site"]).find("shop") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("src/shop/models.py", "shop.models"),
        ("src/shop/__init__.py", "shop"),
        ("src/shop/migrations/0001_initial.py", "shop.migrations.0001_initial"),
        ("manage.py", "manage"),
        ("tests/deep/test_it.py", "tests.deep.test_it"),
    ],
)
def test_several_roots(tmp_path: Path, path: str, name: str) -> None:
    write(
        tmp_path,
        "manage.py",
        "src/shop/__init__.py",
        "src/shop/models.py",
        "src/shop/migrations/0001_initial.py",
        "tests/deep/test_it.py",
        "shop/data.txt",
    )
    finder = ModuleFinder([tmp_path, tmp_path / "src"])
    assert located(finder, name).path == tmp_path / path


def test_a_file_is_shadowed_by_that_of_an_earlier_root(tmp_path: Path) -> None:
    write(tmp_path, "one/shop.py", "two/shop.py")
    finder = ModuleFinder([tmp_path / "one", tmp_path / "two"])
    assert located(finder, "shop").path == tmp_path / "one/shop.py"


def test_all_of_django_is_found() -> None:
    finder = ModuleFinder([], [SITE_PACKAGES])
    files = [path for path in (SITE_PACKAGES / "django").rglob("*.py") if "conf" not in path.parts]
    assert len(files) > 500
    for path in files:
        parts = path.relative_to(SITE_PACKAGES).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        assert located(finder, name).path == path.resolve()
