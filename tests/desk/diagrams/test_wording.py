"""Lines of Chinese and Latin text."""

from hypothesis import given
from hypothesis import strategies as st

from desk.diagrams.wording import LONGEST, cleaned, fitted, shortened, width, wrapped


def test_chinese_breaks_anywhere_but_not_before_its_punctuation() -> None:
    assert wrapped("告知结果，并邀请评价。", 10, 45) == ["告知结", "果，并邀", "请评价。"]
    assert wrapped("工单（基本流程）", 10, 30) == ["工单", "（基本", "流程）"]


def test_latin_breaks_at_spaces_and_long_words_are_cut() -> None:
    assert wrapped("Tell the result", 10, 45) == ["Tell the", "result"]
    pieces = wrapped("x" * 30, 10, 50)
    assert "".join(pieces) == "x" * 30
    assert all(width(piece, 10) <= 50 for piece in pieces)


def test_the_largest_size_that_fits_is_taken() -> None:
    assert fitted("受理", 100, 40, (12, 9)) == (12, ["受理"])
    assert fitted("受理工单" * 3, 60, 30, (12, 9))[0] == 9
    size, lines = fitted("受理工单" * 30, 60, 30, (12, 9))
    assert size == 9
    assert lines[-1].endswith("…")


def test_words_are_cleaned() -> None:
    assert cleaned(" a\n\tb\x00\u202ec ") == "a bc"
    assert cleaned("👩\u200d💻") == "👩\u200d💻"
    assert len(cleaned("字" * 5000)) == LONGEST
    assert shortened("很长的名字", 10, 35) == "很长…"


@given(st.text(max_size=60), st.floats(5, 200))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, limit: float) -> None:
    lines = wrapped(text, 10, limit)
    assert "".join("".join(lines).split()) == "".join(cleaned(text).split())
    for line in lines:
        # a single character may be wider than the room there is
        room = limit + 1e-9  # adding up rounds
        assert width(line, 10) <= room or width(line[:1], 10) + width(line[1:], 10) <= max(room, 10)
