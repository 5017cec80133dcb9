"""`--rounds`: many random processes, one after the other, on two SQLite files."""

import tempfile
from pathlib import Path

from engine.database import Database
from engine.tables import metadata
from tests.faults.comparing import Databases, Figures, Unequal, generate, play
from tests.faults.shrinking import shrink


def run(count: int, seed: int, size: int) -> bool:
    """Whether all were equal; prints what was not, and the figure last."""
    with tempfile.TemporaryDirectory(prefix="lanedesk-faults-") as folder:
        databases = prepare(Path(folder))
        equal, steps, reloads = 0, 0, 0
        for number in range(seed, seed + count):
            try:
                figures = play_seed(number, size, databases)
            except Unequal as unequal:
                print(unequal, flush=True)
                continue
            equal, steps, reloads = equal + 1, steps + figures.steps, reloads + figures.reloads
    print(f"{equal} of {count} processes equal, {steps} steps, {reloads} reloads")
    return equal == count


def prepare(folder: Path) -> Databases:
    """Two empty databases with the engine's tables."""
    urls = [f"sqlite:///{folder / name}.db" for name in ("kept", "reloaded")]
    for url in urls:
        database = Database(url)
        metadata.create_all(database.engine)
        database.dispose()
    return Databases(*urls)


def play_seed(seed: int, size: int, databases: Databases) -> Figures:
    """One round. Raises Unequal with the smallest process found that shows the same."""
    room = generate(seed, size)
    try:
        return play(seed, room, databases, f"p{seed}")
    except Unequal as unequal:
        raise shrink(seed, room, databases, unequal) from unequal
