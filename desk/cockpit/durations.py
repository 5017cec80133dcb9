"""Durations in buckets, so that medians of a million passes are sums of a few rows: 24 buckets a decade, ±5 %."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

PER_DECADE = 24


def bucket_of(milliseconds: int) -> int:
    """The bucket of a duration; 0 for what took no time."""
    return 0 if milliseconds < 1 else 1 + math.floor(PER_DECADE * math.log10(milliseconds))


def middle_of(bucket: int) -> float:
    """Milliseconds in the (geometric) middle of a bucket."""
    return 0.0 if bucket == 0 else 10 ** ((bucket - 0.5) / PER_DECADE)


@dataclass
class Durations:
    """What is known of the durations of an element: counts by bucket, and exact sum and maximum (milliseconds)."""

    count: int
    again: int
    total: int
    longest: int
    buckets: Mapping[int, int]

    @property
    def mean(self) -> float:
        """Exact."""
        return self.total / self.count if self.count else 0.0

    @property
    def median(self) -> float:
        """To ±5 %."""
        return self.quantile(0.5)

    @property
    def p90(self) -> float:
        """Nine of ten took no longer; to ±5 %."""
        return self.quantile(0.9)

    def quantile(self, share: float) -> float:
        """The duration that this share of the passes did not exceed, in milliseconds."""
        wanted, seen = share * self.count, 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(middle_of(bucket), float(self.longest))
        return float(self.longest)
