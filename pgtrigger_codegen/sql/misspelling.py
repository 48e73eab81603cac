"""Stage sql: names that are certainly misspelt, and what was meant."""

from __future__ import annotations

from collections.abc import Iterable


def misspelt(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs by one slip of the fingers; None where the name may be meant.

    People give functions of their own names that resemble those of others. So a slip is one letter
    too many, missing or wrong in a word of four and more, or two letters that changed places; in a
    shorter one, a letter is doubled, or missing. In a name of several words, each may have one.
    Digits are never slips: `uuid7` is not `uuidv7`.
    """
    if name in _OWN or any(letter.isdigit() for letter in name):
        return None
    near = [(slips, one) for one in known if one != name and (slips := _slips(name, one))]
    return min(near)[1] if near else None


# An aggregate that many databases have, since PostgreSQL lacks one.
_OWN = frozenset({"last"})


def _slips(name: str, known: str) -> int | None:
    """In how many words there is a slip; None where it is another name."""
    if abs(len(name) - len(known)) > 2:
        return None
    words, meant = name.split("_"), known.split("_")
    if len(words) != len(meant):
        return None
    slips = 0
    for pair in zip(words, meant, strict=True):
        if pair[0] != pair[1]:
            if not _is_slip(*pair, is_part=len(words) > 1):
                return None
            slips += 1
    return slips if slips <= 2 else None


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
