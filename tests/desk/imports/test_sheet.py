"""Workbooks as people and attackers send them: read right, or refused with words."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime

import pytest

from desk.imports import sheet
from desk.imports.sheet import ImportRefused, Sheet, read_sheet


def texts(found: Sheet) -> list[tuple[str, ...]]:
    return [line.cells for line in found.lines]


def with_parts(book: io.BytesIO, **changed: bytes) -> io.BytesIO:
    """The workbook with some of its parts replaced or added; `_` is a slash, `__` a dot, `|` a line."""
    out = io.BytesIO()
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {name: old.read(name) for name in old.namelist()}
        for name, content in changed.items():
            parts[name.replace("__", ".").replace("_", "/").replace("|", "_")] = content
        for name, content in parts.items():
            new.writestr(name, content)
    out.seek(0)
    return out


SHEET = "xl_worksheets_sheet1__xml"
HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = b"</sheetData></worksheet>"


def test_values_are_read_as_a_person_reads_them(workbook: Callable[..., io.BytesIO]) -> None:
    book = workbook(
        ["标题", "电话", "截止", "数"],
        ["打印机", 13800138000, datetime(2026, 5, 31, 18, 0), 1.5],
        ["＝1＋1", 13800138000.0, date(2026, 5, 31), True],
        [None, None, None, None],
        ["最后", None, None, None],
    )
    found = read_sheet("a.xlsx", book)
    assert texts(found) == [
        ("标题", "电话", "截止", "数"),
        ("打印机", "13800138000", "2026-05-31 18:00:00", "1.5"),
        ("＝1＋1", "13800138000", "2026-05-31 00:00:00", "TRUE"),
        ("最后",),
    ]
    assert [line.number for line in found.lines] == [1, 2, 3, 5]
    assert Sheet.unpack(found.pack()) == found


def test_a_formula_is_what_it_came_to(workbook: Callable[..., io.BytesIO]) -> None:
    rows = (
        b'<row r="1"><c r="A1"><f>HYPERLINK("http://x")</f><v>7</v></c>'
        b'<c r="B1"><f>1+1</f></c><c r="C1"><v>2</v></c></row>'
    )
    found = read_sheet("a.xlsx", with_parts(workbook(["x"]), **{SHEET: HEAD + rows + TAIL}))
    assert texts(found) == [("7", "", "2")]


def test_cells_merged_downwards_hold_in_each_row(workbook: Callable[..., io.BytesIO]) -> None:
    book = workbook(["公司", "标题"], ["甲", "一"], [None, "二"], [None, "三"], merge="A2:A3")
    assert [cells[0] for cells in texts(read_sheet("a.xlsx", book))] == ["公司", "甲", "甲", ""]


@pytest.mark.parametrize("code", ["utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_in_both_codes(code: str, mark: str) -> None:
    content = f"标题{mark}描述\n卡纸{mark}\"三楼，\n左边\"\n".encode(code)
    assert texts(read_sheet("a.csv", io.BytesIO(content))) == [("标题", "描述"), ("卡纸", "三楼，\n左边")]


def test_empty_rows_without_end_are_left_out(
    workbook: Callable[..., io.BytesIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row>'
    empty = b'<row r="2"/>' + b"<row/>" * 50_000
    book = with_parts(workbook(["x"]), **{SHEET: HEAD + rows + empty + TAIL})
    assert texts(read_sheet("a.xlsx", book)) == [("1",)]
    # rows far away are not counted up to, and columns far away not filled up to
    far = b'<row r="999999999"><c r="XFD999999999"><v>2</v></c></row>'
    book = with_parts(workbook(["x"]), **{SHEET: HEAD + rows + far + TAIL})
    assert texts(read_sheet("a.xlsx", book)) == [("1",)]
    monkeypatch.setattr(sheet, "EXCELS_ROWS", 1)
    book.seek(0)
    assert "more rows than Excel" in refusal("a.xlsx", book)


def refusal(name: str, content: io.BytesIO) -> str:
    with pytest.raises(ImportRefused) as refused:
        read_sheet(name, content)
    assert refused.value.words.zh
    return refused.value.words.en


def test_what_is_hostile_is_refused(
    workbook: Callable[..., io.BytesIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = with_parts(workbook(["x"]), xl_media_a__bin=b"\0" * (sheet.UNPACKED + 1))
    assert len(bomb.getvalue()) < 1_000_000
    assert "too large when it is unpacked" in refusal("a.xlsx", bomb)
    many = with_parts(workbook(["x"]), **{f"a{n}": b"" for n in range(sheet.MOST_PARTS)})
    assert "too large" in refusal("a.xlsx", many)
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + HEAD + TAIL
    for content in (entity, entity.decode().encode("utf-16")):
        hostile = with_parts(workbook(["x"]), **{SHEET: content})
        assert "document type" in refusal("a.xlsx", hostile)
    monkeypatch.setattr(sheet, "MOST_MERGED", 1)
    merged = workbook(["a", "b"], ["c", "1"], ["", "2"], ["", "3"], merge="A2:A4")
    assert "merged" in refusal("a.xlsx", merged)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "old .xls file"),
        ("a.xlsx", b"PK\x03\x04 but nothing more", "damaged"),
        ("a.exe", b"MZ", "no .xlsx or .csv"),
        ("a.csv", b"\xff\xff\x00\x81", "neither UTF-8 nor"),
        ("a.csv", b"\n\n,,\n", "nothing in the first sheet"),
        ("a.csv", b"x\n" * (sheet.MOST_ROWS + 2), "more than 5,000 rows"),
        ("a.csv", b"x" * (sheet.LIMIT + 1), "larger than 10 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_words(name: str, content: bytes, words: str) -> None:
    assert words in refusal(name, io.BytesIO(content))


@pytest.mark.parametrize("part", ["xl_workbook__xml", SHEET, "[Content|Types]__xml", "xl_styles__xml"])
@pytest.mark.parametrize("content", [b"", b"<a", b"<a/>", b"\xff\xfe\0"])
def test_a_damaged_workbook_is_refused(
    workbook: Callable[..., io.BytesIO], part: str, content: bytes
) -> None:
    """Whatever is broken in it, there are words; styles that say nothing are none."""
    damaged = with_parts(workbook(["x"]), **{part: content})
    if (part, content) == ("xl_styles__xml", b"<a/>"):
        assert texts(read_sheet("a.xlsx", damaged)) == [("x",)]
    else:
        assert refusal("a.xlsx", damaged)
