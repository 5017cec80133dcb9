"""Dates and times: native inputs on the page, ISO 8601 text in the data."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Final, Self

from desk.forms.expressions import Scope, Text
from desk.forms.fields.base import Control, Input, Rejected, Situation, input_common
from desk.forms.schema import Reader
from desk.forms.tree import Json

# Where a browser has no date input, people type: 2026/5/1, 2026.5.1, 2026年5月1日.
_DATE: Final = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?", re.ASCII)
_TIME: Final = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_FORMATS: Final = ("no_timezone", "utc_offset", "utc_normalized")


@dataclass(frozen=True, kw_only=True)
class Moment(Input):
    """form-js `datetime`: a date, a time, or both.

    In the data: "2026-05-31", "09:30", "2026-05-31T09:30"; times carry the offset of the desk's
    zone (utc_offset) or are turned to UTC (utc_normalized) if the schema says so.
    """

    subtype: str
    date_label: Text
    time_label: Text
    time_format: str
    interval: int | None
    no_past: bool
    use_24h: bool

    empty: ClassVar[Json] = None

    @classmethod
    def read(cls, reader: Reader, component_id: str) -> Self:
        validate = reader.part("validate")
        field = cls(
            **input_common(reader, component_id, "datetime"),
            required=validate.boolean("required"),
            default=reader.string("defaultValue") or None,
            subtype=reader.one_of("subtype", ("date", "time", "datetime"), "date"),
            date_label=reader.text("dateLabel"),
            time_label=reader.text("timeLabel"),
            time_format=reader.one_of("timeSerializingFormat", _FORMATS, "no_timezone"),
            interval=reader.integer("timeInterval", 1, 60),
            no_past=reader.boolean("disallowPassedDates"),
            use_24h=reader.boolean("use24h"),
        )
        if field.default is not None and field._parse(field.default, UTC) is None:
            reader.fail(
                f"“defaultValue” is not a {field.subtype}", "“defaultValue”不是有效的日期或时间"
            )
        return field

    def heading(self, scope: Scope, locale: str) -> str:
        own = self.label.say(scope, locale)
        if own:
            return own
        parts = []
        if self.subtype != "time":
            parts.append(self.date_label.say(scope, locale))
        if self.subtype != "date":
            parts.append(self.time_label.say(scope, locale))
        return " / ".join(filter(None, parts))

    def decode(self, texts: Sequence[str], situation: Situation) -> Json:
        text = texts[0].strip() if texts else ""
        if not text:
            return None
        return self._text(self._parsed(text, situation), situation)

    def accept(self, value: Json, situation: Situation) -> Json:
        if value is None:
            return None
        if not isinstance(value, str):
            raise Rejected("expects_moment")
        return self.decode([value], situation)

    def check(self, value: Json, scope: Scope, situation: Situation) -> Json:
        self.require(value)
        if value is None:
            return None
        moment = self._parsed(str(value), situation)
        if self.no_past and isinstance(moment, date):
            day = moment.date() if isinstance(moment, datetime) else moment
            if day < situation.today:
                raise Rejected("past")
        if self.interval and isinstance(moment, (datetime, time)):
            uneven = (moment.hour * 60 + moment.minute) % self.interval or moment.second
            if uneven:
                raise Rejected("interval", limit=self.interval)
        return self._text(moment, situation)

    def display(self, value: Json, scope: Scope, situation: Situation) -> Sequence[str]:
        return [self._local(value, situation).replace("T", " ")]

    def view(
        self, control: Control, value: Json, scope: Scope, situation: Situation
    ) -> dict[str, Any]:
        kinds = {"date": "date", "time": "time", "datetime": "datetime-local"}
        earliest = None
        if self.no_past and self.subtype != "time":
            earliest = situation.today.isoformat() + ("T00:00" if self.subtype != "date" else "")
        steps = None
        if self.interval and self.subtype != "date":
            steps = str(self.interval * 60)
        return {
            "attributes": control.attributes(
                type=kinds[self.subtype],
                value=self._local(value, situation),
                min=earliest,
                step=steps,
                **{"data-ld-24h": "" if self.use_24h else None},
            )
        }

    # -- text and back -------------------------------------------------------------------------

    def _parsed(self, text: str, situation: Situation) -> date | time:
        moment = self._parse(text, situation.zone)
        if moment is None:
            raise Rejected(self.subtype)
        return moment

    def _parse(self, text: str, zone: Any) -> date | time | None:
        """What `text` says, as wall-clock time of `zone`; None if it says nothing valid."""
        text = unicodedata.normalize("NFKC", text).strip()
        day_match = None if self.subtype == "time" else _DATE.match(text)
        rest = text[day_match.end() :] if day_match else text
        try:
            day = date(*map(int, day_match.groups())) if day_match else None
            if self.subtype == "date":
                return day if rest == "" else None
            clock = _TIME.fullmatch(rest.lstrip("T ").strip())
            if clock is None or (self.subtype == "datetime" and day is None):
                return None
            hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
            moment = datetime.combine(day or datetime.now(zone).date(), time(hour, minute, second))
            if clock[4]:
                offset = datetime.strptime(clock[4], "%z").tzinfo
                moment = moment.replace(tzinfo=offset).astimezone(zone).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return None
        return moment if self.subtype == "datetime" else moment.time()

    def _text(self, moment: date | time, situation: Situation) -> str:
        """The ISO text for the data, in the format the schema asks for."""
        if not isinstance(moment, (datetime, time)):
            return moment.isoformat()
        full = moment if isinstance(moment, datetime) else datetime.combine(situation.today, moment)
        precision = "seconds" if full.second else "minutes"
        if self.time_format != "no_timezone":
            full = full.replace(tzinfo=situation.zone)
            if self.time_format == "utc_normalized":
                full = full.astimezone(UTC)
        text = full.isoformat(timespec=precision).replace("+00:00", "Z")
        return text if self.subtype == "datetime" else text.partition("T")[2]

    def _local(self, value: Json, situation: Situation) -> str:
        """The value as native inputs want it; what is no date is given back as it is."""
        if not isinstance(value, str):
            return ""
        moment = self._parse(value, situation.zone)
        if moment is None:
            return value
        if isinstance(moment, (datetime, time)):
            return moment.isoformat(timespec="seconds" if moment.second else "minutes")
        return moment.isoformat()
