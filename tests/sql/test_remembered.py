"""A function of texts is asked once, in this run or in an earlier one."""

from __future__ import annotations

from pgtrigger_codegen.sql.remembered import Answers, Book, Remembered


def shouting(book: Book, asked: list[str]) -> Remembered[[str], str]:
    def shout(text: str) -> str:
        asked.append(text)
        return text.upper()

    return book.add(shout)


def test_it_is_asked_once() -> None:
    asked: list[str] = []
    shout = shouting(Book(), asked)
    assert [shout("a"), shout("a"), shout("b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
    shout.forget()
    assert shout("a") == "A"
    assert asked == ["a", "b", "a"]


def test_answers_of_an_earlier_run_are_used_and_only_new_ones_are_worth_writing() -> None:
    asked: list[str] = []
    book = Book()
    shout = shouting(book, asked)
    read: list[bool] = []

    def earlier() -> Answers:
        read.append(True)
        return {shout.name: {("a",): "EARLIER"}, "other": {("x",): 1}}

    book.recall(earlier)
    assert book.answers() is None
    assert read == []
    assert shout("a") == "EARLIER"
    assert book.answers() is None
    assert shout("b") == "B"
    assert book.answers() == {
        shout.name: {("a",): "EARLIER", ("b",): "B"},
        "other": {("x",): 1},
    }
    assert asked == ["b"]
    assert read == [True]
