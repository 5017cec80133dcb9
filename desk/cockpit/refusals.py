"""What the engine refuses, in the reader's words."""

from desk.web.localisation import words
from engine.batches import reasons_of
from engine.bpmn.tokens import DiagramError
from engine.errors import EngineError
from engine.operators import OperatorError, Text

REFUSALS = (EngineError, DiagramError, OperatorError)


def refusal(error: Exception) -> str:
    """The words for one of REFUSALS."""
    return " ".join(
        f"{reason.element}: {said}" if reason.element else said
        for reason in reasons_of(error)
        for said in (words(Text(reason.en, reason.zh)),)
    )
