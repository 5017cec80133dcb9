"""Who gets how many of a batch of tickets: equal shares, or the numbers that were given [000 §5.2.2]."""

from collections.abc import Mapping, Sequence
from itertools import islice


class TooMany(ValueError):
    """More were given out than there are. `wanted` and `there` say how many."""

    def __init__(self, wanted: int, there: int) -> None:
        super().__init__(f"{wanted} of {there}")
        self.wanted, self.there = wanted, there


def equal_shares(count: int, people: Sequence[int]) -> list[int | None]:
    """For each ticket in order, who gets it: in turns, so that shares differ by one at most.

    Without people all of it stays unassigned.
    """
    if not people:
        return [None] * count
    return [people[index % len(people)] for index in range(count)]


def given_numbers(count: int, numbers: Mapping[int, int]) -> list[int | None]:
    """For each ticket in order, who gets it: everybody as many as was said, in turns as long as they
    have some left; the rest stays unassigned. Raises TooMany, and ValueError for a negative number.
    """
    if any(number < 0 for number in numbers.values()):
        raise ValueError("a share is not negative")
    wanted = sum(numbers.values())
    if wanted > count:
        raise TooMany(wanted, count)
    left = dict(numbers)
    dealt: list[int | None] = []
    while any(left.values()):
        for person, number in left.items():
            if number:
                dealt.append(person)
                left[person] = number - 1
    return [*islice(dealt, count), *[None] * (count - len(dealt))]
