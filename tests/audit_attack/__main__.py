"""python -m tests.audit_attack [--count 1000] [--seed N] [--postgresql]

Alters a desk's database and archives at random, one alteration at a time: changes, deletes, inserts, swaps and
truncates rows of histories, log, seals and roots, and bytes of archives; also with all hashes made anew, as far as an
attacker can. `audit verify` must find each, and name the place. The last line is the figure; exit 1 if one is missed.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

import structlog

from tests.audit_attack.attacks import ATTACKS, Attack
from tests.audit_attack.victim import Victim
from tests.fixtures.postgresql import PostgresqlServer


def main() -> int:
    """Attack, print what was missed, and the figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.audit_attack")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--postgresql", action="store_true", help="on a throw-away PostgreSQL")
    given = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    server = PostgresqlServer() if given.postgresql else None
    try:
        with tempfile.TemporaryDirectory(prefix="lanedesk-attack-") as name:
            folder = Path(name)
            url = (
                server.create_database("victim") if server else f"sqlite:///{folder / 'victim.db'}"
            )
            return attack(Victim(folder, url, Random(given.seed)), given.count, given.seed)
    finally:
        if server is not None:
            server.stop()


def attack(victim: Victim, count: int, seed: int) -> int:
    """Do `count` alterations; 1 when one was missed."""
    clean = victim.verify()
    if clean:
        print(f"before any attack: {clean[0].words()}")
        return 1
    random = Random(seed + 1)
    tried: Counter[str] = Counter()
    missed = 0
    started = time.monotonic()
    for number in range(count):
        way: Attack = ATTACKS[number % len(ATTACKS)]
        places = way(victim, random)
        findings = victim.verify()
        tried[way.__name__] += 1
        if not any(place.is_named_by(finding) for place in places for finding in findings):
            missed += 1
            found = "; ".join(finding.words() for finding in findings[:3]) or "nothing"
            print(f"MISSED {number} {way.__name__}: expected {places[0]}, found {found}")
        victim.restore()
    for name, times in sorted(tried.items()):
        print(f"{name}: {times}")
    again = victim.verify()
    if again:
        print(f"after all was taken back: {again[0].words()}")
        return 1
    print(
        f"{count - missed} of {count} alterations found, with their place, in "
        f"{time.monotonic() - started:.0f} s: {'held' if not missed else 'MISSED'}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
