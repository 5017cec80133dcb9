"""Calls to other systems: where they may go, and how they prove who sent them."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from desk.application import Desk
from desk.notices import outbound
from desk.notices.models import Target
from desk.notices.operations import TargetRefused, save_target
from desk.notices.operators import operators, signature
from engine.actors import SYSTEM
from engine.operators import JobRun, OperatorError, PermanentFailure

GIVEN = {
    "title": "Partner", "key": "partner", "url": "http://127.0.0.1:1/", "method": "PUT",
    "login": "us", "password": "secret", "active": "1",
    "body": '{"ticket": {"subject": "{{ticket.subject}}", "status": "{{ticket.ticketStatus}}"}}',
}  # fmt: skip


class Receiver(http.server.BaseHTTPRequestHandler):
    """Remembers what came and answers what it is told to."""

    got: list[Any] = []
    status = 200
    answer = b'{"ok": true}'

    def do_PUT(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.got.append((self.path, dict(self.headers), body))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    Receiver.got, Receiver.status, Receiver.answer = [], 200, b'{"ok": true}'
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/api?x=1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.9",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::10.0.0.1",
        "2002:a00:1::",
        "0.0.0.0",
    ],
)
def test_private_addresses_are_never_called(address: str) -> None:
    with pytest.raises(outbound.Forbidden, match="private"):
        outbound.call(
            "POST", "https://partner.example/", {}, b"", resolve=lambda _h, _p: ["8.8.8.8", address]
        )


def test_what_is_no_web_address_is_refused() -> None:
    for url in ("ftp://partner.example/", "file:///etc/passwd", "http://", "http://[", "http://a:99999"):
        with pytest.raises(outbound.Forbidden):
            outbound.call("POST", url, {}, b"")


def test_a_target_is_checked_and_its_password_kept_when_left_empty(desk: Desk) -> None:
    with desk.database.transaction() as session:
        target = save_target(session, None, GIVEN, actor=SYSTEM)
        secret = target.secret
        save_target(session, target, {**GIVEN, "password": "", "title": "Two"}, actor=SYSTEM)
        assert (target.title, target.password, target.secret) == ("Two", "secret", secret)
        for wrong in ({"url": "javascript:1"}, {"url": "http://["}, {"key": "A b"}, {"title": " "}):
            with pytest.raises(TargetRefused) as refused:
                save_target(session, target, {**GIVEN, **wrong}, actor=SYSTEM)
            assert refused.value.field == next(iter(wrong))
        with pytest.raises(TargetRefused, match="already"):
            save_target(session, None, GIVEN, actor=SYSTEM)


def run(desk: Desk, **arguments: Any) -> Any:
    job = JobRun(desk.database, desk, "key-1", 1, None, None, lambda _s, _r: None)
    return operators["notify.webhook"].function(job, **arguments)


def test_a_target_gets_a_signed_body_with_its_placeholders_filled(
    desk: Desk, mailed: Any, receiver: str
) -> None:
    ticket = mailed(subject='a "quoted" title')
    with desk.database.transaction() as session:
        target = save_target(session, None, {**GIVEN, "url": receiver}, actor=SYSTEM)
    with pytest.raises(PermanentFailure, match="private"):
        run(desk, target="partner", ticket_id=ticket.id)
    allowed = desk.settings.__class__(**{**desk.settings.__dict__, "private_hosts": "127.0.0.1"})
    desk.settings = allowed
    assert run(desk, target="partner", ticket_id=ticket.id) == {
        "status": 200, "answer": {"ok": True},
    }  # fmt: skip
    (path, headers, body) = Receiver.got[0]
    assert path == "/api?x=1"
    assert orjson.loads(body) == {"ticket": {"subject": 'a "quoted" title', "status": "pending"}}
    assert headers["Lanedesk-Signature"] == signature(target.secret, body)
    assert headers["Authorization"].startswith("Basic ")
    run(desk, target="partner", ticket_id=ticket.id)
    assert Receiver.got[1][1]["Lanedesk-Delivery"] == headers["Lanedesk-Delivery"]


def test_what_can_pass_is_tried_again_and_what_is_refused_is_not(desk: Desk, receiver: str) -> None:
    desk.settings = desk.settings.__class__(
        **{**desk.settings.__dict__, "private_hosts": "127.0.0.1"}
    )
    with desk.database.transaction() as session:
        save_target(session, None, {**GIVEN, "url": receiver, "answer": "json"}, actor=SYSTEM)
    Receiver.status = 503
    with pytest.raises(OperatorError) as tried:
        run(desk, target="partner")
    assert not isinstance(tried.value, PermanentFailure)
    Receiver.status = 404
    with pytest.raises(PermanentFailure, match="404"):
        run(desk, target="partner")
    Receiver.status, Receiver.answer = 200, b"<html>"
    with pytest.raises(PermanentFailure, match="JSON"):
        run(desk, target="partner")
    with desk.database.transaction() as session:
        session.scalars(select(Target)).one().active = False
    with pytest.raises(PermanentFailure, match="no active target"):
        run(desk, target="partner")
