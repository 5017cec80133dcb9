"""Moments in expressions: now and today where the desk is, and the clock of another zone."""

from engine.feel import NoResult
from engine.feel.temporal import DateTime, zone_exists
from engine.feel.temporal_math import in_zone, instant
from engine.functions.catalogue import Family
from engine.operators import Text

family = Family(
    Text("Moments", "时间"),
    Text(
        "One evaluation sees one moment, however often it asks. Everything on dates and durations that FEEL has itself"
        " (`date`, `duration`, `day of week` …) is there too.",
        "一次求值中多次取“现在”都是同一时刻。"
        "FEEL 自带的日期与时长函数（`date`、`duration`、`day of week` 等）同样可用。",
    ),
)

family.of_feel(
    "now",
    "date and time",
    title=Text("Now", "现在"),
    help=Text("This moment, in the desk's zone.", "当前时刻，按本系统设置的时区。"),
    examples={"now()": "2026-03-02T09:00:00@Asia/Shanghai"},
)
family.of_feel(
    "today",
    "date",
    title=Text("Today", "今天"),
    help=Text("The date of today, in the desk's zone.", "今天的日期，按本系统设置的时区。"),
    examples={"today()": "2026-03-02"},
)


@family.add(
    "in zone",
    "at: date and time, zone: string",
    "date and time",
    title=Text("In another zone", "换算时区"),
    help=Text(
        "The same moment as the clock of another zone shows it. A moment that has no zone itself gives null.",
        "同一时刻在另一时区的钟点。不带时区的时间无从换算，结果为空。",
    ),
    examples={
        'in zone(@"2026-07-01T12:00:00Z", "Europe/Berlin")': "2026-07-01T14:00:00@Europe/Berlin",
        'in zone(now(), "UTC").hour': "1",
    },
)
def other_zone(at: DateTime, zone: str) -> DateTime | NoResult | None:
    if not zone_exists(zone):
        return NoResult(f'there is no zone "{zone}"', f"没有名为“{zone}”的时区")
    zoned, moment = instant(at)
    if not zoned:
        return NoResult("the moment has no zone", "该时间不带时区")
    return in_zone(moment, zone)
