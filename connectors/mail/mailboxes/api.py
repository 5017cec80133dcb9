"""Mailboxes for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask_smorest import abort
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from connectors.mail.mailboxes import operations
from connectors.mail.mailboxes.models import OF_SETTINGS, MailboxRow
from connectors.mail.mailboxes.schemas import (
    FirstMailboxChange,
    MailboxChange,
    MailboxList,
    MailboxSchema,
)
from desk.application import current_desk
from desk.people.access import current_actor, requires
from desk.tickets.relations.refusal import Refused
from desk.web.api import ApiBlueprint

PERMISSION = "settings.edit"
blueprint = ApiBlueprint("mailboxes", description="The desk's mail addresses")


@blueprint.route("/mailboxes")
@requires(PERMISSION)
@blueprint.response(200, MailboxList)
def list_mailboxes() -> dict[str, Any]:
    """All mailboxes, the one of the settings first; its servers are set in the environment."""
    with current_desk().reading() as session:
        others = session.scalars(
            select(MailboxRow).where(MailboxRow.address != OF_SETTINGS).order_by(MailboxRow.id)
        )
        return {"items": [_first(session), *others]}


@blueprint.route("/mailboxes", methods=["POST"])
@requires(PERMISSION)
@blueprint.arguments(MailboxChange)
@blueprint.response(201, MailboxSchema)
def add_mailbox(given: dict[str, Any]) -> Any:
    """Add a mailbox."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        return operations.save_mailbox(session, desk.settings, None, given, actor=current_actor())


@blueprint.route("/mailboxes/<int:mailbox_id>", methods=["PUT"])
@requires(PERMISSION)
@blueprint.arguments(MailboxChange)
@blueprint.response(200, MailboxSchema)
def put_mailbox(given: dict[str, Any], mailbox_id: int) -> Any:
    """Change a mailbox, or withdraw it. Passwords that are not given stay."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        row = session.get(MailboxRow, mailbox_id)
        if row is None or row.address == OF_SETTINGS:
            raise NotFound
        return operations.save_mailbox(session, desk.settings, row, given, actor=current_actor())


@blueprint.route("/mailboxes/of-settings", methods=["PUT"])
@requires(PERMISSION)
@blueprint.arguments(FirstMailboxChange)
@blueprint.response(200, MailboxSchema)
def put_first(given: dict[str, Any]) -> Any:
    """Change the mailbox of the settings: name, aliases, type, team, default."""
    desk = current_desk()
    with _refusing(), desk.database.transaction() as session:
        operations.save_first(session, desk.settings, given, actor=current_actor())
        return _first(session)


def _first(session: Session) -> dict[str, Any]:
    """The mailbox of the settings under its address, without a number of its own."""
    row = operations.row_of_settings(session)
    names = ("name", "aliases", "type", "team_id", "way", "is_default", "active")
    address = current_desk().settings.mail_address
    return {name: getattr(row, name) for name in names} | {"id": 0, "address": address}


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        abort(422, errors={"json": {refused.field: [refused.words.en]}})
