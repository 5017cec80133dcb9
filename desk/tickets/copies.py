"""To whom a public reply is mailed as well (Cc): further addresses, people copied to the ticket [000 §5.2.3].

A message keeps them as `{"address", "name"}`; who delivers it adds a `state` to each: sent | refused | bounced | own.
"""

from collections.abc import Collection, Iterable
from email.utils import getaddresses
from typing import Final

from sqlalchemy.orm import Session

from desk.contacts.addresses import InvalidAddress, normal_mail
from desk.people.models import User
from desk.tickets.models import Ticket
from desk.tickets.relations.watching import watchers
from engine.operators import Text

MOST: Final = 20
Copy = dict[str, str]


class CopyRefused(ValueError):
    """A reply cannot be copied like that; `words` say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


def copied_people(session: Session, ticket: Ticket) -> list[User]:
    """Those of the people copied to the ticket whom mail reaches."""
    found = (one.user for one in watchers(session, ticket) if one.kind == "copied")
    return [user for user in found if user.active and user.email]


def copies_of(
    session: Session, ticket: Ticket, typed: Iterable[str], people: Collection[int] = ()
) -> list[Copy]:
    """Each address once, the customer's own left out. `typed` are addresses, or lists of them, as people write them.

    `people` are ids of those copied to the ticket; others say nothing. Raises CopyRefused.
    """
    known = ticket.contact.addresses if ticket.contact else ()
    own = {address.value for address in known if address.kind == "mail"}
    chosen = [(user.name, user.email or "") for user in copied_people(session, ticket) if user.id in people]
    found: dict[str, Copy] = {}
    for name, raw in [*chosen, *_split(typed)]:
        try:
            address = normal_mail(raw)
        except InvalidAddress:
            raise CopyRefused(
                Text(f"This is not a mail address: {raw[:80]}", f"邮箱地址不正确：{raw[:80]}")
            ) from None
        if not address.isascii():
            raise CopyRefused(
                Text(f"Mail cannot be sent to {address[:80]}", f"无法发送到此邮箱：{address[:80]}")
            )
        if address not in own:
            found.setdefault(address, {"address": address, "name": " ".join(name.split())[:120]})
    if len(found) > MOST:
        raise CopyRefused(
            Text(f"At most {MOST} further addresses.", f"抄送地址最多 {MOST} 个。")
        )
    return list(found.values())


def _split(typed: Iterable[str]) -> list[tuple[str, str]]:
    """Names and addresses; also between semicolons, full-width commas and lines. What is no address stays as it was."""
    found = []
    for text in typed:
        for sign in ("，", "；", "、", ";", "\n", "\r"):
            text = text.replace(sign, ",")
        for part in filter(None, (one.strip() for one in text.split(","))):
            ((name, address),) = getaddresses([part])[:1] or [("", "")]
            found.append((name, address) if "@" in address else ("", part))
    return found
