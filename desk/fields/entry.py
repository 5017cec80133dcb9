"""A ticket's fields on pages: filled in with a ticket, shown beside it, in groups that fold."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from desk.application import Desk, current_desk
from desk.fields import tables
from desk.fields.catalogues import offered, row_of
from desk.fields.forms import CONTAINER, form_of_fields, options_of
from desk.fields.models import CatalogueItem, Field, Kind
from desk.fields.operators import as_json
from desk.fields.values import EMPTY, held_for, names_of, set_values, ticket_fields, values_of
from desk.forms import Form, Option, Submission
from desk.forms.sources import ACTION
from desk.forms.submission import REFRESH
from desk.forms.tree import Json
from desk.people.models import User
from desk.tickets.attachments import StoredFile, store_upload
from desk.tickets.models import Ticket
from desk.tickets.operations import filed, receive_message
from desk.web.localisation import words
from engine.actors import Actor
from engine.statements import write

PREFIX = "fields"  # of the ids on the page
REMOVE = "remove"  # the name of the ticks at files that are taken out of their field
FIND, PICK = "find:", "pick:"  # actions of a table's catalogue: search it, take an item of it


@dataclass(frozen=True)
class Section:
    """A group of fields as HTML, under its title."""

    title: str
    html: Markup
    files: Sequence[tuple[str, str]] = ()  # that may be taken out: how a page names them, and what they are called


@dataclass(frozen=True)
class Entry:
    """The fields that one person may fill in with a ticket, and what stands in them.

    Macros lock fields, and fill them: `filled` stands in them instead of `values`.
    """

    fields: Sequence[Field]
    held: frozenset[str]
    values: Mapping[str, Json]
    options: Mapping[str, Sequence[Option]]
    locked: frozenset[str] = frozenset()
    filled: Mapping[str, Json] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)
    """`names_of` its tables, by the key of the field."""

    def under(
        self,
        *,
        hidden: Collection[str] = (),
        locked: Collection[str] = (),
        filled: Mapping[str, Any],
    ) -> "Entry":
        """The same without hidden fields, with others only shown or filled in; keys of other fields say nothing."""
        fields = [one for one in self.fields if one.key not in hidden]
        values = {
            one.key: as_json(one, filled[one.key])
            for one in fields
            if one.key in filled and one.kind not in (Kind.COMPUTED, Kind.FILE)
        }
        return replace(
            self, fields=fields, locked=self.locked | frozenset(locked), filled={**self.filled, **values}
        )

    def form(self, fields: Sequence[Field] | None = None) -> Form:
        """The form of all of them, or of some."""
        return form_of_fields(
            self.fields if fields is None else fields, held=self.held | self.locked
        )

    def filled_in(self) -> dict[str, Json]:
        """What macros fill in where this person may."""
        return {key: value for key, value in self.filled.items() if key not in self.held}

    def filled_names(self) -> dict[str, Json]:
        """What macros fill in, by the names on the page."""
        found: dict[str, Json] = {}
        for key, value in self.filled.items():
            name = f"{CONTAINER}.{key}"
            parts = value.items() if isinstance(value, dict) else ()
            found |= {f"{name}.{part}": one for part, one in parts} if parts else {name: value}
        return found

    def read(self) -> Submission | None:
        """What the page sent; None when there are no fields. What is read-only keeps its value."""
        if not self.fields:
            return None
        entries = MultiDict(request.form)
        asked = entries.get(ACTION, "")
        if asked.startswith((FIND, PICK)):
            entries[ACTION] = REFRESH
        sent = self.form().parse(
            entries,
            request.files,
            data={CONTAINER: {**self.values, **self.filled}},
            locale=str(get_locale()),
            options=self.options,
            zone=_zone(),
        )
        if asked.startswith(PICK):
            self._pick(asked.removeprefix(PICK), _own(sent))
        return sent

    def _pick(self, asked: str, values: Mapping[str, Json]) -> None:
        """Put an item of the catalogue into the first empty row, else into one more: `fields.<key>.<item>`."""
        key, _dot, number = asked.removeprefix(f"{CONTAINER}.").partition(".")
        table = next((one for one in self.fields if one.key == key and one.catalogue_id), None)
        rows = values.get(key)
        if table is None or not isinstance(rows, list) or not number.isdecimal():
            return
        with current_desk().reading() as session:
            item = session.get(CatalogueItem, int(number)) if len(number) < 19 else None
            if item is None or item.catalogue_id != table.catalogue_id or not item.active:
                return
            picked = row_of(table, item)
        empty = next((row for row in rows if all(cell in EMPTY for cell in row.values())), None)
        if empty is not None:
            empty |= picked
        elif len(rows) < tables.MOST_ROWS:
            rows.append(picked)

    def sections(self, submission: Submission | None = None) -> list[Section]:
        """The fields to be filled in, by group; after a refusal as they were sent."""
        data: dict[str, Json] = {CONTAINER: {**self.values, **self.filled}}
        if submission is not None:
            data = submission.merged(data)
        return [
            Section(
                title,
                _joined(self._html(run, data, submission) for run in _runs(fields)),
                [file for field in fields for file in self._files(field)],
            )
            for title, fields in _grouped(self.fields)
        ]

    def _files(self, field: Field) -> list[tuple[str, str]]:
        """What this person may take out of a field of files."""
        files = self.values.get(field.key) if field.kind == Kind.FILE else None
        if not isinstance(files, list) or field.key in self.held | self.locked:
            return []
        return [
            (f"{field.key}:{file['id']}", str(file["name"])) for file in files if isinstance(file, dict)
        ]

    def left(self) -> dict[str, list[Json]]:
        """The files that stay in the fields out of which the page takes some, by key."""
        gone, found = set(request.form.getlist(REMOVE)), dict[str, list[Json]]()
        for one in self.fields:
            offered = [name for name, _title in self._files(one)]
            if gone & set(offered):
                kept = [name for name in offered if name not in gone]
                found[one.key] = [int(name.rpartition(":")[2]) for name in kept]
        return found

    def _html(
        self, fields: Sequence[Field], data: Mapping[str, Json], submission: Submission | None
    ) -> Markup:
        """Fields one below another, or one table with what stands below it."""
        values = data[CONTAINER]
        if fields[0].kind == Kind.TABLE and fields[0].key in self.held | self.locked:
            return table_html(fields[0], values.get(fields[0].key), self.names[fields[0].key])
        html = self.form(fields).render(
            data,
            locale=str(get_locale()),
            errors=submission.errors if submission else {},
            options=self.options,
            id_prefix=PREFIX,
            zone=_zone(),
        )
        if fields[0].kind == Kind.TABLE:
            html += _totals(fields[0], values.get(fields[0].key)) + _search(fields[0])
        return html

    def shown_with(self, submission: Submission | None) -> Submission | None:
        """What was sent, with what macros have filled in since, to be shown again; nothing of it is wrong yet."""
        if submission is None:
            return None
        return Submission({CONTAINER: {**_own(submission), **self.filled}})

    def errors(self, submission: Submission | None) -> Markup | None:
        """What is wrong, to stand above the page; None when nothing is."""
        if submission is None or not submission.errors:
            return None
        return self.form().error_summary(submission.errors, str(get_locale()), id_prefix=PREFIX)

    def wanted(self, submission: Submission) -> dict[str, Json]:
        """The values to set, by key, as the person may set them; files are not among them.

        A box that nobody has ticked yet, and that still is not, says nothing.
        """
        sent = _own(submission)
        return {
            field.key: sent[field.key]
            for field in self.fields
            if field.key in sent
            and field.key not in self.held
            and (field.key not in self.locked or field.key in self.filled)
            and field.kind != Kind.FILE
            and not (sent[field.key] is False and field.key not in self.values)
        }


def entry_of(
    session: Session,
    type_key: str,
    user: User,
    ticket: Ticket | None = None,
    *,
    but: Collection[str] = (),
) -> Entry:
    """The fields of a ticket, or of a new one of the type, for this person; keys in `but` are left out.

    Of a new ticket those are left out, too, that the person may not fill in.
    """
    fields = [field for field in ticket_fields(session, type_key) if field.key not in but]
    held = held_for(fields, user)
    values = values_of(session, [ticket.id])[ticket.id] if ticket is not None else {}
    if ticket is None:
        fields = [field for field in fields if field.key not in held]
    names = {field.key: names_of(session, field) for field in fields if field.kind == Kind.TABLE}
    return Entry(fields, held, values, options_of(session, fields, values), names=names)


def stored_files(submission: Submission | None) -> dict[str, list[StoredFile]]:
    """The bytes of the files that were sent, kept, by the key of their field. Raises UploadRefused."""
    desk = current_desk()
    limit = desk.settings.upload_limit_mb * 1024 * 1024
    found: dict[str, list[StoredFile]] = {}
    for path, file in submission.files if submission else ():
        stored = store_upload(desk.storage, file.filename or "", file.stream, limit=limit)
        found.setdefault(path.split(".")[1], []).append(stored)
    return found


def add_files(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    files: Mapping[str, Sequence[StoredFile]],
    *,
    left: Mapping[str, Sequence[Json]] | None = None,
    actor: Actor,
) -> list[str]:
    """Put files into fields, beside those that are there, or that are `left` there. Returns the keys that changed.

    A file that is taken out stays with its message. Side effects: a note with the files for each field, and those of
    `set_values`. Raises FieldRefused.
    """
    fields = {field.key: field for field in ticket_fields(session, ticket.type)}
    has = {**values_of(session, [ticket.id])[ticket.id], **(left or {})}
    wanted: dict[str, Json] = {key: list(kept) or None for key, kept in (left or {}).items()}
    for key, stored in files.items():
        label = words(fields[key].label)
        message = receive_message(
            session, kind="note", channel="desk", author=actor, subject=ticket.title, text=label,
            attachments=stored,
        )  # fmt: skip
        write(session, filed(message, ticket, actor))
        session.refresh(message, ["attachments"])
        before = has.get(key)
        wanted[key] = [
            *(before if isinstance(before, list) else ()),
            *(file.id for file in message.attachments),
        ]
    return set_values(session, desk, ticket, wanted, actor=actor) if wanted else []


def shown_sections(
    session: Session, ticket: Ticket, hidden: Collection[str] = ()
) -> tuple[list[Section], list[str]]:
    """What the ticket has, by group, and the names of required fields that are empty still.

    Fields whose keys are in `hidden`, and groups without anything, are left out.
    """
    values = values_of(session, [ticket.id])[ticket.id]
    here = [one for one in ticket_fields(session, ticket.type) if one.key not in hidden]
    fields = [one for one in here if values.get(one.key) not in EMPTY]
    lacking = [words(one.label) for one in here if one.required and values.get(one.key) in EMPTY]
    options = options_of(session, fields, values)

    def html(run: Sequence[Field]) -> Markup:
        if run[0].kind == Kind.TABLE:
            return table_html(run[0], values[run[0].key], names_of(session, run[0]))
        return form_of_fields(run).render(
            {CONTAINER: dict(values)},
            locale=str(get_locale()),
            options=options,
            id_prefix="has",
            readonly=True,
            zone=_zone(),
        )

    sections = [
        Section(title, _joined(map(html, _runs(group)))) for title, group in _grouped(fields)
    ]
    return sections, lacking


def table_html(table: Field, value: Json, names: Mapping[str, Option]) -> Markup:
    """A table with its rows and totals, to be read; `names` are its `names_of`."""
    language = _language()
    return Markup(  # noqa: S704 - rendered with autoescape
        render_template(
            "fields/_table.html",
            label=words(table.label),
            columns=[
                (column.says(language), column.kind in tables.NUMBERS)
                for column in tables.columns_of(table)
            ],
            rows=[tables.cells(table, row, names, language) for row in tables.rows_of(value)],
            totals=tables.total_cells(table, value, language),
        )
    )


def _own(submission: Submission) -> Mapping[str, Json]:
    given = submission.values.get(CONTAINER)
    return given if isinstance(given, dict) else {}


def _totals(table: Field, value: Json) -> Markup:
    """What the rows that stand on the page come to, as far as they are numbers."""
    columns = {column.key: column.says(_language()) for column in tables.columns_of(table)}
    rows = tables.worked_out(table, tables.as_entered(table, value), current_desk().settings.timezone)
    sums = [(columns[key], tables.digits(total)) for key, total in tables.totals(table, rows).items()]
    if not rows or not sums:
        return Markup()
    return Markup(render_template("fields/_totals.html", totals=sums))  # noqa: S704 - rendered with autoescape


def _search(table: Field) -> Markup:
    """What searches the table's catalogue, and what was found."""
    if table.catalogue_id is None:
        return Markup()
    said = request.form.get(f"__find.{table.key}", "").strip()
    picking = request.form.get(ACTION, "").startswith(f"{PICK}{CONTAINER}.{table.key}.")
    with current_desk().reading() as session:
        items = offered(session, table.catalogue_id, said) if said and not picking else ()
        html = render_template(
            "fields/_pick.html", key=table.key, said="" if picking else said, items=items, digits=tables.digits
        )
    return Markup(html)  # noqa: S704 - rendered with autoescape


def _runs(fields: Sequence[Field]) -> list[list[Field]]:
    """The fields in their order, each table on its own."""
    runs = groupby(fields, key=lambda field: field.key if field.kind == Kind.TABLE else "")
    return [list(run) for _key, run in runs]


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def _language() -> str:
    return "zh" if str(get_locale()).startswith("zh") else "en"


def _grouped(fields: Sequence[Field]) -> list[tuple[str, list[Field]]]:
    """Fields under the titles of their groups; those in none come last."""
    return [
        (words(found[0].group.title) if found[0].group else str(_("Further details")), found)
        for _number, group in groupby(fields, key=lambda field: field.group_id)
        if (found := list(group))
    ]


def _zone() -> ZoneInfo:
    return ZoneInfo(current_desk().settings.timezone)
