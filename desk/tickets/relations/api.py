"""Hand-over, copies, followers, links, splitting and merging for programs: the same doors as the pages have."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.people.access import current_actor, current_user, requires
from desk.tickets.api import blueprint
from desk.tickets.events import NobodyWaits
from desk.tickets.models import Ticket
from desk.tickets.relations.handover import hand_over
from desk.tickets.relations.linking import family, link, unlink
from desk.tickets.relations.merging import merge, undo_merge
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.splitting import Part, split
from desk.tickets.relations.watching import copy_to, follow, only_looks, unwatch, watchers
from desk.tickets.schemas import (
    Copies,
    HandOver,
    Linking,
    Merging,
    Related,
    Splitting,
    WatcherList,
)
from desk.tickets.scope import may_see, visible
from desk.tickets.types import TypeUnavailable, requested_type
from engine.errors import DiagramError
from engine.operators import OperatorError


@blueprint.route("/tickets/<int:ticket_id>/hand-over", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(HandOver)
@blueprint.response(204)
def hand_over_ticket(given: dict[str, Any], ticket_id: int) -> None:
    """Give the ticket to another team or person, with the open steps that were its handler's."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        hand_over(session, desk, workable(session, ticket_id), actor=current_actor(), **given)


@blueprint.route("/tickets/<int:ticket_id>/watchers")
@requires("ticket.read")
@blueprint.response(200, WatcherList)
def list_watchers(ticket_id: int) -> dict[str, Any]:
    """Who is told what happens to the ticket."""
    with current_desk().reading() as session:
        return {"items": watchers(session, seen(session, ticket_id))}


@blueprint.route("/tickets/<int:ticket_id>/watchers", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(Copies)
@blueprint.response(204)
def copy_ticket(given: dict[str, Any], ticket_id: int) -> None:
    """Put people on the copy list, to read along or to work on it."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        ticket = workable(session, ticket_id)
        copy_to(
            session,
            desk,
            ticket,
            given["people"],
            view_only=given["view_only"],
            actor=current_actor(),
        )


@blueprint.route("/tickets/<int:ticket_id>/watchers/<int:user_id>", methods=["DELETE"])
@requires("ticket.process")
@blueprint.response(204)
def remove_watcher(ticket_id: int, user_id: int) -> None:
    """Take somebody off the list."""
    desk = current_desk()
    with desk.database.transaction() as session:
        unwatch(session, desk, workable(session, ticket_id), user_id, actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/follow", methods=["PUT"])
@requires("ticket.read")
@blueprint.response(204)
def follow_ticket(ticket_id: int) -> None:
    """Be told what happens."""
    with current_desk().database.transaction() as session:
        follow(session, seen(session, ticket_id), current_user(), actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/follow", methods=["DELETE"])
@requires("ticket.read")
@blueprint.response(204)
def unfollow_ticket(ticket_id: int) -> None:
    """Be told no more."""
    desk = current_desk()
    with desk.database.transaction() as session:
        ticket = seen(session, ticket_id)
        unwatch(session, desk, ticket, current_user().id, actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/related")
@requires("ticket.read")
@blueprint.response(200, Related)
def related_tickets(ticket_id: int) -> Any:
    """Parent, parts, linked and merged tickets."""
    with current_desk().reading() as session:
        ticket = seen(session, ticket_id)
        return family(session, ticket, visible(session, current_user()))


@blueprint.route("/tickets/<int:ticket_id>/links", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(Linking)
@blueprint.response(204)
def link_ticket(given: dict[str, Any], ticket_id: int) -> None:
    """Link two tickets."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        other = seen(session, given["other_id"])
        link(session, desk, workable(session, ticket_id), other, actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/links/<int:other_id>", methods=["DELETE"])
@requires("ticket.process")
@blueprint.response(204)
def unlink_ticket(ticket_id: int, other_id: int) -> None:
    """Take a link away."""
    desk = current_desk()
    with desk.database.transaction() as session:
        other = seen(session, other_id)
        unlink(session, desk, workable(session, ticket_id), other, actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/split", methods=["POST"])
@requires("ticket.process", "ticket.create")
@blueprint.arguments(Splitting)
@blueprint.response(201, Related)
def split_ticket(given: dict[str, Any], ticket_id: int) -> Any:
    """Make 1 to 15 parts, all or none."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        ticket = workable(session, ticket_id)
        split(session, desk, ticket, [_part(session, p) for p in given["parts"]],
              actor=current_actor())  # fmt: skip
    with desk.reading() as session:
        ticket = seen(session, ticket_id)
        return family(session, ticket, visible(session, current_user()))


@blueprint.route("/tickets/<int:ticket_id>/merge", methods=["POST"])
@requires("ticket.process")
@blueprint.arguments(Merging)
@blueprint.response(204)
def merge_ticket(given: dict[str, Any], ticket_id: int) -> None:
    """Join the ticket into another of the same customer."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        into = seen(session, given["into_id"])
        ticket = workable(session, ticket_id)
        merge(session, desk, ticket, into, reason=given["reason"], actor=current_actor())


@blueprint.route("/tickets/<int:ticket_id>/merge", methods=["DELETE"])
@requires("ticket.process")
@blueprint.response(204)
def unmerge_ticket(ticket_id: int) -> None:
    """Take it apart again."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        undo_merge(session, desk, workable(session, ticket_id), actor=current_actor())


@contextmanager
def _refusing() -> Iterator[None]:
    """What is refused, as problem details: 409 for what stands in the way, 422 for a wrong entry."""
    try:
        yield
    except Refused as refused:
        if refused.field:
            abort(422, message=str(refused), errors={"json": {refused.field: [str(refused)]}})
        abort(409, message=str(refused))
    except NobodyWaits as error:
        abort(409, message=str(error))
    except (OperatorError, DiagramError) as error:
        abort(422, message=str(error))


def seen(session: Session, ticket_id: int) -> Ticket:
    """A ticket that the caller may see. The request ends with 404 where there is none."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None or ticket.deleted_at is not None:
        raise NotFound
    if not may_see(session, current_user(), ticket):
        raise NotFound
    return ticket


def workable(session: Session, ticket_id: int) -> Ticket:
    """One on which the caller may act, too: 403 where it was copied to them to read along."""
    ticket = seen(session, ticket_id)
    if only_looks(session, ticket, current_user()):
        abort(403, message="This ticket was copied to you to read along.")
    return ticket


def _part(session: Session, given: dict[str, Any]) -> Part:
    kind = None
    if given["type"] is not None:
        try:
            kind = requested_type(session, given["type"], current_user())
        except TypeUnavailable as error:
            abort(422, errors={"json": {"type": [str(error)]}})
    return Part(
        given["title"],
        given["text"],
        kind,
        given["priority"],
        given["team_id"],
        given["person_id"],
    )
