from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pgtrigger_codegen.errors import ConfigError, ProjectError
from pgtrigger_codegen.project.config import Config
from pgtrigger_codegen.project.discovery import (
    Layout,
    discover,
    find_app_packages,
    find_root,
    other_project,
)
from pgtrigger_codegen.project.site_packages import own_site_packages
from tests.support.projects import write_files

MANAGE = """\
import os
import sys

def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{0}")
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""


def write(root: Path, files: dict[str, str] | list[str]) -> None:
    write_files(root, files if isinstance(files, dict) else dict.fromkeys(files, ""))


def found(root: Path, config: Config | None = None, override: str | None = None) -> Layout:
    return discover(root, config or Config(), settings_override=override, environ={})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with settings modules, and nothing yet that names one."""
    write(tmp_path, ["pyproject.toml", "shop/__init__.py", "shop/settings.py", "shop/dev.py"])
    return tmp_path


# -- The settings module -------------------------------------------------------------------------


def test_manage_py_names_settings(project: Path) -> None:
    write(project, {"manage.py": MANAGE.format("shop.settings")})
    layout = found(project)
    assert layout.settings_module == "shop.settings"
    assert layout.settings_origin == "manage.py:5"
    assert layout.notices == ()


@pytest.mark.parametrize(
    "text",
    [
        'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"',
        'environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")',
        'NAME = "shop.dev"\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", NAME)',
        'KEY = "DJANGO_SETTINGS_MODULE"\nos.environ.setdefault(KEY, "shop." + "dev")',
        'S: str = "dev"\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", f"shop.{S}")',
        'try:\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")\nfinally:\n    pass',
        'if __name__ == "__main__":\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"',
        # What a branch sets does not count beside what is set in any case.
        (
            'if "test" in sys.argv:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.test"\n'
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")'
        ),
        'if not x:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"',
        (
            "try:\n    import local\nexcept ImportError:\n"
            '    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.test"\n'
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")'
        ),
    ],
)
def test_ways_to_name_settings(project: Path, text: str) -> None:
    write(project, {"manage.py": text})
    layout = found(project)
    assert layout.settings_module == "shop.dev"
    assert layout.notices == ()


@pytest.mark.parametrize(
    "text",
    [
        (
            'if "test" in sys.argv:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.test"\n'
            'elif "runserver" not in sys.argv:\n'
            '    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.dev")\n'
            'else:\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.other")'
        ),
        (
            'if len(sys.argv) > 1 and sys.argv[1] in ("test", "shell"):\n'
            '    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.test"\n'
            'else:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"'
        ),
        (
            'if argv[1:2] == ["test"] or x and not argv:\n    S = "a"\n'
            '    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.test"\n'
            'else:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"'
        ),
    ],
)
def test_a_branch_on_the_command_line_is_that_of_migrate(project: Path, text: str) -> None:
    write(project, {"manage.py": text})
    layout = found(project)
    assert layout.settings_module == "shop.dev"
    [notice] = layout.notices
    assert "shop.dev is taken, as for migrate" in notice


@pytest.mark.parametrize(
    "default",
    [
        'os.environ.get("STAGE", "dev")',
        'os.getenv("STAGE", default="dev")',
        'config("STAGE", default="dev")',
    ],
)
def test_default_behind_the_environment_is_said_and_can_be_pinned(
    project: Path, default: str
) -> None:
    text = f'STAGE = {default}\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop." + STAGE)'
    write(project, {"manage.py": text})
    layout = found(project)
    assert layout.settings_module == "shop.dev"
    [notice] = layout.notices
    assert "manage.py:2" in notice
    assert "variable STAGE" in notice
    pinned = found(project, Config(env={"STAGE": "settings"}))
    assert pinned.settings_module == "shop.settings"
    assert pinned.notices == ()


@pytest.mark.parametrize(
    "value", ["compute()", 'os.environ["STAGE"]', "NAME", '"shop/settings.py"', "f'shop.{x!r}'"]
)
def test_unreadable_name_is_said_and_the_next_place_asked(project: Path, value: str) -> None:
    # NAME stands in a circle, which must end too.
    text = f'NAME = "a" + NAME\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", {value})'
    write(project, {"manage.py": text, "shop/wsgi.py": MANAGE.format("shop.settings")})
    layout = found(project)
    assert layout.settings_module == "shop.settings"
    assert layout.settings_origin == "shop/wsgi.py:5"
    assert any("manage.py:2" in notice for notice in layout.notices)


def test_name_assigned_twice_is_unreadable(project: Path) -> None:
    text = 'N = "shop.dev"\nN = "shop.settings"\nos.environ["DJANGO_SETTINGS_MODULE"] = N'
    write(project, {"manage.py": text})
    assert found(project).settings_module is None


@pytest.mark.parametrize("text", ['print "DJANGO_SETTINGS_MODULE"', "# DJANGO_SETTINGS_MODULE\0"])
def test_manage_py_that_does_not_parse_is_said(project: Path, text: str) -> None:
    write(project, {"manage.py": text})
    layout = found(project)
    assert layout.settings_module is None
    assert any("manage.py does not parse" in notice for notice in layout.notices)


def test_manage_py_lies_some_folders_down(tmp_path: Path) -> None:
    write(tmp_path, {"services/api/manage.py": MANAGE.format("api.settings"), "README": ""})
    write(tmp_path, ["services/api/api/settings.py"])
    layout = found(tmp_path)
    assert layout.root == tmp_path
    assert layout.settings_origin == "services/api/manage.py:5"
    assert layout.source_roots == (tmp_path / "services/api", tmp_path)


def test_nearest_manage_py_wins(project: Path) -> None:
    write(project, {"manage.py": MANAGE.format("shop.settings")})
    write(project, {"example/manage.py": MANAGE.format("example.settings")})
    assert found(project).settings_module == "shop.settings"


@pytest.mark.parametrize(
    "folder",
    [".hidden", "node_modules/x", "build", "dist", "environment", "vendor/site-packages", "legacy"],
)
def test_folders_that_are_not_searched(project: Path, folder: str) -> None:
    write(project, {f"{folder}/manage.py": MANAGE.format("shop.settings")})
    write(project, ["environment/pyvenv.cfg"])
    assert found(project, Config(exclude=("legacy/**",))).settings_module is None


def test_equally_near_manage_files_that_disagree_are_an_error(project: Path) -> None:
    write(project, {"a/manage.py": MANAGE.format("a.settings"), "a/a/settings.py": ""})
    write(project, {"b/manage.py": MANAGE.format("b.settings"), "b/b/settings.py": ""})
    with pytest.raises(ConfigError) as caught:
        found(project)
    assert "a/manage.py:5 names a.settings, b/manage.py:5 names b.settings" in str(caught.value)
    assert '(settings = "a.settings" or settings = "b.settings")' in str(caught.value.help)
    chosen = found(project, Config(settings="b.settings"))
    assert chosen.source_roots == (project / "b", project)
    assert found(project, Config(exclude=("a",))).settings_module == "b.settings"


def test_equally_near_manage_files_may_agree(project: Path) -> None:
    write(project, {f"{name}/manage.py": MANAGE.format("shop.settings") for name in "ab"})
    assert found(project).settings_module == "shop.settings"


@pytest.mark.parametrize("test", ["x", '"test" in sys.argv or x', "sys.argv[5]", "f(sys.argv)"])
def test_one_file_that_names_two_is_an_error(project: Path, test: str) -> None:
    branch = f'if {test}:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.dev"\nelse:\n'
    write(project, {"manage.py": branch + '    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.b"'})
    with pytest.raises(ConfigError, match=r"manage.py:2 names shop.dev, manage.py:4 names shop.b"):
        found(project)


@pytest.mark.parametrize("name", ["wsgi.py", "asgi.py"])
def test_server_entry_point_names_settings(tmp_path: Path, name: str) -> None:
    write(tmp_path, {f"code/shop/{name}": MANAGE.format("shop.settings"), "setup.cfg": ""})
    write(tmp_path, ["code/shop/__init__.py", "code/shop/settings.py"])
    layout = found(tmp_path)
    assert layout.settings_origin == f"code/shop/{name}:5"
    assert layout.source_roots == (tmp_path / "code", tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = shop.dev\n", 2),
        ("pytest.ini", "[pytest]\naddopts = -q --ds=shop.dev\n", 2),
        ("pytest.ini", "[pytest]\naddopts =\n  -q\n  --ds shop.dev\n", 4),
        (".pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE: shop.dev\n", 2),
        ("tox.ini", "[tox]\n[pytest]\nDJANGO_SETTINGS_MODULE = shop.dev\n", 3),
        ("setup.cfg", "[tool:pytest]\nDJANGO_SETTINGS_MODULE = shop.dev\n", 2),
        ("mypy.ini", '[mypy.plugins.django-stubs]\ndjango_settings_module = "shop.dev"\n', 2),
        ("setup.cfg", "[mypy.plugins.django-stubs]\ndjango_settings_module = shop.dev\n", 2),
        ("pyproject.toml", '[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = "shop.dev"\n', 2),
        ("pyproject.toml", '[tool.pytest]\nDJANGO_SETTINGS_MODULE = "shop.dev"\n', 2),
        ("pyproject.toml", '[tool.pytest]\naddopts = ["--ds=shop.dev"]\n', 2),
        ("pyproject.toml", '[tool.django-stubs]\ndjango_settings_module = "shop.dev"\n', 2),
    ],
)
def test_tools_name_settings(project: Path, name: str, text: str, line: int) -> None:
    write(project, {name: text})
    layout = found(project)
    assert layout.settings_module == "shop.dev"
    assert layout.settings_origin == f"{name}:{line}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "no section"),
        ("pytest.ini", "[pytest]\naddopts = 'open"),
        ("pytest.ini", "[pytest]\naddopts = --ds"),
        ("pytest.ini", "[pytest]\nDJANGO_SETTINGS_MODULE = a-b"),
        ("pyproject.toml", "tool = 1"),
        ("pyproject.toml", "[tool]\npytest = 1"),
        ("pyproject.toml", "[tool.pytest]\nDJANGO_SETTINGS_MODULE = 1"),
    ],
)
def test_strange_tool_configuration_is_passed_over(project: Path, name: str, text: str) -> None:
    write(project, {name: text})
    assert found(project).settings_module is None


def test_pythonpath_of_pytest_is_a_root(tmp_path: Path) -> None:
    text = "[pytest]\npythonpath = lib ./tests\nDJANGO_SETTINGS_MODULE = project.settings\n"
    write(tmp_path, {"pytest.ini": text})
    write(tmp_path, ["tests/project/settings.py", "lib/shop/__init__.py"])
    assert found(tmp_path).source_roots == (tmp_path / "lib", tmp_path / "tests", tmp_path)


def test_django_entry_point_that_names_no_settings(project: Path) -> None:
    text = "from django.core.management import execute_from_command_line"
    write(project, {"web/manage.py": text, "web/shop/other.py": ""})
    layout = found(project)
    assert layout.settings_module is None
    # It is run with its folder first on the path all the same.
    assert layout.source_roots == (project / "web", project)


def test_order_of_precedence(project: Path) -> None:
    write(project, ["shop/a.py", "shop/b.py", "shop/c.py"])
    write(project, {"manage.py": MANAGE.format("shop.settings")})
    write(project, {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = shop.dev\n"})
    assert found(project).settings_module == "shop.settings"
    pinned = Config(path=project / "pyproject.toml", env={"DJANGO_SETTINGS_MODULE": "shop.a"})
    assert found(project, pinned).settings_origin == "pyproject.toml (env)"
    configured = Config(
        path=project / "pyproject.toml", settings="shop.b", env={"DJANGO_SETTINGS_MODULE": "shop.a"}
    )
    assert found(project, configured).settings_module == "shop.b"
    assert found(project, configured).settings_origin == "pyproject.toml (settings)"
    assert found(project, configured, override="shop.c").settings_module == "shop.c"


def test_own_environment_variable_is_ignored(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop.dev")
    assert discover(project, Config()).settings_module is None


def test_settings_that_are_not_there(project: Path) -> None:
    write(project, {"manage.py": MANAGE.format("shop.production")})
    with pytest.raises(ProjectError, match=r"shop\.production, named by manage\.py:5"):
        found(project)


def test_settings_under_another_root_are_suggested(project: Path) -> None:
    write(project, ["backend/conf/base/__init__.py"])
    with pytest.raises(ProjectError) as caught:
        found(project, Config(settings="conf.base"))
    assert 'add source-roots = ["backend"]' in str(caught.value.help)


def test_settings_that_git_ignores(project: Path) -> None:
    write(
        project,
        {
            "manage.py": MANAGE.format("shop.conf.local"),
            "shop/conf/base.py": "INSTALLED_APPS = []",
            "shop/conf/production.py": "from shop.conf.base import *",
            "shop/conf/urls.py": "",
        },
    )
    with pytest.raises(ProjectError, match=r"shop\.conf\.local, named by manage\.py:5") as caught:
        found(project)
    lines = '(settings = "shop.conf.base" or settings = "shop.conf.production")'
    assert lines in str(caught.value.help)
    assert found(project, Config(settings="shop.conf.base")).settings_module == "shop.conf.base"


def test_settings_that_are_a_bare_folder(project: Path) -> None:
    write(project, ["shop/conf/base.py"])
    with pytest.raises(ProjectError, match="has no source file") as caught:
        found(project, override="shop.conf")
    assert "shop.conf.base" in str(caught.value.help)


def test_override_that_is_no_name(project: Path) -> None:
    with pytest.raises(ConfigError, match="not a dotted Python name"):
        found(project, override="shop/settings.py")


# -- Root and roots ------------------------------------------------------------------------------


def test_folder_inside_a_project(project: Path) -> None:
    write(project, {"manage.py": MANAGE.format("shop.settings"), "shop/deep/x.py": ""})
    layout = found(project / "shop" / "deep")
    assert layout.root == project
    assert layout.notices == (f"the project's root is {project}, which holds pyproject.toml",)


@pytest.mark.parametrize("marker", ["pyproject.toml", "manage.py", "setup.py", ".git"])
def test_folder_with_a_marker_is_the_root(tmp_path: Path, marker: str) -> None:
    write(tmp_path, ["manage.py", f"inner/{marker}"])
    assert find_root(tmp_path / "inner", Config()) == tmp_path / "inner"


def test_folder_above_a_manage_py_is_the_root(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "inner/x/manage.py": MANAGE.format("a.b")})
    assert find_root(tmp_path / "inner", Config()) == tmp_path / "inner"


def test_folder_without_any_marker_is_the_root(tmp_path: Path) -> None:
    write(tmp_path, ["inner/shop/__init__.py", "inner/shop/models.py"])
    layout = found(tmp_path / "inner")
    assert layout.root == tmp_path / "inner"
    assert find_app_packages(layout, Config()) == ["shop"]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="is not a folder"):
        found(tmp_path / "gone")


def test_order_of_source_roots(tmp_path: Path) -> None:
    write(tmp_path, {"web/manage.py": MANAGE.format("conf"), "web/conf.py": "", "setup.py": ""})
    write(tmp_path, ["src/shop/__init__.py", "lib/x.py"])
    layout = found(tmp_path, Config(source_roots=(tmp_path / "lib",)))
    expected = [tmp_path / name for name in ("web", "lib", "src")]
    assert list(layout.source_roots) == [*expected, tmp_path]


def test_src_that_is_a_package_is_no_root(tmp_path: Path) -> None:
    write(tmp_path, ["setup.py", "src/__init__.py"])
    assert found(tmp_path).source_roots == (tmp_path,)


def test_configured_root_must_exist(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"names .*gone, which is not a folder"):
        found(project, Config(source_roots=(project / "gone",)))


@pytest.mark.parametrize("file", ["manage.py", "shop/settings.py"])
@pytest.mark.parametrize(
    "folder",
    [
        "os.path.join(os.path.dirname(os.path.abspath({0})), 'apps')",
        "str(Path({0}).resolve().parent / 'apps')",
        "join(dirname({0}), 'apps')",
        "str(pathlib.Path({0}).resolve(strict=True).parents[0].joinpath('x').parent / 'apps')",
    ],
)
def test_folders_added_to_sys_path_are_roots(project: Path, file: str, folder: str) -> None:
    anchor = "__file__" if file == "manage.py" else "os.path.dirname(__file__)"
    write(project, ["apps/cart/__init__.py"])
    write(project, {"manage.py": MANAGE.format("shop.settings")})
    text = f"\nHERE = {anchor}\nsys.path.insert(0, {folder.format('HERE')})\n"
    write(project, {file: (project / file).read_text(encoding="utf-8") + text})
    assert found(project).source_roots == (project, project / "apps")


@pytest.mark.parametrize(
    "folder",
    ["'apps'", "compute(__file__)", "'/tmp'", "HERE", "Path(__file__).parents[99]", "'gone'"],
)
def test_folders_that_cannot_be_told_or_lie_outside_are_no_roots(
    project: Path, folder: str
) -> None:
    write(project, ["apps/cart/__init__.py"])
    text = f"\nHERE = HERE / 'apps'\nsys.path.append({folder})\n"
    write(project, {"manage.py": MANAGE.format("shop.settings") + text})
    assert found(project).source_roots == (project,)


# -- The environment -----------------------------------------------------------------------------


def make_environment(prefix: Path, version: str = "3.12", cfg: str = "") -> Path:
    """A virtual environment by hand; returns its site-packages."""
    site = prefix / "lib" / f"python{version}" / "site-packages"
    site.mkdir(parents=True)
    (prefix / "bin").mkdir(exist_ok=True)
    (prefix / "bin/python").symlink_to(sys.executable)
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\n{cfg}", encoding="utf-8")
    return site


def test_own_packages_come_last_and_have_django(project: Path) -> None:
    site = make_environment(project / ".venv")
    layout = found(project)
    assert layout.site_packages == (site, *own_site_packages())
    location = layout.finder().find("django.contrib.auth.models")
    assert location is not None
    assert not location.first_party


@pytest.mark.parametrize("name", [".venv", "venv", "env"])
def test_environment_in_the_project(project: Path, name: str) -> None:
    site = make_environment(project / name, cfg="version_info = 3.12.1\n")
    layout = found(project)
    assert layout.site_packages[0] == site
    assert layout.python_version == (3, 12)


def test_environment_beside_manage_py(project: Path) -> None:
    write(project, {"web/manage.py": MANAGE.format("conf"), "web/conf.py": ""})
    site = make_environment(project / "web/.venv")
    assert found(project).site_packages[0] == site


def test_active_environment_comes_before_the_folder(project: Path, tmp_path: Path) -> None:
    make_environment(project / ".venv")
    site = make_environment(tmp_path / "active")
    layout = discover(project, Config(), environ={"VIRTUAL_ENV": str(tmp_path / "active")})
    assert layout.site_packages == (site, *own_site_packages())


def test_our_own_environment_being_active_says_nothing(project: Path) -> None:
    # As in a hook: pre-commit activates the environment that it made for us.
    site = make_environment(project / ".venv")
    layout = discover(project, Config(), environ={"VIRTUAL_ENV": sys.prefix})
    assert layout.site_packages[0] == site
    assert layout.notices == found(project).notices


def test_active_environment_that_is_none_is_said(project: Path) -> None:
    layout = discover(project, Config(), environ={"VIRTUAL_ENV": str(project / "gone")})
    assert layout.site_packages == own_site_packages()
    assert any("VIRTUAL_ENV is" in notice for notice in layout.notices)


@pytest.mark.parametrize("python", ["special", "special/bin/python"])
def test_configured_environment_wins(project: Path, tmp_path: Path, python: str) -> None:
    make_environment(project / ".venv")
    site = make_environment(tmp_path / "special")
    layout = discover(
        project,
        Config(python=tmp_path / python),
        environ={"VIRTUAL_ENV": str(project / ".venv")},
    )
    assert layout.site_packages == (site, *own_site_packages())


@pytest.mark.parametrize(
    ("python", "problem"), [("gone", "does not exist"), ("shop", "has no site-packages")]
)
def test_configured_environment_must_be_one(project: Path, python: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        found(project, Config(python=project / python))


def test_layout_of_windows(project: Path) -> None:
    write(project, {".venv/pyvenv.cfg": "version = 3.13.0\n", ".venv/Lib/site-packages/x.py": ""})
    layout = found(project)
    assert layout.site_packages[0] == project / ".venv/Lib/site-packages"
    assert layout.python_version == (3, 13)


def test_packages_of_another_python_are_left_out(project: Path) -> None:
    site = make_environment(project / ".venv", cfg="version = 3.12.3\n")
    (project / ".venv/lib/python3.10/site-packages").mkdir(parents=True)
    assert found(project).site_packages == (site, *own_site_packages())


def test_packages_of_the_system_are_said_to_be_skipped(project: Path) -> None:
    make_environment(project / ".venv", cfg="include-system-site-packages = true\n")
    assert any("system's Python" in notice for notice in found(project).notices)


# -- A library without settings ------------------------------------------------------------------


def test_library_says_that_it_has_no_settings(tmp_path: Path) -> None:
    write(tmp_path, ["setup.py", "src/shop/__init__.py", "src/shop/models.py"])
    layout = found(tmp_path)
    assert layout.settings_module is None
    assert layout.settings_origin is None
    [notice] = layout.notices
    assert "no settings module was found" in notice


def test_configured_apps_stand_for_settings(project: Path) -> None:
    write(project, {"tests/manage.py": MANAGE.format("shop.settings")})
    layout = found(project, Config(apps=("shop",)))
    assert layout.settings_module is None
    assert layout.notices == ()


def test_app_packages(tmp_path: Path) -> None:
    write(
        tmp_path,
        [
            "setup.py",
            "src/shop/__init__.py",
            "src/shop/models.py",
            "src/shop/cart/__init__.py",
            "src/shop/cart/models/__init__.py",
            "src/shop/cart/models/deep/__init__.py",
            "src/shop/cart/models/deep/models.py",
            "src/company/plugin/__init__.py",
            "src/company/plugin/migrations/__init__.py",
            "src/empty/__init__.py",
            "src/bare/models.py",
            "src/not-a-name/__init__.py",
            "src/not-a-name/models.py",
            "tests/__init__.py",
            "tests/models.py",
            "tests/unit/__init__.py",
            "example/manage.py",
            "example/demo/__init__.py",
            "example/demo/models.py",
            "legacy/__init__.py",
            "legacy/models.py",
            "build/lib/shop/__init__.py",
            "build/lib/shop/models.py",
        ],
    )
    config = Config(exclude=("legacy",))
    apps = find_app_packages(found(tmp_path, config), config)
    assert apps == ["company.plugin", "shop", "shop.cart", "tests"]


def test_app_that_is_shadowed_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, ["setup.py", "src/shop/__init__.py", "shop/__init__.py", "shop/models.py"])
    assert find_app_packages(found(tmp_path), Config()) == []


def test_links_do_not_lead_round_in_circles(tmp_path: Path) -> None:
    write(tmp_path, ["setup.py", "shop/__init__.py", "shop/models.py"])
    (tmp_path / "shop" / "round").symlink_to(tmp_path)
    assert find_app_packages(found(tmp_path), Config()) == ["shop"]


def test_the_projects_environment_may_be_our_own(project: Path) -> None:
    (project / ".venv").symlink_to(sys.prefix)

    assert discover(project, Config(), environ={}).has_environment


def test_our_own_environment_is_not_taken_for_the_projects(project: Path) -> None:
    assert not discover(project, Config(), environ={"VIRTUAL_ENV": sys.prefix}).has_environment


# -- Several projects below one folder -----------------------------------------------------------


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """Two projects whose settings modules have one name."""
    for name in ("a", "b"):
        write(
            tmp_path,
            {
                f"{name}/manage.py": MANAGE.format("config.settings"),
                f"{name}/config/__init__.py": "",
                f"{name}/config/settings.py": "",
            },
        )
    write(tmp_path, ["pyproject.toml"])
    return tmp_path


def test_projects_are_told_apart_by_the_files_of_their_settings(twins: Path) -> None:
    with pytest.raises(ConfigError, match="several projects have a settings module") as caught:
        found(twins)
    assert "a/config/settings.py, b/config/settings.py" in str(caught.value)
    assert found(twins / "b").source_roots[0] == twins / "b"


def test_a_name_on_the_command_line_does_not_tell_them_apart(twins: Path) -> None:
    with pytest.raises(ConfigError, match="several projects"):
        found(twins, override="config.settings")


def test_source_roots_tell_them_apart(twins: Path) -> None:
    layout = found(twins, Config(source_roots=(twins / "b",)))
    assert layout.source_roots[0] == twins / "b"
    assert twins / "a" not in layout.source_roots


def test_several_manage_files_of_one_project(twins: Path) -> None:
    """Both put a folder first on the path in which there are no settings of their own."""
    for name in ("a", "b"):
        (twins / name / "config" / "settings.py").unlink()
        (twins / name / "config" / "__init__.py").unlink()
    write(twins, ["config/__init__.py", "config/settings.py"])
    assert found(twins).settings_module == "config.settings"


def test_projects_without_manage_py_are_told_apart_too(twins: Path) -> None:
    for name in ("a", "b"):
        (twins / name / "manage.py").unlink()
        write(
            twins,
            {f"{name}/config/wsgi.py": 'os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"'},
        )
    with pytest.raises(ConfigError, match="several projects"):
        found(twins)


def test_a_file_of_another_project_within(twins: Path) -> None:
    write(twins, {"manage.py": MANAGE.format("config.settings"), "shop/models.py": ""})

    assert other_project(twins / "b" / "shop" / "models.py", (twins,), twins) == twins / "b"
    assert other_project(twins / "b" / "x.py", (twins, twins / "b"), twins) is None
    assert other_project(twins / "shop" / "models.py", (twins,), twins) is None
