"""One export by the code of the worker, in a process of its own, whose memory is read on the way."""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.stand import desk_on
from desk.background.models import BackgroundJob
from desk.background.running import Running, work_due
from desk.exports.operations import ask
from desk.exports.wanted import Wanted
from engine.actors import SYSTEM


def export(url: str, folder: Path, form: str) -> dict[str, float]:
    """The export in a process of its own: seconds, CPU seconds, MB after a tenth and at most, events, bytes of file."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.exporting", url, str(folder), form],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the export failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def export_here(url: str, folder: Path, form: str) -> None:
    """What the worker does with an export that is due; prints the figures."""
    desk = desk_on(url, folder)
    with desk.database.transaction() as session:
        asked = ask(session, Wanted(format=form), actor=SYSTEM)
    early: list[float] = []

    class Watched(Running):
        """Says what memory there was after a tenth."""

        def keep(self, state: Any) -> None:
            super().keep(state)
            _done, total = self._seen
            if not early and total and state["done"] >= total / 10:
                early.append(_most_mb())

    setattr(sys.modules[Running.__module__], "Running", Watched)  # noqa: B010
    began = time.perf_counter()
    work_due(desk)
    seconds = time.perf_counter() - began
    with desk.reading() as session:
        job = session.get_one(BackgroundJob, asked.id)
    if job.status != "done":
        raise SystemExit(f"the export ended as {job.status}: {job.error}")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime, "early": early[0],
                "mb": _most_mb(), "events": job.done, "size": job.file_size,
            }
        )
    )  # fmt: skip


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    export_here(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
