"""Programs print."""

from types import SimpleNamespace
from typing import Any

from flask import Flask

from desk.application import Desk
from desk.background.running import work_due
from desk.tickets.models import Ticket
from printing.press import Press
from tests.printing.conftest import texts


def test_a_ticket_as_pdf(
    app: Flask,
    desk: Desk,
    mailed: Any,
    crew: SimpleNamespace,
    bearer: Any,
    machine: Press,
) -> None:
    ticket = mailed(subject="打印机坏了")
    with desk.database.transaction() as session:
        session.get_one(Ticket, ticket.id).team_id = crew.team.id
    client, headers = app.test_client(), bearer(crew.lilei)
    answer = client.get(f"/api/v1/tickets/{ticket.id}/pdf?layout=work_order", headers=headers)
    assert answer.content_type == "application/pdf"
    assert "Workorder" in texts(answer.data)[0]
    assert client.get(f"/api/v1/tickets/{ticket.id}/pdf", headers=headers).status_code == 200
    for address in (f"/api/v1/tickets/{ticket.id}/pdf?layout=audit_pack", "/api/v1/tickets/99/pdf"):
        assert client.get(address, headers=headers).status_code == 404
    assert client.get(f"/api/v1/tickets/{ticket.id}/pdf").status_code == 401


def test_many_as_background_work(
    app: Flask,
    desk: Desk,
    mailed: Any,
    crew: SimpleNamespace,
    bearer: Any,
    machine: Press,
) -> None:
    made = [mailed(subject=f"第{n}张") for n in range(2)]
    client, headers = app.test_client(), bearer(crew.dispatcher)
    order = {"ids": [made[0].id, 99, made[1].id], "layout": "satisfaction"}
    answer = client.post("/api/v1/prints", json=order, headers=headers)
    assert answer.status_code == 202
    assert answer.get_json()["total"] == 2
    work_due(desk)
    file = client.get(f"/api/v1/background/{answer.get_json()['id']}/file", headers=headers)
    assert ["第0张" in texts(file.data)[0], "第1张" in texts(file.data)[1]] == [True, True]
    for wrong in ({"ids": [], "layout": "ticket"}, {"ids": [1] * 501, "layout": "ticket"}, {}):
        assert client.post("/api/v1/prints", json=wrong, headers=headers).status_code == 422
    for gone in ({"ids": [99], "layout": "ticket"}, {"ids": [1], "layout": "nothing"}):
        assert client.post("/api/v1/prints", json=gone, headers=headers).status_code == 404
