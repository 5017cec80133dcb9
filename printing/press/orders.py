"""What is asked of the press, what it gives back, and what it refuses; plain values that go through a pipe."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from engine.operators import Text


@dataclass(frozen=True)
class Limits:
    """What one order may take. Seconds of time, MB of memory beside what the press itself needs."""

    seconds: int = 20
    memory_mb: int = 900
    characters: int = 6_000_000  # of HTML, for all pages together
    pages: int = 3000


@dataclass(frozen=True)
class Order:
    """One PDF: a layout, and for each of `facts` the pages that it makes of them.

    `files`: the pictures that `desk:NAME` addresses in a layout show. `attached`: files that go into the PDF (PDF/A-3).
    `pictures`: of how many pages PNGs are wanted. `archive`: PDF/A-3u instead of plain PDF.
    """

    layout: str
    facts: list[dict[str, Any]]
    locale: str = "zh_CN"
    title: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    attached: dict[str, bytes] = field(default_factory=dict)
    archive: bool = False
    pictures: int = 0
    limits: Limits = Limits()

    def with_pictures(self, count: int, limits: Limits | None = None) -> Self:
        """The same order with pictures of its first pages, and perhaps other limits."""
        return replace(self, pictures=count, limits=limits or self.limits)

    def packed(self) -> dict[str, Any]:
        """As msgpack takes it."""
        return {**self.__dict__, "limits": asdict(self.limits)}

    @classmethod
    def unpacked(cls, values: dict[str, Any]) -> Self:
        """The other way."""
        return cls(**{**values, "limits": Limits(**values["limits"])})


@dataclass(frozen=True)
class Sheet:
    """What came out. `notes` say what was left out: pictures that may not be fetched, names without a value."""

    pdf: bytes
    pages: int
    pictures: list[bytes]
    notes: list[str]


class PrintRefused(Exception):
    """A layout cannot be printed. `kind` is syntax | forbidden | too_long | too_large | fault; `line` of the layout."""

    def __init__(self, kind: str, words: Text, line: int | None = None) -> None:
        super().__init__(words.en)
        self.kind, self.words, self.line = kind, words, line
