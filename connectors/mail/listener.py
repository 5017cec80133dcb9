"""The mail process: the SMTP/LMTP listener and the IMAP pollers, until a signal ends them."""

import logging
import signal
import threading

from connectors.mail.polling import ImapPollers
from connectors.mail.smtp_server import MailListener
from desk.application import Desk

log = logging.getLogger(__name__)


def main(desk: Desk) -> None:
    """Run until SIGTERM or SIGINT; then no mail that was accepted is left unwritten. Call from the main thread.

    Raises SettingsError, or OSError when the listener's address cannot be used.
    """
    ending = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: ending.set())
    listener = MailListener(desk)
    pollers = ImapPollers(desk)
    listener.start()
    pollers.start()
    ending.wait()
    log.info("the mail process ends")
    pollers.stop()
    listener.stop()
