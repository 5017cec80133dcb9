"""Why an act on tickets was not done, in words for whoever asked for it."""

from engine.operators import OperatorError, Text


class Refused(OperatorError):
    """Nothing was changed; `words` say why, in both languages. `field` is the entry that is wrong, if one is."""

    def __init__(self, en: str, zh: str, field: str = "") -> None:
        super().__init__(Text(en, zh))
        self.field = field
