"""What people call the clocks, and what notices say about them."""

from typing import Final

from desk.sla.models import ClockKind, SlaClock
from engine.operators import Text

CLOCKS: Final[dict[ClockKind, Text]] = {
    ClockKind.FIRST_RESPONSE: Text("First response", "首次响应"),
    ClockKind.SECOND_RESPONSE: Text("Second response", "二次响应"),
    ClockKind.RESOLUTION: Text("Resolution", "解决时限"),
}


def notice_text(clock: SlaClock, more: Text) -> Text:
    """`Resolution missed (tell the customer)`; `more` is what the link of the chain says itself."""
    name, late = CLOCKS[ClockKind(clock.kind)], clock.breached_at is not None
    en = f"{name.en} {'missed' if late else 'due soon'}"
    zh = f"{name.zh}{'已超时' if late else '即将到期'}"
    return Text(
        f"{en} ({more.en})" if more.en else en, f"{zh}（{more.zh}）" if more.zh else zh
    )
