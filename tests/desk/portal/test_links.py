"""Settings of form links: who may see them, making, closing and opening one."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from desk.application import Desk
from desk.people import operations as people
from desk.portal.models import FormLink
from desk.portal.operations import ensure_form_link
from engine.actors import SYSTEM
from tests.desk.portal.conftest import Customer, hidden

OFFER = "ticket-basic request form.submitted"


def signed_in(app: Flask, desk: Desk, role: str, locale: str = "zh_CN") -> FlaskClient:
    """A browser in which somebody with this role is signed in."""
    with desk.database.transaction() as session:
        user = people.create_user(
            session,
            login=f"{role}-{locale}",
            name="王芳",
            password_hash="-",
            roles=[role],
            locale=locale,
            must_change_password=False,
            actor=SYSTEM,
        )
    from engine.timestamps import utc_now

    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["user"], cookie["epoch"] = user.id, user.session_epoch
        cookie["id"], cookie["since"] = "a session", int(utc_now().timestamp())
    return client


def create(client: FlaskClient, **values: str) -> object:
    token = hidden(client.get("/settings/forms").text, "csrf_token")
    given = {"title_zh": "报修", "title_en": "Repair", "slug": "repair", "offer": OFFER, **values}
    return client.post("/settings/forms", data={**given, "csrf_token": token})


def test_supervisors_see_the_links_with_address_and_code(app: Flask, desk: Desk) -> None:
    chinese = signed_in(app, desk, "supervisor").get("/settings/forms")
    assert "http://desk.test/f/request" in chinese.text
    assert "<svg" in chinese.text
    assert "提交服务请求" in chinese.text
    assert "表单链接" in chinese.text
    english = signed_in(app, desk, "supervisor", "en").get("/settings/forms")
    assert "Ask for help" in english.text
    assert "Form links" in english.text


def test_agents_and_guests_do_not(app: Flask, desk: Desk) -> None:
    agent = signed_in(app, desk, "agent")
    assert agent.get("/settings/forms").status_code == 403
    assert agent.post("/settings/forms/1", data={}).status_code in (400, 403)
    assert app.test_client().get("/settings/forms").status_code == 302


def test_only_forms_for_the_public_are_offered(app: Flask, desk: Desk) -> None:
    page = signed_in(app, desk, "supervisor").get("/settings/forms").text
    assert page.count("<option") >= 1
    assert f'value="{OFFER}"' in page
    for task_form in ("dispatch", "accept", "process"):
        assert f"ticket-basic {task_form} form.submitted" not in page


def test_a_new_link_is_open_at_once(app: Flask, desk: Desk, customer: Customer) -> None:
    supervisor = signed_in(app, desk, "supervisor")
    assert create(supervisor).status_code == 303  # type: ignore[attr-defined]
    assert "报修" in customer.get("/f/repair").text
    path = customer.submit(path="/f/repair").location
    assert path.endswith("/received")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"slug": "Über uns"}, "小写字母"),
        ({"slug": "-x"}, "小写字母"),
        ({"slug": ""}, "小写字母"),
        ({"slug": "a" * 65}, "小写字母"),
        ({"slug": "request"}, "该地址已有表单"),
        ({"title_zh": " ", "title_en": ""}, "至少填写一种语言"),
        ({"offer": "ticket-basic dispatch form.submitted"}, "请选择已发布的表单"),
        ({"offer": "' OR 1=1"}, "请选择已发布的表单"),
    ],
)
def test_what_is_wrong_comes_back_filled(
    app: Flask, desk: Desk, values: dict[str, str], words: str
) -> None:
    answer = create(signed_in(app, desk, "supervisor"), **values)
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert words in answer.text  # type: ignore[attr-defined]
    with desk.reading() as session:
        assert len(session.scalars(select(FormLink)).all()) == 1


def test_closing_and_opening_again(app: Flask, desk: Desk, customer: Customer) -> None:
    supervisor = signed_in(app, desk, "supervisor")
    with desk.reading() as session:
        number = session.scalars(select(FormLink.id)).one()
    for active, status in (("0", 410), ("1", 200)):
        token = hidden(supervisor.get("/settings/forms").text, "csrf_token")
        data = {"active": active, "csrf_token": token}
        assert supervisor.post(f"/settings/forms/{number}", data=data).status_code == 303
        assert customer.get("/f/request").status_code == status
    assert supervisor.post("/settings/forms/999", data=data).status_code == 404


def test_a_forged_change_is_refused(app: Flask, desk: Desk) -> None:
    supervisor = signed_in(app, desk, "supervisor")
    assert supervisor.post("/settings/forms/1", data={"active": "0"}).status_code == 400


def test_the_default_link_is_made_once(desk: Desk, library: None) -> None:
    for _ in range(2):
        with desk.database.transaction() as session:
            link = ensure_form_link(session, actor=SYSTEM)
    assert (link.slug, link.process_key, link.form_key) == ("request", "ticket-basic", "request")
    with desk.reading() as session:
        assert len(session.scalars(select(FormLink)).all()) == 1
