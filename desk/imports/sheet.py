"""The rows of an uploaded workbook (ECMA-376) or CSV file as plain text, whatever somebody put into it.

Only values are read: of a formula what it came to when the file was saved. A workbook is refused that is too large when
unpacked, or whose XML brings a document type (and with it entities); reading ends where nothing comes any more.
"""

import csv
import io
import json
import re
import unicodedata
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, Any, Final
from zipfile import BadZipFile, ZipFile

from engine.operators import Text

LIMIT: Final = 10 * 1024 * 1024  # bytes of a file [000 §5.2.5]
MOST_ROWS: Final = 5_000  # with content, the headings not counted [000 §5.2.5]
MOST_COLUMNS: Final = 100
LONGEST_CELL: Final = 32_767  # characters, as Excel has it
MOST_TEXT: Final = 20_000_000  # characters of all cells
UNPACKED: Final = 64 * 1024 * 1024  # bytes of all parts of a workbook
MOST_PARTS: Final = 1_000
EMPTY_ROWS: Final = 1_000  # in a row; nothing is read behind them
EXCELS_ROWS: Final = 1_048_576  # of a sheet, empty ones too
MOST_MERGED: Final = 50_000  # cells that are filled from the one they were merged with

_DOCTYPE: Final = tuple("<!DOCTYPE".encode(code) for code in ("ascii", "utf-16-le", "utf-16-be"))
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # [MS-CFB]: .xls, and workbooks with a password
_BROKEN = (
    BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError, OSError,
    OverflowError, NotImplementedError, RuntimeError, SyntaxError, zlib.error,  # XML's errors are SyntaxErrors
)  # fmt: skip


class ImportRefused(Exception):
    """A file is not read; `words` say why and what to do."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = Text(en, zh)


@dataclass(frozen=True)
class Line:
    """A row that has content: its number in the file, from 1, and its cells as text."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int) -> str:
        """The text of a column, counted from 0; nothing where the row ends before it."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True)
class Sheet:
    """All rows with content, in their order."""

    lines: tuple[Line, ...]

    @property
    def width(self) -> int:
        """How many columns have content."""
        return max((len(line.cells) for line in self.lines), default=0)

    def pack(self) -> bytes:
        """As bytes for the database."""
        rows = [[line.number, *line.cells] for line in self.lines]
        return zlib.compress(json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace"))

    @classmethod
    def unpack(cls, packed: bytes) -> "Sheet":
        """What `pack` made."""
        rows = json.loads(zlib.decompress(packed))
        return cls(tuple(Line(number, tuple(cells)) for number, *cells in rows))


def read_sheet(filename: str, stream: IO[bytes]) -> Sheet:
    """The first worksheet of an .xlsx file, or a CSV file (UTF-8 or GB 18030). Raises ImportRefused."""
    content = stream.read(LIMIT + 1)
    if len(content) > LIMIT:
        raise ImportRefused("The file is larger than 10 MB. Divide it.", "文件超过 10 MB，请拆分后再导入。")
    if content.startswith(_OLE):
        raise ImportRefused(
            "This is an old .xls file, or one with a password. Save it as .xlsx without a password.",
            "这是旧版 .xls 文件或加密文件，请另存为不带密码的 .xlsx。",
        )
    if content.startswith(b"PK"):
        lines = _workbook(content)
    elif filename.lower().endswith((".csv", ".txt")):
        lines = _csv(content)
    else:
        raise ImportRefused("This is no .xlsx or .csv file.", "这不是 .xlsx 或 .csv 文件。")
    if not lines:
        raise ImportRefused("There is nothing in the first sheet.", "第一个工作表中没有内容。")
    return Sheet(lines)


def plain(text: str) -> str:
    """Text for comparison: full-width letters and digits as plain ones (NFKC), without space around it."""
    return unicodedata.normalize("NFKC", text).strip()


def _workbook(content: bytes) -> tuple[Line, ...]:
    from openpyxl import load_workbook  # a sixth of a second that only reading has to wait for

    try:
        with ZipFile(io.BytesIO(content)) as book:
            merged = _checked(book)
        loaded = load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheet = loaded.worksheets[0]
        refs = merged.get(str(sheet._worksheet_path).lstrip("/"), [])
        sheet.reset_dimensions()  # what a file claims of its size is not asked
        rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
        return _filled(_lines(_cells(rows)), refs)
    except ImportRefused:
        raise
    except _BROKEN as error:
        raise ImportRefused(
            "The workbook is damaged. Open it in Excel and save it again.",
            "工作簿已损坏，请用 Excel 打开并重新保存。",
        ) from error


def _checked(book: ZipFile) -> dict[str, list[str]]:
    """The merged cells by part. Raises ImportRefused for what should not be unpacked or parsed."""
    parts = book.infolist()
    # Python reads no more of a part than its entry says, whatever is in it
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > UNPACKED:
        raise ImportRefused(
            "The workbook is too large when it is unpacked. Copy the rows into a new one.",
            "工作簿解压后过大，请把数据复制到新的工作簿中。",
        )
    merged = {}
    for part in parts:
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        content = book.read(part)
        if content.count(b"<row") > EXCELS_ROWS:
            raise ImportRefused(
                "The workbook has more rows than Excel knows.", "工作簿的行数超过了 Excel 的上限。"
            )
        if any(mark in content for mark in _DOCTYPE):
            raise ImportRefused(
                "The workbook brings a document type, which Excel never writes. It is not read.",
                "工作簿中含有 Excel 不会写入的文档类型声明，不予读取。",
            )
        if b"mergeCell" in content:
            merged[part.filename] = [ref.decode() for ref in _MERGED.findall(content)]
    return merged


def _cells(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, list[str]]]:
    for number, row in enumerate(rows, 1):
        yield number, [_text(value) for value in row]


def _filled(lines: tuple[Line, ...], refs: list[str]) -> tuple[Line, ...]:
    """Cells that were merged downwards hold their value in each row that has content."""
    from openpyxl.utils.cell import range_boundaries

    cells = {line.number: list(line.cells) for line in lines}
    numbers = list(cells)
    left = MOST_MERGED
    for ref in refs:
        column, top, _right, bottom = range_boundaries(ref)
        if top not in cells or column > len(cells[top]):
            continue
        below = numbers[bisect_right(numbers, top) : bisect_right(numbers, bottom)]
        left -= len(below)
        if left < 0:
            raise ImportRefused("Too many cells are merged. Unmerge them.", "合并的单元格过多，请先取消合并。")
        for number in below:
            row = cells[number]
            row.extend([""] * (column - len(row)))
            row[column - 1] = row[column - 1] or cells[top][column - 1]
    return tuple(Line(number, tuple(row)) for number, row in cells.items())


def _text(value: Any) -> str:
    """A value as a person reads it: no ".0" behind numbers, days and times as ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime():
            return value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
    return str(value)


def _csv(content: bytes) -> tuple[Line, ...]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    separator = max((",", ";", "\t"), key=first.count)
    try:
        return _lines(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1))
    except csv.Error as error:
        raise ImportRefused("The CSV file is damaged.", "CSV 文件已损坏。") from error


def _decoded(content: bytes) -> str:
    for code in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    raise ImportRefused(
        "The CSV file is neither UTF-8 nor GB 18030.", "CSV 文件既不是 UTF-8 也不是 GB 18030 编码。"
    )


def _lines(rows: Iterable[tuple[int, list[str]]]) -> tuple[Line, ...]:
    """The rows with content. Raises ImportRefused when they are too many."""
    lines: list[Line] = []
    empty = size = 0
    for number, row in rows:
        cells = [_kept(text) for text in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            empty += 1
            if empty >= EMPTY_ROWS:
                break
            continue
        empty, size = 0, size + sum(map(len, cells))
        lines.append(Line(number, tuple(cells)))
        if len(lines) > MOST_ROWS + 1 or size > MOST_TEXT:
            raise ImportRefused(
                "There are more than 5,000 rows, or too much text. Divide the file.",
                "超过 5,000 行，或文字过多，请拆分文件。",
            )
    return tuple(lines)


def _kept(text: str) -> str:
    """Without what a database cannot hold."""
    if not text:
        return text
    return "".join(c for c in text[:LONGEST_CELL] if c >= " " or c in "\n\t").strip()
