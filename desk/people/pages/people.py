"""Settings: the people, what they may do, and their accounts."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import operations, queries
from desk.people.access import begin_session, current_actor, current_user, requires
from desk.people.errors import PeopleError
from desk.people.log import ACTIONS
from desk.people.login import locked_until
from desk.people.models import Team, User
from desk.people.pages import blueprint
from desk.people.pages.versions import form_version
from desk.people.passwords import generate_password, hash_password
from desk.people.permissions import PERMISSIONS, ROLES
from desk.web import navigation
from desk.web.api.paging import page_of

PER_PAGE = 50

navigation.register(
    navigation.Entry(
        key="settings",
        label=_l("Settings"),
        endpoint="people.people_list",
        icon="settings",
        permission="people.read",
        order=90,
        also=("/settings",),
    )
)


navigation.register_setting(
    navigation.SettingsTab("people", _l("People"), "people.people_list", "people.read", 10)
)


@blueprint.get("/settings/people")
@requires("people.read")
def people_list() -> str:
    """All people, by name, with search."""
    search, state = request.args.get("q", ""), request.args.get("state", "")
    query = queries.users(search=search, active={"active": True, "inactive": False}.get(state))
    with current_desk().reading() as session:
        page = page_of(
            session,
            query,
            [User.name, User.id],
            limit=PER_PAGE,
            after=request.args.get("after") or None,
        )
    arguments: dict[str, Any] = {
        key: value for key, value in (("q", search), ("state", state)) if value
    }
    return render_template(
        "people/people.html",
        people=page["items"],
        roles=ROLES,
        search=search,
        state=state,
        next_href=url_for("people.people_list", **arguments, after=page["next"])
        if page["next"]
        else None,
        first_href=url_for("people.people_list", **arguments)
        if request.args.get("after")
        else None,
    )


@blueprint.route("/settings/people/new", methods=["GET", "POST"])
@requires("people.edit")
def new_person() -> str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """Add a person; the page that answers shows the first password, once."""
    database = current_desk().database
    error = None
    if request.method == "POST":
        password = generate_password()
        password_hash = hash_password(password)
        try:
            with database.transaction() as session:
                user = operations.create_user(
                    session,
                    login=request.form.get("login", ""),
                    name=request.form.get("name", ""),
                    email=request.form.get("email"),
                    phone=request.form.get("phone"),
                    roles=request.form.getlist("roles"),
                    teams=_chosen_teams(session),
                    locale=request.form.get("locale", current_desk().settings.locale),
                    password_hash=password_hash,
                    actor=current_actor(),
                )
        except PeopleError as refused:
            error = refused
        else:
            return _first_password(user, password)
    with current_desk().reading() as session:
        teams = queries.active_teams(session)
    page = _form_page(None, teams, error, {})
    return (page, 422) if error else page


@blueprint.get("/settings/people/<int:user_id>")
@requires("people.read")
def person(user_id: int) -> str:
    """One person: account, roles, teams, log."""
    return _person_page(user_id, None)


@blueprint.post("/settings/people/<int:user_id>")
@requires("people.edit")
def change_person(user_id: int) -> tuple[str, int] | Response:
    """Save the form of the person page. Refused when the person was changed since the form was opened."""
    try:
        with current_desk().database.transaction() as session:
            user = _user(session, user_id)
            if request.form.get("version") != version_of(user):
                raise PeopleError(
                    None,
                    _(
                        "Somebody changed this person while you were writing. Your entries are still here: "
                        "compare, and save again if they are right."
                    ),
                )
            actor = current_actor()
            operations.change_user(
                session,
                user,
                name=request.form.get("name", ""),
                email=request.form.get("email"),
                phone=request.form.get("phone"),
                actor=actor,
            )
            operations.change_roles(session, user, roles=request.form.getlist("roles"), actor=actor)
            closed = [
                team for team in user.teams if not team.active
            ]  # the form does not offer them
            operations.set_teams(
                session, user, teams=[*_chosen_teams(session), *closed], actor=actor
            )
    except PeopleError as error:
        return _person_page(user_id, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("people.person", user_id=user_id), 303)


@blueprint.post("/settings/people/<int:user_id>/active")
@requires("people.edit")
def change_active(user_id: int) -> tuple[str, int] | Response:
    """Close the account (`active=0`) or open it again (`active=1`)."""
    active = request.form.get("active") == "1"
    change = operations.activate_user if active else operations.deactivate_user
    try:
        with current_desk().database.transaction() as session:
            change(session, _user(session, user_id), actor=current_actor())
    except PeopleError as error:
        return _person_page(user_id, error), 422
    flash(_("The account is open.") if active else _("The account is closed."), "success")
    return redirect(url_for("people.person", user_id=user_id), 303)


@blueprint.post("/settings/people/<int:user_id>/password")
@requires("people.edit")
def reset_password(user_id: int) -> tuple[str, int, dict[str, str]]:
    """Give a new first password, shown once on the page that answers; the person's sessions end."""
    password = generate_password()
    password_hash = hash_password(password)
    with current_desk().database.transaction() as session:
        user = _user(session, user_id)
        operations.reset_password(session, user, password_hash=password_hash, actor=current_actor())
    if user.id == current_user().id:
        begin_session(user)  # the own session goes on, to the page where the password is changed
    return _first_password(user, password)


@blueprint.post("/settings/people/<int:user_id>/unlock")
@requires("people.edit")
def unlock(user_id: int) -> Response:
    """Let the person try to sign in again at once."""
    with current_desk().database.transaction() as session:
        operations.unlock_user(session, _user(session, user_id), actor=current_actor())
    flash(_("The login is unlocked."), "success")
    return redirect(url_for("people.person", user_id=user_id), 303)


def version_of(user: User) -> str:
    """Changes whenever something changes that the person form shows."""
    teams = sorted(team.id for team in user.teams)
    return form_version(user.name, user.email, user.phone, user.roles, teams)


def _first_password(user: User, password: str) -> tuple[str, int, dict[str, str]]:
    page = render_template("people/first_password.html", person=user, password=password)
    return page, 200, {"Cache-Control": "no-store"}


def _person_page(user_id: int, error: PeopleError | None) -> str:
    with current_desk().reading() as session:
        user = _user(session, user_id)
        teams = queries.active_teams(session)
        lines = queries.log_of(session, f"user:{user.id}")
        locked = locked_until(session, user.login)
    return _form_page(
        user, teams, error, {"log": lines, "locked_until": locked, "version": version_of(user)}
    )


def _form_page(
    user: User | None, teams: Sequence[Team], error: PeopleError | None, more: dict[str, Any]
) -> str:
    if request.method == "POST" and "name" in request.form:  # what was written, not what is kept
        values: dict[str, Any] = request.form.to_dict()
        values["roles"] = request.form.getlist("roles")
        values["teams"] = request.form.getlist("teams", type=int)
    elif user is not None:
        values = {"name": user.name, "email": user.email, "phone": user.phone, "roles": user.roles}
        values["teams"] = [team.id for team in user.teams]
    else:
        values = {"roles": ["agent"], "teams": [], "locale": current_desk().settings.locale}
    return render_template(
        "people/person.html",
        person=user,
        values=values,
        teams=teams,
        roles=ROLES.values(),
        permissions=PERMISSIONS,
        actions=ACTIONS,
        error=error,
        **more,
    )


def _user(session: Session, user_id: int) -> User:
    user = queries.user_by_id(session, user_id)
    if user is None:
        abort(404)
    return user


def _chosen_teams(session: Session) -> Sequence[Team]:
    return queries.teams_by_ids(session, request.form.getlist("teams", type=int))
