"""The pages of views: beside the list with their counts, and where they are made, changed, closed and restored."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.fields.lists import columns as list_columns
from desk.fields.values import active_fields
from desk.people.access import current_actor, current_user, requires
from desk.people.models import Team, User
from desk.people.permissions import ROLES, can
from desk.rules.fields import Custom, people, teams
from desk.rules.forms import condition_row
from desk.tickets.pages import blueprint
from desk.tickets.pages.lists import (
    BASE_COLUMNS,
    MORE_COLUMNS,
    chosen_filters,
    chosen_order,
    view_in,
)
from desk.tickets.queries import MOST_COUNTED
from desk.tickets.types import all_types
from desk.tickets.views import operations
from desk.tickets.views.conditions import Asking, Reader
from desk.tickets.views.drafts import drawn, filtered, sent
from desk.tickets.views.grouping import groupings
from desk.tickets.views.models import Standing, TicketView
from desk.tickets.views.operations import EVERYBODY, SHARE, Draft, ViewRefused, may_change
from desk.tickets.views.queries import (
    all_views,
    categories,
    category_words,
    counted,
    view_of,
    views_of,
)
from desk.tickets.views.shipped import CATEGORIES, set_as_shipped
from desk.web.localisation import words
from engine.operators import Text
from engine.timestamps import utc_now

_ACTS = {"open": Standing.OPEN, "close": Standing.CLOSED, "delete": Standing.DELETED, "restore": Standing.OPEN}


@blueprint.get("/tickets/views/counts")
@requires("ticket.read")
def view_counts() -> str:
    """The views that the reader sees, each with its count, read again when tickets change. `?view=` is shown."""
    with current_desk().reading() as session:
        user = current_user()
        found = counted(session, user, views_of(session, user), _zone())
    return render_template(
        "tickets/views/_counts.html", categories=categories(found), most=MOST_COUNTED,
        shown=request.args.get("view", type=int),
    )  # fmt: skip


@blueprint.get("/tickets/views")
@requires("ticket.read")
def view_list() -> str:
    """The views that the reader may look after or sees, closed and deleted ones too."""
    with current_desk().reading() as session:
        user = current_user()
        rows: list[dict[str, Any]] = [
            {
                "view": view,
                "category": category_words(view.category),
                "may": may_change(user, view),
                "seen": _audience(session, view),
            }
            for view in all_views(session, user)
            if view.standing == Standing.OPEN or may_change(user, view)
        ]
    rows.sort(key=lambda row: list(Standing).index(Standing(row["view"].standing)))
    return render_template("tickets/views/index.html", rows=rows)


@blueprint.get("/tickets/views/new")
@requires("ticket.read")
def new_view() -> Any:
    """A new view, beginning with the filters in the address."""
    chosen, state = chosen_filters()
    with current_desk().reading() as session:
        view = view_in(session, chosen)
        sort, ascending = chosen_order(view.sort if view else "-created")
        more = request.args.getlist("column")
        draft = filtered(
            session, chosen, state, view=view, sort=sort if ascending else f"-{sort}",
            columns=[*BASE_COLUMNS, *more] if more else [],
        )  # fmt: skip
        return _form(session, draft, None)


@blueprint.post("/tickets/views/new")
@requires("ticket.read")
def create_view() -> Any:
    """Keep it, or add and remove rows of its form."""
    return _sent(None)


@blueprint.get("/tickets/views/<int:view_id>")
@requires("ticket.read")
def view_page(view_id: int) -> Any:
    """A view in its form."""
    with current_desk().reading() as session:
        view = _changeable(session, view_id)
        return _form(session, drawn(view), view)


@blueprint.post("/tickets/views/<int:view_id>")
@requires("ticket.read")
def save_view(view_id: int) -> Any:
    """Change it, or add and remove rows of its form."""
    return _sent(view_id)


@blueprint.post("/tickets/views/<int:view_id>/act")
@requires("ticket.read")
def act_on_view(view_id: int) -> Response:
    """Close or open it, delete or restore it, or make it again what it came as."""
    do = request.form.get("do", "")
    with current_desk().database.transaction() as session:
        view = _changeable(session, view_id)
        if do == "reset" and view.key is not None:
            set_as_shipped(view)
        elif do in _ACTS:
            operations.stand(session, view, _ACTS[do], actor=current_actor())
        else:
            abort(400)
        name = words(view.name)
    if do == "delete":
        flash(_("“%(name)s” is deleted. It can be restored below.", name=name), "success")
    return redirect(url_for("tickets.view_list"), 303)


# ----------------------------------------------------------------------------------------------------------------------


def _sent(view_id: int | None) -> Any:
    desk, user = current_desk(), current_user()
    with desk.database.transaction() as session:
        view = _changeable(session, view_id) if view_id is not None else None
        asking = Asking(session, Reader.of(user, _zone(), utc_now()))
        draft = sent(request.form, asking.known)
        if request.form.get("do") != "save":
            return _form(session, draft, view)
        try:
            kept = operations.save(session, view, draft, asking=asking, user=user, actor=current_actor())
        except ViewRefused as refused:
            return _form(session, draft, view, refused.problems), 422
        address = url_for("tickets.ticket_list", view=kept.id)
        listed = kept.standing == Standing.OPEN and view_of(session, user, kept.id) is not None
    flash(_("The view is saved."), "success")
    return redirect(address if listed else url_for("tickets.view_list"), 303)


def _changeable(session: Session, view_id: int) -> TicketView:
    view = operations.by_id(session, view_id)
    if view is None:
        abort(404)
    if not may_change(current_user(), view):
        abort(403)
    return view


def _form(session: Session, draft: Draft, view: TicketView | None, problems: Any = None) -> str:
    user = current_user()
    known = Asking(session, Reader.of(user, _zone(), utc_now())).known
    own = {f"f.{one.key}": words(one.label) for one in list_columns(active_fields(session))}
    labels = {**BASE_COLUMNS, **MORE_COLUMNS, **own}
    used = {views.category for views in views_of(session, user)} - {""} | set(CATEGORIES)
    return render_template(
        "tickets/views/edit.html",
        draft=draft,
        view=view,
        problems=problems or {},
        groups=[
            (name, [condition_row(session, name, number, one, known) for number, one in enumerate(rows, 1)])
            for name, rows in (("all", draft.all), ("any", draft.any))
        ],
        fields=_fields(session, draft, known),
        types=[(kind.key, words(kind.name)) for kind in all_types(session)],
        columns=list(labels.items()),
        ticked=set(draft.columns) or set(BASE_COLUMNS),
        groupings=list(groupings(session).items()),
        sorts=_sorts(own),
        categories=sorted(category_words(key) for key in used),
        audience=_kind_of(draft),
        may_share=can(user, SHARE),
        shares=_shares(session),
    )


def _fields(session: Session, draft: Draft, known: Custom) -> list[tuple[str, Text]]:
    """What can be asked about; of the desk's own fields those in use, and those that the view asks about already."""
    used = {condition.field for condition in (*draft.all, *draft.any)}
    active = {f"ticket.fields.{field.key}" for field in active_fields(session)}
    return [
        (path, field.title)
        for path, field in known.items()
        if not path.startswith("ticket.fields.") or path.removesuffix(".address") in active or path in used
    ]


def _sorts(own: dict[str, str]) -> list[tuple[str, str]]:
    found = [
        ("-created", _("Newest first")),
        ("created", _("Oldest first")),
        ("deadline", _("Nearest deadline first")),
        ("-processed", _("Last change of state first")),
        ("processed", _("Longest without change of state first")),
        ("-updated", _("Last message first")),
        ("updated", _("Longest without message first")),
    ]
    for name, label in own.items():
        found += [(name, _("%(name)s, ascending", name=label)), (f"-{name}", _("%(name)s, descending", name=label))]
    return found


def _kind_of(draft: Draft) -> str:
    if not draft.shares:
        return "me"
    return EVERYBODY if EVERYBODY in draft.shares else "some"


def _shares(session: Session) -> list[tuple[str, str]]:
    """To whom a view can be shown: roles, teams, people."""
    return [
        *((f"role:{role.key}", words(role.name)) for role in ROLES.values()),
        *((f"team:{key}", words(title)) for key, title in teams(session)),
        *((f"user:{key}", words(title)) for key, title in people(session)),
    ]


def _audience(session: Session, view: TicketView) -> str:
    """Who sees a view, in words."""
    names = []
    for share in view.shares:
        kind, _colon, key = share.candidate.partition(":")
        if share.candidate == EVERYBODY:
            return _("Everybody")
        if kind == "role":
            names.append(words(ROLES[key].name) if key in ROLES else key)
        else:
            found: Any = session.get(Team if kind == "team" else User, int(key))
            names.append(found.name if found else key)
    return _(", ").join(names) or (view.owner.name if view.owner else _("Nobody"))


def _zone() -> ZoneInfo:
    return ZoneInfo(current_desk().settings.timezone)
