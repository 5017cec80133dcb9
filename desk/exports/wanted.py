"""What an export is asked for: a format, and what the history is narrowed to."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from engine.operators import Text


@dataclass(frozen=True)
class Format:
    """A format of the result. `mining`: events of the diagram only, grouped by process instance."""

    key: str
    title: Text
    suffix: str
    mime: str
    mining: bool


FORMATS: Final[dict[str, Format]] = {
    found.key: found
    for found in (
        Format("csv", Text("CSV (spreadsheets)", "CSV（电子表格）"), "csv", "text/csv", False),
        Format(
            "xlsx", Text("Excel workbook", "Excel 工作簿"), "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False,
        ),
        Format(
            "jsonl", Text("JSON Lines (with hashes)", "JSON Lines（含哈希）"), "jsonl",
            "application/jsonl", False,
        ),
        Format(
            "xes", Text("XES, IEEE 1849 (process mining)", "XES，IEEE 1849（流程挖掘）"), "xes",
            "application/xml", True,
        ),
        Format(
            "ocel", Text("OCEL 2.0 JSON (process mining)", "OCEL 2.0 JSON（流程挖掘）"), "jsonocel",
            "application/json", True,
        ),
        Format(
            "ocel-sqlite", Text("OCEL 2.0 SQLite (process mining)", "OCEL 2.0 SQLite（流程挖掘）"),
            "sqlite", "application/vnd.sqlite3", True,
        ),
    )
}  # fmt: skip
SOURCES: Final = {
    "history": Text("Processes", "流程"),
    "log": Text("Audit log", "审计日志"),
}


class CannotExport(ValueError):
    """What is asked for is no export; `words` say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True)
class Wanted:
    """Rows from `since` up to (not including) `until`; None: no bound. All other filters narrow further."""

    format: str = "csv"
    source: str = "history"
    since: datetime | None = None
    until: datetime | None = None
    processes: tuple[str, ...] = ()
    person: str | None = None  # "user:7"
    ticket: str | None = None  # a ticket's number
    locale: str = "en"  # of names and headings

    def check(self) -> None:
        """Raises CannotExport."""
        if self.format not in FORMATS:
            raise CannotExport(Text("There is no such format.", "没有这种格式。"))
        if self.source not in SOURCES:
            raise CannotExport(Text("There is no such source.", "没有这个数据来源。"))
        if self.source == "log" and FORMATS[self.format].mining:
            raise CannotExport(
                Text(
                    "Mining formats hold processes; take CSV, Excel or JSON Lines for the log.",
                    "流程挖掘格式只包含流程，审计日志请选择 CSV、Excel 或 JSON Lines。",
                )
            )
        if self.person and not re.fullmatch(r"(user|contact):\d{1,18}|system", self.person):
            raise CannotExport(Text("There is no such person.", "没有这个人员。"))
        if self.since and self.until and self.since >= self.until:
            raise CannotExport(Text("The time ends before it begins.", "结束时间早于开始时间。"))

    def as_json(self) -> dict[str, Any]:
        """For the parameters of background work."""
        return {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Wanted":
        """The reverse. Raises TypeError, ValueError."""
        given = dict(value)
        for bound in ("since", "until"):
            if given.get(bound):
                given[bound] = datetime.fromisoformat(given[bound])
        given["processes"] = tuple(given.get("processes") or ())
        return cls(**given)

    @property
    def fingerprint(self) -> str:
        """The same for two that ask for the same."""
        content = orjson.dumps(self.as_json(), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(content).hexdigest()
