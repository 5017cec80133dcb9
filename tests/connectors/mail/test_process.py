"""The mail process as a whole: it listens, accepts, and ends when it is told."""

import os
import signal
import smtplib
import subprocess
import sys

from sqlalchemy import func, select

from connectors.mail.models import RawMail
from desk.settings import Settings
from engine.database import Database
from tests.connectors.mail.conftest import plain_mail

PROGRAM = """
import logging
from dataclasses import replace
from connectors.mail import listener, smtp_server
from desk.settings import Settings
from lanedesk.build import build_desk
shown = logging.StreamHandler()
shown.setFormatter(logging.Formatter("%(message)s %(port)s"))
shown.addFilter(lambda record: hasattr(record, "port"))
smtp_server.log.addHandler(shown)
smtp_server.log.setLevel("INFO")
listener.main(build_desk(replace(Settings.from_environment(), secret_key="x")))
"""


def test_the_process_accepts_mail_and_ends_cleanly(settings: Settings, database: Database) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "LANEDESK_DATA": str(settings.data_dir),
        "LANEDESK_SMTP_LISTEN": "127.0.0.1:0",
        "LANEDESK_MAIL_ADDRESS": settings.mail_address,
    }
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            ready = process.stderr.readline()
            assert ready.startswith("mail listener ready"), ready + process.stderr.read()
            with smtplib.SMTP("127.0.0.1", int(ready.split()[-1]), timeout=20) as client:
                client.sendmail("wang@example.com", [settings.mail_address], plain_mail())
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(RawMail)) == 1
