"""Faults: `python -m tests.faults --rounds 200` or `python -m tests.faults --kill 300`.

--rounds N   N random structured processes, each run by an oracle in plain Python, by the engine with the instance
             kept in memory, and by the engine read back from the database after every step: trace, data and final
             state must be equal. `--seed S` is that of the first round; what fails is made smaller and printed.
--kill N     for N seconds under load, PostgreSQL, Redis, workers and scheduler are killed at random; then nothing may
             be lost, stuck or doubled.
"""

import argparse
import logging
import sys

from tests.faults import killing, rounds


def main(arguments: list[str]) -> int:
    """Run what was asked for; the last line printed is the figure."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--rounds", type=int, metavar="N", help="random processes to compare")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the first round")
    parser.add_argument("--size", type=int, default=40, help="about how many nodes a process has")
    parser.add_argument("--kill", type=int, nargs="?", const=300, metavar="SECONDS")
    options = parser.parse_args(arguments)
    if options.rounds is None and options.kill is None:
        parser.error("say --rounds or --kill")
    logging.getLogger("engine").setLevel(logging.CRITICAL)  # jobs fail here on purpose
    held = True
    if options.rounds is not None:
        held = rounds.run(options.rounds, options.seed, options.size)
    if options.kill is not None:
        held = killing.run(options.kill, options.seed) and held
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
