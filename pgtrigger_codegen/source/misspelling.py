"""Stage source: recognises certain misspellings of a name, and suggests the right one.

A suggestion that misleads is worse than none: nothing is suggested that merely resembles a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MOST_SLIPS = 2


def misspelt(name: str, known: Sequence[str]) -> str | None:
    """The known function that differs by one slip of the fingers; None where the name may be meant.

    People give functions of their own names that resemble those of others. So a slip is one letter
    too many, missing or wrong in a word of four and more, or two letters that changed places; in a
    shorter one, a letter is doubled, or missing. In a name of several words, each may have one.
    Digits are never slips: `uuid7` is not `uuidv7`. Lines between words make no other name.
    """
    if name in _OWN or any(letter.isdigit() for letter in name):
        return None
    words = name.split("_")
    joined = name.replace("_", "")
    for one in known:
        if one != name and one.replace("_", "") == joined:
            return one
    near = [
        (slips, one)
        for one in known
        if one != name
        and abs(len(name) - len(one)) <= _MOST_SLIPS
        and (slips := _slips(words, one.split("_")))
    ]
    return min(near)[1] if near else None


def meant(name: str, known: Iterable[str]) -> str | None:
    """The one of the known names that somebody meant to write; None where several come near.

    What differs in the case of letters alone, or in the signs between words, is the same name. Else
    each word of four letters and more may have one slip, as in a function's name, and numbers are
    the same.
    """
    near: dict[str, int] = {}
    for one in known:
        if _NUMBER.findall(one) != _NUMBER.findall(name):
            continue
        words, own = _words(name), _words(one)
        if (slips := 0 if words == own else _slips(words, own)) is not None:
            near[one] = slips
    nearest = [one for one, slips in near.items() if slips == min(near.values())]
    return nearest[0] if len(nearest) == 1 else None


_NUMBER = re.compile(r"\d+")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def _words(name: str) -> list[str]:
    return _BETWEEN_WORDS.split(name.strip().lower())


# An aggregate that many databases have, since PostgreSQL lacks one.
_OWN = frozenset({"last"})


def _slips(words: list[str], known: list[str]) -> int | None:
    """In how many words there is a slip; None where it is another name."""
    if len(words) != len(known):
        return None
    slips = 0
    for pair in zip(words, known, strict=True):
        if pair[0] != pair[1]:
            if not _is_slip(*pair, is_part=len(words) > 1):
                return None
            slips += 1
    return slips if slips <= _MOST_SLIPS else None


def _is_slip(word: str, meant: str, *, is_part: bool) -> bool:
    if _changed_places(word, meant) or _doubled(word, meant) or _doubled(meant, word):
        return True
    if min(len(word), len(meant)) >= 4 and max(len(word), len(meant)) >= 5:
        return _one_edit(word, meant)
    return is_part and len(word) == 3 and len(meant) == 4 and _one_edit(word, meant)


def _changed_places(one: str, other: str) -> bool:
    differ = [index for index, pair in enumerate(zip(one, other, strict=False)) if len({*pair}) > 1]
    return (
        len(one) == len(other)
        and len(differ) == 2
        and differ[1] == differ[0] + 1
        and one[differ[0]] == other[differ[1]]
        and one[differ[1]] == other[differ[0]]
    )


def _doubled(longer: str, shorter: str) -> bool:
    """Whether one letter is written twice in a row, and once in the other."""
    return any(
        longer[index] == longer[index - 1] and longer[:index] + longer[index + 1 :] == shorter
        for index in range(1, len(longer))
    )


def _one_edit(one: str, other: str) -> bool:
    if len(one) > len(other):
        one, other = other, one
    start = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) == len(other):
        return one[start + 1 :] == other[start + 1 :]
    return len(other) - len(one) == 1 and one[start:] == other[start + 1 :]
