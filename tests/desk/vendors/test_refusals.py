"""What may go wrong between two desks, and how it ends: in words, in an incident, and never twice."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from desk.incidents.operations import retry
from desk.notices.models import Notice
from desk.tickets.models import Message, Ticket
from desk.tickets.relations.refusal import Refused
from desk.vendors import wire
from desk.vendors.models import Transfer, Vendor
from desk.vendors.operations import MOST_DESKS
from desk.vendors.parcel import parcel
from engine.operators import OperatorError
from engine.tables import incident
from engine.timestamps import utc_now

from .conftest import Side


def call(side: Side, path: str, content: dict[str, Any], *, key: str | None = None) -> Any:
    """Call the desk that `side` knows, as its operators do."""
    with side.desk.reading() as session:
        vendor = session.get_one(Vendor, side.vendor_id)
    return wire.post(
        vendor, path, content, key=key or str(uuid4()), cause=None, private_hosts="127.0.0.1"
    )


def report(uid: UUID, **changes: Any) -> dict[str, Any]:
    return {"uid": str(uid), "id": uuid4().hex, "kind": "progress", "state": "ended", **changes}


def content_of(side: Side, transfer: Transfer) -> dict[str, Any]:
    """What the desk sends for a transfer."""
    with side.desk.reading() as session:
        kept = session.get_one(Transfer, transfer.id)
        assert kept.ticket is not None
        return parcel(session, side.desk, kept, kept.ticket)


def count(side: Side, of: Any) -> int:
    with side.desk.reading() as session:
        return session.scalar(select(func.count()).select_from(of)) or 0


def test_a_desk_that_is_away_is_an_incident_after_all_tries_and_gets_it_once(
    branch: Side, hq: Side
) -> None:
    hq.shut()
    ours = branch.ticket()
    branch.pass_on(ours)
    ahead = timedelta(0)
    branch.desk.engine.clock = lambda: utc_now() + ahead
    for _try in range(8):
        branch.work()
        assert branch.transfers()[0].status == "asked"
        ahead += timedelta(hours=2)
    with branch.desk.reading() as session:
        found = session.execute(select(incident)).one()
    assert "vendor.send" in found.message
    assert "127.0.0.1" in found.message
    hq.open()
    with branch.desk.database.transaction() as session:
        retry(session, branch.desk, found.id, actor=branch.actor, reason="they are back")
    branch.work()
    assert branch.transfers()[0].status == "accepted"
    assert count(hq, Ticket) == 1


def test_what_they_do_not_take_stays_here_with_their_words(branch: Side, hq: Side) -> None:
    """Their administrator has withdrawn us, then a wrong secret, then an address that may not be called."""
    hq.knows(branch, active="")
    ours = branch.ticket()
    branch.pass_on(ours)
    branch.work()
    (first,) = branch.transfers()
    assert (first.status, first.open) == ("refused", False)
    assert "exchanges no tickets" in first.reason
    assert ("transfer_refused", first.reason) in branch.trail(ours)
    assert "hq did not take it" in branch.browser().get(f"/tickets/{ours.id}").text
    with branch.desk.reading() as session:
        told = session.scalars(select(Notice).where(Notice.user_id == branch.agent.id)).all()
        assert any("hq did not take the ticket" in notice.text["en"] for notice in told)

    hq.knows(branch)
    branch.knows(hq, secret="quite another secret, of this desk alone")
    branch.pass_on(ours)
    branch.work()
    assert "signature" in branch.transfers()[1].reason

    branch.knows(hq)
    branch.desk.settings = replace(branch.desk.settings, private_hosts="")
    branch.pass_on(ours)
    branch.work()
    assert "private address" in branch.transfers()[2].reason
    assert count(hq, Ticket) == 0
    branch.do(ours, "process", "finish", solution="自己修好了")


def test_the_same_twice_counts_once(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    sent = branch.pass_on(ours)
    content = content_of(branch, sent)
    first = call(branch, wire.TAKE, content)
    assert call(branch, wire.TAKE, content) == first, "with another idempotency key"
    branch.work()
    assert (count(hq, Ticket), branch.transfers()[0].number) == (1, first["number"])
    words = report(sent.uid, kind="reply", text="我们看看", author="座席")
    for key in ("a", "b"):
        call(hq, wire.HEAR, words, key=key)
    branch.work()
    assert branch.messages(ours, "reply") == ["我们看看"]
    with branch.desk.reading() as session:
        kept = session.scalars(select(Message.text).where(Message.channel == "vendor")).all()
    assert kept == ["我们看看"], "the second left nothing"


def test_nothing_is_heard_of_a_transfer_that_is_unknown_or_over(branch: Side, hq: Side) -> None:
    with pytest.raises(wire.NotTaken, match="404"):
        call(hq, wire.HEAR, report(uuid4()))
    ours = branch.ticket()
    sent = branch.pass_on(ours)
    with pytest.raises(wire.NotTaken, match="404"):
        call(branch, wire.HEAR, report(sent.uid, kind="wrote", text="?"))
    branch.work()
    theirs = hq.received()
    call(hq, wire.HEAR, report(sent.uid, kind="returned", text="不收"))
    with pytest.raises(wire.NotTaken, match=r"410.*returned"):
        call(hq, wire.HEAR, report(sent.uid))
    # their diagram still believes in it: what it writes back is not taken, and their trail says so
    hq.do(theirs, "dispatch", "cancel", cancel_reason="重复")
    hq.work()
    assert any(a == "transfer_untold" and "410" in remark for a, remark in hq.trail(theirs))
    assert hq.transfers()[0].status == "returned"
    assert count(hq, incident) == 0


def test_a_vendor_that_was_withdrawn_gets_and_hears_nothing(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    branch.pass_on(ours)
    branch.work()
    theirs = hq.received()
    hq.knows(branch, active="")
    branch.knows(hq, active="")
    hq.do(theirs, "dispatch", "dispatch", person=hq.agent.id)
    hq.work()
    assert any(a == "transfer_untold" for a, _ in hq.trail(theirs))
    assert branch.transfers()[0].state == "pending"
    with pytest.raises(Refused, match="no tickets any more"):
        branch.pass_on(branch.ticket(title="noch eines"))


def test_a_ticket_does_not_go_round_in_circles(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    sent = branch.pass_on(ours)
    with pytest.raises(Refused, match="with hq already"):
        branch.pass_on(ours)
    content = content_of(branch, sent)
    branch.work()
    theirs = hq.received()
    with pytest.raises(Refused, match="Send it back"):
        hq.pass_on(theirs)
    # as it would come from a third desk that had it from the second
    uid = uuid4()
    round_trip = {**content, "uid": str(uid), "chain": [str(sent.uid), str(uid)]}
    with pytest.raises(wire.NotTaken, match="been here before"):
        call(hq, wire.TAKE, round_trip)
    long = [str(uuid4()) for _ in range(MOST_DESKS)] + [str(uid)]
    with pytest.raises(wire.NotTaken, match=f"{MOST_DESKS} desks"):
        call(hq, wire.TAKE, {**content, "uid": str(uid), "chain": long})
    with branch.desk.database.transaction() as session:
        session.add(
            Transfer(
                uid=uid, direction="in", vendor_id=branch.vendor_id, status="ended",
                ticket_id=ours.id, chain=long[:MOST_DESKS], by={},
            )
        )  # fmt: skip
        session.get_one(Transfer, sent.id).status = "ended"
    with pytest.raises(Refused, match="Send it back"):
        branch.pass_on(ours)
    assert count(branch, Ticket) == 1


def test_a_call_without_token_or_with_nonsense_is_refused(branch: Side, hq: Side) -> None:
    client = hq.app.test_client()
    assert client.post(wire.TAKE, json={}).status_code == 401
    bearer = {"Authorization": f"Bearer {hq.token}"}
    wrong = client.post(wire.TAKE, json={}, headers=bearer)
    assert (wrong.status_code, "uid" in wrong.json["errors"]["json"]) == (422, True)
    content = content_of(branch, branch.pass_on(branch.ticket()))
    unsigned = client.post(wire.TAKE, json=content, headers=bearer)
    assert (unsigned.status_code, "signature" in unsigned.json["detail"]) == (403, True)
    hq.knows(branch, types={"*": "incident"})
    with hq.desk.database.transaction() as session:
        kept = session.get_one(Vendor, hq.vendor_id)
        kept.types = {"*": "gone"}
    with pytest.raises(wire.NotTaken, match="gone"):
        call(branch, wire.TAKE, content)
    branch.knows(hq, token="not a token")
    with pytest.raises(wire.NotTaken, match="401"):
        call(branch, wire.TAKE, content)
    hq.shut()
    with pytest.raises(OperatorError):
        call(branch, wire.TAKE, content)
    assert count(hq, Ticket) == 0
