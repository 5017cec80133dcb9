"""What can be done between desks: keep the vendors, pass a ticket on, take one in, hear of it, send it back.

Nothing here decides what follows: each tells the diagram `ticket-transfer` or `ticket-received`.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from desk.audit import actions
from desk.people.log import record
from desk.tickets.attachments import StoredFile
from desk.tickets.models import OVER, Message, Ticket
from desk.tickets.operations import receive_message
from desk.tickets.relations.refusal import Refused
from desk.tickets.types import BASIC, TypeUnavailable, requested_type
from desk.vendors.models import Transfer, Vendor
from desk.vendors.queries import been_here, came_from, transfer_of, vendor_by_key, with_vendor
from engine.actors import Actor
from engine.operators import Text
from engine.runtime import Engine

MOST_DESKS: Final = 5  # that one ticket may go through
KEPT: Final = timedelta(days=7)  # a report that comes before its process waits for it
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

WANTED: Final = "transfer.wanted"
RECEIVED: Final = "transfer.received"
RETURN_WANTED: Final = "transfer.return_wanted"
# What the other desk tells: the message that waits for it here, and on which side of the transfer this desk then is.
REPORTS: Final[dict[str, tuple[str, str]]] = {
    "progress": ("transfer.reported", "out"),
    "reply": ("transfer.reported", "out"),
    "ended": ("transfer.concluded", "out"),
    "returned": ("transfer.concluded", "out"),
    "wrote": ("transfer.told", "in"),
    "withdrawn": ("transfer.withdrawn", "in"),
}

actions.declare({"vendor_saved": Text("Saved a vendor", "保存关联服务商")})


class UnknownTransfer(Exception):
    """This desk and the caller have no such transfer."""


class TransferOver(Exception):
    """The transfer has ended; nothing more is heard of it."""


class SeenBefore(Exception):
    """The same report came before. Nothing may be committed; the caller is answered as then."""


@dataclass(frozen=True)
class Choice:
    """What goes over beside title and description. `fields` are keys of the ticket's form."""

    customer: bool = False
    talk: bool = False
    files: bool = False
    fields: Sequence[str] = ()
    note: str = ""
    finish: bool = False  # end our ticket when theirs has ended


@dataclass(frozen=True)
class Parcel:
    """A ticket as another desk sends it: see desk.vendors.schemas.ParcelSchema."""

    uid: UUID
    chain: Sequence[UUID]
    number: str
    type: str
    title: str
    text: str
    priority: str = "normal"
    note: str = ""
    customer: Mapping[str, str] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    talk: Sequence[Mapping[str, str]] = ()
    attachments: Sequence[Any] = ()
    left: Sequence[str] = ()


@dataclass(frozen=True)
class Report:
    """What another desk tells of a transfer. `id` is the same when it is told again."""

    uid: UUID
    id: str
    kind: str  # of REPORTS
    state: str = ""
    number: str = ""
    text: str = ""
    author: str = ""
    attachments: Sequence[Any] = ()


def save_vendor(
    session: Session, vendor: Vendor | None, given: Mapping[str, Any], *, actor: Actor
) -> Vendor:
    """Make or change a vendor. Without token or secret those that there are stay; a new vendor gets a secret.

    Raises Refused. Side effect: a line in the people's log, without token and secret.
    """
    name, key, url, known_as = (
        str(given.get(entry) or "").strip() for entry in ("name", "key", "url", "known_as")
    )
    if not name:
        raise Refused("Give the vendor a name.", "请填写名称。", "name")
    for entry, value in (("key", key), ("known_as", known_as)):
        if not _KEY.fullmatch(value):
            raise Refused(
                "Use small letters, digits and hyphens (not first or last), at most 64 of them.",
                "只能使用小写字母、数字和连字符（不能在首尾），最多 64 个字符。",
                entry,
            )
    taken = vendor_by_key(session, key)
    if taken is not None and taken is not vendor:
        raise Refused("There is a vendor with this key already.", "该标识已被使用。", "key")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise Refused(
            "A web address begins with https:// or http://.",
            "网址须以 https:// 或 http:// 开头。",
            "url",
        )
    secret = str(given.get("secret") or "").strip()
    if secret and not 16 <= len(secret) <= 64:
        raise Refused("A secret has 16 to 64 characters.", "密钥为 16 至 64 个字符。", "secret")
    types = _types(session, given.get("types") or {})
    if vendor is None:
        vendor = Vendor(secret=secrets.token_hex(24))
        session.add(vendor)
    vendor.name, vendor.key, vendor.known_as = name[:200], key, known_as
    vendor.url = url.rstrip("/")[:1000]
    vendor.types = types
    vendor.token = str(given.get("token") or "").strip()[:400] or vendor.token
    vendor.secret = secret or vendor.secret
    vendor.active = bool(given.get("active"))
    session.flush()
    record(
        session, "vendor_saved", actor=actor, subject=actor.reference,
        new={"key": key, "url": vendor.url, "active": vendor.active},
    )  # fmt: skip
    return vendor


def _types(session: Session, given: Mapping[str, str]) -> dict[str, str]:
    """The type mapping; every type of ours that it names is one that can be asked for."""
    types = {str(theirs).strip(): str(ours).strip() for theirs, ours in given.items()}
    for ours in types.values():
        try:
            requested_type(session, ours, None)
        except TypeUnavailable as error:
            raise Refused(
                f"There is no ticket type “{ours}” here.", f"本平台没有工单类型“{ours}”。", "types"
            ) from error
    return types


def pass_on(
    session: Session,
    engine: Engine,
    ticket: Ticket,
    vendor: Vendor,
    choice: Choice,
    *,
    actor: Actor,
) -> Transfer:
    """Ask for the ticket to go to another vendor's desk; ours stays where it stands.

    Side effects: a transfer, and the process that starts with transfer.wanted. Raises Refused: a ticket is with one
    desk at a time, does not go back to whom it came from, and not through more than MOST_DESKS desks.
    """
    session.refresh(ticket, with_for_update={"of": Ticket})
    if ticket.deleted_at is not None or ticket.merged_into_id is not None or ticket.state in OVER:
        raise Refused(
            "Only an open ticket can be passed on.", "只有未结束的工单可以转给其他服务商。"
        )
    if not vendor.active:
        raise Refused(
            "This vendor takes no tickets any more.", "该服务商已停用，不能再转单。", "vendor"
        )
    if (there := with_vendor(session, ticket.id)) is not None:
        raise Refused(
            f"It is with {there.vendor.name} already.", f"工单已在“{there.vendor.name}”处理。"
        )
    origin = came_from(session, ticket.id)
    if origin is not None and origin.vendor_id == vendor.id:
        raise Refused(
            "It came from them. Send it back instead.",
            "工单由该服务商转来，请使用“退回”。",
            "vendor",
        )
    chain = list(origin.chain) if origin is not None else []
    if len(chain) >= MOST_DESKS:
        raise Refused(
            f"It has been through {MOST_DESKS} desks already.",
            f"工单已经过 {MOST_DESKS} 个服务商。",
        )
    uid = uuid4()
    transfer = Transfer(
        uid=uid, direction="out", vendor_id=vendor.id, ticket_id=ticket.id,
        chain=[*chain, str(uid)], note=choice.note[:2000], finish=choice.finish,
        with_customer=choice.customer, with_talk=choice.talk, with_files=choice.files,
        fields=[key for key in choice.fields if key in ticket.form_data], by=actor.as_json(),
    )  # fmt: skip
    session.add(transfer)
    session.flush()
    payload = {
        "transfer_id": transfer.id,
        "transfer": reference(transfer),
        "ticket_id": ticket.id,
        "correlation": f"ticket:{ticket.id}",
        "vendor": vendor.name,
        "finish": choice.finish,
    }
    if not engine.message(session, WANTED, payload, actor=actor).started:
        raise Refused(
            "No diagram passes tickets on here; ask an implementer to deploy one.",
            "尚未发布跨服务商转单流程，请联系实施人员。",
        )
    return transfer


def take_in(
    session: Session,
    engine: Engine,
    vendor: Vendor,
    parcel: Parcel,
    files: Sequence[StoredFile] = (),
    *,
    actor: Actor,
) -> Transfer:
    """A ticket that another desk sends; the same one again is the one that there is.

    Side effects: a transfer, a message with the words and files, and the process that starts with transfer.received.
    Raises Refused, and what its diagram raises.
    """
    known = transfer_of(session, parcel.uid, "in")
    if known is not None and known.vendor_id == vendor.id:
        return known
    if known is not None or been_here(session, [*parcel.chain, parcel.uid]):
        raise Refused(
            "This ticket has been here before; it would go round in circles.",
            "该工单曾从本平台转出，不能循环转单。",
        )
    if len(parcel.chain) > MOST_DESKS:
        raise Refused(
            f"It has been through {MOST_DESKS} desks already.",
            f"工单已经过 {MOST_DESKS} 个服务商。",
        )
    transfer = Transfer(
        uid=parcel.uid, direction="in", vendor_id=vendor.id, number=parcel.number[:64],
        chain=[str(uid) for uid in parcel.chain], note=parcel.note, by=actor.as_json(),
    )  # fmt: skip
    session.add(transfer)
    session.flush()
    customer = parcel.customer or {}
    message = receive_message(
        session,
        kind="customer",
        channel="vendor",
        author=Actor("contact", None, customer.get("name") or vendor.name),
        subject=parcel.title,
        text=_words(vendor, parcel),
        quoted=_talk(parcel.talk),
        # Not the mail address: the customer goes on hearing from the desk that they wrote to.
        sender_phone=customer.get("phone"),
        attachments=files,
    )
    payload = {
        "transfer_id": transfer.id,
        "transfer": reference(transfer),
        "message_id": message.id,
        "title": parcel.title,
        "priority": parcel.priority,
        "type": vendor.types.get(parcel.type) or vendor.types.get("*") or BASIC,
        "vendor": vendor.name,
    }
    delivery = engine.message(session, RECEIVED, payload, actor=actor)
    session.refresh(transfer)
    if not delivery.started or transfer.ticket_id is None:
        raise Refused(
            "No diagram takes other desks' tickets here.", "本平台尚未发布接收转单的流程。"
        )
    return transfer


def hear(
    session: Session,
    engine: Engine,
    vendor: Vendor,
    report: Report,
    files: Sequence[StoredFile] = (),
    *,
    actor: Actor,
) -> None:
    """What the other desk tells of a transfer goes to the process that waits for it.

    Side effects: a message where it has words or files, and whatever the diagram does. Raises UnknownTransfer,
    TransferOver, SeenBefore.
    """
    name, direction = REPORTS[report.kind]
    transfer = transfer_of(session, report.uid, direction)
    if transfer is None or transfer.vendor_id != vendor.id or transfer.ticket_id is None:
        raise UnknownTransfer(str(report.uid))
    payload: dict[str, Any] = {
        "transfer_id": transfer.id,
        "ticket_id": transfer.ticket_id,
        "kind": report.kind,
        "state": report.state,
        "remark": report.text if report.kind in ("ended", "returned", "withdrawn") else "",
        "message_id": None,
    }
    if report.kind in ("reply", "wrote"):
        payload["message_id"] = _message(session, transfer, report, files).id
    delivery = engine.message(
        session, name, payload, actor=actor, correlation=reference(transfer),
        dedupe_key=f"transfer:{vendor.id}:{report.id}", time_to_live=KEPT,
    )  # fmt: skip
    if delivery.duplicate:
        raise SeenBefore(report.id)
    if not delivery.instances and not transfer.open:
        raise TransferOver(transfer.status)


def send_back(
    session: Session, engine: Engine, ticket: Ticket, *, reason: str, actor: Actor
) -> None:
    """Ask for the ticket to go back to the desk that it came from. Raises Refused."""
    origin = came_from(session, ticket.id)
    if origin is None or not origin.open:
        raise Refused("No other desk waits for this ticket.", "没有其他服务商在等待该工单。")
    if (there := with_vendor(session, ticket.id)) is not None:
        raise Refused(
            f"It is with {there.vendor.name} already.", f"工单已在“{there.vendor.name}”处理。"
        )
    if not reason.strip():
        raise Refused("Say why.", "请填写退回原因。", "reason")
    payload = {"transfer_id": origin.id, "remark": reason.strip()[:2000]}
    delivery = engine.message(
        session, RETURN_WANTED, payload, actor=actor, correlation=reference(origin)
    )
    if not delivery.instances:
        raise Refused("Its diagram does not send it back now.", "流程当前不支持退回。")


def reference(transfer: Transfer) -> str:
    """The key by which an instance that waits finds its transfer: `transfer:7`."""
    return f"transfer:{transfer.id}"


def _message(
    session: Session, transfer: Transfer, report: Report, files: Sequence[StoredFile]
) -> Message:
    """The words of the other desk, or of its customer, as our diagram files them."""
    author = Actor("user", None, " · ".join(filter(None, (report.author, transfer.vendor.name))))
    if report.kind == "wrote":
        author = Actor("contact", None, report.author)
    return receive_message(
        session,
        kind="reply" if report.kind == "reply" else "customer",
        channel="vendor",
        author=author,
        subject=transfer.ticket.title if transfer.ticket else "",
        text=report.text,
        attachments=files,
    )


def _words(vendor: Vendor, parcel: Parcel) -> str:
    """What was sent, as the first words of the ticket."""
    customer = " · ".join(str(value) for value in (parcel.customer or {}).values())
    fields = [f"{name}: {value}" for name, value in parcel.fields.items()]
    lines = [parcel.text, parcel.note, "\n".join(fields), customer, ", ".join(parcel.left)]
    return "\n\n".join(filter(None, [*lines, f"{vendor.name} {parcel.number}"]))


def _talk(talk: Sequence[Mapping[str, str]]) -> str:
    return "\n\n".join(f"{line['who']} ({line['at'][:16]})\n{line['text']}" for line in talk)
