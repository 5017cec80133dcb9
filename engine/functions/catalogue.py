"""How a function for expressions is declared: once, with its types, its words in both languages and examples."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.feel import HostFunction
from engine.functions.working_calendar import WorkingCalendar, office_calendar
from engine.operators import Text

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class DeskFunction:
    """A function as the manual and the designer show it.

    `signature` names parameters and types as engine.feel.HostFunction has them, `result` is the type of what comes
    back, `examples` are expressions with the value they have (tested). `call` is None for functions of FEEL itself.
    """

    name: str
    signature: str
    result: str
    title: Text
    help: Text
    examples: tuple[tuple[str, str], ...]
    call: Callable[..., Any] | None


class Family:
    """Functions that belong together, one module each."""

    def __init__(self, title: Text, help: Text) -> None:
        self.title, self.help = title, help
        self.functions: list[DeskFunction] = []

    def add(
        self, name: str, signature: str, result: str, *, title: Text, help: Text,
        examples: Mapping[str, str],
    ) -> Callable[[F], F]:  # fmt: skip
        """Declare the Python function below as the FEEL function `name`."""

        def declare(call: F) -> F:
            declared = DeskFunction(
                name, signature, result, title, help, tuple(examples.items()), call
            )
            self.functions.append(declared)
            return call

        return declare

    def of_feel(
        self, name: str, result: str, *, title: Text, help: Text, examples: Mapping[str, str]
    ) -> None:
        """List a function without parameters that FEEL has itself, for what it means here."""
        self.functions.append(
            DeskFunction(name, "", result, title, help, tuple(examples.items()), None)
        )

    @property
    def hosted(self) -> dict[str, HostFunction]:
        """What the expression language is given."""
        return {f.name: HostFunction(f.signature, f.call) for f in self.functions if f.call}


class Host:
    """What functions ask of the program they run in, as `run.host`: calendars, by name.

    A name is looked up once; make one for each transaction.
    """

    def __init__(self, calendars: Callable[[str], WorkingCalendar | None]) -> None:
        self._calendars = calendars
        self._known: dict[str, WorkingCalendar | None] = {}

    def calendar(self, name: str) -> WorkingCalendar | None:
        """The calendar of that name, None when there is none."""
        if name not in self._known:
            self._known[name] = self._calendars(name)
        return self._known[name]

    @classmethod
    def of_office(cls, zone: str) -> "Host":
        """One calendar, "default": office hours in a zone."""
        return cls(lambda name: office_calendar(zone) if name == "default" else None)
