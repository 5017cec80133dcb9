"""Doing without something that is away: after a failure it is not asked again for a while.

A connection that is refused or, worse, hangs costs seconds; what only wakes or counts must not cost them each time.
"""

import time

PAUSE = 10.0  # seconds


class Breaker:
    """Open after `failed()`, for `PAUSE` seconds. One for each process and thing; threads may share it."""

    def __init__(self) -> None:
        self._closed_again = 0.0

    @property
    def is_open(self) -> bool:
        """Whether to do without right now."""
        return time.monotonic() < self._closed_again

    def failed(self) -> None:
        """Note that it did not work."""
        self._closed_again = time.monotonic() + PAUSE
