"""Settings: the teams that tickets are dispatched to."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.people import operations, queries
from desk.people.access import current_actor, requires
from desk.people.errors import PeopleError
from desk.people.log import ACTIONS
from desk.people.models import Team, User
from desk.people.pages import blueprint
from desk.people.pages.versions import form_version
from desk.people.work import set_assignment
from desk.web import navigation

navigation.register_setting(
    navigation.SettingsTab("teams", _l("Teams"), "people.team_list", "people.read", 20)
)


@blueprint.get("/settings/teams")
@requires("people.read")
def team_list() -> str:
    """All teams, by name."""
    return _list_page(None)


@blueprint.post("/settings/teams")
@requires("people.edit")
def new_team() -> tuple[str, int] | Response:
    """Add a team and go to its page, to put people in."""
    try:
        with current_desk().database.transaction() as session:
            team = operations.create_team(
                session, name=request.form.get("name", ""), actor=current_actor()
            )
    except PeopleError as error:
        return _list_page(error), 422
    return redirect(url_for("people.team", team_id=team.id), 303)


@blueprint.get("/settings/teams/<int:team_id>")
@requires("people.read")
def team(team_id: int) -> str:
    """One team: name, members, log."""
    return _team_page(team_id, None)


@blueprint.post("/settings/teams/<int:team_id>")
@requires("people.edit")
def change_team(team_id: int) -> tuple[str, int] | Response:
    """Save name, whether it takes tickets, and its members."""
    try:
        with current_desk().database.transaction() as session:
            found, actor = _team(session, team_id), current_actor()
            if request.form.get("version") != version_of(found):
                raise PeopleError(
                    None,
                    _(
                        "Somebody changed this team while you were writing. Your entries are still here: "
                        "compare, and save again if they are right."
                    ),
                )
            operations.change_team(
                session,
                found,
                name=request.form.get("name", ""),
                active=request.form.get("active") == "1",
                actor=actor,
            )
            set_assignment(
                session,
                found,
                automatic=request.form.get("automatic") == "1",
                lead_id=request.form.get("lead_id", type=int),
                actor=actor,
            )
            chosen = queries.users_by_ids(session, request.form.getlist("members", type=int))
            closed = [
                user for user in found.members if not user.active
            ]  # the form does not offer them
            operations.set_members(session, found, members=[*chosen, *closed], actor=actor)
    except PeopleError as error:
        return _team_page(team_id, error), 422
    flash(_("Saved."), "success")
    return redirect(url_for("people.team", team_id=team_id), 303)


def version_of(team: Team) -> str:
    """Changes whenever something changes that the team form shows."""
    members = sorted(user.id for user in team.members)
    return form_version(team.name, team.active, team.automatic, team.lead_id, members)


def _list_page(error: PeopleError | None) -> str:
    with current_desk().reading() as session:
        found = session.scalars(queries.teams().order_by(Team.name)).all()
    return render_template("people/teams.html", teams=found, error=error, form=request.form)


def _team_page(team_id: int, error: PeopleError | None) -> str:
    with current_desk().reading() as session:
        found = _team(session, team_id)
        everybody = session.scalars(queries.users(active=True).order_by(User.name, User.id)).all()
        lines = queries.log_of(session, f"team:{team_id}")
    if request.method == "POST":
        name, active = request.form.get("name", ""), request.form.get("active") == "1"
        members = request.form.getlist("members", type=int)
        automatic = request.form.get("automatic") == "1"
        lead_id = request.form.get("lead_id", type=int)
    else:
        name, active, members = found.name, found.active, [user.id for user in found.members]
        automatic, lead_id = found.automatic, found.lead_id
    return render_template(
        "people/team.html",
        team=found,
        name=name,
        active=active,
        members=members,
        automatic=automatic,
        lead_id=lead_id,
        everybody=everybody,
        log=lines,
        actions=ACTIONS,
        error=error,
        version=version_of(found),
    )


def _team(session: Session, team_id: int) -> Team:
    found = queries.team_by_id(session, team_id)
    if found is None:
        abort(404)
    return found
