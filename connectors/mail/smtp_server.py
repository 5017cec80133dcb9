"""The SMTP/LMTP listener: a mail is answered with 250 only when its raw bytes are committed.

The event loop speaks to the clients; writing is done by one committing thread, in groups (group_commit).
"""

import asyncio
import logging
import math
import threading
import time
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from connectors.mail.group_commit import GroupCommitter
from connectors.mail.intake import Incoming, Source, receive
from connectors.mail.mailboxes.queries import only_settings, read_mailboxes
from connectors.mail.smtp_protocol import DeskLmtp, DeskSmtp
from desk.application import Desk
from desk.settings import SettingsError

log = logging.getLogger(__name__)

MOST_RECIPIENTS = 100  # RFC 5321 §4.5.3.1.8
MOST_SESSIONS = 200
IDLE_SECONDS = 300  # RFC 5321 §4.5.3.2
STOP_SECONDS = 5
KNOWN_SECONDS = 30  # so long an address that was withdrawn may still be written to
UNKNOWN_SECONDS = 1


class _Addresses:
    """Whom mail is taken for: the mailboxes, read anew now and then, and at once for an address that is not known."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._mailboxes = only_settings(desk.settings)
        self._read_at = -math.inf

    async def know(self, address: str) -> bool:
        """Whether it is one of the desk's."""
        is_known = self._mailboxes.of(address) is not None
        if time.monotonic() - self._read_at > (KNOWN_SECONDS if is_known else UNKNOWN_SECONDS):
            await asyncio.get_running_loop().run_in_executor(None, self._read)
        return self._mailboxes.of(address) is not None

    def _read(self) -> None:
        try:
            with self._desk.database.reading() as session:
                self._mailboxes = read_mailboxes(session, self._desk.settings)
        except SQLAlchemyError as error:  # the mail itself will be told to come later
            log.warning("the mailboxes cannot be read: %s", error)
        self._read_at = time.monotonic()


class _Handler:
    """What aiosmtpd asks at each command."""

    def __init__(self, desk: Desk, committer: GroupCommitter, source: Source) -> None:
        self._desk = desk
        self._committer = committer
        self._source = source
        self._addresses = _Addresses(desk)
        self._sessions = 0
        self._in_hand = 0
        self._nothing_in_hand = asyncio.Event()
        self._nothing_in_hand.set()

    def session_begins(self) -> bool:
        """Whether one more client may be served; each True is followed by one `session_ends`."""
        if self._sessions >= MOST_SESSIONS:
            return False
        self._sessions += 1
        return True

    def session_ends(self) -> None:
        """A client has gone."""
        self._sessions -= 1

    async def all_answered(self) -> None:
        """Return when every mail that was read whole has been answered."""
        await self._nothing_in_hand.wait()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if not await self._addresses.know(address):
            return "550 5.1.1 Nobody reads mail at that address here"
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        loop = asyncio.get_running_loop()
        self._in_hand += 1
        self._nothing_in_hand.clear()
        try:
            mail = await loop.run_in_executor(None, self._receive, envelope)
            raw_mail_id = await asyncio.wrap_future(self._committer.hand_over(mail))
        except Exception:  # noqa: BLE001 - whatever went wrong, the sender keeps the mail and tries again
            log.exception("a mail could not be stored; its sender is asked to try again")
            return "451 4.3.0 The mail cannot be stored right now, please try again later"
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._nothing_in_hand.set()
        log.info(
            "mail accepted",
            extra={"raw_mail_id": raw_mail_id, "size": mail.size, "sha256": mail.sha256},
        )
        return "250 2.0.0 Accepted"

    async def handle_exception(self, error: Exception) -> str:
        log.error("the SMTP session failed", exc_info=error)
        return "451 4.3.0 Something went wrong here, please try again later"

    def _receive(self, envelope: Any) -> Incoming:
        return receive(
            self._desk.storage,
            envelope.content,
            source=self._source,
            envelope_from=envelope.mail_from,
            envelope_to=envelope.rcpt_tos,
        )


class MailListener:
    """The listening socket and its threads. `start()` returns when it listens, `stop()` when all is written."""

    def __init__(self, desk: Desk) -> None:
        """Nothing listens yet. Raises SettingsError when LANEDESK_SMTP_LISTEN cannot be understood."""
        self._settings = settings = desk.settings
        self._host, self._port = _host_and_port(settings.smtp_listen)
        self._committer = GroupCommitter(desk)
        source: Source = "lmtp" if settings.lmtp else "smtp"
        self._handler = _Handler(desk, self._committer, source)
        self._protocol = DeskLmtp if settings.lmtp else DeskSmtp
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mail-listener", daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on (the one the system chose, when 0 was asked for)."""
        if self._server is None:
            raise RuntimeError("the listener was not started")
        return int(self._server.sockets[0].getsockname()[1])

    def start(self) -> None:
        """Listen. Raises OSError when the address is taken or not ours."""
        self._committer.start()
        self._thread.start()
        listening = self._loop.create_server(self._session, self._host, self._port)
        try:
            self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        except OSError:
            self._end()
            raise
        log.info("mail listener ready", extra={"host": self._host, "port": self.port})

    def stop(self) -> None:
        """Stop listening; mails that were read whole are still committed and answered."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._committer.stop()

    def _session(self) -> DeskSmtp:
        domain = self._settings.mail_address.rpartition("@")[2]
        return self._protocol(
            self._handler,
            data_size_limit=self._settings.mail_size_limit_mb * 1024 * 1024,
            enable_SMTPUTF8=True,
            hostname=domain,
            ident="Lanedesk",
            timeout=IDLE_SECONDS,
            loop=self._loop,
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        with suppress(TimeoutError):  # then the client sees a cut connection and sends again
            await asyncio.wait_for(self._handler.all_answered(), STOP_SECONDS)


def _host_and_port(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise SettingsError(f"LANEDESK_SMTP_LISTEN must be host:port, not {listen!r}")
    return host.strip("[]"), int(port)
