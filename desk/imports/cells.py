"""A cell's text as the value it stands for. Each function raises CellWrong with what is wrong, for people."""

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from desk.fields.forms import FROM_DICTIONARY, entries_of, leaves
from desk.fields.models import Field, Kind
from desk.forms.tree import Json
from desk.imports.sheet import plain
from engine.operators import Text

EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - day 0 of Excel's calendar, in whatever zone
DAYS: Final = (10_000, 80_000)  # numbers that are taken for days: the years 1927 to 2119
ERRORS: Final = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
_DATE: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?"
)
_TIME: Final = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_YES: Final = frozenset({"true", "yes", "y", "1", "是", "√", "✓", "on"})
_NO: Final = frozenset({"false", "no", "n", "0", "否", "×", "off"})
_SEPARATORS: Final = re.compile(r"[,;、，；\n]")


class CellWrong(ValueError):
    """A cell does not say what its column wants; `words` say why."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.words = Text(en, zh)


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A day and time of the desk's clocks, in the ways people and Excel write it; a day alone ends it."""
    day, at = _day(text)
    return datetime.combine(day, at or time(23, 59, 59), zone)


def value(field: Field, text: str, options: dict[str, str], zone: ZoneInfo) -> Json:
    """What a field of the desk holds. `options` are the keys of its dictionary by their names."""
    said = plain(text)
    match field.kind:
        case Kind.CHOICE | Kind.CASCADE:
            return _chosen(said, options)
        case Kind.CHOICES:
            return [_chosen(plain(one), options) for one in _SEPARATORS.split(text) if one.strip()]
        case Kind.CHECK:
            if said.casefold() in _YES | _NO:
                return said.casefold() in _YES
            raise CellWrong("Write yes or no.", "请填写“是”或“否”。")
        case Kind.INTEGER | Kind.DECIMAL:
            return _number(said)
        case Kind.STARS:
            return said.count("★") or _number(said)
        case Kind.DATE:
            return _day(text)[0].isoformat()
        case Kind.DATETIME:
            day, at = _day(text)
            return datetime.combine(day, at or time(), zone).isoformat(timespec="minutes")
        case Kind.TIME:
            found = _TIME.fullmatch(said)
            if found is None or int(found[1]) > 23 or int(found[2]) > 59:
                raise CellWrong("This is not a time of day.", "这不是时间。")
            return f"{int(found[1]):02}:{found[2]}"
        case Kind.PHONE | Kind.PATTERN:
            return said
        case Kind.TABLE:
            raise CellWrong("Rows of a table cannot be written here.", "此处不能填写表格内容。")
    return text


def options_by_name(field: Field, session: object) -> dict[str, str]:
    """The keys that can be chosen of a field's dictionary, by key, by name and by path in both languages."""
    if field.kind not in FROM_DICTIONARY or field.dictionary_id is None:
        return {}
    found: dict[str, str] = {}
    for option in leaves(entries_of(session, field.dictionary_id)):  # type: ignore[arg-type]
        for locale in ("zh", "en"):
            path = option.say(locale)
            found.setdefault(plain(path).casefold(), option.token)
            found.setdefault(plain(path.rpartition(" / ")[2]).casefold(), option.token)
        found[option.token.casefold()] = option.token
    return found


def _chosen(said: str, options: dict[str, str]) -> str:
    key = options.get(said.casefold())
    if key is None:
        raise CellWrong("There is no such value to choose.", "没有这个选项。")
    return key


def _number(said: str) -> int | float:
    try:
        number = float(said.replace(",", ""))
    except ValueError:
        raise CellWrong("This is not a number.", "这不是数字。") from None
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _day(text: str) -> tuple[date, time | None]:
    said = plain(text)
    for mark, instead in (("年", "-"), ("月", "-"), ("日", " "), ("时", ":"), ("分", ""), ("/", "-")):
        said = said.replace(mark, instead)
    said = said.strip().replace(".", "-", 2) if re.match(r"\d{4}\.", said) else said.strip()
    try:
        if re.fullmatch(r"\d{5}(\.\d+)?", said) and DAYS[0] <= float(said) < DAYS[1]:
            found = EPOCH + timedelta(days=float(said))
            return found.date(), found.time().replace(microsecond=0) if "." in said else None
        if read := _DATE.fullmatch(said):
            year, month, day, hour, minute, second = read.groups()
            at = time(int(hour), int(minute), int(second or 0)) if hour else None
            return date(int(year), int(month), int(day)), at
    except (ValueError, OverflowError):
        pass
    raise CellWrong("This is not a date and time.", "这不是日期和时间。")
