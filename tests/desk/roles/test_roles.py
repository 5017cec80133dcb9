"""Every address of the desk, asked by everybody: what each role may, whose records it shows, what an auditor changes.

The table says for each address who may ask; one that is not in it fails. `python -m tests.desk.roles.table` writes it
anew from the code, to be read before it is kept.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import Rule

from desk.application import Desk
from desk.people.access import access_of
from desk.people.permissions import permissions_of
from desk.web.csrf import SAFE_METHODS
from desk.web.live.topics import may_listen
from lanedesk.models import metadata
from tests.desk.cockpit.conftest import Floor
from tests.desk.roles.table import Entry, read_table, routes
from tests.desk.roles.world import FOREIGN, NOBODY, ROLES, World, build

REFUSED = (
    403,
    404,
    422,
)  # 422: a program has not said all; nothing changes, and that is looked at, too
MISSED = (
    403,
    404,
    409,
    422,
)  # an address of which the test's desk has no record, or that wants to be told more
# What the test's diagrams and layouts do not have: a picture, a way to send back, a layout of that name.
NOT_HERE = (
    "/tickets/<int:ticket_id>/flow.svg",
    "/tickets/<int:ticket_id>/send-back",
    "/tickets/<int:ticket_id>/print/<key>.pdf",
)
# What an auditor may send: nothing of the desk's is changed by it, but for what is one's own.
AUDITORS_OWN = {
    "/background/<uuid:job_id>/again", "/background/<uuid:job_id>/cancel",
    "/api/v1/background/<uuid:job_id>", "/me/password", "/me/preferences", "/me/sessions/end",
    "/me/tokens/<int:token_id>/revoke", "/api/v1/tokens/<int:token_id>", "/notices/read",
    "/tickets/<int:ticket_id>/presence",  # that one looks at it: known to those who look, too
    "/tickets/<int:ticket_id>/follow", "/api/v1/tickets/<int:ticket_id>/follow",
    # questions of one's own about tickets
    "/tickets/views/new", "/tickets/views/<int:view_id>", "/tickets/views/<int:view_id>/act",
    # copies of what may be read; each is in the log
    "/exports", "/api/v1/exports", "/audit/verify", "/tickets/print", "/api/v1/prints",
    # compares two files that the request brings along
    "/api/v1/designer/diff", "/api/v1/calendars/<string:key>/calculate",
}  # fmt: skip
# What an address wants to be told before it answers.
QUERIES = {
    "/search": "q=About",
    "/tickets/export.csv": "scope=found",
    "/tickets/print": "scope=found",
    "/tickets/batch": "scope=found",
    "/tickets/batch-edit": "scope=found",
    "/tickets/delete": "scope=found",
    "/audit": "details=1",
    "/customers/pick": "q=Frau",
}
BODIES: dict[str, Any] = {
    "messages": {"kind": "note", "text": "x"},
    "waiting": {"waiting": True},
    "watchers": {"people": [1]},
    "hand-over": {"person_id": 1},
    "merge": {"into_id": 1},
    "links": {"other_id": 1},
    "split": {"parts": [{"title": "x"}]},
    "complete": {"outcome": None},
}
FORM = {"reason": "x", "text": "x", "kind": "note", "number": "WN-20260302-000001", "waiting": "1",
        "title": "x", "person": "1", "field": "x", "count": "1"}  # fmt: skip


@pytest.fixture
def world(
    desk: Desk, floor: Floor, make_user: Any, make_team: Any, bearer: Any, chinese: None
) -> World:
    return build(desk, floor, make_user, make_team, bearer)


@dataclass
class Asker:
    """Asks addresses as a role does."""

    client: FlaskClient
    world: World

    def __call__(self, entry: Entry, letter: str, *, foreign: bool = False) -> Any:
        """The answer; `foreign`: about records of the other team, or of another person."""
        known = self.world.foreign if foreign else self.world.own | self.world.of_person[letter]
        path = address(entry.rule, known)
        more: dict[str, Any] = {"headers": self.world.headers[letter]}
        if entry.method in SAFE_METHODS:
            more["query_string"] = QUERIES.get(entry.path, "")
        elif entry.path.startswith("/api/"):
            more["json"] = BODIES.get(entry.path.rpartition("/")[2], {})
        else:
            more["data"] = FORM
        return self.client.open(path, method=entry.method, **more)


@pytest.fixture
def ask(app: Flask, world: World) -> Asker:
    return Asker(app.test_client(use_cookies=False), world)


def address(rule: Rule, known: dict[str, Any]) -> str:
    """The rule with records put in for its parts; where the world has none, one that is not there."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        kind = type(rule._converters[name]).__name__
        other: Any = {"RecordId": 4711, "UUIDConverter": NOBODY}.get(kind, "review")
        values[name] = known.get(name, other)
    built = rule.build(values)
    assert built is not None, rule
    return built[1]


def entries(app: Flask) -> Iterator[Entry]:
    """The lines of the table, each with its rule."""
    table = read_table()
    for rule, method in routes(app):
        said = table.get((method, rule.rule))
        if said is not None:
            yield Entry(rule, method, *said)


def test_every_address_stands_in_the_table_and_says_what_the_code_does(app: Flask) -> None:
    table = read_table()
    found = {(method, rule.rule): (rule, method) for rule, method in routes(app)}
    assert table.keys() == found.keys(), (
        f"not in the table: {sorted(found.keys() - table.keys())}; "
        f"not in the code: {sorted(table.keys() - found.keys())}"
    )
    for entry in entries(app):
        needed = access_of(app.view_functions[entry.rule.endpoint], entry.method)
        assert needed is not None, entry
        if needed == "public":
            assert entry.who == "public", entry
            continue
        may = "".join(x for x, role in ROLES.items() if set(needed) <= permissions_of([role]))
        assert entry.who == may, entry


def test_who_may_not_is_refused_everywhere_and_nothing_changes(
    app: Flask, desk: Desk, ask: Asker
) -> None:
    before = everything(desk)
    tried = 0
    for entry in entries(app):
        for letter in ROLES if entry.who != "public" else "":
            if letter not in entry.who:
                assert ask(entry, letter).status_code == 403, (entry, letter)
                tried += 1
    assert tried > 300
    assert everything(desk) == before


def test_nobody_and_keys_that_do_not_hold_are_refused(app: Flask, ask: Asker) -> None:
    client = app.test_client(use_cookies=False)
    for entry in entries(app):
        if entry.who == "public":
            continue
        path = address(entry.rule, ask.world.own | ask.world.of_person["A"])
        wrong = client.open(path, method=entry.method, headers={"Authorization": "Bearer no"})
        assert wrong.status_code == 401, entry
        answer = client.open(path, method=entry.method)
        if entry.path.startswith("/api/"):
            assert answer.status_code == 401, entry
        elif entry.method in SAFE_METHODS:
            assert answer.location.startswith("/login"), entry
        else:
            assert answer.status_code == 400, entry  # no token of a form


def test_what_may_be_read_is_read_and_says_nothing_of_other_teams(app: Flask, ask: Asker) -> None:
    told: dict[str, set[str]] = {letter: set() for letter in ROLES}
    wrong = []
    for entry in entries(app):
        if entry.method not in SAFE_METHODS or entry.who == "public":
            continue
        for letter in entry.who:
            answer = ask(entry, letter)
            may_miss = not entry.of or entry.path in NOT_HERE or _of_a_step(entry)
            if answer.status_code >= 400 and not (may_miss and answer.status_code in MISSED):
                wrong.append((entry, letter, answer.status_code))
            if FOREIGN.encode() in answer.data:
                told[letter].add(entry.path)
    assert not wrong, "\n".join(map(str, wrong))
    assert told["S"] == set()
    assert told["G"] == set()
    for path in ("/tickets", "/search", "/tickets/export.csv", "/api/v1/tickets", "/incidents",
                 "/api/v1/incidents", "/audit", "/surveys", "/customers/<int:contact_id>",
                 "/companies/<int:company_id>"):  # fmt: skip
        assert path in told["U"], path
    assert {"/tickets", "/search", "/incidents"} <= told["I"]


def test_records_of_others_are_not_there(app: Flask, desk: Desk, ask: Asker) -> None:
    before = everything(desk)
    tried, wrong = 0, []
    for entry in entries(app):
        letters = {"own": "AISGU", "team": "SG"}.get(entry.of, "")
        for letter in letters:
            if letter not in entry.who:
                continue
            answer = ask(entry, letter, foreign=True)
            if answer.status_code not in _refusals(entry) or FOREIGN.encode() in answer.data:
                wrong.append((entry, letter, answer.status_code))
            tried += 1
    assert not wrong, "\n".join(map(str, wrong))
    assert tried > 100
    assert everything(desk) == before


def test_who_sees_all_teams_reads_their_records(app: Flask, ask: Asker) -> None:
    wrong = []
    for entry in entries(app):
        if entry.of != "team" or entry.method not in SAFE_METHODS:
            continue
        for letter in set(entry.who) & set("AIU"):
            code = ask(entry, letter, foreign=True).status_code
            if code >= 400 and entry.path not in NOT_HERE and not _of_a_step(entry):
                wrong.append((entry, letter, code))
    assert not wrong, "\n".join(map(str, wrong))


def test_an_auditor_changes_nothing(app: Flask, desk: Desk, ask: Asker) -> None:
    may, wrong = set(), []
    before = everything(desk)
    for entry in entries(app):
        if entry.method in SAFE_METHODS or entry.who == "public" or "U" not in entry.who:
            continue
        if entry.path in AUDITORS_OWN:
            may.add(entry.path)
            continue
        for foreign in (False, True):
            code = ask(entry, "U", foreign=foreign).status_code
            if code not in _refusals(entry):
                wrong.append((entry, code))
    assert not wrong, "\n".join(map(str, wrong))
    assert everything(desk) == before
    assert may == AUDITORS_OWN


def test_live_events_keep_to_the_same(desk: Desk, world: World) -> None:
    own, foreign = world.own, world.foreign
    with desk.reading() as session:

        def hears(letter: str, topic: str) -> bool:
            return may_listen(session, world.people[letter], topic)

        for side in (own, foreign):
            topics = (f"ticket:{side['ticket_id']}", f"instance:{side['instance_id']}")
            for topic in topics:
                assert [x for x in ROLES if hears(x, topic)] == list(
                    "AISGU" if side is own else "AIU"
                ), topic
        assert not hears("A", f"user:{world.people['S'].id}")


def _of_a_step(entry: Entry) -> bool:
    """Steps are for those to whom the diagram offers them, whatever their role."""
    return "task_id" in entry.rule.arguments


def _refusals(entry: Entry) -> tuple[int, ...]:
    """A step of somebody else: one is told so, or led back to one's own list."""
    return (*REFUSED, 303, 409) if _of_a_step(entry) else REFUSED


def everything(desk: Desk) -> str:
    """A hash of all rows, but for what every request leaves: when a key was used last."""
    digest = hashlib.sha256()
    with desk.reading() as session:
        for table in metadata.sorted_tables:
            if table.name in ("api_token", "live_event", "login_throttle", "rate_limit"):
                continue
            rows = session.execute(select(table).order_by(*table.primary_key.columns))
            for row in rows:
                digest.update(repr((table.name, *row)).encode())
    return digest.hexdigest()
