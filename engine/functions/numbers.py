"""Numbers in expressions: as people read them."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from engine.feel import NoResult
from engine.functions.catalogue import Family
from engine.operators import Text

family = Family(
    Text("Numbers", "数字"),
    Text(
        "Numbers are decimal with 34 digits; rounding is half even, as FEEL's `decimal`.",
        "数字为 34 位十进制；舍入方式为四舍六入五成双，与 FEEL 的 `decimal` 相同。",
    ),
)
MOST_DIGITS = 30


@family.add(
    "format number",
    "number: number, decimals: number?, grouping: string?",
    "string",
    title=Text("Format a number", "数字格式"),
    help=Text(
        'A number as text with so many decimals (0 when left out) and "," between thousands, or what `grouping` says'
        ' ("" for none).',
        "按指定小数位数（省略时为 0）写成文本，千位之间用“,”或 `grouping` 给定的字符（空文本为不分组）。",
    ),
    examples={
        "format number(1234567.891, 2)": "1,234,567.89",
        'format number(1234.5, 1, "")': "1234.5",
        "format number(0.5)": "0",
    },
)
def format_number(
    number: Decimal, decimals: Decimal | None, grouping: str | None
) -> str | NoResult:
    digits = decimals or Decimal(0)
    if digits != digits.to_integral_value() or not 0 <= digits <= MOST_DIGITS:
        return NoResult(
            f"the decimals must be a whole number from 0 to {MOST_DIGITS}",
            f"小数位数必须是 0 到 {MOST_DIGITS} 的整数",
        )
    if number.adjusted() > MOST_DIGITS:
        return NoResult("the number is too long to be read", "数字过长，无法阅读")
    with localcontext() as context:
        context.prec = 2 * MOST_DIGITS + 10
        rounded = number.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_EVEN)
    if rounded.is_zero():
        rounded = abs(rounded)  # no "-0"
    mark = "," if grouping is None else grouping
    if len(mark) > 1:
        return NoResult("one character stands between thousands", "千位分隔符只能是一个字符")
    whole, point, fraction = f"{rounded:,f}".partition(".")
    return whole.replace(",", mark) + point + fraction
