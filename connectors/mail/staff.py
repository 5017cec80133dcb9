"""Mail to people of the desk: what a diagram has to tell them. It belongs to no talk and is kept with no ticket."""

import hmac
from typing import Any

from connectors.mail.composing import OutgoingMail
from connectors.mail.delivering import deliver
from connectors.mail.loops import LOOP_HEADER, loop_mark
from connectors.mail.mailboxes.queries import read_mailboxes
from connectors.mail.wording import worded
from desk.application import Desk
from desk.people.models import User
from desk.storage import FileMissing
from desk.tickets.models import Ticket
from engine.timestamps import utc_now


def tell(
    desk: Desk,
    user_id: int,
    subject: str,
    text: str,
    ticket_id: int | None,
    unique: str,
    page: str | None = None,
) -> dict[str, Any]:
    """Send one mail to one person, in their language; {"sent": bool} with the Message-ID or the reason why not.

    Reasons: `no_account`, `no_address`, `own_address`. `unique` stays the same over all tries; the Message-ID is made
    of it. Raises OperatorError or PermanentFailure as `delivering.deliver`. `page` is the storage key of an HTML
    document that stands for the words where HTML is read; where it is gone, the words stand alone.
    """
    settings = desk.settings
    with desk.database.reading() as session:
        user = session.get(User, user_id)
        ticket = session.get(Ticket, ticket_id) if ticket_id is not None else None
        if user is None or not user.active:
            return {"sent": False, "reason": "no_account"}
        name, locale, address = user.name, user.locale, user.email
        number = ticket.number if ticket is not None else ""
        mailboxes = read_mailboxes(session, settings)
    if not address:
        return {"sent": False, "reason": "no_address"}
    if mailboxes.of(address) is not None:
        return {"sent": False, "reason": "own_address"}
    words = worded(
        "staff",
        locale,
        {
            "contact": name,
            "company": settings.company,
            "brand_color": settings.brand_color,
            "number": number,
            "url": f"{settings.public_url}/tickets/{ticket_id}" if number else "",
            "subject": subject,
            "words": text,
        },
    )
    domain = settings.mail_address.rpartition("@")[2]
    digest = hmac.new(settings.secret_key.encode(), f"staff {unique}".encode(), "sha256")
    mail = OutgoingMail(
        message_id=f"<{digest.hexdigest()[:32]}@{domain}>",
        from_name=mailboxes.default.name,
        from_address=mailboxes.default.address,
        to_name=name,
        to_address=address,
        reply_to=mailboxes.default.address,
        subject=words.subject,
        text=words.text,
        html=_html(desk, page) or words.html,
        date=utc_now(),
        headers={
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            LOOP_HEADER: loop_mark(settings.secret_key, 1),
        },
    )
    deliver(
        settings,
        mailboxes.default,
        mail.as_bytes(),
        message_id=mail.message_id,
        sender=mailboxes.default.address,
        recipient=address,
    )
    return {"sent": True, "mail": mail.message_id}


def _html(desk: Desk, page: str | None) -> str | None:
    try:
        return desk.storage.get(page).decode() if page else None
    except FileMissing:  # a mail that waited so long that a newer page took its place
        return None
