"""The catalogue of events: names, words in both languages, and what each carries.

It feeds the designer's pickers, the form for rules, the webhooks, and docs/manual/events.md (`python -m desk.events`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.operators import Text

# FEEL's types as far as payloads use them: ids and small values, never whole records.
FieldType = Literal["number", "string", "boolean", "date and time", "list<string>", "context"]

# told: something has happened to a record; any number of diagrams may start with it or wait for it.
# asked: somebody writes or wants something; the ticket's own process takes it and decides what follows.
Kind = Literal["told", "asked"]


@dataclass(frozen=True)
class Field:
    """One entry of a payload."""

    name: str
    type: FieldType
    title: Text


@dataclass(frozen=True)
class Event:
    """Something a diagram can start with or wait for, as a message of this name.

    `correlation` is the key by which an instance that waits finds its own (`ticket:<id>`), None where there is none.
    """

    name: str
    title: Text
    payload: tuple[Field, ...]
    help: Text
    kind: Kind
    correlation: str | None

    @property
    def subject(self) -> str:
        """What it is about: `ticket`, `contact` …"""
        return self.name.partition(".")[0]


EVENTS: dict[str, Event] = {}


def declare(
    name: str,
    title: Text,
    payload: Mapping[str, tuple[FieldType, Text]],
    *,
    help: Text,
    kind: Kind = "told",
    correlation: str | None = "ticket:<ticket_id>",
) -> Event:
    """Add an event to the catalogue. A name is declared once; raises ValueError for a second time."""
    if name in EVENTS:
        raise ValueError(f"event {name} is declared twice")
    fields = tuple(Field(key, type_, words) for key, (type_, words) in payload.items())
    EVENTS[name] = Event(name, title, fields, help, kind, correlation)
    return EVENTS[name]
