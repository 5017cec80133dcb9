"""People, teams and keys for programs, as programs see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.people import operations, queries
from desk.people.access import current_actor, current_user, requires
from desk.people.errors import PeopleError
from desk.people.models import ApiToken, Team, User
from desk.people.passwords import generate_password, hash_password
from desk.people.permissions import candidates_of, permissions_of
from desk.people.schemas import (
    CreatedToken,
    CreatedUser,
    MeSchema,
    NewTeam,
    NewToken,
    NewUser,
    TeamChange,
    TeamPage,
    TeamQuery,
    TeamSchema,
    TokenList,
    UserChange,
    UserPage,
    UserQuery,
    UserSchema,
)
from desk.web.api import ApiBlueprint, page_of
from desk.web.api.changing import changing
from engine.timestamps import utc_now

blueprint = ApiBlueprint("people", description="People, teams and keys for programs")


@dataclass(frozen=True)
class Shown:
    """A record with what the answer says beyond it."""

    record: Any
    more: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.more[name] if name in self.more else getattr(self.record, name)


@blueprint.route("/me")
@requires()
@blueprint.response(200, MeSchema)
def me() -> Shown:
    """Who this token acts as."""
    user = current_user()
    return Shown(
        user,
        {"permissions": sorted(permissions_of(user.roles)), "candidates": candidates_of(user)},
    )


@blueprint.route("/users")
@requires("people.read")
@blueprint.arguments(UserQuery, location="query")
@blueprint.response(200, UserPage)
def list_users(query: dict[str, Any]) -> dict[str, Any]:
    """People, in the order in which they were added."""
    with current_desk().reading() as session:
        return page_of(
            session,
            queries.users(search=query["q"], active=query["active"]),
            [User.id],
            limit=query["limit"],
            after=query["after"],
        )


@blueprint.route("/users", methods=["POST"])
@requires("people.edit")
@blueprint.arguments(NewUser)
@blueprint.response(201, CreatedUser)
def add_user(values: dict[str, Any]) -> Shown:
    """Add a person; the answer carries the first password."""
    password = generate_password()
    password_hash = hash_password(password)
    with changing(PeopleError) as session:
        teams = _teams(session, values.pop("team_ids"))
        user = operations.create_user(
            session, **values, teams=teams, password_hash=password_hash, actor=current_actor()
        )
    return Shown(user, {"first_password": password})


@blueprint.route("/users/<int:user_id>")
@requires("people.read")
@blueprint.response(200, UserSchema)
def get_user(user_id: int) -> User:
    """One person."""
    with current_desk().reading() as session:
        return _user(session, user_id)


@blueprint.route("/users/<int:user_id>", methods=["PATCH"])
@requires("people.edit")
@blueprint.arguments(UserChange)
@blueprint.response(200, UserSchema)
def change_user(values: dict[str, Any], user_id: int) -> User:
    """Change a person, their roles, their teams, or whether the account is open."""
    actor = current_actor()
    with changing(PeopleError) as session:
        user = _user(session, user_id)
        called = {key: values.get(key, getattr(user, key)) for key in ("name", "email", "phone")}
        operations.change_user(session, user, **called, actor=actor)
        if "roles" in values:
            operations.change_roles(session, user, roles=values["roles"], actor=actor)
        if "team_ids" in values:
            teams = _teams(session, values["team_ids"])
            operations.set_teams(session, user, teams=teams, actor=actor)
        if "active" in values:
            change = operations.activate_user if values["active"] else operations.deactivate_user
            change(session, user, actor=actor)
        session.flush()
        return user


@blueprint.route("/teams")
@requires("people.read")
@blueprint.arguments(TeamQuery, location="query")
@blueprint.response(200, TeamPage)
def list_teams(query: dict[str, Any]) -> dict[str, Any]:
    """Teams, in the order in which they were added."""
    with current_desk().reading() as session:
        return page_of(
            session,
            queries.teams(active=query["active"]),
            [Team.id],
            limit=query["limit"],
            after=query["after"],
        )


@blueprint.route("/teams", methods=["POST"])
@requires("people.edit")
@blueprint.arguments(NewTeam)
@blueprint.response(201, TeamSchema)
def add_team(values: dict[str, Any]) -> Team:
    """Add a team."""
    with changing(PeopleError) as session:
        members = _users(session, values["member_ids"])
        return operations.create_team(
            session, name=values["name"], members=members, actor=current_actor()
        )


@blueprint.route("/teams/<int:team_id>")
@requires("people.read")
@blueprint.response(200, TeamSchema)
def get_team(team_id: int) -> Team:
    """One team with its members."""
    with current_desk().reading() as session:
        return _team(session, team_id)


@blueprint.route("/teams/<int:team_id>", methods=["PATCH"])
@requires("people.edit")
@blueprint.arguments(TeamChange)
@blueprint.response(200, TeamSchema)
def change_team(values: dict[str, Any], team_id: int) -> Team:
    """Rename a team, close or open it, or set its members."""
    actor = current_actor()
    with changing(PeopleError) as session:
        team = _team(session, team_id)
        operations.change_team(
            session,
            team,
            name=values.get("name", team.name),
            active=values.get("active", team.active),
            actor=actor,
        )
        if "member_ids" in values:
            members = _users(session, values["member_ids"])
            operations.set_members(session, team, members=members, actor=actor)
        session.flush()
        return team


@blueprint.route("/tokens")
@requires()
@blueprint.response(200, TokenList)
def list_tokens() -> dict[str, Any]:
    """The own keys for programs."""
    with current_desk().reading() as session:
        return {"items": queries.tokens_of(session, current_user().id)}


@blueprint.route("/tokens", methods=["POST"])
@requires("token.create")
@blueprint.arguments(NewToken)
@blueprint.response(201, CreatedToken)
def add_token(values: dict[str, Any]) -> Shown:
    """Make a key with which programs act as this person; the answer carries it."""
    with changing(PeopleError) as session:
        token, secret = operations.create_token(
            session,
            user=current_user(),
            name=values["name"],
            actor=current_actor(),
            expires_at=utc_now() + timedelta(days=values["days"]),
        )
    return Shown(token, {"token": secret})


@blueprint.route("/tokens/<int:token_id>", methods=["DELETE"])
@requires()
@blueprint.response(204)
def revoke_token(token_id: int) -> None:
    """Make an own key useless."""
    with changing(PeopleError) as session:
        token = session.get(ApiToken, token_id)
        if token is None or token.user_id != current_user().id:
            raise NotFound
        operations.revoke_token(session, token, actor=current_actor())


def _user(session: Session, user_id: int) -> User:
    user = queries.user_by_id(session, user_id)
    if user is None:
        raise NotFound
    return user


def _team(session: Session, team_id: int) -> Team:
    team = queries.team_by_id(session, team_id)
    if team is None:
        raise NotFound
    return team


def _users(session: Session, ids: Iterable[int]) -> list[User]:
    found = list(queries.users_by_ids(session, ids))
    if missing := set(ids) - {user.id for user in found}:
        abort(422, message=f"There is no user {min(missing)}.")
    return found


def _teams(session: Session, ids: Iterable[int]) -> list[Team]:
    found = list(queries.teams_by_ids(session, ids))
    if missing := set(ids) - {team.id for team in found}:
        abort(422, message=f"There is no team {min(missing)}.")
    return found
