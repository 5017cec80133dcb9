"""Which mailboxes the desk has, which of them a mail came to, and from which an answer goes out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any, cast
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, Table, select, update
from sqlalchemy.orm import Session

from connectors.mail.addressing import split_address
from connectors.mail.mailboxes.models import (
    FORWARD,
    IMAP,
    LISTENER,
    OF_SETTINGS,
    MailboxRow,
)
from connectors.mail.mailboxes.sealing import unseal
from desk.settings import Settings
from engine.statements import Query, run

_row = cast(Table, MailboxRow.__table__).c
ALL = Query(
    select(
        _row.id, _row.address, _row.name, _row.aliases, _row.type, _row.team_id, _row.way, _row.imap_url,
        _row.imap_password, _row.smtp_url, _row.smtp_password, _row.is_default,
    ).where(_row.active).order_by(_row.id)
)  # fmt: skip


@dataclass(frozen=True)
class Mailbox:
    """An address of the desk. `id` is None for the one of the settings; `type` None for general tickets.

    `imap_url` and `smtp_url` have no password: `account` and `sending` put it in.
    """

    id: int | None
    address: str
    name: str
    aliases: tuple[str, ...] = ()
    type: str | None = None
    team_id: int | None = None
    way: str = LISTENER
    imap_url: str = ""
    imap_password: str = ""
    smtp_url: str = ""
    smtp_password: str = ""
    is_default: bool = False

    @cached_property
    def names(self) -> frozenset[tuple[str, str]]:
        """Its addresses as they are compared."""
        return frozenset(map(split_address, (self.address, *self.aliases)))

    def account(self, settings: Settings) -> str:
        """Where its mail is fetched, with the password; empty: it is not. Raises SealBroken."""
        if self.id is None:
            return settings.imap_url
        if self.way != IMAP:
            return ""
        return with_password(self.imap_url, unseal(settings.secret_key, self.imap_password))

    def sending(self, settings: Settings) -> str:
        """The server that its mail goes out by, with the password; empty: the outbox. Raises SealBroken."""
        if not self.smtp_url:
            return settings.smtp_url
        return with_password(self.smtp_url, unseal(settings.secret_key, self.smtp_password))


@dataclass(frozen=True)
class Mailboxes:
    """All mailboxes that are in use, the one of the settings first."""

    all: tuple[Mailbox, ...]

    @property
    def default(self) -> Mailbox:
        """From which tickets are answered that did not come by mail."""
        return next((one for one in self.all if one.is_default), self.all[0])

    def of(self, address: str) -> Mailbox | None:
        """The mailbox with this address, with or without a detail behind a plus."""
        name = split_address(address)
        return next((one for one in self.all if name in one.names), None)

    def receiving(
        self, fetched: int | None, envelope: Sequence[str], named: Iterable[str]
    ) -> Mailbox:
        """The mailbox that a mail came to.

        `fetched`: the mailbox that it was fetched from; `envelope`: whom it was handed in for; `named`: whom its
        headers name, those of forwarding first. A mailbox that forwards is known by the headers alone.
        """
        by_headers = [found for found in map(self.of, named) if found is not None]
        forwarded = next((one for one in by_headers if one.way == FORWARD), None)
        if forwarded is not None:
            return forwarded
        by_fetching = (one for one in self.all if fetched is not None and one.id == fetched)
        by_envelope = (found for found in map(self.of, envelope) if found is not None)
        return [*by_fetching, *by_envelope, *by_headers, self.all[0]][0]

    def answering(self, by_mail: bool, received_by: int | None) -> Mailbox:
        """Who answers on a ticket: the mailbox that its mail came to, for all others the default one."""
        if by_mail:
            return next((one for one in self.all if one.id == received_by), self.default)
        return self.default


FRESH = 2.0  # seconds that a process goes by what it has read, so that not every mail asks anew
# by database: all of its sessions draw from one pool
_read: WeakKeyDictionary[Pool, tuple[float, Settings, Mailboxes]] = WeakKeyDictionary()


def read_mailboxes(session: Session, settings: Settings) -> Mailboxes:
    """The mailboxes as they are; what another process has changed is seen within FRESH."""
    pool = session.get_bind().engine.pool
    until, its, known = _read.get(pool, (0.0, None, None))
    if known is not None and its is settings and monotonic() < until:
        return known
    found = _mailboxes(session, settings)
    _read[pool] = monotonic() + FRESH, settings, found
    return found


def read_anew(session: Session) -> None:
    """What was read before this session's transaction is not gone by any more."""
    _read.pop(session.get_bind().engine.pool, None)


def _mailboxes(session: Session, settings: Settings) -> Mailboxes:
    first = Mailbox(None, settings.mail_address, settings.company)
    others = []
    for row in run(session, ALL, {}):
        if row.address == OF_SETTINGS:
            first = _mailbox(row, None, settings.mail_address, settings)
        else:
            others.append(_mailbox(row, row.id, row.address, settings))
    return Mailboxes((first, *others))


def note_reached(session: Session, mailbox_id: int, error: str) -> None:
    """Keep why a mailbox could not be read the last time; empty: it was."""
    session.execute(
        update(MailboxRow)
        .where(MailboxRow.id == mailbox_id, MailboxRow.error != error[:500])
        .values(error=error[:500])
    )


def only_settings(settings: Settings) -> Mailboxes:
    """What is known without a database: the mailbox of the settings."""
    return Mailboxes((Mailbox(None, settings.mail_address, settings.company),))


def with_password(url: str, password: str) -> str:
    """`imaps://user@host/x` with the user's password in it."""
    parts = urlsplit(url)
    if not password or not parts.username:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:{quote(password, safe='')}@{host}").geturl()


def _mailbox(row: Any, number: int | None, address: str, settings: Settings) -> Mailbox:
    return Mailbox(
        number, address, row.name or settings.company, tuple(row.aliases), row.type, row.team_id,
        row.way, row.imap_url, row.imap_password, row.smtp_url, row.smtp_password, row.is_default,
    )  # fmt: skip
