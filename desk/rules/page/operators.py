"""What a macro does to a page. Where a diagram runs, these do nothing; the page itself obeys (desk.rules.macros)."""

from collections.abc import Callable
from typing import Annotated, Any

from desk.rules.operators import EmptyParam, KeyParam, ValueParam
from engine.operators import Operators, Param, Step, Text

operators = Operators()


def _on_page(
    name: str, title: Text, help: Text, icon: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return operators.inline(f"form.{name}", title=title, help=help, icon=icon)


@_on_page("set_value", Text("Fill a field of the page", "填写页面字段"),
    Text("Only in macros: what a person then sees in the form.", "仅用于宏：填写表单中的字段。"), "forms")  # fmt: skip
def form_set(
    step: Step, *, key: KeyParam, value: ValueParam, only_if_empty: EmptyParam = False
) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("hide", Text("Hide a field of the page", "隐藏页面字段"),
    Text("Only in macros; “replies” hides the talk.", "仅用于宏；replies 表示回复列表。"), "eye-off")  # fmt: skip
def form_hide(step: Step, *, key: KeyParam) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("show", Text("Show a field of the page", "显示页面字段"),
    Text("Only in macros: what another macro has hidden.", "仅用于宏：显示被其他宏隐藏的字段。"), "eye")  # fmt: skip
def form_show(step: Step, *, key: KeyParam) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("read_only", Text("Let a field be read only", "字段只读"),
    Text("Only in macros: the field is shown, and what a page sends for it is not taken.", "仅用于宏：字段只显示，不接受页面提交的值。"), "lock")  # fmt: skip
def form_read_only(step: Step, *, key: KeyParam) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("view_only", Text("Let the page be read only", "页面仅查看"),
    Text("Only in macros: nothing can be changed or submitted.", "仅用于宏：不能修改和提交。"), "lock")  # fmt: skip
def form_view_only(step: Step) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("block", Text("Do not let the page be submitted", "阻止提交"),
    Text("Only in macros: the person is told why.", "仅用于宏：提示不能提交的原因。"), "hand-stop")  # fmt: skip
def form_block(
    step: Step, *, text: Annotated[str, Param(Text("What the person is told", "提示内容"))]
) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("hide_macro", Text("Hide a macro", "隐藏宏"),
    Text("Only in macros: its button is not offered.", "仅用于宏：不显示该宏的按钮。"), "eye-off")  # fmt: skip
def form_hide_macro(step: Step, *, key: KeyParam) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}


@_on_page("dial", Text("Offer to call a number", "系统外呼"),
    Text("Only in macros: the page offers a call to this number, or to the customer.", "仅用于宏：页面提供拨打该号码（或客户电话）的按钮。"), "phone")  # fmt: skip
def form_dial(
    step: Step, *, number: Annotated[str | None, Param(Text("Number", "号码"))] = None
) -> dict[str, Any]:
    """Nothing outside a page."""
    return {}
