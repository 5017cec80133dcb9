"""One IMAP poller for each mailbox that is fetched; the settings' pages may add, change and withdraw them meanwhile."""

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from connectors.mail.imap import ImapPoller
from connectors.mail.mailboxes.queries import Mailboxes, note_reached, read_mailboxes
from connectors.mail.mailboxes.sealing import SealBroken
from desk.application import Desk
from desk.settings import SettingsError

log = logging.getLogger(__name__)

REFRESH_SECONDS = 10
_Key = tuple[int | None, str]  # mailbox, account


class ImapPollers:
    """The pollers, and a thread that keeps them as the mailboxes are."""

    def __init__(self, desk: Desk, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
        """Nothing is read yet. Raises SettingsError when LANEDESK_IMAP_URL cannot be understood."""
        self._desk = desk
        self._refresh_seconds = refresh_seconds
        self._pollers: dict[_Key, ImapPoller] = {}
        if desk.settings.imap_url:
            self._pollers[None, desk.settings.imap_url] = ImapPoller(desk, desk.settings.imap_url)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail-imap-boxes", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        for poller in self._pollers.values():
            poller.start()
        self._thread.start()

    def stop(self) -> None:
        """Finish the mails in hand and end."""
        self._ending.set()
        self._thread.join()
        for poller in self._pollers.values():
            poller.stop()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with self._desk.database.reading() as session:
                    mailboxes = read_mailboxes(session, self._desk.settings)
                self._adapt(mailboxes)
            except SQLAlchemyError as error:
                log.warning("the mailboxes cannot be read: %s", error)
            self._ending.wait(self._refresh_seconds)

    def _adapt(self, mailboxes: Mailboxes) -> None:
        wanted: set[_Key] = set()
        for mailbox in mailboxes.all:
            try:
                account = mailbox.account(self._desk.settings)
            except SealBroken:
                self._tell(mailbox.id, "the password must be entered again")
                continue
            if account:
                wanted.add((mailbox.id, account))
        for key in self._pollers.keys() - wanted:
            self._pollers.pop(key).stop()
        for key in wanted - self._pollers.keys():
            number, account = key
            try:
                poller = ImapPoller(self._desk, account, number)
            except SettingsError as error:
                self._tell(number, str(error))
                continue
            poller.start()
            self._pollers[key] = poller

    def _tell(self, mailbox_id: int | None, error: str) -> None:
        if mailbox_id is not None:
            with self._desk.database.transaction() as session:
                note_reached(session, mailbox_id, error)
