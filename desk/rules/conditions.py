"""Conditions as FEEL: a column and a cell of a decision table, and the same as one expression for a start event."""

import json
import re
from dataclasses import dataclass
from typing import Final

from desk.rules.fields import NONE, Custom, Field, field_of
from desk.rules.rule import Condition
from engine.operators import Text

# What can be asked of which kind of field, in the order of the form's list.
OPERATORS: Final[dict[str, dict[str, Text]]] = {
    "choice": {
        "is": Text("is", "是"),
        "is_not": Text("is not", "不是"),
        "filled": Text("is set", "已设置"),
        "empty": Text("is empty", "为空"),
        "changed": Text("has changed", "发生变化"),
        "changed_to": Text("has changed to", "变为"),
        "changed_from": Text("has changed from", "原为"),
    },
    "text": {
        "is": Text("is", "是"),
        "is_not": Text("is not", "不是"),
        "contains": Text("contains", "包含"),
        "contains_not": Text("does not contain", "不包含"),
        "starts": Text("begins with", "开头是"),
        "filled": Text("is set", "已设置"),
        "empty": Text("is empty", "为空"),
        "changed": Text("has changed", "发生变化"),
        "changed_to": Text("has changed to", "变为"),
    },
    "number": {
        "is": Text("is", "是"),
        "is_not": Text("is not", "不是"),
        "more": Text("is more than", "大于"),
        "at_least": Text("is at least", "不小于"),
        "less": Text("is less than", "小于"),
        "at_most": Text("is at most", "不大于"),
        "filled": Text("is set", "已设置"),
        "empty": Text("is empty", "为空"),
        "changed": Text("has changed", "发生变化"),
    },
    "moment": {
        "older": Text("is longer ago than (hours)", "距今超过（小时）"),
        "younger": Text("is not as long ago as (hours)", "距今不到（小时）"),
        "within": Text("is within the next (hours)", "将在（小时）内到来"),
        "filled": Text("is set", "已设置"),
        "empty": Text("is empty", "为空"),
        "changed": Text("has changed", "发生变化"),
    },
}
OPERATORS["number_choice"] = {
    key: OPERATORS["choice"][key] for key in ("is", "is_not", "filled", "empty")
}
_THERE = {key: OPERATORS["text"][key] for key in ("filled", "empty", "changed")}
OPERATORS["several"] = {
    "has": Text("contains", "包含"),
    "has_not": Text("does not contain", "不包含"),
    **_THERE,
}
OPERATORS["flag"] = {"is": Text("is", "是"), **_THERE}
OPERATORS["time"] = {
    "is": Text("is", "是"),
    "less": Text("is before", "早于"),
    "more": Text("is after", "晚于"),
    **_THERE,
}
OPERATORS["day"] = {
    **OPERATORS["time"],
    "days_ago": Text("is longer ago than (days)", "距今超过（天）"),
    "within_days": Text("is within the next (days)", "将在（天）内到来"),
}
OPERATORS["file"] = _THERE
OPERATORS["words"] = {key: OPERATORS["text"][key] for key in ("contains", "contains_not")}
OPERATORS["computed"] = OPERATORS["number"]
WITHOUT_VALUE: Final = frozenset({"filled", "empty", "changed"})
_CHANGES: Final = frozenset({"changed", "changed_to", "changed_from"})
_SIGNS: Final = {"more": ">", "at_least": ">=", "less": "<", "at_most": "<="}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d")
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_STRING = r'"(?:[^"\\]|\\.)*"'
_ITEM = re.compile(rf"{_STRING}|-?\d[\d.]*")


class ConditionRefused(ValueError):
    """A condition cannot be asked like that; `words` say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


@dataclass(frozen=True)
class Asked:
    """A condition in FEEL: what its column asks, its cell, and both as one expression."""

    column: str
    cell: str
    expression: str


def operators_for(field: Field) -> dict[str, Text]:
    """The operators that make sense for a field."""
    return {
        key: words
        for key, words in OPERATORS[field.kind].items()
        if field.changes is not None or key not in _CHANGES
    }


def asked(condition: Condition, custom: Custom = NONE) -> Asked:
    """The condition in FEEL. Raises ConditionRefused."""
    field = field_of(condition.field, custom)
    if field is None:
        raise ConditionRefused(Text("Choose what is asked about.", "请选择条件字段。"))
    if condition.operator not in operators_for(field):
        raise ConditionRefused(Text("Choose how it is compared.", "请选择比较方式。"))
    literals = [] if condition.operator in WITHOUT_VALUE else _literals(field, condition)
    column = _column(field, condition.operator)
    cell = _cell(field, condition.operator, literals)
    return Asked(column, cell, _expression(column, cell, condition.operator))


def _literals(field: Field, condition: Condition) -> list[str]:
    values = [value.strip() for value in condition.values if value.strip()]
    if not values:
        raise ConditionRefused(Text("Say what it is compared with.", "请填写比较的值。"))
    kind = "number" if condition.operator in ("days_ago", "within_days") else field.kind
    match kind:
        case "number" | "moment" | "number_choice":
            if not all(_NUMBER.fullmatch(value) for value in values):
                raise ConditionRefused(Text("A number is wanted here.", "此处需要填写数字。"))
            return values
        case "flag":
            return [value for value in values if value in ("true", "false")][:1] or ["true"]
        case "day":
            if not all(_DAY.fullmatch(value) for value in values):
                raise ConditionRefused(Text("A day is wanted here: 2026-05-31.", "此处需要填写日期：2026-05-31。"))
            return [f'date("{value}")' for value in values]
        case "time":
            values = [value.removesuffix(":00") if value.count(":") == 2 else value for value in values]
            if not all(_TIME.fullmatch(value) for value in values):
                raise ConditionRefused(Text("A time is wanted here: 09:30.", "此处需要填写时间：09:30。"))
            return [f'time("{value}:00")' for value in values]
        case "computed":
            return [v if _NUMBER.fullmatch(v) else json.dumps(v, ensure_ascii=False) for v in values]
    return [json.dumps(value, ensure_ascii=False) for value in values]


def _column(field: Field, operator: str) -> str:
    if operator == "changed":
        return "fields"
    if operator in _CHANGES:
        side = "new" if operator == "changed_to" else "old"
        # Names with a dot are not nested.
        return f'get value({side}, "{field.changes}")' if "." in str(field.changes) else f"{side}.{field.changes}"
    return field.path


def _cell(field: Field, operator: str, literals: list[str]) -> str:
    joined = ", ".join(literals)
    match operator:
        case "is" | "changed_to" | "changed_from":
            return joined
        case "is_not":
            return f"not({joined})"
        case "has":
            return " or ".join(f"list contains(?, {one})" for one in literals)
        case "has_not":
            return f"? = null or not({' or '.join(f'list contains(?, {one})' for one in literals)})"
        case "days_ago":
            return f'? <= today() - duration("P{literals[0]}D")'
        case "within_days":
            return f'? <= today() + duration("P{literals[0]}D")'
        case "contains":
            return f"contains(?, {literals[0]})"
        case "contains_not":
            return f"? = null or not(contains(?, {literals[0]}))"
        case "starts":
            return f"starts with(?, {literals[0]})"
        case "filled":
            return 'not(null, "")' if field.kind in ("text", "choice") else "not(null)"
        case "empty":
            return 'null, ""' if field.kind in ("text", "choice") else "null"
        case "changed":
            return f'list contains(?, "{field.changes}")'
        case "older":
            return f'? <= now() - duration("PT{literals[0]}H")'
        case "younger":
            return f'? > now() - duration("PT{literals[0]}H")'
        case "within":
            return f'? <= now() + duration("PT{literals[0]}H")'
    return f"{_SIGNS[operator]} {literals[0]}"


def _expression(column: str, cell: str, operator: str) -> str:
    if "?" in _ITEM.sub("", cell):
        shown = re.sub(rf"({_STRING})|\?", lambda m: m[1] or column, cell)
        return f"({shown})" if " or " in shown else shown
    if cell.startswith("not("):
        return f"not({column} in ({cell[4:-1]}))"
    if cell[0] in "<>":
        return f"{column} {cell}"
    return f"{column} in ({cell})" if "," in _ITEM.sub("", cell) else f"{column} = {cell}"


def read(column: str, cell: str, custom: Custom = NONE) -> Condition | None:
    """The condition of a column's cell, None when the form knows no such condition."""
    for path, operators in _paths_of(column, cell, custom):
        field = field_of(path, custom)
        if field is None:
            continue
        for operator in operators:
            if operator not in operators_for(field):
                continue
            condition = Condition(path, operator, _values_in(cell, operator))
            try:
                again = asked(condition, custom)
            except ConditionRefused:
                continue
            if (again.column, _tight(again.cell)) == (column, _tight(cell)):
                return condition
    return None


def _paths_of(column: str, cell: str, custom: Custom) -> list[tuple[str, tuple[str, ...]]]:
    own = {field.changes: field.path for field in custom.values()}
    if column == "fields":
        found = re.fullmatch(r'list contains\(\?, "([\w.]+)"\)', cell.strip())
        return [(own.get(found[1], f"ticket.{found[1]}"), ("changed",))] if found else []
    if dotted := re.fullmatch(r'get value\((new|old), "([\w.]+)"\)', column):
        operator = "changed_to" if dotted[1] == "new" else "changed_from"
        return [(own.get(dotted[2], f"ticket.{dotted[2]}"), (operator,))]
    for prefix, operator in (("new.", "changed_to"), ("old.", "changed_from")):
        if column.startswith(prefix):
            return [(f"ticket.{column.removeprefix(prefix)}", (operator,))]
    plain = tuple(dict.fromkeys(key for kind in OPERATORS.values() for key in kind))
    return [(column, tuple(key for key in plain if key not in _CHANGES))]


def _values_in(cell: str, operator: str) -> tuple[str, ...]:
    if operator in WITHOUT_VALUE:
        return ()
    if operator in ("older", "younger", "within"):
        found = re.search(r"PT(-?\d[\d.]*)H", cell)
        return (found[1],) if found else ()
    if operator in ("days_ago", "within_days"):
        found = re.search(r"P(-?\d[\d.]*)D", cell)
        return (found[1],) if found else ()
    if cell.strip() in ("true", "false"):
        return (cell.strip(),)
    values = (json.loads(item) if item.startswith('"') else item for item in _ITEM.findall(cell))
    return tuple(value[:5] if 'time("' in cell else value for value in values)


def _tight(cell: str) -> str:
    """A cell without the white space outside its texts."""
    return re.sub(rf"({_STRING})|\s+", lambda found: found[1] or "", cell)
