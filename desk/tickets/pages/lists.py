"""The list of tickets: tabs by state, filters in the address, pages by cursor [004 §4.10.2]."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, false
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields import lists as own_fields
from desk.fields.values import active_fields
from desk.people.access import current_user, requires
from desk.people.models import Team, User
from desk.people.permissions import can
from desk.people.queries import active_teams, people_who_can
from desk.sla.queries import next_of
from desk.tickets.pages import blueprint
from desk.tickets.queries import (
    MOST_COUNTED,
    SORTS,
    BadCursor,
    TicketFilter,
    TicketPage,
    count_states,
    list_tickets,
)
from desk.tickets.scope import visible
from desk.tickets.searching import excerpts
from desk.tickets.statuses import statuses
from desk.tickets.trail import CHANNELS, PRIORITIES, STATES, who_did
from desk.tickets.types import all_types
from desk.tickets.views.grouping import condition as of_group
from desk.tickets.views.grouping import groupings
from desk.tickets.views.listing import Group, grouped
from desk.tickets.views.models import TicketView
from desk.tickets.views.operations import may_change
from desk.tickets.views.queries import asked_by, view_of
from desk.web import navigation
from desk.web.localisation import words as in_words
from engine.timestamps import utc_now

navigation.register(
    navigation.Entry(
        key="tickets",
        label=_l("Tickets"),
        endpoint="tickets.ticket_list",
        icon="ticket",
        permission="ticket.read",
        order=20,
    )
)

# The order of the tabs is that of a ticket's life, what needs hands first.
TABS = ("pending", "dispatched", "processing", "returned", "cancelled", "ended")
FILTERS = (
    "view", "in", "q", "number", "customer", "phone", "address", "priority", "channel", "assignee", "team", "type",
    "status", "overdue", "sla", "watched",
    "creator", "created_from", "created_to", "processed_from", "processed_to", "deadline_from",
    "deadline_to",
)  # fmt: skip
IN_THE_BAR = ("view", "in", "q", "priority", "type", "channel", "assignee", "team")
ME = "me"
MERGED = "merged"  # tickets that are part of another
DELETED = "deleted"  # a tab beside the states, for those who may see what was deleted
# Columns that the list shows unless a view names others; the title always stands there.
BASE_COLUMNS: dict[str, Any] = {
    "number": _l("Number"),
    "state": _l("State"),
    "priority": _l("Priority"),
    "customer": _l("Customer"),
    "with": _l("With"),
    "sla": _l("SLA"),
    "deadline": _l("Deadline"),
    "processed": _l("Processed"),
    "created": _l("Created"),
}
# …and those that it shows when asked for.
MORE_COLUMNS: dict[str, Any] = {
    "phone": _l("Phone"),
    "address": _l("Address"),
    "channel": _l("Channel"),
    "type": _l("Type"),
    "creator": _l("Opened by"),
}


@blueprint.get("/tickets")
@requires("ticket.read")
def ticket_list() -> Any:
    """All tickets, newest first, or those of a view; every filter, the order and the page are in the address."""
    chosen, state = chosen_filters()
    with current_desk().reading() as session:
        user = current_user()
        view = view_in(session, chosen)
        if view is None and "view" in chosen:
            flash(_("This view is not there any more."), "warning")
            return redirect(url_for("tickets.ticket_list"))
        sort, ascending = chosen_order(view.sort if view else "-created")
        known = active_fields(session)
        shown_fields = {f"f.{one.key}": one for one in own_fields.columns(known)}
        own_names = {name: in_words(one.label) for name, one in shown_fields.items()}
        offered = {**MORE_COLUMNS, **own_names}
        more_columns = [name for name in request.args.getlist("column") if name in offered]
        of_view = [name for name in (view.columns if view else ()) if name in {**BASE_COLUMNS, **offered}]
        shown = {*(of_view or BASE_COLUMNS), *more_columns}
        address: dict[str, Any] = {**chosen, **({"state": state} if state else {})}
        order: dict[str, Any] = (
            {} if (sort, ascending) == ("created", False) else {"sort": _sort_name(sort, ascending)}
        )
        if more_columns:
            order["column"] = more_columns
        wanted = list_filter(session, chosen, state)
        groups: list[Group] = []
        if view is not None and view.group_by and "in" not in chosen:
            groups = grouped(
                session, wanted, view.group_by, sort=sort, ascending=ascending,
                href=lambda raw: _href({**address, "in": raw}, order),
            )  # fmt: skip
            page = TicketPage(tuple(row for group in groups for row in group.rows), None, None)
        else:
            page = _page(session, wanted, sort, ascending)
        types = all_types(session)
        clocks = next_of(session, [row.id for row in page.rows], utc_now())
        said = excerpts(session, chosen.get("q", ""), [row.id for row in page.rows])
        names = own_fields.Names(session)
        # a list that renews itself comes without its filters
        field_filters = [] if request.args.get("part") == "list" else own_fields.controls(known, names)
        in_fields = own_fields.texts(
            session,
            [one for name, one in shown_fields.items() if name in shown],
            [row.id for row in page.rows],
            names,
        )
        counts = count_states(session, visible(session, user))
        teams = active_teams(session)
        people = people_who_can(session, "ticket.process")
        creators = people_who_can(session, "ticket.create")
        own_statuses = [(one.key, in_words(one.title)) for one in statuses(session).values()]
        changeable = view is not None and may_change(user, view)
        group_name = groupings(session).get(view.group_by or "") if view else None
    narrowed = [name for name in chosen if name != "view"]
    return render_template(
        "tickets/_list.html" if request.args.get("part") == "list" else "tickets/list.html",
        page=page,
        groups=groups,
        group_name=group_name,
        view=view,
        may_change_view=changeable,
        clocks=clocks,
        said_of=said,
        tabs=_tabs(chosen, counts, order),
        state=state or "all",
        chosen=chosen,
        order=order,
        address=address,
        more_open=bool(more_columns) or any(name not in IN_THE_BAR for name in chosen),
        more_columns=more_columns,
        offered_columns=list(offered.items()),
        shown_columns=[name for name in (*BASE_COLUMNS, *offered) if name in shown],
        in_fields=in_fields,
        field_filters=field_filters,
        creators=[(ME, _l("Me")), *((user.id, user.name) for user in creators)],
        selectable=state != DELETED
        and any(map(_may, ("ticket.export", "ticket.delete", "ticket.process"))),
        who_did=who_did,
        clear_href=url_for("tickets.ticket_list", state=state or None, view=chosen.get("view"))
        if narrowed
        else None,
        previous=_href(address, order, page.previous) if page.previous else None,
        next=_href(address, order, page.next) if page.next else None,
        refresh_url=url_for("tickets.ticket_list", **address, **order, part="list"),
        is_first=page.previous is None,
        columns=_columns(address, order, sort, ascending, offered, shown),
        statuses=own_statuses,
        priorities=[(key, words) for key, words in PRIORITIES.items()],
        channels=[(key, words) for key, words in CHANNELS.items()],
        types=[(kind.key, in_words(kind.name)) for kind in types],
        **_choices(teams, people),
    )


def _page(session: Session, wanted: TicketFilter, sort: str, ascending: bool) -> TicketPage:
    try:
        return list_tickets(
            session, wanted, sort=sort, ascending=ascending, cursor=request.args.get("at")
        )
    except BadCursor:
        # an address somebody cut or edited: the first page is a better answer than an error
        return list_tickets(session, wanted, sort=sort, ascending=ascending)


def chosen_filters() -> tuple[dict[str, Any], str]:
    """The filters of the address, and the state (or DELETED, for those who may see it)."""
    names = [*FILTERS, *(name for name in request.args if own_fields.NAME.fullmatch(name))]
    chosen = {name: request.args[name].strip() for name in names if request.args.get(name)}
    state = request.args.get("state", "")
    if state not in STATES and state != MERGED and not (state == DELETED and _may("history.read")):
        state = ""
    return chosen, state


def list_filter(session: Session, chosen: Mapping[str, str], state: str) -> TicketFilter:
    """The filters as the query knows them; what makes no sense in an address filters nothing."""
    assignee = chosen.get("assignee", "")
    return TicketFilter(
        state=state if state in STATES else None,
        type=chosen.get("type"),
        status=chosen.get("status"),
        overdue=chosen.get("overdue") == "1",
        sla_late=chosen.get("sla") == "late",
        watched_by=current_user().id if chosen.get("watched") == ME else None,
        merged=state == MERGED,
        conditions=(*own_fields.conditions(session, chosen, _zone()), *_of_view(session, chosen)),
        seen=visible(session, current_user()),
        deleted=state == DELETED,
        text=chosen.get("q"),
        number=chosen.get("number"),
        customer=chosen.get("customer"),
        phone=chosen.get("phone"),
        priority=chosen["priority"] if chosen.get("priority") in PRIORITIES else None,
        channel=chosen["channel"] if chosen.get("channel") in CHANNELS else None,
        assignee_id=_person(assignee),
        unassigned=assignee == "none",
        team_id=_number(chosen.get("team", "")),
        creator_id=_person(chosen.get("creator", "")),
        address=chosen.get("address"),
        created_from=_day(chosen.get("created_from")),
        created_to=_day(chosen.get("created_to")),
        processed_from=_day(chosen.get("processed_from")),
        processed_to=_day(chosen.get("processed_to")),
        deadline_from=_day(chosen.get("deadline_from")),
        deadline_to=_day(chosen.get("deadline_to")),
        zone=_zone(),
    )


def view_in(session: Session, chosen: Mapping[str, str]) -> TicketView | None:
    """The view of the address, where the reader sees it."""
    number = _number(chosen.get("view", ""))
    return view_of(session, current_user(), number) if number is not None else None


def _of_view(session: Session, chosen: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """What the view of the address asks, and its group; one that the reader does not see has no tickets."""
    if "view" not in chosen:
        return []
    view = view_in(session, chosen)
    if view is None:
        return [false()]
    found = [asked_by(session, current_user(), view, _zone())]
    if view.group_by and "in" in chosen:
        its = of_group(view.group_by, chosen["in"])
        found.append(false() if its is None else its)
    return found


def chosen_order(usual: str = "-created") -> tuple[str, bool]:
    """From `?sort=deadline` (ascending), `?sort=-created` (descending), or `?sort=f.<key>` of a field."""
    raw = request.args.get("sort", usual)
    name = raw.removeprefix("-")
    known = name in SORTS or own_fields.NAME.fullmatch(name)
    return (name, not raw.startswith("-")) if known else ("created", False)


def _zone() -> ZoneInfo:
    return ZoneInfo(current_desk().settings.timezone)


def _sort_name(sort: str, ascending: bool) -> str:
    return sort if ascending else f"-{sort}"


def _href(address: dict[str, Any], order: dict[str, Any], cursor: str | None = None) -> str:
    return url_for("tickets.ticket_list", **address, **order, at=cursor)


def _tabs(
    chosen: dict[str, Any], counts: dict[str, int], order: dict[str, Any]
) -> list[dict[str, Any]]:
    """`All` and one for each state; what is counted to its limit is shown as `999+`."""
    tabs: list[dict[str, Any]] = [
        {
            "key": "all",
            "label": _l("All"),
            "href": url_for("tickets.ticket_list", **chosen, **order),
            "count": None,
        }
    ]
    for state in TABS:
        count = counts.get(state)
        shown = f"{MOST_COUNTED - 1}+" if count is not None and count >= MOST_COUNTED else count
        tabs.append(
            {
                "key": state,
                "label": STATES[state],
                "href": url_for("tickets.ticket_list", **chosen, **order, state=state),
                # the numbers are of all tickets: beside a filter they would mislead
                "count": shown if not chosen else None,
            }
        )
    href = url_for("tickets.ticket_list", **chosen, **order, state=MERGED)
    tabs.append({"key": MERGED, "label": _l("Merged"), "href": href, "count": None})
    if _may("history.read"):
        href = url_for("tickets.ticket_list", **chosen, **order, state=DELETED)
        tabs.append({"key": DELETED, "label": _l("Deleted"), "href": href, "count": None})
    return tabs


def _may(permission: str) -> bool:
    return can(current_user(), permission)


def _columns(
    address: dict[str, Any],
    order: dict[str, Any],
    sort: str,
    ascending: bool,
    offered: Mapping[str, Any],
    shown: set[str],
) -> list[dict[str, Any]]:
    kept = {**address, **{key: value for key, value in order.items() if key != "sort"}}

    def by(name: str, label: Any, first: str) -> dict[str, Any]:
        """A heading that sorts; pressed again, the other way round."""
        here = name == sort
        target = _sort_name(name, not ascending) if here else first
        column = {
            "label": label,
            "class": "is-wide-only",
            "sort_href": url_for("tickets.ticket_list", **kept, sort=target),
        }
        if here:
            column["sorted"] = "ascending" if ascending else "descending"
        return column

    wide = {"class": "is-wide-only"}
    heads = {
        **{name: {"label": label, **wide} for name, label in (BASE_COLUMNS | MORE_COLUMNS).items()},
        "state": {"label": _l("State")},
        "deadline": by("deadline", _l("Deadline"), "deadline"),
        "processed": by("processed", _l("Processed"), "-processed"),
        "created": by("created", _l("Created"), "-created"),
        **{name: by(name, label, name) for name, label in offered.items() if name not in MORE_COLUMNS},
    }
    found = [heads[name] for name in (*BASE_COLUMNS, *offered) if name in shown]
    found.insert(1 if "number" in shown else 0, {"label": _l("Title")})
    return found


def _choices(teams: Any, people: list[User]) -> dict[str, Any]:
    found: list[Team] = list(teams)
    return {
        "assignees": [(ME, _l("Me")), ("none", _l("Nobody"))]
        + [(user.id, user.name) for user in people],
        "teams": [(team.id, team.name) for team in found],
    }


def _person(raw: str) -> int | None:
    """A person's number; `me` is whoever reads, so that an address can be handed on [004 §4.8.2]."""
    return current_user().id if raw == ME else _number(raw)


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError:
        return None  # half a date in an address: as if it were not there
