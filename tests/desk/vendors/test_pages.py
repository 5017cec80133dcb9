"""The settings of other vendors, and the pages and calls with which tickets go over."""

from sqlalchemy import select

from desk.vendors.models import Vendor

from .conftest import Side

GIVEN = {
    "name": "总部", "key": "hq-2", "known_as": "branch", "url": "https://hq.example/", "token": "abc",
    "types": "incident = incident\n* = basic", "active": "1",
}  # fmt: skip


def test_administrators_keep_the_vendors(branch: Side) -> None:
    assert branch.browser().get("/settings/vendors").status_code == 403
    admin = branch.browser("admin")
    assert "No vendors yet" in admin.get("/settings/vendors").text
    admin.get("/settings/vendors/new")
    for wrong, words in (
        ({"name": " "}, "Give the vendor a name."),
        ({"key": "A b"}, "small letters"),
        ({"known_as": ""}, "small letters"),
        ({"url": "ftp://x"}, "https://"),
        ({"url": "https://me:pw@hq.example"}, "https://"),
        ({"secret": "short"}, "16 to 64"),
        ({"types": "incident"}, "theirs = ours"),
        ({"types": "incident = nothing"}, "no ticket type"),
    ):
        answer = admin.post("/settings/vendors/new", {**GIVEN, **wrong})
        assert (answer.status_code, words in answer.text) == (422, True), wrong
    made = admin.post("/settings/vendors/new", GIVEN)
    assert made.status_code == 303
    with branch.desk.reading() as session:
        kept = session.scalars(select(Vendor)).one()
    assert (kept.url, kept.token, len(kept.secret)) == ("https://hq.example", "abc", 48)
    assert kept.types == {"incident": "incident", "*": "basic"}
    page = admin.get(made.headers["Location"]).text
    assert kept.secret in page
    assert 'value="abc"' not in page
    assert "incident = incident" in page
    changed = {**GIVEN, "token": "", "name": "集团总部", "active": ""}
    assert admin.post(made.headers["Location"], changed).status_code == 303
    with branch.desk.reading() as session:
        again = session.get_one(Vendor, kept.id)
    assert (again.name, again.token, again.secret) == ("集团总部", "abc", kept.secret)
    assert "withdrawn" in admin.get("/settings/vendors").text
    assert "already" in admin.post("/settings/vendors/new", GIVEN).text
    assert admin.get("/settings/vendors/999").status_code == 404


def test_an_agent_passes_a_ticket_on_from_its_page(branch: Side, hq: Side) -> None:
    ours = branch.ticket()
    browser = branch.browser()
    assert "To another vendor…" in browser.get(f"/tickets/{ours.id}?panel=together").text
    address = f"/tickets/{ours.id}/transfer"
    assert "Note for their people" in browser.get(address).text
    nobody = browser.post(address, {"note": "三楼"})
    assert (nobody.status_code, "Choose a vendor." in nobody.text) == (422, True)
    assert "三楼" in nobody.text, "what was typed is kept"
    done = browser.post(
        address, {"vendor": str(branch.vendor_id), "note": "三楼", "customer": "1", "finish": "1"}
    )
    assert done.status_code == 303
    assert "on its way to hq" in browser.get(f"/tickets/{ours.id}").text
    branch.work()
    page = browser.get(f"/tickets/{ours.id}?panel=together").text
    assert f"hq works on it as {hq.received().number}: Waiting for dispatch." in page
    assert "To another vendor…" not in page
    assert branch.browser("partner").get("/settings/vendors").status_code == 403
    twice = browser.post(address, {"vendor": str(branch.vendor_id)})
    assert (twice.status_code, "with hq already" in twice.text) == (422, True)
    assert browser.get(f"/tickets/{ours.id}/send-back").status_code == 404


def test_programs_do_the_same(branch: Side, hq: Side) -> None:
    client, program = branch.app.test_client(), branch.key_of("agent")
    assert client.get("/api/v1/vendors", headers=program).status_code == 403
    ours = branch.ticket()
    address = f"/api/v1/tickets/{ours.id}/transfers"
    unknown = client.post(address, json={"vendor": "nobody"}, headers=program)
    assert (unknown.status_code, unknown.json["errors"]["json"]["vendor"]) == (
        422,
        ["There is no such vendor."],
    )
    made = client.post(
        address, json={"vendor": "hq", "customer": True, "fields": []}, headers=program
    )
    assert (made.status_code, made.json["vendor"], made.json["status"]) == (201, "hq", "asked")
    branch.work()
    (listed,) = client.get(address, headers=program).json["items"]
    assert (listed["uid"], listed["number"]) == (made.json["uid"], hq.received().number)
    theirs = f"/api/v1/tickets/{hq.received().id}/transfers/return"
    program_there = hq.key_of("agent")
    back = hq.app.test_client().post(theirs, json={"reason": "不收"}, headers=program_there)
    assert back.status_code == 204
    hq.work()
    branch.work()
    assert client.get(address, headers=program).json["items"][0]["status"] == "returned"


def test_administrators_programs_keep_the_vendors(branch: Side) -> None:
    client, admin = branch.app.test_client(), branch.key_of("admin")
    given = {**GIVEN, "types": {"*": "basic"}, "active": True}
    made = client.post("/api/v1/vendors", json=given, headers=admin)
    assert (made.status_code, made.json["key"]) == (201, "hq-2")
    assert not {"token", "secret"} & made.json.keys()
    address = f"/api/v1/vendors/{made.json['id']}"
    changed = client.put(address, json={**given, "token": "", "active": False}, headers=admin)
    assert (changed.status_code, changed.json["active"]) == (200, False)
    assert client.get("/api/v1/vendors", headers=admin).json["items"] == [changed.json]
    wrong = client.put(address, json={**given, "key": "A"}, headers=admin)
    assert (wrong.status_code, "key" in wrong.json["errors"]["json"]) == (422, True)
    assert client.put("/api/v1/vendors/999", json=given, headers=admin).status_code == 404
