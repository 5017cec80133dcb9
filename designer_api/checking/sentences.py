"""FEEL in words: what a condition or a cell of a decision table says, for people who do not read FEEL."""

from collections.abc import Mapping, Sequence
from functools import singledispatch
from typing import Any

from engine.feel import HostFunction, syntax
from engine.feel.expression import compile_unary_tests, syntax_tree
from engine.functions import FAMILIES

Words = dict[str, str]

_COMPARED = {
    "=": ("is", "等于"), "!=": ("is not", "不等于"), "<": ("is less than", "小于"),
    "<=": ("is at most", "不超过"), ">": ("is more than", "大于"), ">=": ("is at least", "不少于"),
}  # fmt: skip
_ARITHMETIC = {
    "+": ("plus", "加"), "-": ("minus", "减"), "*": ("times", "乘以"), "/": ("divided by", "除以"),
    "**": ("to the power of", "的幂"),
}  # fmt: skip
_TITLES = {f.name: f.title for family in FAMILIES for f in family.functions}


def feel_words(text: str, functions: Mapping[str, HostFunction] | None = None) -> Words:
    """An expression as words. Raises FeelSyntaxError."""
    tree = syntax_tree(text, functions=functions)
    return {"en": _say(tree, 0), "zh": _say(tree, 1)}


def unary_words(text: str, functions: Mapping[str, HostFunction] | None = None) -> Words:
    """A cell of a decision table as words. Raises FeelSyntaxError."""
    tests = compile_unary_tests(text, functions=functions).tree
    if not tests.tests:
        return {"en": "anything", "zh": "任意值"}
    said = []
    for language in (0, 1):
        parts = [_test(test, language) for test in tests.tests]
        joined = (" or ", "或")[language].join(parts)
        said.append((f"not ({joined})", f"不是（{joined}）")[language] if tests.negated else joined)
    return {"en": said[0], "zh": said[1]}


def list_words(items: Sequence[str]) -> Words:
    """`a, b and c`."""
    if len(items) < 2:
        return {"en": "".join(items), "zh": "".join(items)}
    return {
        "en": f"{', '.join(items[:-1])} and {items[-1]}",
        "zh": f"{'、'.join(items[:-1])}和 {items[-1]}" if items[-1].isascii() else "、".join(items),
    }


def _test(node: Any, language: int) -> str:
    """A unary test; a value alone means that the input is it."""
    if isinstance(node, syntax.UnaryRange | syntax.RangeLiteral):
        return _say(node, language)
    if isinstance(node, syntax.Literal):
        return f"{('is', '等于')[language]} {_say(node, language)}"
    return _say(node, language)


@singledispatch
def _say(node: Any, language: int) -> str:
    """The words for whatever has no sentence of its own: what it is, not what it says."""
    return ("a value that is worked out", "计算得出的值")[language]


@_say.register
def _(node: syntax.Literal, language: int) -> str:
    value = node.value
    if value is None:
        return ("nothing", "空")[language]
    if value is True or value is False:
        return (str(value).lower(), "是" if value else "否")[language]
    if isinstance(value, str):
        return (f"“{value}”", f"“{value}”")[language]
    return str(value)


@_say.register
def _(node: syntax.Name, language: int) -> str:
    return node.name


@_say.register
def _(node: syntax.Path, language: int) -> str:
    return f"{_say(node.source, language)}.{node.name}"


@_say.register
def _(node: syntax.Logic, language: int) -> str:
    joint = {"and": (" and ", "，且"), "or": (" or ", "，或")}[node.operator][language]
    parts = []
    for operand in node.operands:
        said = _say(operand, language)
        nested = isinstance(operand, syntax.Logic) and operand.operator != node.operator
        parts.append((f"({said})", f"（{said}）")[language] if nested else said)
    return joint.join(parts)


@_say.register
def _(node: syntax.Comparison, language: int) -> str:
    if isinstance(node.right, syntax.Literal) and node.right.value is None:
        empty = {"=": ("is empty", "为空"), "!=": ("is filled", "不为空")}.get(node.operator)
        if empty:
            return f"{_say(node.left, language)} {empty[language]}"
    words = _COMPARED.get(node.operator, (node.operator, node.operator))[language]
    return f"{_say(node.left, language)} {words} {_say(node.right, language)}"


@_say.register
def _(node: syntax.Arithmetic, language: int) -> str:
    words = _ARITHMETIC.get(node.operator, (node.operator, node.operator))[language]
    return f"{_say(node.left, language)} {words} {_say(node.right, language)}"


@_say.register
def _(node: syntax.Negation, language: int) -> str:
    return f"−{_say(node.operand, language)}"


@_say.register
def _(node: syntax.Between, language: int) -> str:
    value, low, high = (_say(n, language) for n in (node.value, node.low, node.high))
    return (f"{value} is between {low} and {high}", f"{value} 在 {low} 与 {high} 之间")[language]


@_say.register
def _(node: syntax.In, language: int) -> str:
    tests = (" or ", "或")[language].join(_test(test, language) for test in node.tests)
    return f"{_say(node.value, language)} {tests}"


@_say.register
def _(node: syntax.If, language: int) -> str:
    when, then, other = (_say(n, language) for n in (node.condition, node.then, node.otherwise))
    return (f"{then} if {when}, else {other}", f"若{when}则{then}，否则{other}")[language]


@_say.register
def _(node: syntax.UnaryRange, language: int) -> str:
    words = _COMPARED.get(node.operator, (node.operator, node.operator))[language]
    return f"{words} {_say(node.operand, language)}"


@_say.register
def _(node: syntax.RangeLiteral, language: int) -> str:
    start, end = _say(node.start, language), _say(node.end, language)
    without = []
    if not node.start_included:
        without.append(start)
    if not node.end_included:
        without.append(end)
    if language == 0:
        return f"between {start} and {end}" + (
            f", without {' and '.join(without)}" if without else ""
        )
    return f"在 {start} 与 {end} 之间" + (f"（不含 {'、'.join(without)}）" if without else "")


@_say.register
def _(node: syntax.ListLiteral, language: int) -> str:
    items = [_say(item, language) for item in node.items]
    return list_words(items)[("en", "zh")[language]] or ("an empty list", "空列表")[language]


@_say.register
def _(node: syntax.Quantified, language: int) -> str:
    names = ", ".join(i.name for i in node.iterations)
    domains = ", ".join(_say(i.domain, language) for i in node.iterations)
    condition = _say(node.condition, language)
    if language == 0:
        quantity = "at least one" if node.quantifier == "some" else "every"
        return f"for {quantity} {names} of {domains}: {condition}"
    quantity = "至少一个" if node.quantifier == "some" else "每个"
    return f"{domains} 中{quantity} {names} 满足：{condition}"


@_say.register
def _(node: syntax.Call, language: int) -> str:
    name = node.function.name if isinstance(node.function, syntax.Name) else None
    arguments = [_say(argument, language) for argument in node.arguments]
    if name == "not" and len(arguments) == 1:
        return (f"not ({arguments[0]})", f"并非（{arguments[0]}）")[language]
    if name in ("date", "time", "date and time", "duration") and len(arguments) == 1:
        return arguments[0]
    if name in ("contains", "list contains") and len(arguments) == 2:
        return (f"{arguments[0]} contains {arguments[1]}", f"{arguments[0]} 包含 {arguments[1]}")[
            language
        ]
    title = _TITLES.get(name or "")
    shown = title.in_(("en", "zh")[language]) if title else (name or _say(node.function, language))
    return f"{shown}({(', ', '，')[language].join(arguments)})"
