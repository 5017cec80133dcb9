"""Conditions as FEEL: a column and a cell of a decision table, and the same as one expression for a start event."""

import json
import re
from dataclasses import dataclass
from typing import Final

from desk.rules.fields import Field, field_of
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
WITHOUT_VALUE: Final = frozenset({"filled", "empty", "changed"})
_CHANGES: Final = frozenset({"changed", "changed_to", "changed_from"})
_SIGNS: Final = {"more": ">", "at_least": ">=", "less": "<", "at_most": "<="}
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_STRING = r'"(?:[^"\\]|\\.)*"'
_LIST = re.compile(rf"(?:{_STRING}|-?\d[\d.]*)(?:\s*,\s*(?:{_STRING}|-?\d[\d.]*))*")
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


def asked(condition: Condition) -> Asked:
    """The condition in FEEL. Raises ConditionRefused."""
    field = field_of(condition.field)
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
    if field.kind in ("number", "moment", "number_choice"):
        for value in values:
            if not _NUMBER.fullmatch(value):
                raise ConditionRefused(Text("A number is wanted here.", "此处需要填写数字。"))
        return values
    return [json.dumps(value, ensure_ascii=False) for value in values]


def _column(field: Field, operator: str) -> str:
    if operator == "changed":
        return "fields"
    if operator in _CHANGES:
        return f"{'new' if operator == 'changed_to' else 'old'}.{field.changes}"
    return field.path


def _cell(field: Field, operator: str, literals: list[str]) -> str:
    joined = ", ".join(literals)
    match operator:
        case "is" | "changed_to" | "changed_from":
            return joined
        case "is_not":
            return f"not({joined})"
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


def read(column: str, cell: str) -> Condition | None:
    """The condition of a column's cell, None when the form knows no such condition."""
    for path, operators in _paths_of(column, cell):
        field = field_of(path)
        if field is None:
            continue
        for operator in operators:
            if operator not in operators_for(field):
                continue
            condition = Condition(path, operator, _values_in(cell, operator))
            try:
                again = asked(condition)
            except ConditionRefused:
                continue
            if (again.column, _tight(again.cell)) == (column, _tight(cell)):
                return condition
    return None


def _paths_of(column: str, cell: str) -> list[tuple[str, tuple[str, ...]]]:
    if column == "fields":
        found = re.fullmatch(r'list contains\(\?, "([\w.]+)"\)', cell.strip())
        return [(f"ticket.{found[1]}", ("changed",))] if found else []
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
    return tuple(json.loads(item) if item.startswith('"') else item for item in _ITEM.findall(cell))


def _tight(cell: str) -> str:
    """A cell without the white space outside its texts."""
    return re.sub(rf"({_STRING})|\s+", lambda found: found[1] or "", cell)
