"""Ours and feelin side by side: `python -m tests.conformance.feelin DIR`.

DIR is any folder of the DMN kit's layout. Every decision that is one FEEL expression and whose result a case expects is
evaluated by ours and by feelin (the FEEL of bpmn.io, as browsers lint and run it), on the same values. Where they
differ, the case is listed with the reason, and what the kit expects says who is right. Exits with 1 when ours is
wrong anywhere. Decisions that call functions of their model are left out: those cannot be handed over.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.feelin import node_with_feelin
from engine.dmn import DecisionModel
from engine.dmn.conformance import conform
from engine.dmn.graph import DecisionNode, InputNode
from engine.dmn.model import LiteralExpression
from engine.feel.runtime import Run
from engine.feel.temporal import TEMPORALS, Date, DateTime, Time
from engine.feel.temporal_text import parse_date, parse_datetime, parse_duration, parse_time
from engine.feel.text import text_of
from engine.feel.values import Function, Range, entries
from tests.conformance.dmn import clock, load, same
from tests.conformance.dmn_cases import Case, test_files

_READERS: dict[str, Callable[[str], Any]] = {
    "number": Decimal,
    "date": parse_date,
    "date and time": parse_datetime,
    "time": parse_time,
    "duration": parse_duration,
}
_OPAQUE = {"FeelRange": Range, "FeelFunction": Function}
_CONSTRUCTORS = {Date: "date", DateTime: "date and time", Time: "time"}


class NotHandedOver(Exception):
    """A value that only the model can make, such as a function."""


@dataclass(frozen=True)
class Question:
    """An expression with what it sees (FEEL texts by name), ours and the expected value."""

    place: str
    text: str
    context: dict[str, str]
    node: DecisionNode
    ours: Any
    expected: Any

    @property
    def ours_right(self) -> bool:
        return same(self.ours, self.expected)


@dataclass(frozen=True)
class Answer:
    """What feelin says. `error` is "" when it gave a value."""

    value: Any
    error: str
    warning: str


def written(value: Any) -> str:
    """A value as FEEL text that makes it again. Raises NotHandedOver."""
    if isinstance(value, list):
        return f"[{', '.join(written(item) for item in value)}]"
    if isinstance(value, TEMPORALS):
        return f'{_CONSTRUCTORS.get(value.__class__, "duration")}("{value}")'
    if isinstance(value, Range) and not value.operator:
        opening, closing = "[" if value.start_included else "(", "]" if value.end_included else ")"
        return f"{opening}{written(value.start)}..{written(value.end)}{closing}"
    if isinstance(value, (Function, Range)):
        raise NotHandedOver
    if isinstance(value, Mapping):
        parts = (f"{json.dumps(key)}: {written(item)}" for key, item in entries(value).items())
        return f"{{{', '.join(parts)}}}"
    return json.dumps(value) if isinstance(value, str) else text_of(value, Run())


def questions(root: Path) -> Iterator[Question | None]:
    """All that can be asked; None for a decision that cannot be handed over."""
    for file in test_files(root):
        model = load(file)
        logic = {d.id: d.logic for d in model.definitions.decisions}
        for case in file.cases:
            for expected in case.expected:
                node = model.find(expected.name)
                if case.service or not isinstance(node, DecisionNode):
                    continue
                literal = logic.get(node.id)
                if not isinstance(literal, LiteralExpression):
                    continue
                try:
                    context = seen(model, node, case)
                except NotHandedOver:
                    yield None
                    continue
                ours = model.decide(expected.name, case.inputs, clock=clock).value
                place = f"{file.folder} {case.id} {expected.name}"
                yield Question(place, literal.text, context, node, ours, expected.value)


def seen(model: DecisionModel, node: DecisionNode, case: Case) -> dict[str, str]:
    """What the decision's expression sees. Raises NotHandedOver."""
    context: dict[str, str] = {}
    for name, required in node.requires.items():
        if not isinstance(required, (DecisionNode, InputNode)):
            raise NotHandedOver
        context[name] = written(model.decide(required.name, case.inputs, clock=clock).value)
    return context


def read(described: list[Any]) -> Any:
    """A value of feelin's as one of ours; ranges and functions as their class alone."""
    kind, content = described
    if kind == "list":
        return [read(item) for item in content]
    if kind == "context":
        return {key: read(item) for key, item in content}
    if kind in _OPAQUE:
        return _OPAQUE[kind]
    if kind not in _READERS:
        return content
    value = _READERS[kind](content)
    if value is None or (kind == "number" and not value.is_finite()):
        return (kind, content)  # what FEEL has no such value for
    return value


def ask(command: list[str], asked: list[Question]) -> list[Answer]:
    lines = "".join(json.dumps({"text": q.text, "context": q.context}) + "\n" for q in asked)
    done = subprocess.run(command, input=lines.encode(), capture_output=True, check=True)
    answers = []
    for question, line in zip(asked, done.stdout.splitlines(), strict=True):
        found = json.loads(line)
        error = found.get("error", "")
        value = None if error else read(found["value"])
        if question.node.type is not None and not error:
            value = conform(question.node.type, value, Run())
        answers.append(Answer(value, error, found.get("warning", "")))
    return answers


def agree(question: Question, answer: Answer) -> bool:
    if answer.error:
        return False
    if isinstance(answer.value, type):
        return isinstance(question.ours, answer.value)
    return same(question.ours, answer.value)


def reason(question: Question, answer: Answer) -> str:
    """Why they differ."""
    if answer.error:
        kind = "is not read" if answer.error.startswith(("Incomplete", "Unrec")) else "stops"
        return f"feelin: {kind}: {answer.error}"
    if isinstance(answer.value, Decimal) and isinstance(question.ours, Decimal):
        return "feelin counts in binary floating point"
    if answer.value is None:
        return f"feelin: null: {answer.warning or 'without a reason'}"
    if question.ours is None:
        return "feelin: a value where the standard has null"
    if question.ours.__class__ is not answer.value.__class__:
        return "feelin: a value of another type"
    return "feelin: another value"


def report(asked: list[Question], answers: list[Answer]) -> Counter[str]:
    """Print each difference and what they come from; how many of each kind there are."""
    figures: Counter[str] = Counter()
    reasons: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for question, answer in zip(asked, answers, strict=True):
        right = question.ours_right
        figures["ours wrong"] += not right
        if agree(question, answer):
            figures["agree"] += 1
            continue
        theirs_right = not answer.error and same(answer.value, question.expected)
        who = {(1, 0): "ours", (0, 1): "feelin", (0, 0): "neither", (1, 1): "both"}
        verdict = who[(int(right), int(theirs_right))]
        figures[verdict] += 1
        why = reason(question, answer)
        reasons[why.partition(": ")[2].partition(":")[0] or why][question.place.split()[0]] += 1
        theirs = answer.error or answer.value
        print(f"{question.place}: {' '.join(question.text.split())}")
        print(f"    ours {question.ours!r}, feelin {theirs!r}; right: {verdict}; {why}")
    for why, folders in sorted(reasons.items(), key=lambda one: -one[1].total()):
        parts = ", ".join(f"{folder} {count}" for folder, count in folders.most_common())
        print(f"{folders.total()} {why} ({parts})")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path)
    options = parser.parse_args()
    found = list(questions(options.dir))
    asked = [one for one in found if one is not None]
    command = node_with_feelin(Path(__file__).with_suffix(".mjs"))
    if command is None or not asked:
        print("nothing compared")
        return 1
    figures = report(asked, ask(command, asked))
    print(f"{len(found) - len(asked)} decisions call functions of their model and were left out")
    print(
        f"agree on {figures['agree']} of {len(asked)}; where they differ, the kit expects ours {figures['ours']} times,"
        f" feelin's {figures['feelin']}, neither {figures['neither']}"
    )
    return 1 if figures["ours wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
