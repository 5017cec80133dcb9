"""Patterns of the schema as Python's: the same language as far as forms use it, and only safe ones.

A pattern is drawn by an implementer but tested against what a stranger typed. Python's matcher
backtracks, so a repeat inside a repeat, "(a+)+", can keep a worker busy for hours; it is refused.
"""

import re

# The standard library's own parser has no public name; a parser of ours would have to agree with
# it in everything. tests/desk/forms/test_patterns.py notices when a new Python changes it.
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

_JS_GROUP: Final = re.compile(r"(?<!\\)\(\?<(?![=!])")
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_FEW: Final = 4
"""A repeat of up to so many times is no danger inside another one."""


class UnsafePattern(ValueError):
    """Matching this pattern may take unreasonably long."""


def compile_pattern(source: str) -> re.Pattern[str]:
    """A JavaScript pattern; raises re.error if it is not one, UnsafePattern if it may hang.

    re.ASCII, because \\d and \\w mean ASCII in JavaScript.
    """
    python = _JS_GROUP.sub("(?P<", source)
    pattern = re.compile(python, re.ASCII)
    if _nested(_parser.parse(python, re.ASCII), repeated=False):
        raise UnsafePattern("a repeated part contains a repeat or a choice (嵌套的重复)")
    return pattern


def _nested(tokens: Any, *, repeated: bool) -> bool:
    """Whether something that can match in several ways stands inside an open repeat."""
    for operation, argument in tokens:
        name = str(operation)
        if name in _REPEATS:
            low, high, body = argument
            if repeated and low != high:
                return True
            if _nested(body, repeated=repeated or high > _FEW):
                return True
        elif name == "BRANCH":
            if repeated or any(_nested(branch, repeated=repeated) for branch in argument[1]):
                return True
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            body = argument[-1] if isinstance(argument, tuple) else argument
            if _nested(body, repeated=repeated):
                return True
        elif name == "GROUPREF_EXISTS":  # (?(1)…|…) is not JavaScript
            return True
    return False
