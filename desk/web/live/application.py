"""The events process: a small WSGI application for `gunicorn -k gevent`, one open answer a browser tab.

GET /events/stream?topics=ticket:12,tickets      server-sent events (HTML Living Standard §9.2)
GET /events/stream?topics=…&wait=25&after=1234   long poll: {"events": […], "last": "1240"}

Both start where `Last-Event-ID` (or `after`) says, from the database, and go on live.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator

import structlog
from flask import Flask, Response, jsonify, request, session
from werkzeug.exceptions import BadRequest, Forbidden, TooManyRequests, Unauthorized

from desk.application import EXTENSION, Desk
from desk.people import access
from desk.people.models import User
from desk.web import problems, request_id, security
from desk.web.live.address import PATH, page_origins
from desk.web.live.position import Position, newest_position
from desk.web.live.reading import BATCH, Event, Listener, Reader, events_after
from desk.web.live.topics import MOST, may_listen, parse_topics

log = structlog.get_logger(__name__)

HEARTBEAT = 25.0  # seconds; proxies close what is silent for a minute
LONGEST_WAIT = 60.0  # seconds of a long poll
RETRY = 3000  # milliseconds after which a browser connects again
AT_ONCE = 0.01  # seconds: events of one transaction go out in one answer
CONNECTIONS_PER_USER = 60  # in one process, with those of left pages until their next heartbeat; tabs beyond them poll


def create_events(desk: Desk) -> Flask:
    """The WSGI application of the events process. Its reader is at `app.extensions["live_reader"]`."""
    app = Flask("desk.web.live", static_folder=None)
    app.extensions[EXTENSION] = desk
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    security.configure_cookies(app, desk.settings)
    security.behind_proxies(app, desk.settings)
    request_id.name_requests(app)
    problems.explain_errors_to_programs(app)
    access.guard(app)
    _allow_pages(app, desk)

    reader = app.extensions["live_reader"] = Reader(desk.database, desk.redis)
    seats = _Seats()

    @app.get(PATH)
    @access.public  # asks for the session itself: there is no login page to be sent to here
    def stream() -> Response:
        """Events of the topics the session's user may listen to; 401, 403 and 429 otherwise."""
        user = access.signed_in_user()
        if user is None:
            raise Unauthorized
        topics = _topics(desk, user)
        after = _starting_point()
        if "wait" in request.args:
            return _long_poll(desk, reader, topics, after)
        return _server_sent(desk, reader, seats, user, topics, after)

    return app


def _topics(desk: Desk, user: User) -> list[str]:
    topics = parse_topics(request.args.get("topics", ""))
    if not topics or len(topics) > MOST:
        raise BadRequest(f"topics must name 1 to {MOST} topics")
    with desk.reading() as session:
        for topic in topics:
            if not may_listen(session, user, topic):
                raise Forbidden(f"You may not listen to {topic}.")
    return topics


def _starting_point() -> Position | None:
    return Position.parse(request.headers.get("Last-Event-ID") or request.args.get("after") or "")


def _long_poll(desk: Desk, reader: Reader, topics: list[str], after: Position | None) -> Response:
    try:
        wait = min(float(request.args["wait"]), LONGEST_WAIT)
    except ValueError:
        raise BadRequest("wait must be a number of seconds") from None
    with reader.listening(topics) as listener:
        events, last, _complete = _caught_up(desk, listener, topics, after)
        patience = 0.0 if events else wait
        while (event := listener.take(patience)) is not None:
            events.append(event)
            last = event.position
            patience = AT_ONCE
    return jsonify(events=[event.as_json() for event in events], last=str(last))


def _server_sent(
    desk: Desk,
    reader: Reader,
    seats: "_Seats",
    user: User,
    topics: list[str],
    after: Position | None,
) -> Response:
    session_values = dict(session)

    def body() -> Iterator[str]:  # runs after the request: it may use nothing of Flask's
        with reader.listening(topics) as listener:
            missed, here, complete = _caught_up(desk, listener, topics, after)
            for event in missed:
                yield f"data: {_json(event)}\n\n"
            # where we are now, so that even a connection that never got an event can go on from here
            yield f"retry: {RETRY}\nid: {here}\n\n"
            while complete and not listener.lagging:
                event = listener.take(HEARTBEAT)
                if event is not None:
                    yield f"id: {event.position}\ndata: {_json(event)}\n\n"
                # people who are deactivated or sign out everywhere are let go
                elif access.user_of_session(desk, session_values) is not None:
                    yield ": alive\n\n"
                else:
                    return

    seats.take(user.id)
    response = Response(body(), content_type="text/event-stream; charset=utf-8")
    response.call_on_close(lambda: seats.leave(user.id))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx must pass each event on at once
    return response


def _caught_up(
    desk: Desk, listener: Listener, topics: list[str], after: Position | None
) -> tuple[list[Event], Position, bool]:
    """What was missed since `after`, where that leads, and whether it is all; the rest comes with the next connection.

    The listener hears already, so nothing falls between.
    """
    with desk.database.reading() as session:
        newest = newest_position(session)
        if after is None or after.last > newest.last:
            return [], newest, True
        missed = events_after(session, topics, after)
    if len(missed) == BATCH:
        return missed, Position(missed[-1].id), False
    return [event for event in missed if listener.is_new(event)], newest, True


def _json(event: Event) -> str:
    return json.dumps(event.as_json(), ensure_ascii=False)


class _Seats:
    """How many streams each user has open in this process."""

    def __init__(self) -> None:
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, user_id: int) -> None:
        with self._lock:
            if self._taken[user_id] >= CONNECTIONS_PER_USER:
                raise TooManyRequests(
                    "Too many open streams for one person; poll with ?wait= instead.",
                    retry_after=30,
                )
            self._taken[user_id] += 1

    def leave(self, user_id: int) -> None:
        with self._lock:
            self._taken[user_id] -= 1
            if self._taken[user_id] <= 0:
                del self._taken[user_id]


def _allow_pages(app: Flask, desk: Desk) -> None:
    """CORS with credentials, for the desk's own pages only (Fetch Standard §3.2)."""
    allowed = page_origins(desk.settings)

    @app.after_request
    def add(response: Response) -> Response:
        origin = request.headers.get("Origin")
        response.headers.add("Vary", "Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            if request.method == "OPTIONS":
                response.headers["Access-Control-Allow-Headers"] = "Last-Event-ID"
        return response
