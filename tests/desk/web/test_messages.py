"""What a page says once, above all else."""

from flask import Flask, flash, redirect
from werkzeug.wrappers import Response

from desk.people.access import requires
from tests.desk.web.fixtures import Browser, MakeUser


def test_a_message_waits_for_a_page_that_is_seen(
    app: Flask, browser: Browser, make_user: MakeUser
) -> None:
    @app.get("/done")
    @requires()
    def done() -> Response:
        flash("Seventeen tickets were closed.", "success")
        return redirect("/me")

    make_user("li")
    browser.sign_in("li")
    browser.get("/done")
    reread = browser.get("/me", headers={"HX-Request": "true"}).text
    assert "Seventeen tickets" not in reread, "a live part is taken out of this page"
    boosted = {"HX-Request": "true", "HX-Boosted": "true"}
    assert "Seventeen tickets" in browser.get("/me", headers=boosted).text
    assert "Seventeen tickets" not in browser.get("/me").text
