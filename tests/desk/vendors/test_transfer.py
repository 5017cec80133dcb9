"""A ticket goes to another vendor's desk over HTTP, is worked there, and what becomes of it is written back."""

import io
from typing import Any

from sqlalchemy import select

from desk.portal.progress import what_is_next
from desk.portal.queries import tracked_ticket
from desk.tickets.attachments import store_upload
from desk.tickets.models import Attachment, Ticket
from desk.tickets.operations import receive_message
from desk.vendors.models import Transfer
from engine.actors import Actor
from engine.tables import incident, process_instance

from .conftest import Side


def next_words(side: Side, ticket: Ticket) -> str:
    """What the customer's tracking page says."""
    with (
        side.app.test_request_context(headers={"Accept-Language": "en"}),
        side.desk.reading() as session,
    ):
        tracked = tracked_ticket(session, side.desk.engine, ticket.id)
        assert tracked is not None
        return what_is_next(tracked, side.desk.settings)


def test_a_ticket_is_worked_on_the_other_desk_and_ends_on_ours(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    sent = branch.pass_on(ours, customer=True, talk=True, note="三楼", finish=True)
    branch.work()

    theirs = hq.received()
    assert (theirs.title, theirs.channel, theirs.state) == ("打印机坏了", "vendor", "pending")
    (words,) = hq.messages(theirs, "customer")
    for expected in ("卡纸", "三楼", "韩梅", "13800000000", ours.number):
        assert expected in words
    (there,) = branch.transfers()
    assert (there.status, there.number, there.state) == ("accepted", theirs.number, "pending")
    (here,) = hq.transfers()
    assert (here.uid, here.direction, here.ticket_id) == (sent.uid, "in", theirs.id)
    assert ("transferred", theirs.number) in branch.trail(ours)
    assert ("transfer_taken", ours.number) in hq.trail(theirs)

    hq.do(theirs, "dispatch", "dispatch", person=hq.agent.id)
    hq.do(theirs, "accept", "accept")
    hq.reply(theirs, "我们明天上门")
    hq.work()
    branch.work()
    assert branch.transfers()[0].state == "processing"
    assert branch.messages(ours, "reply") == ["我们明天上门"]
    assert "hq is working on it for us" in next_words(branch, ours)

    # the customer answers on our desk; they read it
    with branch.desk.database.transaction() as session:
        message = receive_message(
            session, kind="customer", channel="tracking", text="下午三点后在",
            author=Actor("contact", None, "韩梅"),
        )  # fmt: skip
        branch.desk.engine.message(
            session, "customer.wrote", {"message_id": message.id},
            actor=Actor("contact", None, "韩梅"), correlation=f"ticket:{ours.id}",
        )  # fmt: skip
    branch.work()
    hq.work()
    assert hq.messages(theirs, "customer")[-1] == "下午三点后在"

    hq.do(theirs, "process", "finish", solution="换了主板")
    hq.work()
    branch.work()
    assert branch.now(ours).state == "ended"
    assert branch.trail(ours)[-1][0] != "transfer_withdrawn"
    assert ("transfer_ended", "换了主板") in branch.trail(ours)
    assert [t.status for t in (*branch.transfers(), *hq.transfers())] == ["ended", "ended"]
    with branch.desk.reading() as session:
        tracked = tracked_ticket(session, branch.desk.engine, ours.id)
        assert tracked is not None
        assert tracked.result == "换了主板"
    assert running(branch, "ticket-transfer") == running(hq, "ticket-received") == []


def running(side: Side, process: str) -> list[Any]:
    """Instances of a process that have not ended, and open incidents."""
    from engine.tables import process_version

    with side.desk.reading() as session:
        active = session.execute(
            select(process_instance.c.id)
            .join(process_version, process_version.c.id == process_instance.c.version_id)
            .where(process_version.c.key == process, process_instance.c.status == "active")
        )
        return [*active, *session.scalars(select(incident.c.message))]


def test_it_comes_back_with_the_reason_and_its_step_still_open(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    branch.pass_on(ours)
    branch.work()
    theirs = hq.received()
    browser = hq.browser()
    assert "It came from branch" in browser.get(f"/tickets/{theirs.id}").text
    empty = browser.post(f"/tickets/{theirs.id}/send-back", {"reason": " "})
    assert (empty.status_code, "Say why." in empty.text) == (422, True)
    done = browser.post(f"/tickets/{theirs.id}/send-back", {"reason": "不属于保修"})
    assert done.status_code == 303
    hq.work()
    branch.work()
    assert hq.now(theirs).state == "cancelled"
    assert ("sent_back", "不属于保修") in hq.trail(theirs)
    (there,) = branch.transfers()
    assert (there.status, there.reason) == ("returned", "不属于保修")
    assert ("transfer_returned", "不属于保修") in branch.trail(ours)
    assert "hq sent it back: 不属于保修" in branch.browser().get(f"/tickets/{ours.id}").text
    branch.do(ours, "process", "finish", solution="自己修好了")
    assert branch.now(ours).state == "ended"
    again = hq.browser().post(f"/tickets/{theirs.id}/send-back", {"reason": "x"})
    assert again.status_code == 422


def test_ours_may_end_first_and_they_are_told(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    branch.pass_on(ours)
    branch.work()
    theirs = hq.received()
    branch.do(ours, "process", "finish", solution="客户自行解决")
    branch.work()
    hq.work()
    assert [t.status for t in (*branch.transfers(), *hq.transfers())] == ["withdrawn"] * 2
    assert ("transfer_recalled", "客户自行解决") in hq.trail(theirs)
    assert hq.now(theirs).state == "pending", "whoever has it there decides"
    assert running(branch, "ticket-transfer") == running(hq, "ticket-received") == []


def test_files_and_chosen_fields_go_along_and_nothing_that_was_not_chosen(
    branch: Side, hq: Side
) -> None:
    ours = branch.ticket()
    with branch.desk.database.transaction() as session:
        kept = session.get_one(Ticket, ours.id)
        kept.form_data = {"name": "韩梅的电脑", "serial": "A-7", "door_code": "0815"}
        kept.form_key = "request"
        stored = store_upload(
            branch.desk.storage, "foto.txt", io.BytesIO(b"a torn cable"), limit=1000
        )
        message = receive_message(
            session, kind="customer", channel="mail", text="附照片", attachments=[stored],
            author=Actor("contact", None, "韩梅"),
        )  # fmt: skip
        message.ticket_id = ours.id
    branch.pass_on(ours, files=True, fields=["serial", "name", "no such"])
    branch.work()
    (words,) = hq.messages(hq.received(), "customer")
    assert "serial: A-7" in words
    assert "您的姓名: 韩梅的电脑" in words, "under its label"
    for private in ("0815", "13800000000", "door_code"):
        assert private not in words
    with hq.desk.reading() as session:
        file = session.scalars(select(Attachment)).one()
        assert (file.filename, hq.desk.storage.get(file.storage_key)) == (
            "foto.txt",
            b"a torn cable",
        )
        assert session.scalars(select(Transfer)).one().number == ours.number


def test_the_type_is_the_one_that_the_taking_desk_maps_it_to(branch: Side, hq: Side) -> None:
    hq.knows(branch, types={"basic": "incident", "*": "complaint"})
    branch.pass_on(branch.ticket())
    branch.work()
    assert hq.received().type == "incident"
