"""What people, events and workers wait for: the rows that a step writes when its tokens begin to wait, and ends when
they wait no more."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine import statements as sql
from engine.bpmn.kinds.activities import HumanTask, ServiceTask
from engine.bpmn.kinds.events import Waiting
from engine.bpmn.schedule import arm_timer
from engine.bpmn.tokens import DiagramError, Token
from engine.stores import WATCH, read_by
from engine.trouble import overtaken

if TYPE_CHECKING:
    from engine.step import Step

Rows = list[dict[str, Any]]
Writes = list[tuple[sql.Write, Rows]]


def ended(step: "Step", tokens: Iterable[Token]) -> Writes:
    """These tokens wait no more: their tasks, subscriptions, timers and jobs end; incidents of those are overtaken."""
    people: Rows = []
    subscribed: Rows = []
    timed: Rows = []
    works: Rows = []
    done = step.closing.token_id if step.closing else None
    stored = step.version.program.stores
    for token in tokens:
        key = {"of_instance": step.recorder.instance_id, "of_token": token.id}
        if isinstance(token.task_spec, HumanTask):
            people.append(
                {
                    "wanted": token.id,
                    "status": "completed" if token.id == done else "cancelled",
                    # who does a task that nobody had taken has taken it
                    "doer": step.actor.reference if token.id == done else None,
                    "ended_at": step.utc,
                    "ended_by": step.recorder.actor,
                    "outcome": step.closing.outcome
                    if step.closing and token.id == done
                    else None,
                }
            )
        elif isinstance(token.task_spec, ServiceTask) and token.id != step.job_done:
            works.append({"of_token": token.id, "ended_at": step.utc})
        elif isinstance(token.task_spec, Waiting):
            kinds = {t.kind for t in token.task_spec.node.triggers}
            if kinds & {"message", "signal"} or (stored and token.task_spec.watches):
                subscribed.append(key)
            if "timer" in kinds:
                timed.append(key)
    if works and step.row is not None:
        overtaken(step.session, [row["of_token"] for row in works], step.actor, step.utc)
    return [
        (sql.END_TASK, people),
        (sql.DELETE_CANDIDATES, [{"of_task": row["wanted"]} for row in people]),
        (sql.DELETE_SUBSCRIPTION, subscribed),
        (sql.DELETE_TIMER, timed),
        (sql.CANCEL_JOB, works),
    ]


def begun(step: "Step", tokens: Iterable[Token]) -> Writes:
    """These tokens wait now: tasks for people, subscriptions and timers."""
    tasks: Rows = []
    candidates: Rows = []
    subscriptions: Rows = []
    timers: Rows = []
    for token in tokens:
        if isinstance(token.task_spec, HumanTask):
            task, named, excluded = _offer(step, token)
            # Kept with the token, so that whose lists change is known without asking the tables.
            token.internal_data["offered"] = [*named, *filter(None, [task["assignee"]])]
            tasks.append(task)
            candidates += [
                {"task_id": token.id, "candidate": c, "excluded": c in excluded}
                for c in sorted({*named, *excluded})
            ]
        elif isinstance(token.task_spec, Waiting):
            more = event_rows(step, token)
            subscriptions += more[0]
            timers += more[1]
    return [
        (sql.INSERT_TASK, tasks),
        (sql.INSERT_CANDIDATE, candidates),
        (sql.INSERT_SUBSCRIPTION, subscriptions),
        (sql.INSERT_TIMER, timers),
    ]


def event_rows(step: "Step", token: Token) -> tuple[Rows, Rows]:
    """The subscriptions and the timers of a waiting token; a message whose key is not known yet has none, and what is
    computed from a data store has one more for that."""
    subscriptions: Rows = []
    timers: Rows = []
    stored = step.version.program.stores
    for index, trigger in enumerate(token.task_spec.node.triggers):
        common = {
            "id": uuid4(),
            "instance_id": step.recorder.instance_id,
            "element_id": token.task_spec.node.id,
            "token_id": token.id,
            "trigger": index,
        }
        key, due = (token.internal_data.get(f"{fact}:{index}") for fact in ("key", "due"))
        if trigger.kind == "timer":
            if due:
                timers.append(common | {"due_at": due[0]})
        elif trigger.kind == "signal" or (
            trigger.kind == "message" and (trigger.correlation is None or key is not None)
        ):
            subscriptions.append(
                common
                | {
                    "kind": trigger.kind,
                    "name": trigger.name,
                    "correlation": key,
                    "condition": None,
                }
            )
        if stored and token.task_spec.watches and trigger.expression:
            subscriptions += [
                common | {"kind": WATCH, "name": read, "correlation": None, "condition": None}
                | {"id": uuid4()}
                for read in read_by(token, trigger.expression)
            ]
    return subscriptions, timers


def _offer(step: "Step", token: Token) -> tuple[dict[str, Any], list[str], list[str]]:
    """A row for people's lists, with who may take it and who may not. Raises DiagramError."""
    spec, node = token.task_spec, token.task_spec.node
    human = node.human
    assert human is not None

    def given(text: str | None) -> Any:
        return None if text is None else spec.literal_or_value(token, text)

    def people(text: str | None) -> list[str]:
        named = given(text)
        if isinstance(named, str):
            named = [c.strip() for c in named.split(",")]
        return sorted({c for c in named or [] if c})

    excluded, subject = people(human.excluded), given(human.subject)
    assignee = given(human.assignee)
    try:
        priority = given(human.priority)
        priority = 50 if priority is None else int(priority)
        due, follow_up = _moment(step, given(human.due)), _moment(step, given(human.follow_up))
    except (TypeError, ValueError) as error:
        raise DiagramError(node.id, str(error)) from error
    return (
        {
            "id": token.id,
            "instance_id": step.recorder.instance_id,
            "element_id": node.id,
            "name": dict(node.name),
            "lane": dict(node.lane) if node.lane else None,
            "form": human.form,
            "status": "open",
            "subject": str(subject)[:400] if subject else None,
            "assignee": assignee or None,
            "claimed": False,
            "priority": priority,
            "due_at": due,
            "follow_up_at": follow_up,
            "created_at": step.utc,
        },
        [c for c in people(human.candidates) if c not in excluded],
        excluded,
    )


def _moment(step: "Step", value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    if isinstance(value, timedelta) or (isinstance(value, str) and value.startswith("P")):
        moment: datetime = arm_timer("duration", value, step.now)[0]
    else:
        moment = arm_timer("date", value, step.now)[0]
    return moment
