"""Texts in expressions: what the rules of tickets ask of subjects and addresses."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.feel import NoResult
from engine.feel.runtime import Run
from engine.functions.catalogue import Family
from engine.operators import Text

family = Family(
    Text("Texts", "文本"),
    Text(
        "Comparing makes no difference between upper and lower case, nor between full and half width.",
        "比较时不区分大小写，也不区分全角与半角。",
    ),
)
_MANY = "text: string, words: list"


def _same(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _any(run: Run, text: str, words: list[Any], test: Callable[[str, str], bool]) -> Any:
    if not all(isinstance(word, str) for word in words):
        return NoResult("the words must be texts", "词语必须都是文本")
    run.spend(len(words) * (1 + len(text) // 100))
    run.check_size(len(text))
    plain = _same(text)
    return any(test(plain, _same(word)) for word in words if word)


@family.add(
    "contains any",
    _MANY,
    "boolean",
    title=Text("Contains any", "包含任一词"),
    help=Text("Whether any of the words stands in the text.", "文本中是否出现任意一个词。"),
    examples={
        'contains any("Refund please", ["refund", "money back"])': "true",
        'contains any("无法登录系统", ["发票", "退款"])': "false",
    },
)
def contains_any(run: Run, text: str, words: list[Any]) -> Any:
    return _any(run, text, words, lambda whole, word: word in whole)


@family.add(
    "starts with any",
    _MANY,
    "boolean",
    title=Text("Starts with any", "以任一词开头"),
    help=Text("Whether the text begins with any of the words.", "文本是否以任意一个词开头。"),
    examples={'starts with any("RE: invoice", ["re:", "fw:"])': "true"},
)
def starts_with_any(run: Run, text: str, words: list[Any]) -> Any:
    return _any(run, text, words, str.startswith)


@family.add(
    "ends with any",
    _MANY,
    "boolean",
    title=Text("Ends with any", "以任一词结尾"),
    help=Text("Whether the text ends with any of the words.", "文本是否以任意一个词结尾。"),
    examples={'ends with any("report.PDF", [".pdf", ".docx"])': "true"},
)
def ends_with_any(run: Run, text: str, words: list[Any]) -> Any:
    return _any(run, text, words, str.endswith)


@family.add(
    "trim",
    "text: string",
    "string",
    title=Text("Trim", "去除首尾空白"),
    help=Text(
        "The text without white space at both ends, the full-width space included.",
        "去掉文本首尾的空白，包括全角空格。",
    ),
    examples={'trim("  hello ")': "hello"},
)
def trim(text: str) -> str:
    return text.strip()


@family.add(
    "pad",
    "text: any, length: number, with: string?",
    "string",
    title=Text("Pad", "补足长度"),
    help=Text(
        "A text or number with characters put before it until it has that length; zeros when `with` is left out.",
        "在文本或数字前补字符直到达到指定长度；省略 `with` 时补 0。",
    ),
    examples={"pad(42, 6)": "000042", 'pad("A7", 4, "-")': "--A7"},
)
def pad(run: Run, text: Any, length: Decimal, filler: str | None) -> Any:
    whole = isinstance(text, Decimal) and text == text.to_integral_value() and text >= 0
    if not (isinstance(text, str) or whole) or len(filler or "0") != 1:
        return NoResult(
            "pads texts and whole numbers, with one character", "只能用一个字符补足文本或非负整数"
        )
    if length != length.to_integral_value() or length < 0:
        return NoResult("the length must be a whole number", "长度必须是非负整数")
    run.check_size(max(int(min(length, Decimal(10**9))), 0))
    written = text if isinstance(text, str) else f"{text:f}".partition(".")[0]
    return written.rjust(int(length), filler or "0")


@family.add(
    "mail domain",
    "address: string",
    "string",
    title=Text("Mail domain", "邮件域名"),
    help=Text(
        "What stands after the @ of a mail address, in lower case; also of `Name <address>`. Null when it is none.",
        "邮件地址 @ 之后的部分，小写；也接受 `姓名 <地址>` 的写法。不是邮件地址时为空。",
    ),
    examples={
        'mail domain("Ann <ann@Example.COM>")': "example.com",
        'mail domain("nobody")': "null",
    },
)
def mail_domain(address: str) -> str | NoResult:
    inner = address.rpartition("<")[2].partition(">")[0] if "<" in address else address
    name, at, domain = inner.strip().rpartition("@")
    if not name or not at or not domain or any(c.isspace() or c in "@,;" for c in domain):
        return NoResult("it is no mail address", "不是邮件地址")
    return domain.lower().rstrip(".")


@family.add(
    "mask mail",
    "address: string",
    "string",
    title=Text("Mask a mail address", "隐藏邮件地址"),
    help=Text(
        "The address with only the first character of its name left, for people who may not see it whole.",
        "只保留名称的首字符，供无权查看完整地址的人员使用。",
    ),
    examples={'mask mail("wang.wei@example.com")': "w***@example.com"},
)
def mask_mail(address: str) -> str | NoResult:
    name, at, domain = address.strip().rpartition("@")
    if not name or not at or not domain:
        return NoResult("it is no mail address", "不是邮件地址")
    return f"{name[0]}***@{domain}"
