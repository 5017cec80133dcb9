"""How fast are conditions and decision tables? `python -m benchmarks.feel`

CPU time of compiling and evaluating ten typical expressions, and of tables with 5, 50, 200 and 2,000 rules of which
the last matches; beside it, in the same run, feelin (Node) on the same expressions and cells and SpiffWorkflow's own
DMN engine on the same tables. Held when a simple condition takes under 3 µs, the table of 200 rules under
60 µs, that of 2,000 no more than 3 times as long, and every table less than SpiffWorkflow.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

from benchmarks.feelin import node_with_feelin
from engine.dmn import DecisionModel, parse_dmn
from engine.feel import compile_expression
from engine.feel.expression import _expression

SIMPLE = 'ticket.priority = "high"'
EXPRESSIONS = [
    SIMPLE,
    'ticket.priority = "high" and amount > 100',
    "amount * 1.2 + 5",
    'if customer.vip then "gold" else "plain"',
    "ticket.level in [2..4]",
    'count(tags[item = "urgent"]) > 0',
    'some tag in tags satisfies starts with(tag, "u")',
    "for n in numbers return n * 2",
    'date("2026-01-31") + duration("P1M")',
    'matches(subject, "^(RE|FW): .*invoice", "i")',
]
CONTEXT: dict[str, Any] = {
    "ticket": {"priority": "high", "level": 3},
    "amount": 120,
    "customer": {"vip": True},
    "tags": ["vip", "urgent", "mail"],
    "numbers": list(range(10)),
    "subject": "RE: the invoice of May",
}
SIZES = (5, 50, 200, 2000)
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def micros(work: Callable[[], object], times: int) -> float:
    """CPU microseconds of one call: the best of five rounds, as other work on the machine only adds."""
    work()
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times * 1e6)
    return min(rounds)


def rules(size: int) -> list[tuple[str, str]]:
    """The input cells of each rule: constants, as in most tables that people draw."""
    return [(f'"category {number}"', f">= {number % 40}") for number in range(size)]


def table(size: int) -> bytes:
    written = "".join(
        f'<rule id="r{n}"><inputEntry id="a{n}"><text>{a}</text></inputEntry><inputEntry id="b{n}">'
        f'<text>{b.replace(">", "&gt;")}</text></inputEntry><outputEntry id="o{n}"><text>"queue {n}"</text>'
        "</outputEntry></rule>"
        for n, (a, b) in enumerate(rules(size))
    )
    clauses = "".join(
        f'<input id="i{name}"><inputExpression id="e{name}"><text>{name}</text></inputExpression></input>'
        for name in ("category", "amount")
    )
    return (
        f'<definitions xmlns="{NAMESPACE}" id="m" name="m" namespace="urn:m"><decision id="route" name="route">'
        f'<decisionTable id="t" hitPolicy="UNIQUE">{clauses}<output id="o" name="queue"/>{written}'
        "</decisionTable></decision></definitions>"
    ).encode()


def inputs(size: int) -> dict[str, Any]:
    return {"category": f"category {size - 1}", "amount": 39}


def ours(size: int) -> tuple[float, float]:
    """(compiling, evaluating)."""
    xml = table(size)
    _clear_caches()
    began = time.process_time()
    model: DecisionModel = parse_dmn(xml)
    compiling = (time.process_time() - began) * 1e6
    given = inputs(size)
    if model.decide("route", given).value != f"queue {size - 1}":
        raise RuntimeError("the table decided otherwise")
    return compiling, micros(lambda: model.decide("route", given), max(200, 20_000 // size))


def spiffworkflow(size: int) -> float:
    root = etree.fromstring(table(size))
    parser = DMNParser(None, root, {"dmn": NAMESPACE})
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    task = SimpleNamespace(
        data=inputs(size), workflow=SimpleNamespace(script_engine=PythonScriptEngine())
    )
    if engine.result(task) != {"queue": f"queue {size - 1}"}:
        raise RuntimeError("SpiffWorkflow decided otherwise")
    return micros(lambda: engine.result(task), max(1, 200 // size))


def _clear_caches() -> None:
    _expression.cache_clear()


def compiling(text: str) -> float:
    def compile_anew() -> None:
        _clear_caches()
        compile_expression(text)

    return micros(compile_anew, 50)


def feelin_jobs() -> list[dict[str, Any]]:
    expressions = [{"text": text, "context": CONTEXT, "times": 200} for text in EXPRESSIONS]
    tables = [
        {"tests": rules(size), "values": list(inputs(size).values()), "times": max(1, 100 // size)}
        for size in SIZES
    ]
    return [*expressions, *tables]


def feelin() -> list[float] | None:
    """feelin's times, in the order of its jobs; None, with the reason printed, where it cannot be had."""
    command = node_with_feelin(Path(__file__).with_name("feelin.mjs"))
    if command is None:
        return None
    done = subprocess.run(
        command,
        input="".join(json.dumps(job) + "\n" for job in feelin_jobs()).encode(),
        capture_output=True,
        check=True,
    )
    return [float(line) for line in done.stdout.split()]


def main() -> int:
    theirs = feelin() or [float("nan")] * (len(EXPRESSIONS) + len(SIZES))
    print(f"{'expression':52} {'compile':>10} {'evaluate':>10} {'feelin':>10}   (µs of CPU)")
    figures = {}
    for text, other in zip(EXPRESSIONS, theirs, strict=False):
        compiled = compiling(text)
        expression = compile_expression(text)
        figures[text] = micros(lambda e=expression: e.evaluate(CONTEXT), 5_000)  # type: ignore[misc]
        print(f"{text:52} {compiled:10.1f} {figures[text]:10.2f} {other:10.1f}")
    print(f"{'table':52} {'compile':>10} {'evaluate':>10} {'feelin':>10} {'SpiffWorkflow':>14}")
    ours_by_size, spiff = {}, {}
    for size, other in zip(SIZES, theirs[len(EXPRESSIONS) :], strict=False):
        compiled, ours_by_size[size] = ours(size)
        spiff[size] = spiffworkflow(size)
        print(
            f"{f'{size} rules':52} {compiled:10.0f} {ours_by_size[size]:10.2f} {other:10.1f} {spiff[size]:14.1f}"
        )
    held = (
        figures[SIMPLE] < 3
        and ours_by_size[200] < 60
        and ours_by_size[2000] <= 3 * ours_by_size[200]
        and all(ours_by_size[size] < spiff[size] for size in SIZES)
    )
    print(
        f"simple condition {figures[SIMPLE]:.2f} µs (bound 3), 200 rules {ours_by_size[200]:.1f} µs (bound 60),"
        f" 2,000 rules {ours_by_size[2000] / ours_by_size[200]:.2f} times that (bound 3):"
        f" {'held' if held else 'missed'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
