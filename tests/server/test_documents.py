"""What an editor has open comes from outside: only files of the workspace count."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgtrigger_codegen.server.documents import Document, Workspace, path_of, unsaved


@pytest.mark.parametrize(
    "uri",
    [
        "untitled:Untitled-1",
        "git:/shop/models.py?ref",
        "https://example.com/models.py",
        "file://elsewhere/shop/models.py",
        "file:models.py",
        "file:///shop/%00.py",
        "file://[bad/models.py",
        "",
        "\ud800",
    ],
)
def test_what_is_no_file_has_no_path(uri: str) -> None:
    assert path_of(uri) is None


def test_a_path_has_its_links_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert path_of((tmp_path / "link" / "a b.py").as_uri()) == str(tmp_path / "real" / "a b.py")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "shop").mkdir()
    found = Workspace()
    found.add_folder((tmp_path / "shop").as_uri())
    return found


def test_only_source_in_the_workspace_is_looked_at(workspace: Workspace, tmp_path: Path) -> None:
    def takes(name: str) -> bool:
        return workspace.put((tmp_path / name).as_uri(), 1, "x = 1\n") is not None

    assert takes("shop/models.py")
    assert takes("shop/body.sql")
    assert not takes("shop/secrets.env")
    assert not takes("other/models.py")
    assert not takes("shop/../other/models.py")


def test_a_link_out_of_the_workspace_leads_out_of_it(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("x = 1\n")
    (tmp_path / "shop" / "models.py").symlink_to(outside)

    assert workspace.put((tmp_path / "shop" / "models.py").as_uri(), 1, "") is None
    assert workspace.uri_of(str(outside)) is None


def test_a_file_goes_by_the_name_that_the_editor_has_for_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    workspace = Workspace()
    workspace.add_folder((tmp_path / "link").as_uri())

    uri = workspace.uri_of(str(tmp_path / "real" / "models.py"))

    assert uri == (tmp_path / "link" / "models.py").as_uri()


def test_what_is_saved_is_not_passed_along(tmp_path: Path) -> None:
    saved, edited, new = (tmp_path / name for name in ("saved.py", "edited.py", "new.py"))
    saved.write_bytes(b"x = 1\n")
    edited.write_bytes(b"x = 1\n")
    documents = [
        Document(path.as_uri(), str(path), 1, text)
        for path, text in ((saved, "x = 1\n"), (edited, "x = 2\n"), (new, "x = 3\n"))
    ]

    assert unsaved(documents) == {str(edited): b"x = 2\n", str(new): b"x = 3\n"}


def test_a_text_is_encoded_as_its_file_would_be() -> None:
    text = "# -*- coding: latin-1 -*-\nx = 'é'\n"

    assert Document("", "/m.py", 1, text).content() == text.encode("latin-1")
    assert Document("", "/m.py", 1, "x = 'é'\n").content() == "x = 'é'\n".encode()
    assert Document("", "/m.py", 1, "# coding: nonsense\n").content() == b"# coding: nonsense\n"
