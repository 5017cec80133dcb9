"""A rule as the form knows it: when, if, then, else. What is kept is its diagram; see writing.py and reading.py."""

from dataclasses import dataclass, field
from typing import Final, Literal

from engine.operators import Text

Kind = Literal["trigger", "automation", "macro"]
Timing = Literal["user", "load", "submit", "change"]

KINDS: Final[dict[str, Text]] = {
    "trigger": Text("Trigger", "触发器"),
    "automation": Text("Automation", "自动化任务"),
    "macro": Text("Macro", "宏"),
}
# The four moments at which a macro runs [000 §5.1.6.3].
TIMINGS: Final[dict[str, Text]] = {
    "user": Text("When an agent chooses it", "用户触发"),
    "load": Text("When the page opens", "页面加载"),
    "submit": Text("When the form is submitted", "工单提交"),
    "change": Text("When a field changes", "字段值改变"),
}
EVERY: Final[dict[str, Text]] = {
    "PT15M": Text("Every 15 minutes", "每 15 分钟"),
    "PT1H": Text("Every hour", "每小时"),
    "P1D": Text("Every day", "每天"),
}


@dataclass(frozen=True)
class Condition:
    """`field` is what is asked (a FEEL path), `operator` how, `values` with what."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    """What is done; `kind` is a key of actions.ACTIONS, `values` what its inputs hold."""

    kind: str
    values: tuple[tuple[str, str], ...] = ()

    def value(self, name: str) -> str:
        """An input's value, empty when it has none."""
        return dict(self.values).get(name, "")


@dataclass(frozen=True)
class Rule:
    """A trigger starts with its `events`, an automation `every` so often, a macro at its `timing` for its `scope`.

    All of `all` and one of `any` (where there are some) must hold for `then`, else `otherwise` is done.
    `scope` are references (`team:3`, `user:7`), none: everybody.
    """

    kind: Kind
    key: str
    title: str
    title_en: str = ""
    events: tuple[str, ...] = ()
    every: str = ""
    timing: Timing = "user"
    scope: tuple[str, ...] = ()
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    then: tuple[Action, ...] = field(default=())
    otherwise: tuple[Action, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All of them, in the order of the table's columns."""
        return (*self.all, *self.any)

    @property
    def decides(self) -> bool:
        """Whether there is anything to decide."""
        return bool(self.conditions)
