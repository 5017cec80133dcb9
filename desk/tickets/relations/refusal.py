"""Why an act on tickets was not done, in words for whoever asked for it."""

from engine.operators import OperatorError, Text

STILL_SENDING = (
    "Something of this ticket is still being sent. Try again in a moment.",
    "该工单还有消息正在发送，请稍后再试。",
)


class Refused(OperatorError):
    """Nothing was changed; `words` say why, in both languages. `field` is the entry that is wrong, if one is."""

    def __init__(self, en: str, zh: str, field: str = "") -> None:
        super().__init__(Text(en, zh))
        self.field = field
