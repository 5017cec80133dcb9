"""Settings: the print layouts, edited with a live preview, each change a version that can be restored."""

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import Desk, current_desk
from desk.people.access import current_actor, requires
from desk.tickets.models import Ticket
from desk.web import navigation
from desk.web.localisation import select_locale
from printing import operations, queries
from printing.documents import ticket_order
from printing.kinds import KINDS
from printing.operations import LayoutRefused
from printing.pages import blueprint
from printing.pages.showing import PICTURES, font_problem, layout_words, preview
from printing.pages.ticket import visible_ticket
from printing.placeholders import PLACEHOLDERS
from printing.press import Limits, Order, press
from printing.queries import Layout
from printing.sample import sample_facts
from printing.wording import speaking

navigation.register_setting(
    navigation.SettingsTab(
        "layouts", _l("Print layouts"), "printing.layout_list", "settings.edit", 60
    )
)
QUICK = Limits(seconds=8)


@blueprint.get("/settings/layouts")
@requires("settings.edit")
def layout_list() -> str:
    """All layouts, and a form to add one."""
    return _list_page({}, {})


@blueprint.post("/settings/layouts")
@requires("settings.edit")
def new_layout() -> Any:
    """Add a layout, which begins as the one that ships for its kind."""
    given = request.form
    try:
        with current_desk().database.transaction() as session:
            row = operations.add_layout(
                session,
                key=given.get("key", "").strip(),
                kind=given.get("kind", ""),
                name={"zh": given.get("name_zh", ""), "en": given.get("name_en", "")},
                actor=current_actor(),
            )
            key = row.key
    except LayoutRefused as error:
        return _list_page({error.field: _why(error)}, given), 422
    return redirect(url_for("printing.layout", key=key), 303)


@blueprint.get("/settings/layouts/<key>")
@requires("settings.edit")
def layout(key: str) -> str:
    """One layout with its source, its preview and its versions; `?version=` shows an earlier one."""
    with current_desk().reading() as session:
        found = _found(session, key)
        version = request.args.get("version", type=int)
        source = found.source if version is None else queries.source_of(session, key, version)
    if source is None:
        abort(404)
    return _layout_page(found, source, shown=version)


@blueprint.post("/settings/layouts/<key>")
@requires("settings.edit")
def change_layout(key: str) -> Any:
    """Keep what was written as a new version; what cannot be printed is not kept."""
    source = request.form.get("source", "").replace("\r\n", "\n")
    desk = current_desk()
    with desk.reading() as session:
        found = _found(session, key)
    seen = _look(desk, found, source)
    if seen["problem"] or request.form.get("do") == "preview":
        status = 422 if seen["problem"] and request.form.get("do") != "preview" else 200
        return _layout_page(found, source, seen=seen), status
    try:
        with desk.database.transaction() as session:
            operations.change_layout(
                session,
                _found(session, key),
                source,
                seen=request.form.get("seen", 0, type=int),
                note=request.form.get("note", ""),
                actor=current_actor(),
            )
    except LayoutRefused as error:
        return _layout_page(found, source, seen={**seen, "problem": _why(error)}), 409
    flash(_("Saved."), "success")
    return redirect(url_for("printing.layout", key=key), 303)


@blueprint.post("/settings/layouts/<key>/preview")
@requires("settings.edit")
def layout_preview(key: str) -> str:
    """What the source looks like with a ticket; a part of the page, read anew while somebody writes."""
    desk = current_desk()
    with desk.reading() as session:
        found = _found(session, key)
    seen = _look(desk, found, request.form.get("source", ""))
    return render_template("printing/_preview.html", **seen)


@blueprint.post("/settings/layouts/<key>/restore")
@requires("settings.edit")
def restore_layout(key: str) -> Response:
    """Use an earlier version again, as a new version."""
    version = request.form.get("version", 0, type=int)
    try:
        with current_desk().database.transaction() as session:
            operations.restore(
                session,
                _found(session, key),
                version,
                seen=request.form.get("seen", 0, type=int),
                note=_("Restored version %(n)s", n=version) if version else _("As shipped"),
                actor=current_actor(),
            )
    except LookupError:
        abort(404)
    except LayoutRefused as error:
        flash(_why(error), "warning")
    else:
        flash(_("Restored."), "success")
    return redirect(url_for("printing.layout", key=key), 303)


@blueprint.post("/settings/layouts/<key>/active")
@requires("settings.edit")
def switch_layout(key: str) -> Response:
    """Withdraw an added layout, or offer it again."""
    with current_desk().database.transaction() as session:
        row = queries.row_of(session, key)
        if row is None or key in KINDS:
            abort(404)
        operations.set_active(
            session, row, active=request.form.get("active") == "1", actor=current_actor()
        )
    return redirect(url_for("printing.layout_list"), 303)


def _list_page(errors: dict[str, str], given: Any) -> str:
    with current_desk().reading() as session:
        found = queries.layouts(session, withdrawn=True)
    return render_template(
        "printing/layouts.html",
        layouts=[(one, layout_words(one)) for one in found],
        kinds=[(kind.key, kind.name.in_(select_locale())) for kind in KINDS.values()],
        errors=errors,
        given=given,
        fonts=font_problem(),
    )


def _layout_page(
    found: Layout, source: str, *, seen: dict[str, Any] | None = None, shown: int | None = None
) -> str:
    with current_desk().reading() as session:
        versions = queries.versions(session, found.key)
        sample = _sample(session, request.form.get("number") or request.args.get("number"))
    return render_template(
        "printing/layout.html",
        layout=found,
        name=layout_words(found),
        source=source,
        shown=shown,
        versions=versions,
        seen=seen,
        number=sample.number if sample else "",
        placeholders=PLACEHOLDERS,
        fonts=font_problem(),
        note=request.form.get("note", ""),
    )


def _look(desk: Desk, found: Layout, source: str) -> dict[str, Any]:
    """The preview of a source with the ticket whose number is given, the newest one, or a sample."""
    if len(source) > operations.LONGEST:
        problem = _("A layout has at most %(n)s characters.", n=operations.LONGEST)
        return {"pictures": [], "pages": 0, "notes": [], "problem": problem}
    tried = Layout(found.key, found.kind, found.name, source, found.version, found.active)
    actor, locale = current_actor(), select_locale()
    with desk.reading() as session:
        ticket = _sample(session, request.form.get("number"))
        if ticket is not None:
            order = ticket_order(session, desk, ticket, tried, actor=actor, locale=locale)
        else:
            with speaking(desk, locale):
                facts = sample_facts(desk, actor.name, chinese=locale.startswith("zh"))
            order = Order(source, [facts], locale)
    looked_at = order.with_pictures(PICTURES, limits=QUICK)
    return preview(lambda: press().prints(looked_at))


def _sample(session: Session, number: str | None) -> Ticket | None:
    """The ticket with this number that the reader may see, else the newest one."""
    wanted = (
        select(Ticket.id).where(Ticket.deleted_at.is_(None)).order_by(Ticket.id.desc()).limit(1)
    )
    named = wanted.where(Ticket.number == number.strip()) if number else None
    found_id = session.scalar(named) if named is not None else None
    return visible_ticket(session, found_id or session.scalar(wanted) or 0)


def _found(session: Session, key: str) -> Layout:
    found = queries.layout_by_key(session, key)
    if found is None:
        abort(404)
    return found


def _why(error: LayoutRefused) -> str:
    return {
        "key": _("Small letters, digits and hyphens only."),
        "taken": _("There is a layout with this short name already."),
        "name": _("Give it a name in one language at least."),
        "kind": _("Choose what kind of document it is."),
        "long": _("A layout has at most %(n)s characters.", n=operations.LONGEST),
        "meanwhile": _(
            "Somebody changed this layout while you were writing. Your text is still here: "
            "open the newest version in another tab, compare, and save again from there."
        ),
    }[error.reason]
