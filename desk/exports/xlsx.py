"""Excel workbooks that grow row by row, over several tries: rows wait as XML in a file of their own.

xlsxwriter makes the workbook with headings only; the rows are put into its sheets when all are there (ECMA-376, part 1,
18.3.1: `sheetData`, strings inline).
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, Final
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

LONGEST_TEXT: Final = 32_767  # characters in a cell
BLOCK: Final = 1 << 20  # bytes copied at once
EPOCH: Final = datetime(1899, 12, 30, tzinfo=UTC)  # day 0 of Excel's calendar, as all dates after February 1900 have it
TIMES: Final = 1  # the number of the format of times in the workbook: the first in use after the default, 0
# What XML 1.0 cannot hold, and what would be read as the escape of it.
UNSAFE: Final = re.compile("[\x00-\x08\x0b\x0c\x0d\x0e-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")


@dataclass(frozen=True)
class Sheet:
    """Where the rows of a sheet stand in the file of rows, in bytes, and how many there are."""

    begin: int
    end: int
    rows: int


def row(number: int, values: Sequence[Any]) -> bytes:
    """A row of a sheet, counted from 1 (the headings'): datetimes, integers, texts; None is an empty cell."""
    cells = "".join(
        _cell(f"{xl_col_to_name(column)}{number}", value)
        for column, value in enumerate(values)
        if value is not None
    )
    return f'<row r="{number}">{cells}</row>'.encode()


def _cell(place: str, value: Any) -> str:
    if isinstance(value, datetime):
        days = (value - EPOCH).total_seconds() / 86_400
        return f'<c r="{place}" s="{TIMES}"><v>{days!r}</v></c>'
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value:d}</v></c>'
    text = value if len(value) <= LONGEST_TEXT else f"{value[: LONGEST_TEXT - 1]}…"
    text = escape(UNSAFE.sub(_escaped, text))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _escaped(found: re.Match[str]) -> str:
    """A character as Office Open XML writes it: `_x0001_`; `_x005F_` is the line before an x that is only text."""
    text = found[0]
    return f"_x005F{text}" if len(text) > 1 else f"_x{ord(text):04X}_"


def bind(
    out: IO[bytes],
    headings: Mapping[str, int],
    rows: IO[bytes],
    sheets: Sequence[Sheet],
    told: Callable[[], None],
) -> None:
    """Write the workbook. `headings` come with the widths of their columns in characters, the first is that of times.

    `told` is called at every block that was written.
    """
    last = xl_col_to_name(len(headings) - 1)
    with ZipFile(_empty(headings, len(sheets))) as shell, ZipFile(out, "w", ZIP_DEFLATED) as book:
        for name in shell.namelist():
            content = shell.read(name)
            place = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
            if place is None:
                book.writestr(ZipInfo(name), content, ZIP_DEFLATED)
                continue
            sheet = sheets[int(place[1]) - 1]
            head, end, tail = content.partition(b"</sheetData>")
            head = head.replace(f":{last}1".encode(), f":{last}{sheet.rows + 1}".encode(), 1)
            info = ZipInfo(name)
            info.compress_type = ZIP_DEFLATED
            info.file_size = len(content) + sheet.end - sheet.begin  # whether it takes ZIP64
            with book.open(info, "w") as part:
                part.write(head)
                for block in _blocks(rows, sheet):
                    part.write(block)
                    told()
                part.write(end + tail)


def _blocks(rows: IO[bytes], sheet: Sheet) -> Iterator[bytes]:
    rows.seek(sheet.begin)
    left = sheet.end - sheet.begin
    while left:
        block = rows.read(min(BLOCK, left))
        if not block:
            raise EOFError("rows of the workbook are missing")
        left -= len(block)
        yield block


def _empty(headings: Mapping[str, int], sheets: int) -> IO[bytes]:
    """The workbook with headings only."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        bold = book.add_format({"bold": True, "bottom": 1})
        for _ in range(sheets):
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            for number, (heading, width) in enumerate(headings.items()):
                sheet.set_column(number, number, width, None if number else times)
                sheet.write_string(0, number, heading, bold)
    out.seek(0)
    return out
