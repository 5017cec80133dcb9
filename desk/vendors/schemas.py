"""What desks and administrators send and get about vendors and transfers."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.tickets.schemas import TEXT_LENGTH, NewFile
from desk.tickets.trail import PRIORITIES
from desk.vendors.operations import MOST_DESKS, REPORTS
from desk.vendors.parcel import MOST_FILES, MOST_MESSAGES


class VendorSchema(ma.Schema):
    """Another vendor's desk. Token and secret are written, never read."""

    id = fields.Integer(dump_only=True)
    key = fields.String(required=True, metadata={"description": "What we call them"})
    name = fields.String(required=True)
    url = fields.String(required=True, metadata={"description": "Address of their desk"})
    known_as = fields.String(required=True, metadata={"description": "What they call us"})
    token = fields.String(load_only=True, load_default="")
    secret = fields.String(
        load_only=True, load_default="", metadata={"description": "The same on both desks"}
    )
    types = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={"description": "Their ticket type → ours; * for all others"},
    )
    active = fields.Boolean(load_default=True)


class VendorList(ma.Schema):
    """All vendors."""

    items = fields.List(fields.Nested(VendorSchema))


class TransferSchema(ma.Schema):
    """How a ticket went to another desk (out) or came from one (in)."""

    uid = fields.UUID()
    direction = fields.String()
    vendor = fields.Pluck(VendorSchema, "key")
    ticket_id = fields.Integer()
    status = fields.String()
    number = fields.String(metadata={"description": "Of the other desk's ticket"})
    state = fields.String(metadata={"description": "Of the other desk's ticket"})
    reason = fields.String()
    created_at = fields.AwareDateTime()
    over_at = fields.AwareDateTime(allow_none=True)


class TransferList(ma.Schema):
    """The transfers of a ticket, newest first."""

    items = fields.List(fields.Nested(TransferSchema))


class NewTransfer(ma.Schema):
    """To whom a ticket goes, and what goes with it."""

    vendor = fields.String(required=True, metadata={"description": "Key of a vendor"})
    note = fields.String(load_default="", validate=Length(max=2000))
    customer = fields.Boolean(load_default=False)
    talk = fields.Boolean(load_default=False)
    files = fields.Boolean(load_default=False)
    fields_ = fields.List(fields.String(), data_key="fields", attribute="fields", load_default=list)
    finish = fields.Boolean(
        load_default=False, metadata={"description": "Finish this ticket when theirs has ended"}
    )


class TransferReturn(ma.Schema):
    """Why a ticket goes back to the desk that it came from."""

    reason = fields.String(required=True, validate=Length(1, 2000))


class TalkLine(ma.Schema):
    """Something that was said before."""

    who = fields.String(required=True, validate=Length(max=200))
    at = fields.String(required=True, validate=Length(max=40))
    text = fields.String(required=True, validate=Length(max=TEXT_LENGTH))


class ParcelSchema(ma.Schema):
    """A ticket that another desk sends. `chain` are all transfers it has been through, this one last."""

    uid = fields.UUID(required=True)
    chain = fields.List(fields.UUID(), required=True, validate=Length(1, MOST_DESKS + 1))
    number = fields.String(required=True, validate=Length(1, 64))
    type = fields.String(required=True, validate=Length(1, 64))
    title = fields.String(required=True, validate=Length(1, 400))
    text = fields.String(required=True, validate=Length(max=TEXT_LENGTH))
    priority = fields.String(load_default="normal", validate=OneOf(list(PRIORITIES)))
    note = fields.String(load_default="", validate=Length(max=2000))
    customer = fields.Dict(
        keys=fields.String(validate=OneOf(["name", "phone", "mail", "company"])),
        values=fields.String(validate=Length(max=254)),
        load_default=None,
        allow_none=True,
    )
    # "fields" is marshmallow's own name on a schema
    fields_ = fields.Dict(
        keys=fields.String(), data_key="fields", attribute="fields", load_default=dict
    )
    talk = fields.List(
        fields.Nested(TalkLine), load_default=list, validate=Length(max=MOST_MESSAGES)
    )
    attachments = fields.List(
        fields.Nested(NewFile), load_default=list, validate=Length(max=MOST_FILES)
    )
    left = fields.List(
        fields.String(validate=Length(max=255)),
        load_default=list,
        metadata={"description": "Names of files that were too large"},
    )


class Receipt(ma.Schema):
    """What the other desk has made of it."""

    uid = fields.UUID()
    number = fields.String()
    state = fields.String()


class ReportSchema(ma.Schema):
    """What became of a ticket that went over, or what its customer wrote. `id` is the same when it is sent again."""

    uid = fields.UUID(required=True)
    id = fields.String(required=True, validate=Length(1, 64))
    kind = fields.String(required=True, validate=OneOf(list(REPORTS)))
    number = fields.String(load_default="", validate=Length(max=64))
    state = fields.String(load_default="", validate=Length(max=16))
    text = fields.String(load_default="", validate=Length(max=TEXT_LENGTH))
    author = fields.String(load_default="", validate=Length(max=200))
    attachments = fields.List(
        fields.Nested(NewFile), load_default=list, validate=Length(max=MOST_FILES)
    )


class Heard(ma.Schema):
    """That it was heard."""

    id = fields.String()
