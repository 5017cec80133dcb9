"""Hand-over, copies, followers, links, splitting and merging, from the page of a ticket."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.people.queries import active_teams, people_who_can
from desk.tickets.events import NobodyWaits
from desk.tickets.models import OVER, Ticket
from desk.tickets.pages import blueprint
from desk.tickets.queries import other_tickets, ticket_by_id, ticket_by_number
from desk.tickets.records import handler
from desk.tickets.relations.handover import hand_over
from desk.tickets.relations.linking import family, link, unlink
from desk.tickets.relations.merging import merge, undo_merge
from desk.tickets.relations.refusal import Refused
from desk.tickets.relations.splitting import MOST_PARTS, Part, split
from desk.tickets.relations.watching import copy_to, follow, only_looks, unwatch, watchers
from desk.tickets.scope import may_see, visible
from desk.tickets.trail import PRIORITIES
from desk.tickets.types import BASIC, open_types, type_by_key
from desk.web.localisation import words
from engine.errors import DiagramError
from engine.operators import OperatorError

CANDIDATES = 10  # other tickets of the customer that are offered for merging and linking


@blueprint.get("/tickets/<int:ticket_id>/hand-over")
@requires("ticket.process")
def hand_over_page(ticket_id: int) -> Any:
    """To whom the ticket should go."""
    return _act_page(ticket_id, "hand_over", _people)


@blueprint.post("/tickets/<int:ticket_id>/hand-over")
@requires("ticket.process")
def hand_over_ticket(ticket_id: int) -> Any:
    """Give the ticket away. 422 with words when it cannot be, with what was chosen."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            changed = hand_over(
                session,
                desk,
                workable(session, ticket_id),
                team_id=request.form.get("team", type=int),
                person_id=request.form.get("person", type=int),
                remark=request.form.get("remark", "").strip()[:2000],
                actor=current_actor(),
                seen=request.form.get("seen") or None,
            )
    except (OperatorError, DiagramError) as error:
        return _act_page(ticket_id, "hand_over", _people, error)
    text = _("The ticket was handed over.") if changed else _("It is with them already.")
    flash(text, "success")
    return _back(ticket_id)


@blueprint.get("/tickets/<int:ticket_id>/copy")
@requires("ticket.process")
def copy_page(ticket_id: int) -> Any:
    """Who should read along."""
    return _act_page(ticket_id, "copy", _copies)


@blueprint.post("/tickets/<int:ticket_id>/copy")
@requires("ticket.process")
def copy_ticket(ticket_id: int) -> Any:
    """Put people on the copy list."""
    desk = current_desk()
    people = request.form.getlist("people", type=int)
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id)
            if not people:
                raise Refused("Choose somebody.", "请选择人员。", "people")
            new = copy_to(
                session,
                desk,
                ticket,
                people,
                view_only=request.form.get("may_work") != "1",
                actor=current_actor(),
            )
    except OperatorError as error:
        return _act_page(ticket_id, "copy", _copies, error)
    flash(
        ngettext("Copied to one person.", "Copied to %(num)d people.", len(new))
        if new
        else _("They were on the list already."),
        "success",
    )
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/follow")
@requires("ticket.read")
def follow_ticket(ticket_id: int) -> Any:
    """Be told what happens, or no more."""
    desk, user = current_desk(), current_user()
    with desk.database.transaction() as session:
        ticket = seen_ticket(session, ticket_id)
        if request.form.get("follow") == "0":
            unwatch(session, desk, ticket, user.id, actor=current_actor())
            text = _("You are told no more of this ticket.")
        else:
            follow(session, ticket, user, actor=current_actor())
            text = _("You are told what happens to this ticket.")
    flash(text, "success")
    return _back(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/watchers/<int:user_id>/remove")
@requires("ticket.process")
def remove_watcher(ticket_id: int, user_id: int) -> Any:
    """Take somebody off the copy list."""
    desk = current_desk()
    with desk.database.transaction() as session:
        ticket = workable(session, ticket_id)
        unwatch(session, desk, ticket, user_id, actor=current_actor())
    return redirect(url_for("tickets.copy_page", ticket_id=ticket_id), 303)


@blueprint.get("/tickets/<int:ticket_id>/split")
@requires("ticket.process")
def split_page(ticket_id: int) -> Any:
    """The parts to be made; `?count=` says how many rows there are."""
    return _act_page(ticket_id, "split", _parts)


@blueprint.post("/tickets/<int:ticket_id>/split")
@requires("ticket.process")
def split_ticket(ticket_id: int) -> Any:
    """Make the parts: all of them or none. Rows without a title are left out."""
    desk, user = current_desk(), current_user()
    if request.form.get("more"):
        return _act_page(ticket_id, "split", _parts, status=200)
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id)
            allowed = {kind.key for kind in open_types(session, user)} | {BASIC}
            parts = []
            for row in _rows():
                if not row["title"]:
                    continue
                key = row["type"] if row["type"] in allowed else BASIC
                parts.append(
                    Part(
                        row["title"][:400],
                        row["text"],
                        type_by_key(session, key),
                        row["priority"] if row["priority"] in PRIORITIES else "normal",
                        _number(row["team"]),
                        _number(row["person"]),
                    )
                )
            if not parts:
                raise Refused(
                    "Give at least one part a title.", "请至少填写一张子单的标题。", "title_1"
                )
            made = split(session, desk, ticket, parts, actor=current_actor())
    except NobodyWaits:
        said = Refused(
            "The process of one of the types is not deployed.", "所选类型的流程尚未发布。"
        )
        return _act_page(ticket_id, "split", _parts, said)
    except (OperatorError, DiagramError) as error:
        return _act_page(ticket_id, "split", _parts, error)
    flash(ngettext("One part was made.", "%(num)d parts were made.", len(made)), "success")
    return _back(ticket_id, panel="together")


@blueprint.get("/tickets/<int:ticket_id>/merge")
@requires("ticket.process")
def merge_page(ticket_id: int) -> Any:
    """Into which ticket this one should go."""
    return _act_page(ticket_id, "merge", _others)


@blueprint.post("/tickets/<int:ticket_id>/merge")
@requires("ticket.process")
def merge_ticket(ticket_id: int) -> Any:
    """Join this ticket into another of the same customer; its page says so and offers to undo it."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id)
            into = _named(session)
            merge(
                session,
                desk,
                ticket,
                into,
                reason=request.form.get("reason", "").strip()[:2000],
                actor=current_actor(),
            )
    except OperatorError as error:
        return _act_page(ticket_id, "merge", _others, error)
    flash(_("%(number)s goes on for both.", number=into.number), "success")
    return _back(into.id)


@blueprint.post("/tickets/<int:ticket_id>/unmerge")
@requires("ticket.process")
def unmerge_ticket(ticket_id: int) -> Any:
    """Take the ticket apart from the one it was merged into."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id)
            undo_merge(session, desk, ticket, actor=current_actor())
    except OperatorError as error:
        flash(words(error.words), "warning")
        return _back(ticket_id)
    flash(_("The ticket stands for itself again."), "success")
    return _back(ticket_id)


@blueprint.get("/tickets/<int:ticket_id>/link")
@requires("ticket.process")
def link_page(ticket_id: int) -> Any:
    """With which ticket this one has to do."""
    return _act_page(ticket_id, "link", _others)


@blueprint.post("/tickets/<int:ticket_id>/link")
@requires("ticket.process")
def link_ticket(ticket_id: int) -> Any:
    """Link two tickets."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            ticket, other = workable(session, ticket_id), _named(session)
            link(session, desk, ticket, other, actor=current_actor())
    except OperatorError as error:
        return _act_page(ticket_id, "link", _others, error)
    flash(_("The tickets are linked."), "success")
    return _back(ticket_id, panel="together")


@blueprint.post("/tickets/<int:ticket_id>/unlink/<int:other_id>")
@requires("ticket.process")
def unlink_ticket(ticket_id: int, other_id: int) -> Any:
    """Take a link away."""
    desk = current_desk()
    with desk.database.transaction() as session:
        ticket = workable(session, ticket_id)
        other = session.get(Ticket, other_id) or abort(404)
        unlink(session, desk, ticket, other, actor=current_actor())
    return _back(ticket_id, panel="together")


def seen_ticket(session: Session, ticket_id: int) -> Ticket:
    """The ticket, if the reader may see it; else the request ends."""
    ticket = ticket_by_id(session, ticket_id)
    if ticket is None or ticket.deleted_at is not None:
        abort(404)
    if not may_see(session, current_user(), ticket):
        abort(404)
    return ticket


def workable(session: Session, ticket_id: int) -> Ticket:
    """The ticket, if the reader may work on it: not one that was copied to them to read along."""
    ticket = seen_ticket(session, ticket_id)
    if only_looks(session, ticket, current_user()):
        abort(403)
    return ticket


def together_context(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the page shows of a ticket's relations, and which acts the reader has."""
    user, there = current_user(), ticket.deleted_at is None
    watching = watchers(session, ticket)
    mine = next((w for w in watching if w.user_id == user.id), None)
    may = there and can(user, "ticket.process") and not (mine is not None and mine.view_only)
    merged = ticket.merged_into_id is not None
    ongoing = ticket.state not in OVER and not merged
    return {
        "together": family(session, ticket, visible(session, user)),
        "watchers": watching,
        "mine": mine,
        "may_act": may,
        "can_hand_over": may and ongoing and handler(ticket) is not None,
        "can_split": may and ongoing and can(user, "ticket.create"),
        "can_merge": may and not merged and ticket.contact_id is not None,
        "can_unmerge": may and merged,
    }


def _act_page(
    ticket_id: int,
    act: str,
    more: Callable[[Session, Ticket], dict[str, Any]],
    error: Exception | None = None,
    *,
    status: int = 422,
) -> Any:
    """The page of one act; after a refusal with its words, and with what was typed."""
    with current_desk().reading() as session:
        ticket = workable(session, ticket_id)
        context = more(session, ticket)
        html = render_template(
            "tickets/act.html",
            act=act,
            ticket=ticket,
            error=words(getattr(error, "words", None)) or str(error) if error else None,
            field=getattr(error, "field", ""),
            form=request.form,
            seen=request.form.get("seen") or handler(ticket) or "",
            **context,
        )
    return html, status if request.method == "POST" else 200


def _people(session: Session, _ticket: Ticket) -> dict[str, Any]:
    return {
        "teams": [(team.id, team.name) for team in active_teams(session)],
        "people": [(user.id, user.name) for user in people_who_can(session, "ticket.process")],
    }


def _copies(session: Session, ticket: Ticket) -> dict[str, Any]:
    on_list = watchers(session, ticket)
    known = {w.user_id for w in on_list if w.kind == "copied"}
    people = people_who_can(session, "ticket.read")
    return {
        "watchers": on_list,
        "people": [(user.id, user.name) for user in people if user.id not in known],
    }


def _parts(session: Session, ticket: Ticket) -> dict[str, Any]:
    count = request.form.get("count", type=int) or request.args.get("count", type=int) or 2
    if request.form.get("more"):
        count += 1
    return {
        **_people(session, ticket),
        "rows": _rows(min(max(count, 1), MOST_PARTS)),
        "most": MOST_PARTS,
        "types": [(kind.key, words(kind.name)) for kind in open_types(session, current_user())],
        "priorities": list(PRIORITIES.items()),
    }


def _rows(count: int | None = None) -> list[Mapping[str, str]]:
    """The rows as they stand in the request."""
    number = count or min(request.form.get("count", type=int) or 0, MOST_PARTS)
    names = ("title", "text", "type", "priority", "team", "person")
    return [
        {name: request.form.get(f"{name}_{n}", "").strip() for name in names}
        for n in range(1, number + 1)
    ]


def _others(session: Session, ticket: Ticket) -> dict[str, Any]:
    seen = visible(session, current_user())
    others = other_tickets(session, ticket, seen, limit=CANDIDATES)
    return {"others": [other for other in others if other.merged_into_id is None]}


def _named(session: Session) -> Ticket:
    """The other ticket, by the number that was typed or chosen."""
    number = request.form.get("number", "").strip() or request.form.get("chosen", "")
    other = ticket_by_number(session, number) if number else None
    if other is None or not may_see(session, current_user(), other):
        raise Refused("There is no ticket with this number.", "没有该编号的工单。", "number")
    return other


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _back(ticket_id: int, **more: Any) -> Any:
    return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id, **more), 303)
