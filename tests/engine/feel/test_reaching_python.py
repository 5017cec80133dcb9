"""Attempts to reach Python from an expression: there is nothing to reach.

Each attempt ends in null, in the plain text it was, or in a typed error; nothing of a host object is ever read.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.feel import FeelError, HostFunction, compile_expression, compile_unary_tests, to_json
from engine.functions import FUNCTIONS as DESK_FUNCTIONS

READ: list[str] = []


class Secretive:
    """A host object whose every attribute is watched."""

    secret = "told"

    def __getattribute__(self, name: str) -> Any:
        if name != "__class__":
            READ.append(name)
        return object.__getattribute__(self, name)


class Entries(Mapping[str, Any]):
    """A host's mapping, as records are."""

    secret = "told"

    def __getitem__(self, key: str) -> Any:
        return {"a": 1}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("a",))

    def __len__(self) -> int:
        return 1


class Wordy(str):
    """Text with something behind it."""

    secret = "told"


def told() -> str:
    """What an expression must not call."""
    READ.append("called")
    return "told"


CONTEXT: dict[str, Any] = {
    "x": Secretive(),
    "xs": [Secretive(), Secretive],
    "m": Entries(),
    "d": {"a": 1},
    "w": Wordy("text"),
    "s": "text",
    "n": Decimal("1.5"),
    "t": datetime(2026, 1, 1, tzinfo=UTC),
    "f": told,
    "cls": Secretive,
    "mod": datetime.__module__,
}
FUNCTIONS = {**DESK_FUNCTIONS, "hosted": HostFunction("a: any", lambda a: a)}

ATTEMPTS = [
    # attributes and methods of host objects
    "x.secret", "x.__class__", "x.__dict__", "x.__getattribute__", "x.__reduce__", "x.__init__.__globals__",
    "x.__class__.__mro__", "x.__class__.__base__.__subclasses__()", "cls.secret", "cls()", "cls.__mro__", "f()",
    "f.__globals__", "f.__code__.co_code", "f.__call__()", "xs[1].secret", "xs.secret", "xs[secret = \"told\"]",
    "x[secret = \"told\"]", 'get value(x, "secret")', "get entries(x)", 'get value(x, "__class__")',
    # mappings have entries, not attributes
    "m.secret", "m.keys", "m.get", "m.__getitem__", 'get value(m, "secret")', "m.__class__.__name__", "d.keys()",
    "d.__class__", "d.items", 'd["__class__"]', 'context put(d, "__class__", 1).__class__.__mro__',
    # texts, numbers, dates and lists have no methods
    "s.format", "s.__class__", "w.secret", "w.__class__", "s.upper()", "n.as_tuple()", "n.__class__", "n.real",
    "t.tzinfo", "t.__class__", "t.timezone.__class__", "[1].append", "[1].__class__", "[1].__len__()", "(1).real",
    "true.__class__", "null.__class__", "{}.__class__", "[1..2].__class__", '@"PT1H".nanos', "now().tzinfo",
    # functions
    "count.__globals__", "now.call", "sum.__self__", "hosted.call", "hosted.__globals__", "hosted(x).secret",
    "(function(a) a).body", "(function(a) a).__closure__", "(function() x)().secret",
    # names that Python has
    "__import__", '__import__("os")', "eval", 'eval("1")', 'exec("1")', "globals()", "locals()", "vars()",
    'open("/etc/passwd")',
    'getattr(x, "secret")', 'type(x)', "dir(x)", "object", "print(1)", "builtins.open", "__builtins__", "os.system",
    'compile("1", "", "eval")', "lambda: 1", "import os", "breakpoint()", "self", "run", "run.host", "scope.vars",
    "__name__",
    # texts that Python would fill in or run
    '"{0.__class__}"', '"{x.secret}"', '"%(x)s"', '"${x}"', '"{{x}}"', "f\"{x}\"", "`x`",
    'replace("a", "a", "{x}")', 'replace("a", "(?P<x>a)", "\\\\g<x>")', 'replace("a", "a", "\\\\x00")',
    'matches("a", "(?{x})")', 'string join(["{x}"], "{x}")', 'split("a{x}b", "{x}")',
    # functions of other machines
    'function(a) external {java: {class: "java.lang.Runtime", method signature: "exec(java.lang.String)"}}',
    '(function(a) external {java: {class: "java.lang.System", method signature: "exit(int)"}})(1)',
    '(function(a) external {java: {class: "os", method signature: "system(str)"}})("id")',
    '(function(a) external {pmml: {document: "file:///etc/passwd", model: "m"}})("id")',
    # types and times
    "x instance of __class__", 'date("{x}")', 'number("__import__")', '@"{x.secret}"', 'string(x)', "string(f)",
    'in zone(now(), "../../etc/passwd")', '@"10:00:00@../../etc/passwd"', 'time("10:00:00@/etc/passwd")',
]  # fmt: skip


def test_there_are_many_attempts() -> None:
    assert len(set(ATTEMPTS)) == len(ATTEMPTS) >= 60


@pytest.mark.parametrize("text", ATTEMPTS)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    READ.clear()
    shown = []
    for evaluate in (
        lambda: compile_expression(text, functions=FUNCTIONS).evaluate(CONTEXT),
        lambda: compile_unary_tests(text, functions=FUNCTIONS).matches(CONTEXT["x"], CONTEXT),
    ):
        try:
            shown.append(str(to_json(evaluate())))
        except FeelError as error:
            shown.append(error.message["zh"])
    assert READ == []
    for one in shown:
        assert "told" not in one
        assert "<class" not in one
        assert "object at 0x" not in one
        assert "root:" not in one
