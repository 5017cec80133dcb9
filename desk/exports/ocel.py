"""OCEL 2.0 (object-centric event log) as JSON: events first, streamed; then objects; then the types that were met.

Objects are process instances, tickets, customers, companies, teams and people of the desk; an event is related to all
that its case has to do with, each with a qualifier.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

import orjson

from desk.exports.source import Case, Event
from desk.exports.xes import stamp

# type → attributes with their OCEL type
OBJECT_TYPES: dict[str, dict[str, str]] = {
    "process": {"definition": "string", "version": "integer", "status": "string"},
    "ticket": {"number": "string", "priority": "string"},
    "customer": {},
    "company": {},
    "team": {},
    "person": {"name": "string"},
}
EVENT_ATTRIBUTES = {"element": "string", "resource": "string"}

Related = tuple[str, str]  # id of the object, qualifier


def objects_of(case: Case) -> Iterator[tuple[str, str, datetime, dict[str, Any]]]:
    """The objects of a case: id, type, since when, attributes."""
    at = case.started_at
    yield f"process:{case.id}", "process", at, {
        "definition": case.process, "version": case.version, "status": case.status,
    }  # fmt: skip
    if case.ticket_id is not None:
        yield f"ticket:{case.ticket_id}", "ticket", at, {
            "number": case.ticket, "priority": case.priority,
        }  # fmt: skip
    for kind, number in (
        ("customer", case.contact_id), ("company", case.company_id), ("team", case.team_id),
    ):  # fmt: skip
        if number is not None:
            yield f"{kind}:{number}", kind, at, {}


def person_of(event: Event) -> tuple[str, str] | None:
    """Id and name of the person of the desk who did it."""
    return (event.who, event.resource) if event.who.startswith("user:") else None


def relations_of(case: Case, event: Event) -> list[Related]:
    """What an event has to do with."""
    related = [
        (number, {"process": "case", "ticket": "about"}.get(kind, "of"))
        for number, kind, _at, _attributes in objects_of(case)
    ]
    person = person_of(event)
    if person is not None:
        related.append((person[0], "by"))
    return related


def write_events(out: IO[bytes], case: Case, *, first: bool) -> None:
    """Write the events of a case into the list."""
    related = relations_of(case, case.events[0]) if case.events else []
    common = [pair for pair in related if pair[1] != "by"]
    for event in case.events:
        person = person_of(event)
        pairs = [*common, (person[0], "by")] if person is not None else common
        attributes = [{"name": "element", "value": event.element}]
        if event.resource:
            attributes.append({"name": "resource", "value": event.resource})
        line = {
            "id": f"{case.id}:{event.seq}",
            "type": event.name,
            "time": stamp(event.at),
            "attributes": attributes,
            "relationships": [{"objectId": n, "qualifier": q} for n, q in pairs],
        }
        out.write(b"\n" if first else b",\n")
        out.write(orjson.dumps(line))
        first = False


def object_line(number: str, kind: str, at: datetime, attributes: dict[str, Any]) -> bytes:
    """One object."""
    return orjson.dumps(
        {
            "id": number,
            "type": kind,
            "attributes": [
                {"name": name, "time": stamp(at), "value": value}
                for name, value in attributes.items()
                if value is not None
            ],
            "relationships": [],
        }
    )


def types(activities: set[str]) -> bytes:
    """The end of the document: the types of objects and events."""
    objects = [
        {"name": name, "attributes": [{"name": a, "type": t} for a, t in attributes.items()]}
        for name, attributes in OBJECT_TYPES.items()
    ]
    events = [
        {
            "name": name,
            "attributes": [{"name": a, "type": t} for a, t in EVENT_ATTRIBUTES.items()],
        }
        for name in sorted(activities)
    ]
    return (
        b'\n],\n"objectTypes": '
        + orjson.dumps(objects)
        + b',\n"eventTypes": '
        + orjson.dumps(events)
        + b"\n}\n"
    )
