"""The if–then form as it is sent: rows of conditions and actions, added and taken away by buttons."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from desk.events import EVENTS
from desk.rules.actions import ACTIONS
from desk.rules.conditions import OPERATORS, WITHOUT_VALUE, operators_for
from desk.rules.fields import NONE, Custom, field_of
from desk.rules.rule import EVERY, TIMINGS, Action, Condition, Kind, Rule

Fields = MultiDict[str, str]
CUSTOM = {"ticket.form.": "ticket.form.", "form.": "form."}  # a key is asked for besides
MOST_ROWS = 60


def rule_of(fields: Fields, kind: Kind, key: str, custom: Custom = NONE) -> Rule:
    """The rule as it was filled in; what is wrong with it is for operations.check to say."""
    timing = fields.get("timing", "user")
    every = fields.get("every", "PT1H")
    return Rule(
        kind, key, fields.get("title", "").strip()[:200], fields.get("title_en", "").strip()[:200],
        events=tuple(name for name in fields.getlist("events") if name in EVENTS),
        every=every if every in EVERY else "PT1H",
        timing=timing if timing in TIMINGS else "user",  # type: ignore[arg-type]
        scope=tuple(part for part in fields.getlist("scope") if part),
        all=conditions_in(fields, "all", custom), any=conditions_in(fields, "any", custom),
        then=tuple(_actions(fields, "then")), otherwise=tuple(_actions(fields, "otherwise")),
    )  # fmt: skip


def _numbers(fields: Fields, prefix: str, last: str) -> Iterator[int]:
    for number in range(1, MOST_ROWS + 1):
        if f"{prefix}-{number}-{last}" not in fields:
            return
        yield number


def conditions_in(fields: Fields, prefix: str, custom: Custom = NONE) -> tuple[Condition, ...]:
    """The conditions of the rows `<prefix>-1` and so on."""
    return tuple(_conditions(fields, prefix, custom))


def _conditions(fields: Fields, prefix: str, custom: Custom) -> Iterator[Condition]:
    for number in _numbers(fields, prefix, "field"):
        row = f"{prefix}-{number}"
        path = fields[f"{row}-field"]
        if path in CUSTOM:
            path += fields.get(f"{row}-custom", "").strip()
        field, operator = field_of(path, custom), fields.get(f"{row}-operator", "")
        if field is not None and operator not in operators_for(field):
            operator = next(iter(operators_for(field)))  # another field was chosen
        values = () if operator in WITHOUT_VALUE else tuple(fields.getlist(f"{row}-value"))
        yield Condition(path, operator, tuple(v.strip() for v in values if v.strip()))


def _actions(fields: Fields, prefix: str) -> Iterator[Action]:
    for number in _numbers(fields, prefix, "kind"):
        row = f"{prefix}-{number}"
        kind = ACTIONS.get(fields[f"{row}-kind"])
        inputs = kind.inputs if kind else ()
        given = ((one.name, fields.get(f"{row}-{one.name}", "").strip()) for one in inputs)
        yield Action(fields[f"{row}-kind"], tuple((n, v) for n, v in given if v))


def done(rule: Rule, do: str) -> Rule:
    """The rule with a row more or less, as the button `do` says (`add-all`, `remove-then-2`)."""
    rows: Mapping[str, tuple[Any, ...]] = {
        "all": rule.all, "any": rule.any, "then": rule.then, "otherwise": rule.otherwise,
    }  # fmt: skip
    return Rule(**{**rule.__dict__, **rows_after(rows, do, lambda name: _new(name, rule))})


def rows_after(
    rows: Mapping[str, tuple[Any, ...]], do: str, new: Callable[[str], Any]
) -> dict[str, tuple[Any, ...]]:
    """The rows of the group that a button `do` is of, with one more (`new`) or less; nothing for another button."""
    act, _, rest = do.partition("-")
    name, _, number = rest.partition("-")
    if name not in rows:
        return {}
    kept = list(rows[name])
    if act == "add":
        kept.append(new(name))
    elif act == "remove" and number.isdigit() and 0 < int(number) <= len(kept):
        del kept[int(number) - 1]
    return {name: tuple(kept)}


def condition_row(
    session: Session, prefix: str, number: int, condition: Condition, custom: Custom
) -> dict[str, Any]:
    """What `rules/_rows.html` shows of a condition."""
    keyed = next((p for p in CUSTOM if condition.field.startswith(p)), None)
    field = field_of(condition.field, custom)
    return {
        "name": f"{prefix}-{number}",
        "field": keyed or condition.field,
        "custom": condition.field.removeprefix(keyed) if keyed else None,
        "operator": condition.operator,
        "operators": list((operators_for(field) if field else OPERATORS["text"]).items()),
        "values": condition.values,
        "choices": field.choices(session) if field and field.choices else None,
        "wants": condition.operator not in WITHOUT_VALUE,
        "number": bool(field and field.kind in ("number", "moment")),
        "type": field.kind if field and field.kind in ("day", "time") else "",
    }


def _new(name: str, rule: Rule) -> Condition | Action:
    if name in ("all", "any"):
        return Condition("ticket.priority", next(iter(OPERATORS["choice"])))
    first = next(key for key, kind in ACTIONS.items() if rule.kind in kind.kinds)
    return Action("page_block" if rule.kind == "macro" and rule.timing == "submit" else first)


def empty(kind: Kind) -> Rule:
    """A new rule, with one action to fill in."""
    rule = Rule(kind, "", "", events=("ticket.created",) if kind == "trigger" else (), every="PT1H")
    return Rule(**{**rule.__dict__, "then": (_new("then", rule),)})
