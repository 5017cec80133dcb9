"""The raw mail as a file: for those who deal with incidents, and nobody else."""

import pytest
from flask import Flask

from connectors.mail.pages import blueprint
from desk.application import Desk
from tests.connectors.mail.conftest import MailDesk
from tests.desk.web.fixtures import (  # noqa: F401
    Browser,
    MakeUser,
    app,
    compiled_templates,
    make_user,
    quick_hashes,
)

HOSTILE = b"Subject: <script>alert(1)</script>\r\n\r\n\x00\xff<html>\r\n"


@pytest.fixture
def desk(mail_desk: MailDesk) -> Desk:
    return mail_desk.desk


@pytest.fixture
def browser(app: Flask) -> Browser:  # noqa: F811
    app.register_blueprint(blueprint)
    return Browser(app)


def test_an_administrator_gets_the_bytes_as_a_file(
    mail_desk: MailDesk,
    browser: Browser,
    make_user: MakeUser,  # noqa: F811
) -> None:
    number = mail_desk.take_unread(HOSTILE)
    make_user("admin", roles=["administrator"])
    browser.sign_in("admin")
    answer = browser.client.get(f"/mail/raw/{number}")
    assert answer.data == HOSTILE
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert browser.get("/mail/raw/999").status_code == 404


def test_an_agent_does_not(
    mail_desk: MailDesk,
    browser: Browser,
    make_user: MakeUser,  # noqa: F811
) -> None:
    number = mail_desk.take_unread(HOSTILE)
    assert browser.get(f"/mail/raw/{number}").status_code in (302, 303)
    make_user("li", roles=["agent"])
    browser.sign_in("li")
    assert browser.get(f"/mail/raw/{number}").status_code == 403
