"""Settings: the mailboxes of the desk."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.mail.mailboxes import operations
from connectors.mail.mailboxes.models import FORWARD, IMAP, LISTENER, OF_SETTINGS, MailboxRow
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.people.queries import active_teams
from desk.tickets.relations.refusal import Refused
from desk.tickets.types import all_types
from desk.web import navigation
from desk.web.localisation import words

PERMISSION = "settings.edit"
WAYS: dict[str, Any] = {
    LISTENER: _l("Mail is handed to this desk"),
    FORWARD: _l("Forwarded to another address of the desk"),
    IMAP: _l("Fetched by IMAP"),
}
FIELDS = ("address", "name", "type", "team_id", "way", "imap_url", "smtp_url")

blueprint = Blueprint("mailboxes", __name__, template_folder="templates")

navigation.register_setting(
    navigation.SettingsTab("mailboxes", _l("Mailboxes"), "mailboxes.index", PERMISSION, 66)
)


@blueprint.get("/settings/mailboxes")
@requires(PERMISSION)
def index() -> str:
    """All addresses of the desk, the one of the settings first."""
    with current_desk().reading() as session:
        first = operations.row_of_settings(session)
        others = session.scalars(
            select(MailboxRow)
            .where(MailboxRow.address != OF_SETTINGS)
            .order_by(MailboxRow.active.desc(), MailboxRow.id)
        ).all()
        return render_template(
            "mailboxes/list.html",
            first=first,
            others=others,
            # without another default one it is the one of the settings
            has_default=any(row.is_default for row in others),
            settings=current_desk().settings,
            types={kind.key: words(kind.name) for kind in all_types(session)},
            ways=WAYS,
        )


@blueprint.route("/settings/mailboxes/new", methods=["GET", "POST"])
@requires(PERMISSION)
def new_mailbox() -> Any:
    """Add one."""
    return _edit(None)


@blueprint.route("/settings/mailboxes/of-settings", methods=["GET", "POST"])
@requires(PERMISSION)
def first_mailbox() -> Any:
    """The one of the settings: all but its address and servers can be changed."""
    return _edit(None, of_settings=True)


@blueprint.route("/settings/mailboxes/<int:mailbox_id>", methods=["GET", "POST"])
@requires(PERMISSION)
def mailbox(mailbox_id: int) -> Any:
    """Look at one and change it."""
    return _edit(mailbox_id)


def _edit(mailbox_id: int | None, *, of_settings: bool = False) -> Any:
    desk, errors = current_desk(), {}
    if request.method == "POST":
        try:
            with desk.database.transaction() as session:
                given, actor = _given(), current_actor()
                if of_settings:
                    operations.save_first(session, desk.settings, given, actor=actor)
                else:
                    row = _found(session, mailbox_id) if mailbox_id is not None else None
                    operations.save_mailbox(session, desk.settings, row, given, actor=actor)
        except Refused as refused:
            errors = {refused.field: words(refused.words)}
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("mailboxes.index"), 303)
    with desk.reading() as session:
        found = operations.row_of_settings(session) if of_settings else None
        if mailbox_id is not None:
            found = _found(session, mailbox_id)
        html = render_template(
            "mailboxes/edit.html",
            found=found,
            of_settings=of_settings,
            address=desk.settings.mail_address if of_settings else found.address if found else "",
            values=_given() if errors else _stored(found),
            errors=errors,
            ways=list(WAYS.items()),
            types=[(kind.key, words(kind.name)) for kind in all_types(session) if kind.active],
            teams=[(team.id, team.name) for team in active_teams(session)],
        )
    return html, 422 if errors else 200


def _found(session: Session, mailbox_id: int) -> MailboxRow:
    row = session.get(MailboxRow, mailbox_id)
    return row if row is not None and row.address != OF_SETTINGS else abort(404)


def _stored(found: MailboxRow | None) -> dict[str, Any]:
    if found is None:
        return {"aliases": [], "way": LISTENER, "active": True}
    names = (*FIELDS, "aliases", "is_default", "active")
    return {name: getattr(found, name) for name in names}


def _given() -> dict[str, Any]:
    form = request.form
    return {
        **{name: form.get(name, "").strip() for name in FIELDS},
        "imap_password": form.get("imap_password", ""),
        "smtp_password": form.get("smtp_password", ""),
        "aliases": form.get("aliases", "").split(),
        "is_default": form.get("is_default") == "1",
        "active": form.get("active") == "1",
    }
