"""Everything there is to pick while drawing: from the operator registry, the functions, the events, the library."""

import inspect
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from designer_api.files import queries
from desk.calendars.building import all_names
from desk.events.catalogue import EVENTS
from desk.people import queries as people
from desk.people.models import User
from desk.people.permissions import CANDIDATE_ROLES, PERMISSIONS, ROLES
from engine.bpmn.document import BPMN, Element
from engine.bpmn.extensions import words_of
from engine.bpmn.reading import UnreadableDiagram, read_xml
from engine.bundles import decision_ids, read_decisions
from engine.feel.builtins import BUILT_INS
from engine.functions import FAMILIES
from engine.history import plain
from engine.operators import Operator, Operators, Text
from engine.tables import data_store, deployed_decision, process_version


def words(text: Text | None) -> dict[str, str] | None:
    """Words as JSON."""
    return None if text is None else {"en": text.en, "zh": text.zh}


def catalogue(session: Session, engine: Any) -> dict[str, Any]:
    """All pickers at once."""
    bundle = {
        file.path: queries.content(session, file)
        for file in queries.files(session)
        if file.kind in ("bpmn", "dmn")
    }
    return {
        "operators": operators(engine.operators),
        "functions": functions(),
        "events": events() + drawn_events(bundle),
        "records": records(engine),
        "forms": forms(session),
        "decisions": decisions(session, bundle),
        "processes": processes(session),
        "stores": stores(session, bundle),
        "teams": [
            {"value": f"team:{team.id}", "names": _same(team.name), "path": None, "detail": {}}
            for team in people.active_teams(session)
        ],
        "roles": roles(),
        "people": [
            {"value": f"user:{user.id}", "names": _same(user.name), "path": None, "detail": {}}
            for user in session.scalars(people.users(active=True).order_by(User.name).limit(2000))
        ],
        "calendars": calendars(session),
    }


def operators(declared: Operators) -> list[dict[str, Any]]:
    """All operators by name."""
    return [_operator(operator) for operator in sorted(declared, key=lambda o: o.name)]


def _operator(operator: Operator) -> dict[str, Any]:
    return {
        "name": operator.name,
        "group": operator.group,
        "kind": operator.kind,
        "title": words(operator.title),
        "help": words(operator.help),
        "icon": operator.icon,
        "permission": operator.permission,
        "tries": operator.tries,
        "backoff": plain(operator.backoff),
        "parameters": [
            {
                "name": p.name,
                "kind": p.kind,
                "required": p.required,
                "default": plain(p.default),
                "choices": list(p.choices),
                "title": words(p.title),
                "help": words(p.help),
            }
            for p in operator.parameters
        ],
    }


def functions() -> list[dict[str, Any]]:
    """The desk's functions with their words, then FEEL's own."""
    found: dict[str, dict[str, Any]] = {}
    for family in FAMILIES:
        for function in family.functions:
            found[function.name] = {
                "name": function.name,
                "signature": function.signature,
                "result": function.result,
                "title": words(function.title),
                "help": words(function.help),
                "family": words(family.title),
                "examples": [{"text": text, "value": value} for text, value in function.examples],
            }
    for name, built_in in sorted(BUILT_INS.items()):
        found.setdefault(
            name,
            {
                "name": name,
                "signature": ", ".join(built_in.parameters),
                "result": None,
                "title": None,
                "help": None,
                "family": None,
                "examples": [],
            },
        )
    return list(found.values())


def events() -> list[dict[str, Any]]:
    """What the desk tells, by name."""
    return [
        {
            "name": event.name,
            "kind": "message",
            "title": words(event.title),
            "payload": [
                {"name": f.name, "type": f.type, "title": words(f.title)} for f in event.payload
            ],
            "correlation": event.correlation,
            "source": "desk",
        }
        for event in sorted(EVENTS.values(), key=lambda e: e.name)
    ]


def drawn_events(bundle: dict[str, bytes]) -> list[dict[str, Any]]:
    """Messages and signals that diagrams of the library name and the desk's catalogue does not."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for _, root in _drawn(bundle):
        for kind in ("message", "signal"):
            for element in root.iterfind(f"{{{BPMN}}}{kind}"):
                name = element.get("name")
                if name and name not in EVENTS:
                    found[(kind, name)] = {
                        "name": name,
                        "kind": kind,
                        "title": _same(name),
                        "payload": [],
                        "correlation": None,
                        "source": "diagram",
                    }
    return [found[key] for key in sorted(found)]


def _drawn(bundle: dict[str, bytes]) -> Iterator[tuple[str, Element]]:
    """The diagrams that can be read, with their paths."""
    for path, content in bundle.items():
        if path.endswith(".bpmn"):
            try:
                yield path, read_xml(content)
            except UnreadableDiagram:
                continue  # somebody is drawing it; the problems list says what is wrong with it


def records(engine: Any) -> list[dict[str, Any]]:
    """What expressions read besides variables (`ticket`), with the fields where the desk names them."""
    return [
        {"name": name, "fields": sorted(_fields_of(name, loader))}
        for name, loader in sorted(engine.records.items())
    ]


def _fields_of(name: str, loader: Any) -> list[str]:
    """A room's `records.py` names the fields of a record `ticket` in TICKET_FIELDS."""
    module = inspect.getmodule(loader)
    return [str(field) for field in getattr(module, f"{name.upper()}_FIELDS", ())]


def forms(session: Session) -> list[dict[str, Any]]:
    """Forms of the library: a task names them by their file name without ending."""
    return [
        {
            "value": queries.name_of(file.path).removesuffix(".form"),
            "names": file.names or _same(queries.name_of(file.path).removesuffix(".form")),
            "path": file.path,
            "detail": {"file": file.id},
        }
        for file in queries.files(session)
        if file.kind == "form"
    ]


def decisions(session: Session, bundle: dict[str, bytes]) -> list[dict[str, Any]]:
    """Decisions of the library and deployed ones, by id."""
    found: dict[str, dict[str, Any]] = {}
    models, _ = read_decisions(bundle)
    for path, model in models.items():
        names = {d.id: d.name for d in model.definitions.decisions}
        for key in decision_ids(model):
            found[key] = {
                "value": key,
                "names": _same(names.get(key) or key),
                "path": path,
                "detail": {},
            }
    for key in session.scalars(select(deployed_decision.c.key).distinct()):
        found.setdefault(key, {"value": key, "names": _same(key), "path": None, "detail": {}})
    return [found[key] for key in sorted(found)]


def processes(session: Session) -> list[dict[str, Any]]:
    """Processes of the library and deployed ones, by key."""
    found = {
        row.key: {
            "value": row.key,
            "names": dict(row.name),
            "path": None,
            "detail": {"version": row.version},
        }
        for row in session.execute(select(process_version).where(process_version.c.latest))
    }
    for file in queries.files(session):
        if file.kind == "bpmn" and file.key:
            before = found.get(file.key, {})
            found[file.key] = {
                "value": file.key,
                "names": file.names or before.get("names") or _same(file.key),
                "path": file.path,
                "detail": before.get("detail", {}),
            }
    return [found[key] for key in sorted(found)]


def stores(session: Session, bundle: dict[str, bytes]) -> list[dict[str, Any]]:
    """Data stores of the desk and of the library, by id."""
    found = {
        row.key: {"value": row.key, "names": dict(row.name), "path": None, "detail": {}}
        for row in session.execute(select(data_store.c.key, data_store.c.name))
    }
    for path, root in _drawn(bundle):
        for element in root.iterfind(f"{{{BPMN}}}dataStore"):
            if key := element.get("id"):
                names = {k: v for k, v in words_of(element).items() if v}
                found[key] = {"value": key, "names": names, "path": path, "detail": {}}
    return [found[key] for key in sorted(found)]


def roles() -> list[dict[str, Any]]:
    """What a lane or a task may name instead of people: roles, and who holds a permission."""
    found = [
        {
            "value": f"role:{key}",
            "names": words(PERMISSIONS[permission]),
            "path": None,
            "detail": {},
        }
        for key, permission in CANDIDATE_ROLES.items()
    ]
    found += [
        {"value": f"role:{key}", "names": words(role.name), "path": None, "detail": {}}
        for key, role in ROLES.items()
        if key not in CANDIDATE_ROLES
    ]
    return found


def calendars(session: Session) -> list[dict[str, Any]]:
    """Calendars of working time, by key; "default" always."""
    found = {
        key: {"value": key, "names": _same(title), "path": None, "detail": {}}
        for key, title in all_names(session)
    }
    if "default" not in found:
        names = {"en": "Office hours", "zh": "办公时间"}
        found["default"] = {"value": "default", "names": names, "path": None, "detail": {}}
    return [found[key] for key in sorted(found)]


def _same(name: str) -> dict[str, str]:
    return {"en": name, "zh": name}
