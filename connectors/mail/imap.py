"""Reading a mailbox by IMAP (RFC 3501): a mail is flagged as seen only after its raw bytes are committed.

How far the box was read is remembered as UIDVALIDITY and UID in the transaction that stores the mail. Whatever happens
between that commit and the flag, the mail is at worst handed in twice, and counted once (identity).
"""

import logging
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from connectors.mail.incidents import report_incident
from connectors.mail.intake import receive, store
from connectors.mail.mailboxes.queries import note_reached
from connectors.mail.models import imap_box
from desk.application import Desk
from desk.settings import SettingsError
from engine.database import is_sqlite
from engine.operators import Text

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60
LONGEST_PAUSE_SECONDS = 900
MOST_REFUSALS = 3  # looks after which a mail that cannot be fetched is left alone


@dataclass(frozen=True)
class Account:
    """Where to read: `imaps://user:password@host:port/folder` taken apart."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    folder: str

    @property
    def key(self) -> str:
        """How the box is called in `imap_box`; without the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"[:255]

    @classmethod
    def from_url(cls, url: str) -> "Account":
        """Raises SettingsError when the address cannot be understood."""
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise SettingsError("an IMAP account (LANEDESK_IMAP_URL) must be imaps://user:password@host/folder")
        tls = parts.scheme == "imaps"
        return cls(
            host=parts.hostname,
            port=parts.port or (993 if tls else 143),
            tls=tls,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
        )


class ImapPoller:
    """A thread that looks into the mailbox every `imap_seconds`, and less often while it cannot be reached."""

    def __init__(self, desk: Desk, url: str, mailbox_id: int | None = None) -> None:
        """Nothing is read yet. `mailbox_id` is None for the mailbox of the settings.

        Raises SettingsError when the account's address cannot be understood.
        """
        self._desk = desk
        self._box = Account.from_url(url)
        self._mailbox_id = mailbox_id
        self._refusals: dict[int, int] = {}  # by uid
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-imap", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the mail in hand and end."""
        self._ending.set()
        self._thread.join(TIMEOUT_SECONDS)

    def _run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            try:
                self.poll()
                self._tell("")
                failures = 0
            except (IMAPClientError, SQLAlchemyError, OSError) as error:
                failures += 1
                log.warning("the mailbox cannot be read: %s", error, extra={"box": self._box.key})
                self._tell(f"{error}" or type(error).__name__)
            pause = self._desk.settings.imap_seconds * 2 ** min(failures, 8)
            self._ending.wait(
                min(pause, max(LONGEST_PAUSE_SECONDS, self._desk.settings.imap_seconds))
            )

    def _tell(self, error: str) -> None:
        """Let the settings say whether the mailbox could be read."""
        if self._mailbox_id is None:
            return
        with suppress(SQLAlchemyError), self._desk.database.transaction() as session:
            note_reached(session, self._mailbox_id, error)

    def poll(self) -> int:
        """Take in what is new in the box; returns how many mails were stored.

        At the first look, and when the server says that its numbers start anew (UIDVALIDITY), only unseen mails are
        new; after that, all that come behind the last one, read by somebody else meanwhile or not.
        """
        box = self._box
        stored = 0
        # Written so rather than with IMAPClient's own context: that one fails when the connection is lost.
        with closing(_Connection(box)) as connection:
            client = connection.client
            validity = int(client.select_folder(box.folder)[b"UIDVALIDITY"])
            last_uid = self._last_uid(validity)
            for uid in _new_uids(client, last_uid):
                if self._ending.is_set():
                    break
                stored += self._take_or_leave(client, validity, uid)
        return stored

    def _take_or_leave(self, client: IMAPClient, validity: int, uid: int) -> int:
        """Take one mail; one that the server will not hand out, time and again, must not stop those behind it."""
        try:
            taken = self._take(client, validity, uid)
        except IMAPClientAbortError:
            raise  # the connection is lost, which says nothing about the mail
        except IMAPClientError as error:
            self._refusals[uid] = self._refusals.get(uid, 0) + 1
            if self._refusals[uid] < MOST_REFUSALS:
                raise
            self._leave(validity, uid, Text(f"cannot be read: {error}", f"无法读取：{error}"))
            taken = 0
        self._refusals.pop(uid, None)
        return taken

    def _take(self, client: IMAPClient, validity: int, uid: int) -> int:
        size = client.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
        if size is None:
            return 0  # somebody removed it since we looked
        limit = self._desk.settings.mail_size_limit_mb * 1024 * 1024
        if size > limit:
            megabytes = size // (1024 * 1024)
            words = Text(f"is too large ({megabytes} MB)", f"过大（{megabytes} MB）")
            self._leave(validity, uid, words)
            return 0
        raw = client.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
        if raw is None:
            return 0
        mail = receive(
            self._desk.storage, raw, source="imap", mailbox_id=self._mailbox_id
        )
        with self._desk.database.transaction() as session:
            store(self._desk.engine, session, [mail])
            _remember(session, self._box.key, validity, uid)
        client.add_flags([uid], [SEEN], silent=True)
        return 1

    def _leave(self, validity: int, uid: int, why: Text) -> None:
        """Pass over a mail: it stays in the box, and an administrator is told."""
        place = f"{self._box.key}, UID {uid}"
        with self._desk.database.transaction() as session:
            _remember(session, self._box.key, validity, uid)
            report_incident(
                self._desk,
                session,
                Text(
                    f"A mail was left in its mailbox ({place}): it {why.en}",
                    f"一封邮件保留在邮箱中未收取（{place}）：{why.zh}",
                ),
            )

    def _last_uid(self, validity: int) -> int | None:
        with self._desk.database.reading() as session:
            return session.scalar(
                select(imap_box.c.last_uid).where(
                    imap_box.c.box == self._box.key, imap_box.c.uidvalidity == validity
                )
            )


def look_in(url: str) -> None:
    """Sign in and open the folder, as the poller does. Raises what it may stumble over."""
    box = Account.from_url(url)
    with closing(_Connection(box)) as connection:
        connection.client.select_folder(box.folder, readonly=True)


class _Connection:
    """A signed-in client that can be closed even when the other side has gone."""

    def __init__(self, box: Account) -> None:
        context = ssl.create_default_context() if box.tls else None
        self.client = IMAPClient(
            box.host, port=box.port, ssl=box.tls, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
        try:
            self.client.login(box.user, box.password)
        except BaseException:
            self.client.shutdown()
            raise

    def close(self) -> None:
        try:
            self.client.logout()
        except (IMAPClientError, OSError):
            log.debug("the IMAP connection was gone before the goodbye")


def _new_uids(client: IMAPClient, last_uid: int | None) -> list[int]:
    if last_uid is None:
        return sorted(client.search(["UNSEEN"]))
    # `n:*` always names the last mail, also when its uid is smaller than n (RFC 3501 §6.4.8)
    found = client.search(["UID", f"{last_uid + 1}:*"])
    return sorted(uid for uid in found if uid > last_uid)


def _remember(session: Session, box: str, validity: int, uid: int) -> None:
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    values = {"uidvalidity": validity, "last_uid": uid}
    session.execute(
        insert(imap_box)
        .values(box=box, **values)
        .on_conflict_do_update(index_elements=["box"], set_=values)
    )
