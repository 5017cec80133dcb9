"""Workbooks that imports give away: the empty one to fill in, and the rows that were refused with their reasons."""

import io
from collections.abc import Mapping, Sequence
from typing import IO, Final

import xlsxwriter

from desk.imports.columns import Column
from desk.imports.sheet import Line, Sheet

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH: Final = 20  # characters
_OPTIONS: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}


def template(offered: Sequence[Column], locale: str) -> bytes:
    """A workbook with the headings in the reader's language, and on a second sheet what each takes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        bold, text = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "@"})
        zh = locale.startswith("zh")
        rows, words = (book.add_worksheet(n) for n in (("工单", "说明") if zh else ("Tickets", "Help")))
        rows.freeze_panes(1, 0)
        words.set_column(0, 0, _WIDTH)
        words.set_column(1, 1, 3 * _WIDTH)
        for place, column in enumerate(offered):
            # as text: Excel then leaves long numbers and leading zeros as they were typed
            rows.set_column(place, place, _WIDTH, text)
            rows.write_string(0, place, column.title.in_(locale), bold)
            words.write_string(place, 0, column.title.in_(locale), bold)
            words.write_string(place, 1, column.help.in_(locale))
    return out.getvalue()


def refused(
    out: IO[bytes], sheet: Sheet, reasons: Mapping[int, str], heading: str, *, header: bool
) -> None:
    """The rows that were refused, by number, with the reason behind each: mended, they are imported again."""
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        text, bold = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bottom": 1})
        page = book.add_worksheet()
        page.set_column(0, sheet.width - 1, _WIDTH, text)
        page.set_column(sheet.width, sheet.width, 3 * _WIDTH, text)
        lines = [line for line in sheet.lines if line.number in reasons]
        if header:
            _write(page, 0, sheet.lines[0], bold)
            page.write_string(0, sheet.width, heading, bold)
        for place, line in enumerate(lines, int(header)):
            _write(page, place, line, text)
            page.write_string(place, sheet.width, reasons[line.number], text)


def _write(page: xlsxwriter.workbook.Worksheet, place: int, line: Line, how: object) -> None:
    for column, text in enumerate(line.cells):
        page.write_string(place, column, text, how)
