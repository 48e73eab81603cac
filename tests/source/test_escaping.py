"""Text that must stay in its line."""

from __future__ import annotations

import pytest

from pgtrigger_codegen.source.escaping import one_line


@pytest.mark.parametrize("text", ["shop.Order:protect", "Bücher 書", 'a "b" \\ */ -- %s', ""])
def test_what_can_be_printed_stays(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a\nb", "a\\nb"),
        ("a\r\tb\x00\x1b[2J", "a\\r\\tb\\x00\\x1b[2J"),
        ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
        ("a\u202eb", "a\\u202eb"),
        ("a\ud800b", "a\\ud800b"),
    ],
)
def test_what_cannot_be_printed(text: str, escaped: str) -> None:
    assert one_line(text) == escaped


def test_every_character_stays_in_its_line() -> None:
    everything = "".join(map(chr, range(0x3000)))

    text = one_line(everything)

    assert text.isprintable()
    assert text.splitlines() == [text]
