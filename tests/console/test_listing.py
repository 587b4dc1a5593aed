from hypothesis import given, settings
from hypothesis import strategies as st

from console.render import visible
from console.words import plural
from operations.listing import matches, order_key, page_of


def test_classes_stand_in_the_order_of_their_numbers_and_yo_follows_ye() -> None:
    names = ["10а", "9б", "9А", "Ель", "Ёлка", "Жук", "11"]
    assert sorted(names, key=order_key) == ["9А", "9б", "10а", "11", "Ель", "Ёлка", "Жук"]


def test_a_search_needs_every_word_in_any_of_the_texts() -> None:
    assert matches("школа 12", "Школа № 12", "s-1")
    assert matches("ёлка s-1", "Елка", "s-1")
    assert not matches("школа 13", "Школа № 12", None)
    assert matches("", None)


@settings(max_examples=50)
@given(st.lists(st.text()))
def test_any_names_can_be_put_in_order(names: list[str]) -> None:
    assert len(sorted(names, key=order_key)) == len(names)


@given(st.lists(st.integers()), st.integers(1, 100))
def test_the_pages_together_are_always_the_list(rows: list[int], size: int) -> None:
    last = page_of(rows, 1, size).last
    pages = [page_of(rows, number, size) for number in range(1, last + 1)]
    assert [row for page in pages for row in page.rows] == rows
    assert all(len(page.rows) == page.last_row - page.first_row + 1 for page in pages if rows)


@given(st.text())
def test_whatever_a_title_holds_something_is_shown_and_nothing_deceives(title: str) -> None:
    shown = visible(title)
    assert shown.strip()
    assert not set(shown) & set("\x00\n\u200b\u202e\u2066\ufeff")


def test_a_noun_agrees_with_its_number() -> None:
    forms = {
        count: plural(count, "чат", "чата", "чатов") for count in (0, 1, 2, 5, 11, 14, 21, 112)
    }
    assert forms == {
        0: "чатов",
        1: "чат",
        2: "чата",
        5: "чатов",
        11: "чатов",
        14: "чатов",
        21: "чат",
        112: "чатов",
    }
