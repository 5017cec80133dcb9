"""The states that people choose (接单状态): the factory ones, and those that the desk has added [000 §5.2.4]."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.people.models import AgentState
from engine.operators import Text


@dataclass(frozen=True)
class State:
    """A state as menus and the assignment see it. `takes_work`: tickets are given to people in it (可接单)."""

    key: str
    name: Text
    takes_work: bool
    factory: bool = False


FACTORY: Final = (
    State("available", Text("Available", "可接单"), True, True),
    State("busy", Text("Busy", "忙碌"), False, True),
    State("away", Text("Away", "离开"), False, True),
)


def all_states(session: Session) -> Sequence[State]:
    """What people may choose, the factory states first."""
    rows = session.scalars(select(AgentState).where(AgentState.active).order_by(AgentState.id))
    own = [State(row.key, Text(row.name_en, row.name_zh), row.takes_work) for row in rows]
    return [*FACTORY, *own]


def working_states(session: Session) -> frozenset[str]:
    """The keys of states in which tickets are given to people."""
    return frozenset(state.key for state in all_states(session) if state.takes_work)
