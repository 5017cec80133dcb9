"""docs/coverage.md names what is there: each file, test, symbol and address exists, and what is done names its test."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "coverage.md"
# A path is below one of these: the page says so for each of its parts.
BASES = ("", "desk", "tests/desk", "tests/journeys", "tests", "bpmn_library/tickets")
_QUOTED = re.compile(r"`([^`]+)`")
_PATH = re.compile(r"[\w./*-]+\.(?:py|js|md|bpmn|dmn|form|yaml|txt)|[\w./-]+/")
_TEST = re.compile(r"(?:^|/)test_\w+\.py$|^tests/")


@dataclass(frozen=True)
class Line:
    """A line of one of the page's tables."""

    number: int
    capability: str
    status: str
    where: str
    test: str


def lines() -> list[Line]:
    found = []
    for number, text in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", text)[1:-1]]
        if not cells or cells[0] == "capability" or set("".join(cells)) <= set("-: "):
            continue
        assert len(cells) == 4, f"line {number} has {len(cells)} cells"
        found.append(Line(number, *cells))
    return found


LINES = lines()


def quoted(cell: str) -> Iterator[tuple[str, str]]:
    """The paths that a cell names, each with the symbol after `::` (`::x` alone is of the file before)."""
    last = ""
    for text in _QUOTED.findall(cell):
        path, _, symbol = text.partition("::")
        path = last if path in ("", "…") and symbol else path
        if _PATH.fullmatch(path) and not path.startswith("/"):
            last = path
            yield path, symbol


def files(path: str) -> list[Path]:
    """What is there under a name; a name may hold one star."""
    return [found for base in BASES for found in (ROOT / base).glob(path) if found.exists()]


def test_every_file_and_symbol_is_there() -> None:
    gone = []
    for line in LINES:
        for path, symbol in [*quoted(line.where), *quoted(line.test)]:
            there = files(path)
            if not there:
                gone.append(f"{line.number}: {path}")
            elif symbol and not any(
                re.search(rf"^(?:def|class) {symbol}\b|^{symbol}\b", file.read_text(), re.M)
                for file in there
            ):
                gone.append(f"{line.number}: {path}::{symbol}")
    assert gone == []


def test_what_is_done_names_a_test() -> None:
    without = [
        f"{line.number}: {line.capability}"
        for line in LINES
        if line.status.startswith("done")
        and not any(_TEST.search(path) for path, _symbol in quoted(line.test))
        and "python -m tests" not in line.test
    ]
    assert without == []


def test_every_status_is_one_of_the_four() -> None:
    for line in LINES:
        assert re.match(r"(done|later|differently)\b", line.status), f"{line.number}: {line.status}"


def test_every_address_is_there(app: Flask) -> None:
    known = {
        re.sub(r"<(?:[^:>]+:)?[^>]+>", "<>", rule.rule).rstrip("/") for rule in app.url_map.iter_rules()
    }
    gone = []
    for line in LINES:
        for text in _QUOTED.findall(line.where):
            for address in re.findall(r"(?<![\w`.])/[\w./<>-]+", text):
                plain = re.sub(r"<[^>]+>", "<>", address.partition("?")[0]).rstrip("/")
                if plain not in known:
                    gone.append(f"{line.number}: {address}")
    assert gone == []
