"""The manual's page of functions, from their declarations."""

from collections.abc import Iterator

from engine.functions import FAMILIES, DeskFunction, Family

_HEAD = """# Functions in expressions · 表达式函数

These functions can be used wherever a diagram, a decision or a form has an expression, besides those of FEEL itself.
A wrong argument gives null with a reason, never an error. `?` after a type: the argument may be left out.
Arguments may be given by name: `business duration(duration: "PT8H", calendar: "hotline")`.

凡流程图、决策表和表单中可以写表达式的地方，除 FEEL 自带函数外均可使用下列函数。
参数不合适时结果为空并说明原因，不会报错。类型后的 `?` 表示该参数可以省略。参数也可以按名称给出。

The examples were evaluated on Monday 2026-03-02 at 09:00 in Asia/Shanghai, with office hours from 09:00 to 18:00 and
lunch from 12:00 to 13:00.

示例按 2026-03-02（周一）09:00、时区 Asia/Shanghai、工作时间 09:00–18:00、午休 12:00–13:00 计算。

<!-- written by `python -m engine.functions`; change the declarations in engine/functions instead -->
"""


def page() -> str:
    """Markdown, both languages."""
    return "\n".join([_HEAD, *(line for family in FAMILIES for line in _family(family))]) + "\n"


def _family(family: Family) -> Iterator[str]:
    yield f"## {family.title.en} · {family.title.zh}\n"
    yield f"{family.help.en}\n\n{family.help.zh}\n"
    for function in family.functions:
        yield from _function(function)


def _function(function: DeskFunction) -> Iterator[str]:
    yield f"### {function.title.en} · {function.title.zh}\n"
    yield f"`{function.name}({function.signature})` → {function.result}\n"
    yield f"{function.help.en}\n\n{function.help.zh}\n"
    yield "```"
    for expression, value in function.examples:
        yield f"{expression}  // {value}"
    yield "```\n"
