"""What one evaluation carries with it: names, budget, clock and the warnings it collects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from engine.feel.errors import depth_exceeded, size_exceeded, steps_exceeded


@dataclass(frozen=True, slots=True)
class Limits:
    """The budget of one evaluation.

    `steps` counts syntax nodes evaluated in loops, filters and calls and items that built-ins touch:
    about 0.2 microseconds each; `size` the items or characters of any one value, with all that is
    inside of it; `depth` calls within calls.
    """

    steps: int = 300_000
    size: int = 100_000
    depth: int = 80


@dataclass(frozen=True, slots=True)
class Warning:
    """Why a null came about. `at` is the offset in the text; `message` holds "en" and "zh"."""

    at: int
    message: dict[str, str]


MAX_WARNINGS = 50
# What one turn of a loop, one item of a filter or one call costs besides the nodes of its body.
TURN = 6
DEFAULT_LIMITS = Limits()
NO_FUNCTIONS: Mapping[str, Any] = {}


def system_clock() -> datetime:
    return datetime.now(UTC)


class Run:
    """The state of one evaluation."""

    __slots__ = ("clock", "functions", "host", "limits", "steps", "depth", "warnings", "_now")

    def __init__(
        self,
        clock: Callable[[], datetime] | None = None,
        functions: Mapping[str, Any] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        host: Any = None,
    ) -> None:
        self.clock = clock
        self.functions = functions or NO_FUNCTIONS
        self.host = host  # for the host's own functions; no expression can reach it
        self.limits = limits
        self.steps = limits.steps
        self.depth = limits.depth
        self.warnings: list[Warning] | None = None
        self._now: datetime | None = None

    def now(self) -> datetime:
        """One evaluation sees one moment, however often it asks."""
        if self._now is None:
            self._now = (self.clock or system_clock)()
        return self._now

    def spend(self, steps: int) -> None:
        """Charge the budget. Raises FeelBudgetError."""
        self.steps -= steps
        if self.steps < 0:
            raise steps_exceeded(self.limits.steps)

    def check_size(self, size: int) -> None:
        """Raises FeelBudgetError when a value of that size may not be made."""
        if size > self.limits.size:
            raise size_exceeded(self.limits.size)

    def enter(self) -> None:
        self.depth -= 1
        if self.depth < 0:
            raise depth_exceeded()

    def leave(self) -> None:
        self.depth += 1

    def warn(self, at: int, en: str, zh: str) -> Any:
        """Record why a value is null. Returns that null, so that callers can return it on."""
        if self.warnings is None:
            self.warnings = []
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warning(at, {"en": en, "zh": zh}))
        return None


class Scope:
    """Names and their values; inner scopes hide outer ones (DMN 1.5 §10.3.2.11).

    `clean` says that the values are FEEL values already.
    """

    __slots__ = ("vars", "parent", "run", "clean")

    def __init__(
        self, vars: Mapping[str, Any], parent: "Scope | None", run: Run, clean: bool = True
    ) -> None:
        self.vars = vars
        self.parent = parent
        self.run = run
        self.clean = clean
