"""Does anything get through? `python -m tests.engine.feel.fuzz [COUNT] [--seed N]`

COUNT (200,000) random expressions of the grammar, a third of them damaged, and as many texts of random bytes are
compiled and evaluated with the built-ins and the desk's functions, also as unary tests. Held when nothing but the typed
errors comes out, none takes over 100 ms of CPU twice over (what else the machine does is no fault of the expression),
and memory stays within 100 MB.
"""

import argparse
import random
import resource
import sys
import time
from collections import Counter
from typing import Any

from engine.feel import FeelError, Limits, compile_expression, compile_unary_tests, to_json
from engine.feel.builtins import BUILT_INS
from engine.feel.runtime import DEFAULT_LIMITS
from engine.functions import FUNCTIONS, Host

# Most texts run on a short budget, so that the whole takes minutes; each fortieth on the usual one.
SHORT = Limits(steps=10_000)
LIMIT_SECONDS = 0.1
LIMIT_MEGABYTES = 100
HOST = Host.of_office("Europe/Berlin")
CONTEXT: dict[str, Any] = {
    "a": 1,
    "b": 2.5,
    "xs": [1, 2, None, "x", [3]],
    "ctx": {"a": {"b": [{"c": 1}]}, "s": "q"},
    "first name": "Ann",
}
LEAVES = [
    "1", "-1", "0", "3.5", "1e10", "1E6000", "9" * 34, '"a"', '""', '"(a+)+$"', '"aaaaaaaaaaaaaaaaaaaa!"',
    "true", "false", "null", '@"2020-01-31"', '@"PT1H"', '@"P1Y"', '@"10:00:00@Europe/Paris"',
    '@"2020-02-29T10:00:00Z"', '@"-999999999-01-01"', "[]", "{}", "[1, 2, 3]", "[1..3]", "(< 5)",
    "1000000000", "a", "b", "xs", "ctx", "first name", "item", "partial", "?", "nobody",
    '"+86 138 0013 8000"', '"ann@example.com"', '"default"', "now()",
    '@"2026-03-29T01:30:00@Europe/Berlin"', '@"PT90000H"',
]  # fmt: skip
SHAPES = [
    "{} + {}", "{} - {}", "{} * {}", "{} / {}", "{} ** {}", "{} = {}", "{} != {}", "{} < {}", "{} >= {}",
    "{} and {}", "{} or {}", "{} in {}", "{} in ({}, < {})", "{} between {} and {}", "({})", "-({})",
    "if {} then {} else {}", "for i in {} return {}", "for i in {}..{}, j in {} return {}",
    "some i in {} satisfies {}", "every i in {} satisfies {}", "[{}, {}]", "{{a: {}, b: {}}}", "{}[{}]",
    "({}).a", "({}).year", "({}).__class__", "(function(x, y) {})({}, {})", "[{}..{}]", "({}..{})",
    "{} instance of number", "{} instance of context<a: list<number>>", "{{f: function(x) f({}), r: f({})}}.r",
    "sort({}, function(x, y) {})", "string({}) + string({})",
]  # fmt: skip
SLIPS: list[str] = [*'()[]{}",.@:', "..", " and ", "//", "/*", "function(", "external"]


def expression(chance: random.Random, depth: int) -> str:
    if depth <= 0 or chance.random() < 0.15:
        return chance.choice(LEAVES)
    if chance.random() < 0.3:
        arguments = (expression(chance, depth - 1) for _ in range(chance.randrange(4)))
        return f"{chance.choice(_NAMES)}({', '.join(arguments)})"
    shape = chance.choice(SHAPES)
    holes = shape.replace("{{", "").replace("}}", "").count("{}")
    return shape.format(*(expression(chance, depth - 1) for _ in range(holes)))


_NAMES = sorted([*BUILT_INS, *FUNCTIONS])


def damaged(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(SLIPS) + text[at + chance.randrange(3) :]


def noise(chance: random.Random) -> str:
    return chance.randbytes(chance.randrange(1, 80)).decode(
        chance.choice(["latin-1", "utf-16-le"]), "replace"
    )


def attempt(text: str, limits: Limits = DEFAULT_LIMITS) -> str:
    """How it ended: "value", or the name of the typed error."""
    try:
        expression = compile_expression(text, functions=FUNCTIONS, limits=limits)
        to_json(expression.evaluate(CONTEXT, host=HOST))
        ending = "value"
    except FeelError as error:
        ending = type(error).__name__
    try:
        tests = compile_unary_tests(text, functions=FUNCTIONS, limits=limits)
        tests.matches(5, CONTEXT, host=HOST)
    except FeelError:
        return ending
    return ending


def slow(text: str) -> bool:
    """Whether a text takes too long, on each of three tries."""
    for _ in range(3):
        began = time.process_time()
        attempt(text)
        if time.process_time() - began <= 2 * LIMIT_SECONDS:  # two evaluations each
            return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    endings: Counter[str] = Counter()
    bad = 0
    for number in range(2 * options.count):
        text = noise(chance) if number % 2 else expression(chance, chance.randrange(1, 6))
        if number % 6 == 0:
            text = damaged(chance, text)
        began = time.process_time()
        try:
            endings[attempt(text, DEFAULT_LIMITS if number % 40 == 0 else SHORT)] += 1
        except Exception as error:  # noqa: BLE001  (an exception of any other kind is what is looked for)
            bad += 1
            print(f"{error!r}: {text!r}")
        if time.process_time() - began > 2 * LIMIT_SECONDS and slow(text):
            bad += 1
            print(f"slow: {text!r}")
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    held = not bad and used <= LIMIT_MEGABYTES
    print(dict(endings))
    print(
        f"{options.count} expressions and {options.count} texts: {bad} escaped or slow, {used} MB more:"
        f" {'held' if held else 'missed'}"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
