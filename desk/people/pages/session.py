"""Signing in and out."""

from flask import redirect, render_template, request, session
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import operations
from desk.people.access import (
    actor_of,
    authenticated_by_bearer,
    begin_session,
    end_session,
    public,
    safe_next,
    signed_in_user,
)
from desk.people.errors import LockedOut, PeopleError
from desk.people.login import sign_in
from desk.people.models import User
from desk.people.pages import blueprint


@blueprint.get("/login")
@public
def login() -> str | Response:
    """The login page; who is signed in goes on to where they wanted to go."""
    target = safe_next(request.args.get("next"))
    if signed_in_user() is not None:
        return redirect(target)
    return render_template(
        "people/login.html", next=target, login="", problem=None, lang=request.args.get("lang")
    )


@blueprint.post("/login")
@public
def do_login() -> tuple[str, int, dict[str, str]] | Response:
    """Sign in, and go on to `next`. 422 with the form when refused, 429 while locked out.

    Whoever chose a language on the page itself (`lang`) goes on in it: it becomes their own.
    """
    target = safe_next(request.form.get("next"))
    name, lang = request.form.get("login", ""), request.form.get("lang")
    status, headers = 422, {}
    try:
        if not name.strip() or not request.form.get("password"):
            raise PeopleError(None, _("Write your login and your password."))
        user = sign_in(
            current_desk().database,
            name,
            request.form["password"],
            address=request.remote_addr or "unknown",
        )
    except PeopleError as error:
        if isinstance(error, LockedOut):
            status, headers = 429, {"Retry-After": str(error.seconds)}
        page = render_template(
            "people/login.html", next=target, login=name, problem=error.words, lang=lang
        )
        return page, status, headers
    if lang in operations.LOCALES and lang != user.locale:
        with current_desk().database.transaction() as db:
            operations.change_preferences(db, db.get_one(User, user.id), locale=lang)
    begin_session(user)
    return redirect(target, 303)


@blueprint.post("/logout")
@public
def logout() -> Response:
    """Sign this browser out. Public: who is signed out already is just where they wanted to be."""
    user = signed_in_user()
    if user is not None and not authenticated_by_bearer():
        with current_desk().database.transaction() as db:
            operations.sign_out(
                db,
                db.get_one(User, user.id, with_for_update=True),
                session_id=session["id"],
                since=session["since"],
                actor=actor_of(user),
            )
    end_session()
    response = redirect("/login", 303)
    # pages in the browser's memory must not be looked at after signing out
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
