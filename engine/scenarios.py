"""Scenarios: what a diagram should do, told as steps, run on the real engine with operators that only pretend.

A file `*.scenario.yaml` beside a diagram is a list of scenarios:

    - name: {zh: 邮件来信并处理完毕, en: A mail is worked to its end}
      records: {ticket: {priority: high}}            # what expressions may read
      operators: {ticket.create: {ticket_id: 1}}     # what operators return; nothing by default; of a list one
                                                     # after the other; {throws: code} throws a BPMN error
      stores: {Visits: 3}                            # what data stores hold at the beginning; null by default
      steps:
        - message: mail.received                     # or start: <process key>, signal: <name>
          payload: {message_id: 1}
          correlation: ticket:1
          at: [dispatch]                             # where tokens then stand, all of them
          calls: [ticket.create]                     # which operators were called in this step, in order
          data: {handler: team:1}                    # variables that must have these values
          stores: {Visits: 4}                        # data stores that must hold these values
          excluded: [user:7]                         # who may not do what is open for people, though offered to them
        - complete: dispatch                         # a human task
          outcome: dispatch
          with: {team: team:1}
        - work: true                                 # a worker does all due jobs
        - fail: mail.send                            # as above, but this operator fails for good
        - throw: sms.send                            # as above, but it throws the BPMN error with this code
          code: no_number
        - wait: P7D                                  # time passes; due timers fire, one after the other
          ended: true

Every key after the first says what must then be true. Jobs wait until `work`. A scenario begins on Monday, 2 March 2026
at 9:00 UTC; `begin: 2026-12-24T09:00:00+08:00` and `zone: Asia/Shanghai` say otherwise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import yaml

from engine.history import plain
from engine.operators import Operators
from engine.runtime import CalendarProvider
from engine.sandbox import BEGIN, Failing, NotPossible, Sandbox

_ACTIONS = ("start", "message", "signal", "complete", "work", "fail", "throw", "wait")
_KEYS = {
    *_ACTIONS,
    "code",
    "with",
    "outcome",
    "payload",
    "correlation",
    "at",
    "data",
    "calls",
    "ended",
    "excluded",
    "refused",
    "stores",
}


@dataclass(frozen=True)
class Outcome:
    """How one scenario went. `failure` says by language where it left the path; None: it kept to it."""

    name: Mapping[str, str]
    failure: Mapping[str, str] | None
    elements: frozenset[str]
    flows: frozenset[str]


@dataclass
class Coverage:
    """What of a bundle's diagrams the scenarios have touched."""

    elements: set[str] = field(default_factory=set)
    flows: set[str] = field(default_factory=set)
    all_elements: set[str] = field(default_factory=set)
    all_flows: set[str] = field(default_factory=set)

    @property
    def untouched(self) -> list[str]:
        """Elements and flows that no scenario has passed."""
        return sorted((self.all_elements - self.elements) | (self.all_flows - self.flows))


class _Unlike(Exception):
    """Something is not as the scenario says; its arguments say what, in English and in Chinese."""


def read_scenarios(content: bytes) -> list[dict[str, Any]]:
    """The scenarios of a file. Raises ValueError naming what cannot be understood."""
    try:
        scenarios = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    if not isinstance(scenarios, list):
        raise ValueError("a scenario file is a list of scenarios")
    for scenario in scenarios:
        if not isinstance(scenario, dict) or not isinstance(scenario.get("steps", []), list):
            raise ValueError("a scenario is a name with a list of steps")
        for key in ("records", "operators", "stores"):
            if not isinstance(scenario.get(key) or {}, dict):
                raise ValueError(f"{scenario.get('name')}: {key} are names with values")
        _check_time(scenario)
        for step in scenario.get("steps", []):
            if not isinstance(step, dict):
                raise ValueError(f"{scenario.get('name')}: a step is a list of keys with values")
            if unknown := {str(key) for key in step} - _KEYS:
                raise ValueError(f"{scenario.get('name')}: unknown {', '.join(sorted(unknown))}")
            if not isinstance(step.get("stores", {}), dict):
                raise ValueError(f"{scenario.get('name')}: stores are names with values")
            if sum(action in step for action in _ACTIONS) != 1:
                raise ValueError(
                    f"{scenario.get('name')}: a step does one of {', '.join(_ACTIONS)}"
                )
    return scenarios


def run_scenarios(
    resources: Mapping[str, bytes],
    operators: Operators,
    *,
    before: Sequence[Mapping[str, bytes]] = (),
    calendars: CalendarProvider | None = None,
) -> tuple[list[Outcome], Coverage]:
    """Run all scenarios of a bundle, each on an empty database in memory.

    `operators` are the real declarations: their parameters are checked, their functions are not called. `before` are
    bundles that this one calls, `calendars` those of the desk (office hours by default).
    Raises DeployRefused when the bundle cannot be deployed, ValueError for a scenario file that cannot be read.
    """
    coverage = Coverage()
    outcomes = []
    bundle = {n: c for n, c in resources.items() if not n.endswith(".scenario.yaml")}
    for name, content in sorted(resources.items()):
        if name.endswith(".scenario.yaml"):
            for scenario in read_scenarios(content):
                play = _Play(scenario, bundle, operators, before=before, calendars=calendars)
                outcomes.append(play.run())
                play.collect(coverage)
    return outcomes, coverage


class _Play:
    """One scenario in a sandbox of its own."""

    def __init__(
        self,
        scenario: Mapping[str, Any],
        bundle: Mapping[str, bytes],
        operators: Operators,
        **setting: Any,
    ) -> None:
        self.scenario = scenario
        self.sandbox = Sandbox(
            bundle,
            operators,
            records=scenario.get("records"),
            returns=scenario.get("operators"),
            begin=_moment(scenario.get("begin")) or BEGIN,
            zone=scenario.get("zone", "UTC"),
            **setting,
        )

    def run(self) -> Outcome:
        """Play all steps until one is not as told."""
        name = self.scenario.get("name", "")
        words = name if isinstance(name, Mapping) else {"zh": str(name), "en": str(name)}
        failure = self._fill()
        for number, step in enumerate(self.scenario.get("steps", []) if failure is None else [], 1):
            try:
                self._do(step)
                self._compare(step)
            except _Unlike as unlike:
                en, zh = unlike.args
                failure = {"en": f"Step {number}: {en}", "zh": f"第 {number} 步：{zh}"}
                break
        played = self.sandbox
        played.close()
        return Outcome(words, failure, frozenset(played.elements), frozenset(played.flows))

    def _fill(self) -> Mapping[str, str] | None:
        """Give data stores what they begin with; words where one cannot have it."""
        try:
            self.sandbox.fill(self.scenario.get("stores") or {})
        except NotPossible as error:
            return error.words
        except TypeError as error:  # YAML knows kinds of values that no process has
            return {"en": str(error), "zh": str(error)}
        return None

    def collect(self, coverage: Coverage) -> None:
        """Add what this play has touched, and what there was to touch."""
        coverage.elements |= self.sandbox.elements
        coverage.flows |= self.sandbox.flows
        coverage.all_elements |= self.sandbox.all_elements
        coverage.all_flows |= self.sandbox.all_flows

    def _do(self, step: Mapping[str, Any]) -> None:
        self.sandbox.calls.clear()
        try:
            self._act(step)
        except NotPossible as error:
            raise _Unlike(error.words["en"], error.words["zh"]) from error
        except Exception as error:  # noqa: BLE001 - whatever stops the diagram is this scenario's result
            if not step.get("refused"):
                words = f"{type(error).__name__}: {error}"
                raise _Unlike(words, words) from error
            return
        if step.get("refused"):
            raise _Unlike("it was not refused", "未被拒绝")

    def _act(self, step: Mapping[str, Any]) -> None:
        sandbox = self.sandbox
        payload = step.get("payload", step.get("with", {}))
        if "wait" in step:
            sandbox.pass_time(step["wait"])
        elif "work" in step:
            sandbox.work()
        elif "fail" in step:
            sandbox.work(Failing(step["fail"]))
        elif "throw" in step:
            sandbox.work(Failing(step["throw"], step.get("code", ""), "the scenario says so"))
        elif "start" in step:
            sandbox.start(step["start"], payload)
        elif "signal" in step:
            sandbox.signal(step["signal"], payload)
        elif "message" in step:
            sandbox.message(step["message"], payload, step.get("correlation"))
        else:
            sandbox.complete(step["complete"], payload, step.get("outcome"))

    def _compare(self, step: Mapping[str, Any]) -> None:
        active = [element for _, element in self.sandbox.standing()]
        calls = [call.operator for call in self.sandbox.calls]
        if "at" in step and active != sorted(step["at"]):
            here, there = _listed(active), _listed(sorted(step["at"]))
            raise _Unlike(
                f"tokens stand at {here[0]}, not at {there[0]}",
                f"令牌位于 {here[1]}，应为 {there[1]}",
            )
        if "calls" in step and calls != step["calls"]:
            did, should = _listed(calls), _listed(step["calls"])
            raise _Unlike(f"called {did[0]}, not {should[0]}", f"调用了 {did[1]}，应为 {should[1]}")
        if "ended" in step and (not active) != step["ended"]:
            if not active:
                raise _Unlike("everything has ended", "流程已全部结束")
            here = _listed(active)
            raise _Unlike(f"tokens stand at {here[0]}", f"令牌位于 {here[1]}")
        if "excluded" in step and (kept := self.sandbox.excluded()) != sorted(step["excluded"]):
            here, there = _listed(kept), _listed(sorted(step["excluded"]))
            raise _Unlike(
                f"excluded are {here[0]}, not {there[0]}", f"排除了 {here[1]}，应为 {there[1]}"
            )
        for name, value in step.get("data", {}).items():
            if (found := self.sandbox.data.get(name)) != value:
                is_, told = _json(found), _json(value)
                raise _Unlike(f"{name} is {is_}, not {told}", f"{name} 的值为 {is_}，应为 {told}")
        if step.get("stores"):
            self._compare_stores(step["stores"])

    def _compare_stores(self, expected: Mapping[str, Any]) -> None:
        held = {store.key: plain(store.value) for store in self.sandbox.stores()}
        for key, value in expected.items():
            if held.get(key) != plain(value):
                is_, told = _json(held.get(key)), _json(plain(value))
                raise _Unlike(
                    f"the data store {key} holds {is_}, not {told}",
                    f"数据存储 {key} 的值为 {is_}，应为 {told}",
                )


def _listed(names: Sequence[str]) -> tuple[str, str]:
    """The names in a row, in both languages."""
    return ", ".join(names) or "nothing", "、".join(names) or "无"


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _check_time(scenario: Mapping[str, Any]) -> None:
    """Raises ValueError for a beginning or a zone that there is not."""
    try:
        ZoneInfo(str(scenario.get("zone", "UTC")))
        _moment(scenario.get("begin"))
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(f"{scenario.get('name')}: {error}") from error


def _moment(text: Any) -> datetime | None:
    """YAML reads an ISO moment itself; one without a zone is UTC."""
    if text is None:
        return None
    moment = text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
