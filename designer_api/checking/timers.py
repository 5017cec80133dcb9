"""What a timer means, in a sentence, and when it would fire next."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from designer_api.checking.sentences import Words, feel_words, list_words
from engine.bpmn.schedule import arm_timer, next_round
from engine.cron import is_cron, read_cron
from engine.functions import FUNCTIONS

_PERIOD = re.compile(
    r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_UNITS = {
    "Y": ("year", "年"), "M": ("month", "个月"), "W": ("week", "周"), "D": ("day", "天"),
    "h": ("hour", "小时"), "m": ("minute", "分钟"), "s": ("second", "秒"),
}  # fmt: skip
_BUSINESS = re.compile(
    r"""^business duration\(\s*(?:duration\(\s*)?"(?P<period>P[^"]*)"\s*\)?\s*(?:,\s*"(?P<calendar>[^"]*)"\s*)?\)$"""
)
_DURATION = re.compile(r"""^duration\(\s*"(P[^"]*)"\s*\)$""")
_DAYS = (
    ("Sunday", "周日"), ("Monday", "周一"), ("Tuesday", "周二"), ("Wednesday", "周三"),
    ("Thursday", "周四"), ("Friday", "周五"), ("Saturday", "周六"),
)  # fmt: skip


def period_words(text: str, *, working: bool = False) -> Words | None:
    """`PT8H` as "8 hours"/"8 小时", with `working` "8 working hours"; None for what is no ISO 8601 duration."""
    match = _PERIOD.fullmatch(text.strip().upper().lstrip("-"))
    if match is None or not any(match.groups()):
        return None
    en, zh = [], []
    for key, (unit, chinese) in _UNITS.items():
        value = match[key]
        if value is None or float(value) == 0:
            continue
        plural = "" if float(value) == 1 else "s"
        en.append(f"{value} {'working ' if working else ''}{unit}{plural}")
        zh.append(f"{value} {'个工作' + chinese.removeprefix('个') if working else chinese}")
    if not en:
        return {"en": "no time at all", "zh": "零时长"}
    return {"en": " ".join(en), "zh": " ".join(zh)}


def timer_words(kind: str, text: str) -> Words:
    """The sentence for a timer of a diagram. Raises FeelSyntaxError, ValueError for what means nothing."""
    written = text.strip()
    if written.startswith("="):
        return _of_feel(kind, written[1:].strip())
    if kind == "duration":
        period = period_words(written)
        if period is None:
            raise ValueError(f"{written!r} is no duration such as PT8H or P7D")
        return _after(period)
    if kind == "date":
        return _at(written)
    return _cycle(written)


def next_times(
    kind: Any, text: str, now: datetime, value: Any = None, count: int = 3
) -> list[datetime]:
    """The next moments at which it would fire, the first first. Raises ValueError.

    `value` is that of the expression, where the text is one.
    """
    armed = arm_timer(kind, text.strip() if value is None else value, now)
    found = [armed[0]]
    while len(found) < count:
        following = next_round(armed, armed[0].astimezone(now.tzinfo))
        if following is None:
            break
        armed = following
        found.append(armed[0])
    return found


def _after(period: Mapping[str, str], calendar: str | None = None) -> Words:
    if calendar is None:
        return {
            "en": f"{period['en']} after this point is reached",
            "zh": f"到达此处 {period['zh']}后",
        }
    return {
        "en": f"{period['en']} after this point is reached, by the calendar “{calendar}”",
        "zh": f"到达此处 {period['zh']}后（按日历“{calendar}”计）",
    }


def _at(text: str) -> Words:
    moment = datetime.fromisoformat(text)
    zone = f" {moment.strftime('%z')}" if moment.tzinfo else ""
    shown = f"{moment:%Y-%m-%d %H:%M}{zone}"
    return {"en": f"on {shown}", "zh": f"{shown} 时"}


def _of_feel(kind: str, text: str) -> Words:
    business = _BUSINESS.match(text)
    if business is not None:
        period = period_words(business["period"], working=True)
        if period is not None:
            return _after(period, business["calendar"] or "default")
    plain = _DURATION.match(text)
    if plain is not None:
        period = period_words(plain[1])
        if period is not None:
            return _after(period)
    words = feel_words(text, FUNCTIONS)
    if kind == "duration":
        return {
            "en": f"after this point is reached, as long as {words['en']} says",
            "zh": f"到达此处后，经过{words['zh']}给出的时长",
        }
    if kind == "date":
        return {"en": f"at the moment that {words['en']} gives", "zh": f"在{words['zh']}给出的时刻"}
    return {"en": f"again and again, as {words['en']} says", "zh": f"按{words['zh']}重复"}


def _cycle(text: str) -> Words:
    if is_cron(text):
        return _cron(text)
    match = re.fullmatch(r"R(\d*)/(.+)", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"{text!r} is no cycle such as R3/PT1H or 0 9 * * MON-FRI")
    first, _, second = match[2].partition("/")
    period = period_words(first) or period_words(second)
    if period is None:
        raise ValueError(f"{text!r} is no cycle such as R3/PT1H or 0 9 * * MON-FRI")
    en, zh = f"every {period['en']}", f"每 {period['zh']}一次"
    if match[1]:
        en += f", {match[1]} times" if match[1] != "1" else ", once"
        zh += f"，共 {match[1]} 次"
    else:
        en += ", without end"
        zh += "，一直重复"
    if second and period_words(first) is None:
        en, zh = f"{en}, from {first}", f"从 {first} 起，{zh}"
    elif second:
        en, zh = f"{en}, until {second}", f"{zh}，至 {second} 止"
    return {"en": en, "zh": zh}


def _cron(text: str) -> Words:
    cron = read_cron(text)
    if len(cron.hours) * len(cron.minutes) <= 4:
        times = [f"{hour:02}:{minute:02}" for hour in cron.hours for minute in cron.minutes]
        en, zh = f"at {list_words(times)['en']}", list_words(times)["zh"]
    else:
        every = cron.minutes[1] - cron.minutes[0] if len(cron.minutes) > 1 else 60
        hours = "" if len(cron.hours) == 24 else f"{cron.hours[0]:02}:00–{cron.hours[-1]:02}:59"
        en = f"every {every} minutes" if len(cron.minutes) > 1 else "every hour"
        zh = f"每 {every} 分钟" if len(cron.minutes) > 1 else "每小时"
        if len(cron.minutes) == 1 and cron.minutes[0]:
            en, zh = f"{en} at minute {cron.minutes[0]}", f"{zh}的第 {cron.minutes[0]} 分钟"
        if hours:
            en, zh = f"{en} within {hours}", f"{hours} 内{zh}"
    days_en, days_zh = _days(cron)
    if len(cron.months) < 12:
        days_en += f" in the months {list_words([str(m) for m in sorted(cron.months)])['en']}"
        days_zh = f"{list_words([str(m) for m in sorted(cron.months)])['zh']} 月" + days_zh
    return {"en": f"{en}, {days_en}", "zh": f"{days_zh}{zh}"}


def _days(cron: Any) -> tuple[str, str]:
    week = sorted(cron.weekdays, key=lambda day: (day - 1) % 7)
    en_week, zh_week = (
        list_words([_DAYS[d][0] for d in week])["en"],
        list_words([_DAYS[d][1] for d in week])["zh"],
    )
    if week == [1, 2, 3, 4, 5]:
        en_week, zh_week = "Monday to Friday", "周一至周五"
    month = list_words([str(day) for day in sorted(cron.days)])
    all_week, all_month = len(cron.weekdays) == 7, len(cron.days) == 31
    if all_week and all_month:
        return "every day", "每天"
    if all_month:
        return f"on {en_week}", f"每{zh_week}"
    if all_week:
        return f"on day {month['en']} of the month", f"每月 {month['zh']} 日"
    joint_en, joint_zh = (" or ", "或") if cron.either_day else (" and ", "且")
    return (
        f"on {en_week}{joint_en}day {month['en']} of the month",
        f"每{zh_week}{joint_zh}每月 {month['zh']} 日",
    )
