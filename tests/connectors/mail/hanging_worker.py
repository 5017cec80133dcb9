"""A worker that says which mails it has written half of, and waits to be killed: `python -m … DATABASE_URL FOLDER`."""

import sys
import time
from pathlib import Path
from typing import Any

from connectors.mail import ingest
from connectors.mail.threading import Thread
from desk.settings import Settings
from engine.database import Database
from lanedesk.worker import do_due
from tests.connectors.mail.conftest import assemble

SECONDS = 60.0


def hang(self: ingest._Ingest, thread: Thread) -> dict[str, Any]:
    """In the middle of the transaction: the mail is claimed, its conversation has a row."""
    sys.stdout.write(f"{self.raw.id}\n")  # in one piece: another mail is in hand beside it
    sys.stdout.flush()
    time.sleep(SECONDS)
    raise AssertionError("nobody has killed this worker")


if __name__ == "__main__":
    ingest._Ingest._take_in = hang  # type: ignore[method-assign]
    url, folder = sys.argv[1:]
    settings = Settings(data_dir=Path(folder), database_url=url, secret_key="of tests")
    do_due(assemble(settings, Database(url)), "mail", time.monotonic() + SECONDS)
