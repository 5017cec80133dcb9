"""What programs send and get about tickets."""

import marshmallow as ma
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from desk.fields.forms import CONTAINER
from desk.tickets.copies import MOST
from desk.tickets.models import TicketState
from desk.tickets.queries import SORTS
from desk.tickets.trail import CHANNELS, PRIORITIES
from desk.web.api import PageQuery, page_schema

STATES = [str(state) for state in TicketState]
SORT_NAMES = [name for sort in SORTS for name in (sort, f"-{sort}")]
TEXT_LENGTH = 100_000


class ActorSchema(ma.Schema):
    """Who did something: a person of the desk, a customer, or the system."""

    kind = fields.String(validate=OneOf(["user", "contact", "system"]))
    id = fields.Integer(allow_none=True)
    name = fields.String()


class TicketSchema(ma.Schema):
    """A ticket. Its state is moved by its process only: complete tasks, send messages."""

    id = fields.Integer()
    number = fields.String(metadata={"description": "WN-YYYYMMDD-NNNNNN"})
    type = fields.String(metadata={"description": "The key of a ticket type"})
    overdue_at = fields.AwareDateTime(allow_none=True)
    title = fields.String()
    state = fields.String(validate=OneOf(STATES))
    status = fields.String(
        allow_none=True,
        metadata={"description": "Of the desk's own, within the state; see /dictionaries, ticket_status"},
    )
    priority = fields.String(validate=OneOf(list(PRIORITIES)))
    channel = fields.String()
    contact_id = fields.Integer(allow_none=True)
    customer = fields.String(allow_none=True)
    company = fields.String(allow_none=True)
    address = fields.String(allow_none=True, metadata={"description": "The company's"})
    team_id = fields.Integer(allow_none=True)
    team = fields.String(allow_none=True)
    assignee_id = fields.Integer(allow_none=True)
    assignee = fields.String(allow_none=True)
    created_by = fields.Nested(ActorSchema)
    created_at = fields.AwareDateTime()
    deadline = fields.AwareDateTime(allow_none=True)
    processed_at = fields.AwareDateTime(allow_none=True)
    last_message_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    own_fields = fields.Dict(
        data_key="fields", metadata={"description": "The desk's own, by key; see /ticket-fields"}
    )


class TicketDetail(TicketSchema):
    """A ticket with what the list leaves out."""

    instance_id = fields.UUID(metadata={"description": "The process that decides what happens"})
    deleted_at = fields.AwareDateTime(allow_none=True)
    parent_id = fields.Integer(allow_none=True, metadata={"description": "What it was split from"})
    merged_into_id = fields.Integer(allow_none=True)
    first_response_at = fields.AwareDateTime(allow_none=True)
    form_key = fields.String(allow_none=True)
    form_data = fields.Dict()
    rating = fields.Integer(allow_none=True)
    rating_comment = fields.String(allow_none=True)
    rated_at = fields.AwareDateTime(allow_none=True)
    awaits = fields.List(
        fields.String(),
        metadata={
            "description": "Messages that the process takes where it stands: agent.replied …"
        },
    )


TicketListPage = page_schema(TicketSchema)


def _sorts(name: str) -> None:
    """Raises ValidationError for what is no order of the list."""
    if name not in SORT_NAMES and not name.removeprefix("-").startswith(f"{CONTAINER}."):
        raise ma.ValidationError("Not an order of this list.")


class TicketFilterQuery(ma.Schema):
    """Filters of the list [004 §4.10.2]; days are whole days of the desk's zone.

    Beside these, `fields.<key>` asks for a value of a searchable field of the desk's own, `fields.<key>.from` and
    `fields.<key>.to` for a range of numbers or days.
    """

    q = fields.String(metadata={"description": "Number, title, customer, company or phone"})
    state = fields.String(validate=OneOf(STATES))
    status = fields.String(metadata={"description": "A status of the desk's own"})
    number = fields.String()
    customer = fields.String()
    phone = fields.String()
    contact_id = fields.Integer()
    company_id = fields.Integer()
    assignee_id = fields.Integer()
    unassigned = fields.Boolean()
    team_id = fields.Integer()
    priority = fields.String(validate=OneOf(list(PRIORITIES)))
    channel = fields.String(validate=OneOf(list(CHANNELS)))
    created_from = fields.Date()
    created_to = fields.Date()
    processed_from = fields.Date()
    processed_to = fields.Date()
    deadline_from = fields.Date()
    deadline_to = fields.Date()
    creator_id = fields.Integer(metadata={"description": "Who of the desk opened it"})
    address = fields.String(metadata={"description": "Part of the company's address"})
    type = fields.String(metadata={"description": "The key of a ticket type"})
    overdue = fields.Boolean(metadata={"description": "Only where a step takes too long"})
    view = fields.Integer(metadata={"description": "The id of a view: only its tickets, see `/ticket-views`"})
    merged = fields.Boolean(metadata={"description": "Those that are part of another, instead"})
    deleted = fields.Boolean(metadata={"description": "Those that were deleted, instead"})
    sort = fields.String(
        load_default="-created",
        validate=_sorts,
        metadata={"description": f"{', '.join(SORTS)}, or fields.<key> of a field that lists show; - first: downwards"},
    )


class TicketQuery(PageQuery, TicketFilterQuery):
    """The same, in pages."""


class TicketEdit(ma.Schema):
    """What may be corrected on a ticket; what is absent stays."""

    title = fields.String(validate=Length(1, 400))
    priority = fields.String(validate=OneOf(list(PRIORITIES)))
    deadline = fields.AwareDateTime(allow_none=True)
    contact_id = fields.Integer(allow_none=True)
    own_fields = fields.Dict(
        keys=fields.String(),
        data_key="fields",
        metadata={
            "description": "The desk's own, by key; null empties one, what is absent stays. A field of files takes the "
            'numbers of attachments of the ticket, and new files as {"filename", "content"} (Base64)'
        },
    )


class StatusChange(ma.Schema):
    """A status of the desk's own, within the state that the ticket has; null: none."""

    status = fields.String(required=True, allow_none=True, validate=Length(1, 64))


class TicketDeletion(ma.Schema):
    """Why a ticket is deleted; it stays in the log."""

    reason = fields.String(required=True, validate=Length(1, 2000))


class NewTicket(ma.Schema):
    """A request to take down; the process of its type makes the ticket.

    Without `type`, that is the process that starts with `ticket.requested`.
    """

    type = fields.String(load_default=None, allow_none=True, validate=Length(1, 64))
    form = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "The type's form, as far as it is filled"},
    )
    own_fields = fields.Dict(
        keys=fields.String(),
        data_key="fields",
        load_default=dict,
        metadata={
            "description": "The desk's own, by key; those that are required must be there. A field of files takes "
            'a list of {"filename", "content"} (Base64)'
        },
    )

    title = fields.String(required=True, validate=Length(1, 400))
    text = fields.String(load_default="", validate=Length(max=TEXT_LENGTH))
    contact_id = fields.Integer(load_default=None, allow_none=True)
    mail = fields.String(load_default=None, allow_none=True, validate=Length(max=254))
    phone = fields.String(load_default=None, allow_none=True, validate=Length(max=40))
    name = fields.String(load_default=None, allow_none=True, validate=Length(max=200))
    priority = fields.String(load_default="normal", validate=OneOf(list(PRIORITIES)))
    deadline = fields.AwareDateTime(load_default=None, allow_none=True)


class AttachmentSchema(ma.Schema):
    """A file of a message; its bytes are at `/attachments/{id}`."""

    id = fields.Integer()
    filename = fields.String()
    content_type = fields.String()
    size = fields.Integer(metadata={"description": "Bytes"})
    sha256 = fields.String()


class CopySchema(ma.Schema):
    """Somebody who gets a reply beside the customer."""

    address = fields.String()
    name = fields.String()
    state = fields.String(
        metadata={
            "description": "sent, refused (by the mail server), bounced, or own (an address of the desk, which is not "
            "mailed); absent before the mail went out"
        }
    )


class MessageSchema(ma.Schema):
    """Something said: customer, reply (public), note (internal) or automatic."""

    id = fields.Integer()
    kind = fields.String(validate=OneOf(["customer", "reply", "note", "automatic"]))
    channel = fields.String()
    author = fields.Nested(ActorSchema)
    subject = fields.String()
    text = fields.String()
    quoted = fields.String()
    delivery = fields.String(
        allow_none=True,
        metadata={
            "description": "queued, sent, failed (an incident waits), bounced, or unsent (the customer has no address "
            "to send it to); null for what is not delivered"
        },
    )
    cc = fields.List(
        fields.Nested(CopySchema),
        allow_none=True,
        metadata={"description": "Who gets a reply beside the customer; null: nobody"},
    )
    created_at = fields.AwareDateTime()
    attachments = fields.List(fields.Nested(AttachmentSchema))


MessagePage = page_schema(MessageSchema)


class NewFile(ma.Schema):
    """A file to send along."""

    filename = fields.String(required=True, validate=Length(1, 255))
    content = fields.String(required=True, metadata={"description": "The bytes in Base64"})


class NewMessage(ma.Schema):
    """A public reply or an internal note; the process decides what becomes of it."""

    kind = fields.String(required=True, validate=OneOf(["reply", "note"]))
    text = fields.String(required=True, validate=Length(1, TEXT_LENGTH))
    attachments = fields.List(fields.Nested(NewFile), load_default=list, validate=Length(max=20))
    cc = fields.List(
        fields.String(validate=Length(1, 400)),
        load_default=list,
        validate=Length(max=MOST),
        metadata={"description": "Addresses that a reply is mailed to beside the customer"},
    )
    copied = fields.List(
        fields.Integer(),
        load_default=list,
        validate=Length(max=MOST),
        metadata={"description": "The same: ids of people whom the ticket was copied to"},
    )


class TrailSchema(ma.Schema):
    """A line of the trail: who did what, from which state to which."""

    id = fields.Integer()
    at = fields.AwareDateTime()
    actor = fields.Nested(ActorSchema)
    action = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String(allow_none=True)
    remark = fields.String()
    data = fields.Dict()


class TrailList(ma.Schema):
    """The newest lines, newest first."""

    items = fields.List(fields.Nested(TrailSchema))


class TaskSchema(ma.Schema):
    """An open step that waits for the caller."""

    id = fields.UUID()
    name = fields.Dict(metadata={"description": "The step as drawn, {zh, en}"})
    flow = fields.Dict(metadata={"description": "The diagram's name, {zh, en}"})
    assignee = fields.String(allow_none=True)
    priority = fields.Integer()
    due_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    ticket_id = fields.Integer(allow_none=True)
    ticket_number = fields.String(allow_none=True)
    title = fields.String(allow_none=True)
    subject = fields.String(
        allow_none=True,
        metadata={"description": "What the diagram says that it is about, where it has no ticket"},
    )
    customer = fields.String(allow_none=True)


class TaskList(ma.Schema):
    """My open steps, soonest due first (200 at most)."""

    items = fields.List(fields.Nested(TaskSchema))


class OutcomeSchema(ma.Schema):
    """A way on that the diagram offers."""

    id = fields.String()
    label = fields.Dict()
    style = fields.String()
    needs = fields.List(
        fields.List(fields.String()),
        allow_none=True,
        metadata={
            "description": "Fields without which it cannot be chosen; of each group one is enough"
        },
    )


class TaskDetail(ma.Schema):
    """A step with its form (form-js) and its ways on."""

    id = fields.UUID()
    instance_id = fields.UUID()
    element_id = fields.String()
    name = fields.Dict()
    form = fields.Dict(allow_none=True)
    outcomes = fields.List(fields.Nested(OutcomeSchema))
    data = fields.Dict()
    due_at = fields.AwareDateTime(allow_none=True)
    priority = fields.Integer()
    assignee = fields.String(allow_none=True)
    candidates = fields.List(fields.String())
    created_at = fields.AwareDateTime()


class Completion(ma.Schema):
    """How a step is done: the outcome, and the values of its form."""

    outcome = fields.String(load_default=None, allow_none=True)
    values = fields.Dict(keys=fields.String(), load_default=dict)


class TypeChange(ma.Schema):
    """What is set of a type. It is withdrawn with `active: false`, never deleted."""

    name = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "{zh, en}"},
    )
    help = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)
    process_key = fields.String(required=True, validate=Length(1, 255))
    form_key = fields.String(load_default=None, allow_none=True)
    prefix = fields.String(load_default="WN", metadata={"description": "1 to 6 capital letters"})
    create_roles = fields.List(fields.String(), load_default=list)
    read_roles = fields.List(fields.String(), load_default=list)
    priority = fields.String(load_default="normal", validate=OneOf(list(PRIORITIES)))
    print_layout = fields.String(load_default=None, allow_none=True)
    survey = fields.Boolean(load_default=False)
    asks_fields = fields.Boolean(
        load_default=False,
        metadata={"description": "Customers' forms ask for the desk's own required fields, too"},
    )
    active = fields.Boolean(load_default=True)


class TypeSchema(TypeChange):
    """What kind of request a ticket is."""

    key = fields.String(required=True, validate=Length(1, 64))
    is_default = fields.Boolean(
        dump_only=True, metadata={"description": "A new ticket begins with it"}
    )


class TypeOrder(ma.Schema):
    """Keys of types, first to last; those not named come after them, as they were."""

    keys = fields.List(fields.String(), required=True, validate=Length(1, 500))


class TypeList(ma.Schema):
    """All types in their order, withdrawn ones last."""

    items = fields.List(fields.Nested(TypeSchema))


class HandOver(ma.Schema):
    """To whom a ticket goes; at least one of the two. `seen` guards against somebody else's hand-over."""

    team_id = fields.Integer(load_default=None, allow_none=True)
    person_id = fields.Integer(load_default=None, allow_none=True)
    remark = fields.String(load_default="", validate=Length(max=2000))
    seen = fields.String(
        load_default=None, allow_none=True, metadata={"description": "user:7 or team:3"}
    )


class Copies(ma.Schema):
    """People to put on the copy list."""

    people = fields.List(fields.Integer(), required=True, validate=Length(1, 50))
    view_only = fields.Boolean(load_default=True)


class WatcherSchema(ma.Schema):
    """Somebody who is told what happens."""

    user_id = fields.Integer()
    name = fields.String(attribute="user.name")
    kind = fields.String(validate=OneOf(["copied", "follows"]))
    view_only = fields.Boolean()


class WatcherList(ma.Schema):
    """Who is told."""

    items = fields.List(fields.Nested(WatcherSchema))


class PartSchema(ma.Schema):
    """A ticket to be split off."""

    title = fields.String(required=True, validate=Length(1, 400))
    text = fields.String(load_default="", validate=Length(max=TEXT_LENGTH))
    type = fields.String(load_default=None, allow_none=True)
    priority = fields.String(load_default="normal", validate=OneOf(list(PRIORITIES)))
    team_id = fields.Integer(load_default=None, allow_none=True)
    person_id = fields.Integer(load_default=None, allow_none=True)


class Splitting(ma.Schema):
    """1 to 15 parts."""

    parts = fields.List(fields.Nested(PartSchema), required=True, validate=Length(1, 15))


class Merging(ma.Schema):
    """Which ticket goes on for both."""

    into_id = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=Length(max=2000))


class Linking(ma.Schema):
    """The other ticket."""

    other_id = fields.Integer(required=True)


class RelatedTicket(ma.Schema):
    """A ticket in few words; of one that the caller may not see only the number."""

    id = fields.Integer(allow_none=True)
    number = fields.String()
    title = fields.String(allow_none=True)
    state = fields.String(validate=OneOf(STATES), allow_none=True)


class Related(ma.Schema):
    """The tickets that a ticket has to do with."""

    parent = fields.Nested(RelatedTicket, allow_none=True)
    into = fields.Nested(RelatedTicket, allow_none=True)
    children = fields.List(fields.Nested(RelatedTicket))
    linked = fields.List(fields.Nested(RelatedTicket))
    merged = fields.List(fields.Nested(RelatedTicket))
