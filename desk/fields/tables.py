"""Tables of rows as fields of tickets (商品表, 资产表): their columns, what is computed in a row, totals, words.

[000 §5.1.1, §5.2.9, §5.2.15]. A value is a list of objects, one a row, by the keys of the columns.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from desk.calendars import here as calendars
from desk.fields.models import Field
from desk.forms import Option
from desk.forms.tree import Json
from engine.expressions import compiled
from engine.feel import FeelError, to_json

MOST_ROWS: Final = 50
MOST_COLUMNS: Final = 12
NOTHING: Final[tuple[Json, ...]] = (None, "")

Row = Mapping[str, Json]
Names = Mapping[str, Option]  # of the values of its drop-downs: "<column>:<value>"


class ColumnKind(StrEnum):
    """What the cells of a column hold."""

    LINE = "line"
    INTEGER = "integer"
    DECIMAL = "decimal"
    CHOICE = "choice"  # the key of an entry of its dictionary
    COMPUTED = "computed"  # what its FEEL says over the row


NUMBERS: Final = (ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.COMPUTED)


class Fills(StrEnum):
    """What of an item of the catalogue a column takes over."""

    NOTHING = ""
    CODE = "code"
    TITLE = "title"
    PRICE = "price"
    UNIT = "unit"


@dataclass(frozen=True)
class Column:
    """A column of a table; `title` is {"zh": …, "en": …}, `dictionary` a key."""

    key: str
    title: Mapping[str, str] = field(default_factory=dict)
    kind: str = ColumnKind.LINE
    dictionary: str = ""
    expression: str = ""
    required: bool = False
    total: bool = False
    fills: str = Fills.NOTHING

    def as_json(self) -> dict[str, Json]:
        """As it is kept with its field."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Json]) -> "Column":
        """What `as_json` made; what it does not say is as in a new column."""
        names = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in names})

    def says(self, language: str) -> str:
        """Its title in `zh` or `en`, the other where it has only that."""
        return self.title.get(language) or next(filter(None, self.title.values()), self.key)


PRODUCTS: Final = (
    Column("title", {"zh": "商品", "en": "Product"}, required=True, fills=Fills.TITLE),
    Column(
        "product_price", {"zh": "单价", "en": "Unit price"}, ColumnKind.DECIMAL, required=True,
        fills=Fills.PRICE,
    ),
    Column("product_num", {"zh": "数量", "en": "Number"}, ColumnKind.INTEGER, required=True),
    Column(
        "product_sum", {"zh": "总价", "en": "Sum"}, ColumnKind.COMPUTED,
        expression="product_price * product_num", total=True,
    ),
)  # fmt: skip
ASSETS: Final = (
    Column("code", {"zh": "编号", "en": "Code"}, fills=Fills.CODE),
    Column("title", {"zh": "名称", "en": "Name"}, required=True, fills=Fills.TITLE),
    Column("number", {"zh": "数量", "en": "Number"}, ColumnKind.INTEGER, required=True),
    Column("remark", {"zh": "备注", "en": "Remark"}),
)
PRESETS: Final[Mapping[str, Sequence[Column]]] = {"products": PRODUCTS, "assets": ASSETS}


def columns_of(table: Field) -> list[Column]:
    """The columns of a field that is a table, in their order."""
    return [Column.from_json(kept) for kept in table.columns]


def rows_of(value: Json) -> list[Row]:
    """The rows of a value; what is no row is left out."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


# -- what is worked out --------------------------------------------------------------------------


def evaluated(expression: str, names: Mapping[str, Any], zone: str) -> Json:
    """What FEEL says over the names, as JSON; None where it cannot be worked out."""
    try:
        result = compiled(expression).evaluate(
            names, clock=lambda: datetime.now(ZoneInfo(zone)), host=calendars.host(zone)
        )
    except FeelError:
        return None
    if isinstance(result, Decimal):
        return int(result) if result == result.to_integral_value() else float(result)
    return to_json(result)


def as_entered(table: Field, value: Json) -> Json:
    """The rows without computed cells, which are worked out anew whatever was sent; what is no list as it is."""
    computed = {column.key for column in columns_of(table) if column.kind == ColumnKind.COMPUTED}
    if not isinstance(value, list):
        return value
    return [
        {key: cell for key, cell in row.items() if key not in computed}
        if isinstance(row, Mapping)
        else row
        for row in value
    ]


def worked_out(table: Field, value: Json, zone: str) -> list[dict[str, Json]]:
    """The rows with their computed cells, each over the cells before it; rows without anything are left out."""
    columns, found = columns_of(table), []
    for entered in rows_of(value):
        row = {key: cell for key, cell in entered.items() if cell not in NOTHING}
        if not row:
            continue
        for column in columns:
            if column.kind == ColumnKind.COMPUTED:
                says = evaluated(column.expression, feel_row(columns, row), zone)
                row |= {column.key: says} if says not in NOTHING else {}
        found.append({column.key: row[column.key] for column in columns if column.key in row})
    return found


def totals(table: Field, value: Json) -> dict[str, Decimal]:
    """What the columns that have a total come to, by key."""
    rows = rows_of(value)
    return {
        column.key: sum(
            (number for row in rows if (number := _decimal(row.get(column.key))) is not None),
            Decimal(),
        )
        for column in columns_of(table)
        if column.total
    }


def feel_row(columns: Sequence[Column], row: Row) -> dict[str, Any]:
    """A row as expressions read it: exact numbers, null where nothing stands."""
    return {column.key: _feel(row.get(column.key)) for column in columns}


def _feel(cell: Json) -> Any:
    return cell if isinstance(cell, bool) or not isinstance(cell, (int, float)) else Decimal(str(cell))


def _decimal(cell: Json) -> Decimal | None:
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return None
    try:
        number = Decimal(str(cell))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


# -- words ---------------------------------------------------------------------------------------


def cells(table: Field, row: Row, names: Names, language: str) -> list[str]:
    """The cells of a row as people read them, in `zh` or `en`."""
    return [_cell(column, row.get(column.key), names, language) for column in columns_of(table)]


def total_cells(table: Field, value: Json, language: str) -> list[str]:
    """The line below the rows: the word for a total, then the totals in their columns; [] without any."""
    known = totals(table, value)
    if not known:
        return []
    line = [digits(known[c.key]) if c.key in known else "" for c in columns_of(table)]
    if not line[0]:
        line[0] = _total_word(language)
    return line


def in_words(table: Field, value: Json, names: Names) -> dict[str, str]:
    """The whole table as one text, in both languages: `Toner, 120, 2, 240; … (total: 240)`."""
    return {language: _sentence(table, value, names, language) for language in ("zh", "en")}


def changed_words(
    table: Field, old: Json, new: Json, names: Names
) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """The rows that are not in the other value, with their numbers; None where there is none."""
    before, after = rows_of(old), rows_of(new)
    a, b = ([json.dumps(row, sort_keys=True) for row in rows] for rows in (before, after))
    gone, come = list[int](), list[int]()
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if tag != "equal":
            gone += range(i1, i2)
            come += range(j1, j2)
    return _rows_said(table, before, gone, names), _rows_said(table, after, come, names)


def digits(number: Decimal) -> str:
    """A number in plain digits, without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rows_said(
    table: Field, rows: Sequence[Row], numbers: Sequence[int], names: Names
) -> dict[str, str] | None:
    if not numbers:
        return None
    return {
        language: _join(
            language, (f"{n + 1}. {_row(table, rows[n], names, language)}" for n in numbers)
        )
        for language in ("zh", "en")
    }


def _sentence(table: Field, value: Json, names: Names, language: str) -> str:
    said = _join(language, (_row(table, row, names, language) for row in rows_of(value)))
    known = totals(table, value)
    if not said or not known:
        return said
    sums = ("、" if language == "zh" else ", ").join(map(digits, known.values()))
    word = _total_word(language)
    return f"{said}（{word}：{sums}）" if language == "zh" else f"{said} ({word}: {sums})"


def _row(table: Field, row: Row, names: Names, language: str) -> str:
    return ("，" if language == "zh" else ", ").join(filter(None, cells(table, row, names, language)))


def _join(language: str, rows: Iterator[str]) -> str:
    return ("；" if language == "zh" else "; ").join(rows)


def _cell(column: Column, cell: Json, names: Names, language: str) -> str:
    if cell in NOTHING:
        return ""
    if isinstance(cell, bool):
        return {"zh": ("否", "是"), "en": ("no", "yes")}[language][cell]
    if column.kind == ColumnKind.CHOICE and (name := names.get(f"{column.key}:{cell}")):
        return name.say(language)
    number = _decimal(cell) if column.kind in NUMBERS else None
    return str(cell) if number is None else digits(number)


def _total_word(language: str) -> str:
    return "合计" if language == "zh" else "total"

