"""What can be wrong with a decision model, in English and Chinese."""

from dataclasses import dataclass


class DmnError(Exception):
    """The model cannot be read at all, or a decision that was asked for is not in it.

    `message` is `{"en": ..., "zh": ...}`; `str(error)` is the English text.
    """

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.message: dict[str, str] = {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the model that will give null when it is evaluated.

    `element` is the id (or the name) of the element, `part` says where in it ("rule 3, input 2").
    """

    element: str
    part: str
    message: dict[str, str]
