"""Opening tickets for many customers with allocation, and changing many tickets together."""

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from desk.application import current_desk
from desk.background.operations import submit
from desk.contacts.models import Company, Contact, ContactAddress
from desk.people.access import current_actor, current_user, requires
from desk.people.queries import active_teams, people_who_can
from desk.storage import UploadRefused
from desk.tickets.batch.allocation import TooMany, equal_shares, given_numbers
from desk.tickets.batch.works import CREATE, EDIT, MOST
from desk.tickets.pages import blueprint
from desk.tickets.pages.new import moment
from desk.tickets.pages.selection import Selection, nothing_ticked, selection
from desk.tickets.pages.uploads import refused_words, store_files, upload_limit
from desk.tickets.queries import TicketFilter, count_tickets, list_tickets
from desk.tickets.trail import PRIORITIES
from desk.tickets.types import open_types
from desk.web.localisation import words

SHOWN = 200  # customers on the page; a search narrows them


@blueprint.get("/tickets/batch")
@requires("ticket.create", "ticket.dispatch")
def batch_page() -> str:
    """Which customers, what about, and who gets them; `?q=` searches customers."""
    return _batch({})


@blueprint.post("/tickets/batch")
@requires("ticket.create", "ticket.dispatch")
def create_batch() -> Any:
    """Open a ticket for each customer that was ticked, in the background."""
    contacts = list(dict.fromkeys(request.form.getlist("contact", type=int)))[:MOST]
    errors: dict[str, str] = {}
    title = request.form.get("title", "").strip()
    if not title:
        errors["title"] = _("Say in a few words what it is about.")
    if not contacts:
        errors["customers"] = _("Tick at least one customer.")
    desk = current_desk()
    with desk.reading() as session:
        people = _receivers(session, errors, len(contacts))
        kinds = {kind.key for kind in open_types(session, current_user())}
    if errors:
        return _batch(errors), 422
    kind = request.form.get("type", "")
    priority = request.form.get("priority", "normal")
    with desk.database.transaction() as session:
        job_id = submit(
            session,
            CREATE,
            {
                "contacts": contacts,
                "people": people,
                "title": title[:400],
                "text": request.form.get("text", "").strip()[:100_000],
                "priority": priority if priority in PRIORITIES else "normal",
                "type": kind if kind in kinds else None,
            },
            actor=current_actor(),
            total=len(contacts),
        )
    flash(
        ngettext("One ticket is being opened.", "%(num)d tickets are being opened.", len(contacts)),
        "success",
    )
    return redirect(url_for("background.show", job_id=job_id), 303)


@blueprint.get("/tickets/batch-edit")
@requires("ticket.process")
def batch_edit_page() -> Any:
    """What should be changed on the tickets that were ticked."""
    chosen = selection()
    if chosen.is_empty:
        return nothing_ticked(chosen)
    return _edit(chosen, {})


@blueprint.post("/tickets/batch-edit")
@requires("ticket.process")
def batch_edit() -> Any:
    """Change exactly the tickets that were shown, in the background, each by itself."""
    ids = tuple(dict.fromkeys(request.form.getlist("id", type=int)))[:MOST]
    form, errors = request.form, {}
    wanted: dict[str, Any] = {"ids": list(ids)}
    if form.get("priority"):
        if form["priority"] in PRIORITIES:
            wanted["priority"] = form["priority"]
        else:
            errors["priority"] = _("Choose one of the list.")
    if form.get("deadline"):
        try:
            wanted["deadline"] = moment(form["deadline"]).isoformat()
        except ValueError:
            errors["deadline"] = _("This is not a date and time.")
    for name in ("team", "person"):
        if form.get(name, "").isdigit():
            wanted[f"{name}_id"] = int(form[name])
    try:
        files = store_files()
    except UploadRefused as refused:
        files, errors["files"] = [], refused_words(refused)
    text = form.get("text", "").strip()
    if text or files:
        wanted |= {
            "text": text[:100_000],
            "kind": "reply" if form.get("kind") == "reply" else "note",
            "files": [asdict(file) for file in files],
        }
    if len(wanted) == 1 and not errors:
        errors["priority"] = _("Choose what should be changed.")
    if errors or not ids:
        chosen = Selection(TicketFilter(ids=ids), "", url_for("tickets.ticket_list"))
        return _edit(chosen, errors), 422
    with current_desk().database.transaction() as session:
        job_id = submit(session, EDIT, wanted, actor=current_actor(), total=len(ids))
    flash(
        ngettext("One ticket is being changed.", "%(num)d tickets are being changed.", len(ids)),
        "success",
    )
    return redirect(url_for("background.show", job_id=job_id), 303)


def _receivers(session: Session, errors: dict[str, str], count: int) -> list[int | None]:
    """Who gets each ticket, in order; what is wrong is said in `errors`."""
    form, agents = request.form, people_who_can(session, "ticket.process")
    known = {user.id for user in agents}
    match form.get("to", "nobody"):
        case "all":
            people = sorted(known)
        case "team":
            team = next(
                (t for t in active_teams(session) if t.id == form.get("team", type=int)), None
            )
            people = [user.id for user in team.members if user.id in known] if team else []
            if not people:
                errors["team"] = _("Choose a team with people who work on tickets.")
        case "person":
            chosen = form.get("person", type=int)
            people = [chosen] if chosen in known and chosen is not None else []
            if not people:
                errors["person"] = _("Choose one of the list.")
        case _:
            return [None] * count
    if form.get("how") != "numbers":
        return equal_shares(count, people)
    try:
        numbers = {user: form.get(f"share_{user}", 0, type=int) for user in known}
        return given_numbers(count, {user: number for user, number in numbers.items() if number})
    except TooMany as error:
        errors["how"] = _(
            "You gave out %(wanted)d of %(there)d tickets.", wanted=error.wanted, there=error.there
        )
    except ValueError:
        errors["how"] = _("A share is not negative.")
    return [None] * count


def _batch(errors: dict[str, str]) -> str:
    q = request.values.get("q", "").strip()
    with current_desk().reading() as session:
        statement = (
            select(Contact).options(joinedload(Contact.company)).order_by(Contact.name, Contact.id)
        )
        if q:
            by_company = select(Company.id).where(Company.name.icontains(q, autoescape=True))
            by_address = select(ContactAddress.contact_id).where(
                ContactAddress.value.icontains(q, autoescape=True)
            )
            statement = statement.where(
                or_(
                    Contact.name.icontains(q, autoescape=True),
                    Contact.company_id.in_(by_company),
                    Contact.id.in_(by_address),
                )
            )
        contacts = session.scalars(statement.limit(SHOWN + 1)).all()
        return render_template(
            "tickets/batch.html",
            q=q,
            contacts=contacts[:SHOWN],
            more=len(contacts) > SHOWN,
            ticked=set(request.values.getlist("contact")),
            form=request.form,
            errors=errors,
            types=[(kind.key, words(kind.name)) for kind in open_types(session, current_user())],
            priorities=list(PRIORITIES.items()),
            teams=[(team.id, team.name) for team in active_teams(session)],
            people=[(user.id, user.name) for user in people_who_can(session, "ticket.process")],
        )


def _edit(chosen: Selection, errors: dict[str, str]) -> str:
    with current_desk().reading() as session:
        rows = list_tickets(session, chosen.wanted, limit=MOST).rows
        return render_template(
            "tickets/batch_edit.html",
            rows=rows,
            left=count_tickets(session, chosen.wanted) - len(rows),
            list_href=chosen.list_href,
            form=request.form,
            errors=errors,
            priorities=list(PRIORITIES.items()),
            teams=[(team.id, team.name) for team in active_teams(session)],
            people=[(user.id, user.name) for user in people_who_can(session, "ticket.process")],
            max_mb=upload_limit() // (1024 * 1024),
        )
