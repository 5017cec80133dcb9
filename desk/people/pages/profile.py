"""Somebody's own page: state, language, appearance, password, keys for programs."""

from datetime import timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import operations, queries
from desk.people.access import (
    actor_of,
    begin_session,
    current_actor,
    current_user,
    page_of_htmx,
    requires,
    safe_next,
)
from desk.people.errors import PeopleError
from desk.people.login import confirm_password
from desk.people.models import ApiToken, User
from desk.people.pages import blueprint
from desk.people.passwords import check_policy, hash_password
from desk.people.permissions import ROLES, can
from engine.timestamps import utc_now


@blueprint.get("/me")
@requires()
def profile() -> str:
    """The profile page."""
    return _profile()


def _profile(*, new_token: str | None = None, errors: dict[str, str] | None = None) -> str:
    user = current_user()
    with current_desk().reading() as session:
        tokens = queries.tokens_of(session, user.id)
    return render_template(
        "people/profile.html",
        person=user,
        roles=[ROLES[key] for key in user.roles if key in ROLES],
        tokens=tokens,
        may_create_tokens=can(user, "token.create"),
        new_token=new_token,
        errors=errors or {},
        form=request.form,
    )


@blueprint.post("/me/preferences")
@requires()
def preferences() -> Response:
    """Change state, language or appearance, whichever is sent, and go back to the page."""
    try:
        with current_desk().database.transaction() as session:
            operations.change_preferences(
                session,
                session.get_one(User, current_user().id),
                state=request.form.get("state"),
                locale=request.form.get("locale"),
                theme=request.form.get("theme"),
            )
    except PeopleError as error:
        abort(400, str(error))
    return redirect(safe_next(request.form.get("next", url_for("people.profile"))), 303)


@blueprint.route("/me/password", methods=["GET", "POST"])
@requires()
def change_password() -> str | tuple[str, int] | Response:
    """Change the own password; every other session of the person ends."""
    user = current_user()
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            _change_password(user)
        except PeopleError as error:
            errors[error.field or "current"] = str(error)
        else:
            flash(_("Your password is changed. You were signed out everywhere else."), "success")
            return redirect("/" if user.must_change_password else url_for("people.profile"), 303)
    problems = [{"field": field, "text": text} for field, text in errors.items()]
    page = render_template("people/password.html", person=user, errors=errors, problems=problems)
    return (page, 422) if errors else page


def _change_password(user: User) -> None:
    new = request.form.get("password", "")
    database = current_desk().database
    confirm_password(
        database,
        user,
        request.form.get("current", ""),
        address=request.remote_addr or "unknown",
    )
    check_policy(new, login=user.login)
    if new == request.form.get("current"):
        raise PeopleError("password", _("This is your old password. Choose another one."))
    if new != request.form.get("repeat"):
        raise PeopleError("repeat", _("The two new passwords are not the same."))
    password_hash = hash_password(new)
    with database.transaction() as session:
        kept = session.get_one(User, user.id)
        operations.change_own_password(
            session, kept, password_hash=password_hash, actor=actor_of(user)
        )
    begin_session(kept)


@blueprint.post("/me/sessions/end")
@requires()
def end_sessions() -> Response:
    """Sign out everywhere else."""
    with current_desk().database.transaction() as session:
        user = session.get_one(User, current_user().id)
        operations.end_sessions(session, user, actor=actor_of(user))
    begin_session(user)
    flash(_("You were signed out everywhere else."), "success")
    return redirect(url_for("people.profile"), 303)


@blueprint.post("/me/tokens")
@requires("token.create")
def create_token() -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Make a key for programs; this answer shows it, and nothing keeps it: no session, no redirect, no cache."""
    days = request.form.get("days", default=365, type=int)
    try:
        with current_desk().database.transaction() as session:
            _token, secret = operations.create_token(
                session,
                user=current_user(),
                name=request.form.get("name", ""),
                actor=current_actor(),
                expires_at=utc_now() + timedelta(days=min(max(days, 1), 3650)),
            )
    except PeopleError as error:
        return _profile(errors={error.field or "name": str(error)}), 422
    # The address is that of the page: loading it again shows the page and makes no other key.
    headers = {"Cache-Control": "no-store", "HX-Push-Url": url_for("people.profile")}
    return _profile(new_token=secret), 200, headers


@blueprint.post("/me/tokens/<int:token_id>/revoke")
@requires()
def revoke_token(token_id: int) -> Response:
    """Make an own key useless."""
    with current_desk().database.transaction() as session:
        token = session.get(ApiToken, token_id)
        if token is None or token.user_id != current_user().id:
            abort(404)
        operations.revoke_token(session, token, actor=current_actor())
    flash(_("The key no longer works."), "success")
    return redirect(url_for("people.profile"), 303)


@blueprint.get("/me/rail")
@requires()
def rail() -> str:
    """The rail alone, for pages whose counters have changed; it marks where the page is, not this address."""
    return render_template("layout/_rail.html", rail_path=page_of_htmx().partition("?")[0])
