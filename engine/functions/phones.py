"""Phone numbers in expressions: for finding who calls, and for showing a number to those who may not see it whole."""

import re

from engine.feel import NoResult
from engine.functions.catalogue import Family
from engine.functions.phone_numbers import HOME_COUNTRY, masked_number, normal_number
from engine.operators import Text

family = Family(
    Text("Phone numbers", "电话号码"),
    Text(
        "Numbers are kept as + and digits (E.164) where the country is known, as the desk keeps those of contacts.",
        "能确定国家的号码统一为 + 加数字（E.164），与联系人中的号码一致。",
    ),
)


@family.add(
    "normalise phone",
    "phone: string, country: string?",
    "string",
    title=Text("Normalise a phone number", "规范电话号码"),
    help=Text(
        "The number in the form in which it is stored and compared; `country` is the calling code of numbers written"
        f" without one ({HOME_COUNTRY} when left out). Null when it is no number.",
        f"存储和比较时使用的统一写法；`country` 为未写国家代码时采用的代码（省略时为 {HOME_COUNTRY}）。"
        "不是号码时为空。",
    ),
    examples={
        'normalise phone("0086 138-0013-8000")': "+8613800138000",
        'normalise phone("030 1234567", "49")': "+49301234567",
        'normalise phone("unknown")': "null",
    },
)
def normalise_phone(phone: str, country: str | None) -> str | NoResult:
    code = (country or HOME_COUNTRY).removeprefix("+")
    if not re.fullmatch(r"[1-9][0-9]{0,2}", code):
        return NoResult(f'there is no country code "{country}"', f"没有国家代码“{country}”")
    return normal_number(phone, code) or NoResult("it is no phone number", "不是电话号码")


@family.add(
    "mask phone",
    "phone: string",
    "string",
    title=Text("Mask a phone number", "隐藏电话号码"),
    help=Text(
        "The number with stars for four digits before its last four.",
        "末四位之前的四位数字以星号代替。",
    ),
    examples={
        'mask phone("13800138000")': "138****8000",
        'mask phone("+8613800138000")': "+86138****8000",
    },
)
def mask_phone(phone: str) -> str:
    return masked_number(phone)
