"""A view as its form is filled in: from what was sent, from a view, from the filters of the list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from desk.fields.forms import entries_of
from desk.fields.lists import NAME, NUMBERS, below
from desk.fields.models import Field, Kind
from desk.fields.values import active_fields
from desk.insight.dimensions import FIELD
from desk.rules.fields import OWN, Custom
from desk.rules.forms import conditions_in, rows_after
from desk.rules.rule import Condition
from desk.tickets.views.conditions import conditions_of
from desk.tickets.views.grouping import NONE
from desk.tickets.views.models import TicketView
from desk.tickets.views.operations import EVERYBODY, Draft
from desk.tickets.views.queries import category_words
from desk.tickets.views.shipped import CATEGORIES

_SAME = {  # a filter of the list → what is asked about
    "q": ("ticket.words", "contains"),
    "number": ("ticket.number", "contains"),
    "customer": ("ticket.customer", "contains"),
    "phone": ("ticket.contact.phone", "contains"),
    "address": ("ticket.company.address", "contains"),
    "state": ("ticket.state", "is"),
    "status": ("ticket.status", "is"),
    "priority": ("ticket.priority", "is"),
    "channel": ("ticket.channel", "is"),
    "type": ("ticket.type", "is"),
    "team": ("ticket.team_id", "is"),
    "assignee": ("ticket.assignee_id", "is"),
    "creator": ("ticket.creator_id", "is"),
    "watched": ("ticket.watcher_id", "is"),
}
_DAY = timedelta(days=1)


def sent(form: MultiDict[str, str], known: Custom) -> Draft:
    """The draft of a form, after the button that adds or removes a row."""
    audience = form.get("audience", "me")
    shares = tuple(dict.fromkeys(form.getlist("share"))) if audience == "some" else ()
    draft = Draft(
        name=form.get("name", "").strip(),
        name_en=form.get("name_en", "").strip(),
        note=form.get("note", "").strip()[:400],
        all=conditions_in(form, "all", known),
        any=conditions_in(form, "any", known),
        type=form.get("type", "").strip()[:64],
        columns=tuple(dict.fromkeys(form.getlist("column"))),
        group_by=form.get("group_by", ""),
        sort=form.get("sort", "-created"),
        category=_category(form.get("category", "").strip()[:60]),
        shares=(EVERYBODY,) if audience == EVERYBODY else shares,
    )
    rows = {"all": draft.all, "any": draft.any}
    return replace(draft, **rows_after(rows, form.get("do", ""), _new))  # type: ignore[arg-type]


def _new(_group: str) -> Condition:
    return Condition("ticket.state", "is")


def _category(written: str) -> str:
    """A category that the desk has is kept by its key, in whichever language it was written."""
    return next((key for key, said in CATEGORIES.items() if written in (said.en, said.zh)), written)


def drawn(view: TicketView) -> Draft:
    """The draft of a view."""
    return Draft(
        name=view.name.get("zh", ""), name_en=view.name.get("en", ""), note=view.note,
        all=conditions_of(view.all_of), any=conditions_of(view.any_of), type=view.type or "",
        columns=tuple(view.columns), group_by=view.group_by or "", sort=view.sort,
        category=category_words(view.category), shares=tuple(share.candidate for share in view.shares),
    )  # fmt: skip


def filtered(
    session: Session,
    chosen: Mapping[str, str],
    state: str,
    *,
    view: TicketView | None,
    sort: str,
    columns: Sequence[str],
) -> Draft:
    """A new draft of what the list shows: its filters, within a view and a group of it if they are chosen."""
    wanted = {**chosen, **({"state": state} if state else {})}
    found = list(_conditions(session, wanted))
    if view is None:
        return Draft(all=tuple(found), columns=tuple(columns), sort=sort)
    base = drawn(view)
    if "in" in chosen and view.group_by:
        found.append(_of_group(view.group_by, chosen["in"]))
        base = replace(base, group_by="")
    return replace(base, name="", name_en="", shares=(), all=(*base.all, *found), sort=sort)


def _of_group(key: str, value: str) -> Condition:
    own = {"assignee": "ticket.assignee_id", "team": "ticket.team_id"}
    path = f"{OWN}{key.removeprefix(FIELD)}" if key.startswith(FIELD) else own.get(key, f"ticket.{key}")
    return Condition(path, "empty") if value == NONE else Condition(path, "is", (value,))


def _conditions(session: Session, chosen: Mapping[str, str]) -> Iterator[Condition]:
    fields = {field.key: field for field in active_fields(session)}
    for name, value in chosen.items():
        if name == "assignee" and value == "none":
            yield Condition("ticket.assignee_id", "empty")
        elif name in _SAME:
            path, operator = _SAME[name]
            yield Condition(path, operator, (value,))
        elif name == "overdue":
            yield Condition("ticket.overdue_at", "filled")
        elif name == "sla":
            yield Condition("ticket.sla_late", "is", ("true",))
        elif name.endswith(("_from", "_to")):
            yield from _bound(f"ticket.{name.rpartition('_')[0]}_day", name.endswith("_from"), value)
        elif (match := NAME.fullmatch(name)) and (field := fields.get(match["key"])):
            yield from _own(session, field, match["end"], value)


def _bound(path: str, first: bool, value: str) -> Iterator[Condition]:
    """The filter's days are inside, those of the condition outside."""
    try:
        day = date.fromisoformat(value) + (-_DAY if first else _DAY)
    except (ValueError, OverflowError):
        return
    yield Condition(path, "more" if first else "less", (day.isoformat(),))


def _own(session: Session, field: Field, end: str | None, value: str) -> Iterator[Condition]:
    path = f"{OWN}{field.key}" + (".address" if field.kind == Kind.POSITION else "")
    if field.kind in NUMBERS:
        yield Condition(path, "at_least" if end == ".from" else "at_most", (value,))
    elif field.kind == Kind.DATE:
        yield from _bound(path, end == ".from", value)
    elif field.kind == Kind.CHECK:
        yield Condition(path, "is" if value == "1" else "empty", ("true",) if value == "1" else ())
    elif field.kind == Kind.CHOICES:
        yield Condition(path, "has", (value,))
    elif field.dictionary_id is not None:
        yield Condition(path, "is", tuple(below(entries_of(session, field.dictionary_id), value)))
    elif field.kind in (Kind.STARS, Kind.TIME):
        yield Condition(path, "is", (value,))
    elif field.kind != Kind.DATETIME:  # which a condition asks in hours from now
        yield Condition(path, "contains", (value,))
