"""One-time links at the desk: a generator, for anybody or from a ticket, and what became of those that were made."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields.models import Kind
from desk.imports.cells import CellWrong
from desk.people.access import current_actor, current_user, requires
from desk.portal.models import OneTimeLink
from desk.portal.once.fields import MODES, Asked, Offer, known_values, offers, value_of
from desk.portal.once.operations import OnceRefused, is_open, make_link, withdraw
from desk.portal.once.queries import newest_links
from desk.portal.pages import blueprint
from desk.portal.qr import qr_svg
from desk.tickets.actions import Action, register
from desk.tickets.models import Ticket
from desk.tickets.pages.relations import workable
from desk.tickets.types import BASIC, open_types
from desk.web.localisation import words

PERMISSION = "form_link.edit"
DAYS = 7  # unless somebody says otherwise

register(
    Action(
        key="once",
        label=_l("One-time link"),
        endpoint="portal.once_for_ticket",
        icon="link",
        permission="ticket.process",
        order=60,
    )
)


@blueprint.get("/settings/forms/once")
@requires(PERMISSION)
def once_generator() -> Response:
    """Choose the fields of a form that opens a ticket; `?type=` says of which type."""
    return _show(None)


@blueprint.post("/settings/forms/once")
@requires(PERMISSION)
def make_once() -> Response:
    """Make the link and show it, this once."""
    return _make(None)


@blueprint.post("/settings/forms/once/<int:link_id>/withdraw")
@requires(PERMISSION)
def withdraw_once(link_id: int) -> Any:
    """Take a link back."""
    with current_desk().database.transaction() as session:
        link = session.get(OneTimeLink, link_id)
        if link is None or link.ticket_id is not None:
            abort(404)
        _tell(withdraw(session, link, actor=current_actor()))
    return redirect(url_for("portal.once_generator"), 303)


@blueprint.get("/tickets/<int:ticket_id>/once")
@requires("ticket.process")
def once_for_ticket(ticket_id: int) -> Response:
    """Choose what the ticket's customer should tell."""
    return _show(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/once")
@requires("ticket.process")
def make_once_for_ticket(ticket_id: int) -> Response:
    """Make the link and show it, this once."""
    return _make(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/once/<int:link_id>/withdraw")
@requires("ticket.process")
def withdraw_from_ticket(ticket_id: int, link_id: int) -> Any:
    """Take a link of the ticket back."""
    with current_desk().database.transaction() as session:
        ticket = workable(session, ticket_id)
        link = session.get(OneTimeLink, link_id)
        if link is None or link.ticket_id != ticket.id:
            abort(404)
        _tell(withdraw(session, link, actor=current_actor()))
    return redirect(url_for("portal.once_for_ticket", ticket_id=ticket_id), 303)


def _tell(done: bool) -> None:
    if done:
        flash(_("The link was withdrawn."), "success")
    else:
        flash(_("The link was used or withdrawn before."), "warning")


def _make(ticket_id: int | None) -> Response:
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            ticket = workable(session, ticket_id) if ticket_id is not None else None
            type_key = ticket.type if ticket else _type(session)
            offered = offers(session, desk.engine, type_key, on_ticket=ticket is not None)
            errors: dict[str, str] = {}
            known = known_values(session, ticket) if ticket else {}
            asked = _asked(session, offered, known, errors)
            if errors:
                return _show(ticket_id, errors)
            link, address = make_link(
                session,
                desk.settings,
                asked,
                title={lang: request.form.get(f"title_{lang}", "") for lang in ("zh", "en")},
                days=request.form.get("days", 0, type=int),
                type_key=type_key,
                ticket=ticket,
                actor=current_actor(),
            )
    except OnceRefused as refused:
        return _show(ticket_id, {refused.field: words(refused.words)})
    response = make_response(
        render_template(
            "portal/once_made.html",
            ticket=ticket,
            link=link,
            address=address,
            qr=Markup(qr_svg(address, inline=True)),  # noqa: S704 - made of modules, not of text
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _asked(
    session: Session, offered: Sequence[Offer], known: Mapping[str, Any], errors: dict[str, str]
) -> list[Asked]:
    """What was chosen, in the order that was given; what is wrong is said in `errors`.

    A table has the rows that are `known`: they cannot be written into one line.
    """
    form, zone = request.form, ZoneInfo(current_desk().settings.timezone)
    found: list[tuple[int, Asked]] = []
    for place, offer in enumerate(offered):
        mode = form.get(f"mode_{place}", "")
        if mode not in MODES:
            continue
        text = form.get(f"value_{place}", "").strip()
        try:
            value = value_of(session, offer, text, zone) if text else None
        except CellWrong as wrong:
            errors[f"value_{place}"] = words(wrong.words)
            continue
        if offer.field is not None and offer.field.kind == Kind.TABLE:
            value = known.get(offer.key)
        order = form.get(f"order_{place}", place, type=int)
        found.append((order, Asked(offer.key, mode, value)))
    return [asked for _order, asked in sorted(found, key=lambda one: one[0])]


def _type(session: Session) -> str:
    chosen = request.values.get("type", BASIC)
    return chosen if any(kind.key == chosen for kind in open_types(session, current_user())) else BASIC


def _show(ticket_id: int | None, errors: dict[str, str] | None = None) -> Response:
    desk = current_desk()
    with desk.reading() as session:
        ticket = workable(session, ticket_id) if ticket_id is not None else None
        type_key = ticket.type if ticket else _type(session)
        offered = offers(session, desk.engine, type_key, on_ticket=ticket is not None)
        known = known_values(session, ticket) if ticket else {}
        links = newest_links(session, ticket_id)
        kinds = [(kind.key, words(kind.name)) for kind in open_types(session, current_user())]
    form, sent = request.form, request.method == "POST"
    html = render_template(
        "portal/once_generator.html",
        ticket=ticket,
        type_key=type_key,
        kinds=kinds,
        fields=[
            {
                "label": words(offer.label),
                "mode": form.get(f"mode_{n}", ""),
                "value": form.get(f"value_{n}", "") if sent else _plain(known.get(offer.key)),
                "order": form.get(f"order_{n}", "") if sent else n + 1,
            }
            for n, offer in enumerate(offered)
        ],
        title=_title(ticket),
        days=form.get("days", DAYS),
        errors=errors or {},
        made=[(link, _state(link)) for link in links],
    )
    return make_response(html, 422 if errors else 200)


def _title(ticket: Ticket | None) -> dict[str, str]:
    return {lang: request.form.get(f"title_{lang}", ticket.title if ticket else "") for lang in ("zh", "en")}


def _plain(value: Any) -> str:
    """A value as `value_of` reads it back; what is no single text is left to the customer."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _state(link: OneTimeLink) -> tuple[str, str, datetime | None]:
    """What became of a link: words, their tone, since when."""
    if link.used_at is not None:
        return _("used"), "done", link.used_at
    if link.withdrawn_at is not None:
        return _("withdrawn"), "off", link.withdrawn_at
    if is_open(link):
        return _("open"), "working", link.expires_at
    return _("expired"), "off", link.expires_at
