"""Printing many tickets: ticked in the list or found by its filters, as one PDF made in the background."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.background.operations import submit
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.tickets import actions
from desk.tickets.pages.selection import selection
from desk.tickets.queries import TicketFilter, count_tickets, list_tickets
from desk.tickets.scope import visible
from desk.web.localisation import select_locale
from engine.operators import Text
from printing.pages import blueprint
from printing.pages.showing import font_problem, layout_words
from printing.queries import layouts
from printing.works import KIND, MOST

actions.register_for_many(
    actions.Action("print", _l("Print"), "printing.batch", "printer", "ticket.export")
)


@blueprint.get("/tickets/print")
@requires("ticket.read", "ticket.export")
def batch() -> Any:
    """How many would be printed, and with which layout."""
    chosen = selection()
    if chosen.is_empty:
        flash(_("Tick tickets in the list first, or choose all that were found."), "warning")
        return redirect(chosen.list_href, 303)
    with current_desk().reading() as session:
        rows = list_tickets(session, chosen.wanted, limit=MOST).rows
        found = count_tickets(session, chosen.wanted)
        user = current_user()
        offered = [
            one
            for one in layouts(session)
            if one.kind.permission is None or can(user, one.kind.permission)
        ]
    if not rows:
        flash(_("Nothing was found to print."), "warning")
        return redirect(chosen.list_href, 303)
    return render_template(
        "printing/batch.html",
        rows=rows,
        left=max(0, found - len(rows)),
        layouts=[(one.key, layout_words(one)) for one in offered],
        list_href=chosen.list_href,
        fonts=font_problem(),
    )


@blueprint.post("/tickets/print")
@requires("ticket.read", "ticket.export")
def print_batch() -> Response:
    """Ask for exactly the tickets that were shown; the page of the work shows how far it is."""
    ids = list(dict.fromkeys(request.form.getlist("id", type=int)))[:MOST]
    desk, user = current_desk(), current_user()
    with desk.database.transaction() as session:
        layout = next(
            (one for one in layouts(session) if one.key == request.form.get("layout")), None
        )
        if layout is None or not ids:
            flash(_("Choose a layout and at least one ticket."), "warning")
            return redirect(url_for("tickets.ticket_list"), 303)
        if layout.kind.permission and not can(user, layout.kind.permission):
            flash(_("You may not print this layout."), "warning")
            return redirect(url_for("tickets.ticket_list"), 303)
        wanted = TicketFilter(ids=tuple(ids), seen=visible(session, user))
        there = list_tickets(session, wanted, limit=MOST).rows
        ids = sorted({row.id for row in there}, key=ids.index)  # as they stood in the list
        if not ids:
            flash(_("Nothing was found to print."), "warning")
            return redirect(url_for("tickets.ticket_list"), 303)
        job = submit(
            session,
            KIND,
            {"ids": ids, "layout": layout.key, "locale": select_locale()},
            actor=current_actor(),
            total=len(ids),
            name=Text(
                f"{layout.name.get('en') or layout.key}: {len(ids)} tickets",
                f"打印{layout.name.get('zh') or layout.key}：{len(ids)} 张工单",
            ),
        )
    flash(ngettext("One ticket is being printed.", "%(num)d tickets are being printed.", len(ids)))
    return redirect(url_for("background.show", job_id=job), 303)
