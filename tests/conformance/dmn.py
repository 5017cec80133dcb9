"""Run the DMN Technology Compatibility Kit: `python -m tests.conformance.dmn DIR [--csv FILE]`.

DIR is any folder of the kit's layout. Prints how many cases pass, per level and for 0100-arithmetic apart,
and exits with 1 when level 2 is not whole or level 3 is below 98 %. A crash, a time-out (5 s) or a model
that does not load counts as failed; so does an error where null is expected without one.
"""

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.dmn import DecisionModel, DmnError, parse_dmn
from engine.feel import FeelError
from engine.feel.values import entry
from tests.conformance.dmn_cases import Case, Expected, TestFile, test_files

TOLERANCE = Decimal("1e-8")
TIMEOUT = 5.0
LEVEL_3 = 0.98
ARITHMETIC = "0100-arithmetic"


@dataclass(frozen=True)
class Outcome:
    file: TestFile
    case: Case
    remark: str  # "" when passed
    crashed: bool
    silent: int  # expected errors that came as null without a word

    @property
    def passed(self) -> bool:
        return not self.remark


def same(actual: Any, expected: Any) -> bool:
    """Whether a value is the expected one: numbers within the kit's tolerance, all else exactly."""
    if isinstance(expected, Decimal):
        return isinstance(actual, Decimal) and abs(actual - expected) < TOLERANCE
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(same(a, e) for a, e in zip(actual, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, Mapping)
            and set(actual) == set(expected)
            and all(same(entry(actual, key), expected[key]) for key in expected)
        )
    return actual.__class__ is expected.__class__ and bool(actual == expected)


def load(file: TestFile) -> DecisionModel:
    """The model of a test file; what it imports lies in the same folder."""
    neighbours: dict[str, bytes | DecisionModel] = {}
    for path in sorted(file.path.parent.glob("*.dmn")):
        source = path.read_bytes()
        root = etree.fromstring(source, etree.XMLParser(resolve_entities=False))
        neighbours[root.get("namespace") or ""] = source
    return parse_dmn(file.model.read_bytes(), neighbours)


def clock() -> datetime:
    return datetime.now(UTC)


def judge(model: DecisionModel, case: Case) -> tuple[str, bool, int]:
    """(remark, crashed, silent errors); an empty remark is a pass."""
    silent = 0
    for expected in case.expected:
        try:
            value, told = ask(model, case, expected)
        except (FeelError, DmnError) as error:
            if not expected.error:
                return f"{expected.name}: {error}", False, silent
            continue
        except Exception as error:  # noqa: BLE001  (a crash of any kind is what is looked for)
            return f"{expected.name}: crash {error!r}", True, silent
        if not same(value, expected.value):
            return f"{expected.name}: got {value!r}, expected {expected.value!r}", False, silent
        silent += expected.error and not told
    return "", False, silent


def ask(model: DecisionModel, case: Case, expected: Expected) -> tuple[Any, bool]:
    """(value, whether a reason was given)."""
    if case.kind != "decision" and case.service:
        result = model.decide(case.service, case.inputs, clock=clock)
        node = next(one for one in model.definitions.services if one.name == case.service)
        if len(node.outputs) > 1 and isinstance(result.value, Mapping):
            return result.value.get(expected.name), bool(result.warnings)
    else:
        result = model.decide(expected.name, case.inputs, clock=clock)
    return result.value, bool(result.warnings or model.problems)


def run(root: Path) -> Iterator[Outcome]:
    for file in test_files(root):
        try:
            model = load(file)
        except Exception as error:  # noqa: BLE001  (the file's cases fail, the others go on)
            for case in file.cases:
                yield Outcome(file, case, f"the model does not load: {error!r}", True, 0)
            continue
        for case in file.cases:
            started = time.perf_counter()
            remark, crashed, silent = judge(model, case)
            if time.perf_counter() - started > TIMEOUT:
                remark, crashed = remark or "time-out", True
            yield Outcome(file, case, remark, crashed, silent)


def write_csv(path: Path, outcomes: list[Outcome]) -> None:
    """The form in which the kit publishes results."""
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for one in outcomes:
            verdict = "SUCCESS" if one.passed else "ERROR"
            row = (f"{one.file.level}/{one.file.folder}", one.file.path.stem, one.case.id)
            writer.writerow((*row, verdict, one.remark[:200]))


def report(outcomes: list[Outcome]) -> bool:
    """Print the figures; whether the bounds hold."""
    good = True
    for level in sorted({one.file.level for one in outcomes}):
        here = [one for one in outcomes if one.file.level == level]
        arithmetic = [one for one in here if one.file.folder == ARITHMETIC]
        print(f"{level}: {figure(here)}")
        if arithmetic:
            rest = [one for one in here if one.file.folder != ARITHMETIC]
            print(f"{level} without {ARITHMETIC}: {figure(rest)}")
            print(f"{level} {ARITHMETIC}: {figure(arithmetic)}")
        share = sum(one.passed for one in here) / len(here)
        good = good and share >= (LEVEL_3 if level.endswith("3") else 1)
    crashed = sum(one.crashed for one in outcomes)
    silent = sum(one.silent for one in outcomes)
    print(f"crashes: {crashed}; null without diagnostic: {silent}")
    print(figure(outcomes))
    return good


def figure(outcomes: list[Outcome]) -> str:
    return f"passed {sum(one.passed for one in outcomes)} of {len(outcomes)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--csv", type=Path, help="write the results in the kit's format")
    parser.add_argument("--failures", action="store_true", help="list the cases that fail")
    options = parser.parse_args()
    outcomes = list(run(options.dir))
    if not outcomes:
        print(f"no test files in {options.dir}")
        return 1
    if options.csv:
        write_csv(options.csv, outcomes)
    if options.failures:
        for one in outcomes:
            if one.remark or one.silent:
                remark = one.remark or "null without diagnostic"
                print(f"{one.file.folder} {one.case.id}: {remark}")
    return 0 if report(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
