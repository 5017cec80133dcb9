"""Mailboxes as programs write and read them."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from connectors.mail.mailboxes.models import LISTENER, WAYS


class FirstMailboxChange(ma.Schema):
    """What is set of any mailbox; of the one of the settings it is all."""

    name = fields.String(load_default="", validate=Length(max=120))
    aliases = fields.List(fields.String(validate=Length(max=254)), load_default=list)
    type = fields.String(
        load_default=None, allow_none=True, metadata={"description": "Key of a ticket type"}
    )
    team_id = fields.Integer(load_default=None, allow_none=True)
    is_default = fields.Boolean(load_default=False)


class MailboxChange(FirstMailboxChange):
    """What is set of a mailbox. It is withdrawn with `active: false`, never deleted."""

    address = fields.String(required=True, validate=Length(1, 254))
    way = fields.String(load_default=LISTENER, validate=OneOf(WAYS))
    imap_url = fields.String(load_default="", metadata={"description": "imaps://user@host/folder"})
    imap_password = fields.String(load_default="", load_only=True)
    smtp_url = fields.String(load_default="", metadata={"description": "smtp://user@host:port"})
    smtp_password = fields.String(load_default="", load_only=True)
    active = fields.Boolean(load_default=True)


class MailboxSchema(MailboxChange):
    """An address of the desk; `id` 0 is the one of the settings. Passwords are never given out."""

    id = fields.Integer(dump_only=True)
    error = fields.String(dump_only=True, metadata={"description": "Why it could not be read"})


class MailboxList(ma.Schema):
    """All mailboxes, the one of the settings first."""

    items = fields.List(fields.Nested(MailboxSchema))
