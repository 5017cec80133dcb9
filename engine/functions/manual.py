"""The manual's pages of functions, from their declarations."""

from collections.abc import Iterator

from engine.functions import FAMILIES, DeskFunction, Family
from engine.operators import Text

_HEAD = Text(
    """# Functions in expressions

[中文](functions.zh-CN.md)

These functions can be used wherever a diagram, a decision or a form has an expression, besides those of FEEL itself. A wrong argument gives null with a reason, never an error. `?` after a type: the argument may be left out. Arguments may be given by name: `business duration(duration: "PT8H", calendar: "hotline")`.

The examples were evaluated on Monday 2026-03-02 at 09:00 in Asia/Shanghai, with office hours from 09:00 to 18:00 and lunch from 12:00 to 13:00.
""",
    """# 表达式函数

[English](functions.md)

凡流程图、决策表和表单中可以写表达式的地方，除 FEEL 自带函数外均可使用下列函数。参数不合适时结果为空并说明原因，不会报错。类型后的 `?` 表示该参数可以省略。参数也可以按名称给出：`business duration(duration: "PT8H", calendar: "hotline")`。

示例按 2026-03-02（周一）09:00、时区 Asia/Shanghai、工作时间 09:00–18:00、午休 12:00–13:00 计算。
""",
)
_WRITTEN = "<!-- written by `python -m engine.functions`; change the declarations in engine/functions instead -->\n"


def page(locale: str) -> str:
    """Markdown, in the language of a locale such as `zh_CN` or `en`."""
    lines = (line for family in FAMILIES for line in _family(family, locale))
    return "\n".join([_HEAD.in_(locale), _WRITTEN, *lines])


def _family(family: Family, locale: str) -> Iterator[str]:
    yield f"## {family.title.in_(locale)}\n"
    yield f"{family.help.in_(locale)}\n"
    for function in family.functions:
        yield from _function(function, locale)


def _function(function: DeskFunction, locale: str) -> Iterator[str]:
    yield f"### {function.title.in_(locale)}\n"
    yield f"`{function.name}({function.signature})` → {function.result}\n"
    yield f"{function.help.in_(locale)}\n"
    yield "```"
    for expression, value in function.examples:
        yield f"{expression}  // {value}"
    yield "```\n"
