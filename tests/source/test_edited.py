"""A run stands before it reads the edited file for the first time."""

from __future__ import annotations

from pathlib import Path

from pgtrigger_codegen.source.edited import about_to_read, stands_before
from pgtrigger_codegen.source.overlay import overlaid, overlaid_paths, overlay_anew, read_bytes


def test_it_stands_once_before_the_file_is_read(tmp_path: Path) -> None:
    edited, other = tmp_path / "edited.py", tmp_path / "other.py"
    edited.write_bytes(b"on disk")
    other.write_bytes(b"other")
    stood: list[str] = []

    def stand() -> None:
        stood.append("stood")
        overlay_anew({str(edited): b"text"})

    with overlaid({str(edited): b"before", str(other): b"unsaved"}):
        with stands_before(str(edited), stand):
            assert read_bytes(other) == b"unsaved"
            assert stood == []
            assert read_bytes(edited) == b"text"
            assert read_bytes(other) == b"other"
            assert overlaid_paths() == {str(edited)}
            about_to_read(str(edited))
        about_to_read(str(edited))
    assert stood == ["stood"]
    assert read_bytes(edited) == b"on disk"
