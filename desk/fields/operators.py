"""Fields that the desk defines, offered to diagrams and rules."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import select

from desk.fields.models import Field, Kind
from desk.fields.values import EMPTY, FieldRefused, belongs, set_values, values_of
from desk.forms.tree import Json
from desk.tickets.models import Ticket
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()


@operators.inline(
    "ticket.set_custom_field",
    title=Text("Set a field that the desk defines", "设置自定义字段"),
    help=Text(
        "By the field's key. Writes the trail; a value that is there already changes nothing, nor does a field that "
        "tickets of this type do not have.",
        "按字段标识设置，并写入处理流程；值相同，或此类型的工单没有该字段时，不作改动。",
    ),
    permission="ticket.process",
    icon="forms",
)
def set_custom_field(
    step: Step,
    *,
    ticket_id: Annotated[int, Param(Text("Ticket", "工单"))],
    key: Annotated[str, Param(Text("Field's key", "字段标识"))],
    value: Annotated[
        Any,
        Param(
            Text("Value", "值"),
            Text(
                "Keys of a dictionary; several with commas; empty: nothing", "字典填标识，多个用逗号分隔；留空则清空"
            ),
        ),
    ] = None,
    only_if_empty: Annotated[
        bool,
        Param(
            Text("Only if it is empty", "仅在为空时"),
            Text("What is there already stays", "已有内容保持不变"),
        ),
    ] = False,
) -> dict[str, Any]:
    """Returns {"changed"}. Raises OperatorError for a field there is not and a value that it cannot hold."""
    ticket = step.session.get(Ticket, int(ticket_id))
    if ticket is None or ticket.deleted_at is not None:
        raise OperatorError(f"there is no ticket with id {ticket_id}")
    field = step.session.scalars(select(Field).where(Field.key == key)).one_or_none()
    if field is None:
        raise OperatorError(f"ticket.set_custom_field: there is no field {key!r:.80}")
    if not field.active or not belongs(field, ticket.type):
        return {"changed": False}
    has = values_of(step.session, [ticket.id])[ticket.id]
    if only_if_empty and has.get(key) not in EMPTY:
        return {"changed": False}
    try:
        wanted = {key: as_json(field, value)}
        changed = set_values(step.session, step.services, ticket, wanted, actor=step.actor)
    except FieldRefused as refused:
        raise OperatorError(
            Text(
                f"ticket.set_custom_field: {refused.key}: {refused.reason.en}",
                f"ticket.set_custom_field：{refused.key}：{refused.reason.zh}",
            )
        ) from refused
    return {"changed": key in changed}


def as_json(field: Field, value: Any) -> Json:
    """What a rule or an expression gives, as the field keeps it; what cannot be one is left for the check to refuse."""
    if value in EMPTY:
        return None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if not isinstance(value, str):
        return value
    match field.kind:
        case Kind.INTEGER | Kind.STARS | Kind.DECIMAL:
            return _number(value)
        case Kind.CHECK:
            return {"true": True, "false": False}.get(value.strip().lower(), value)
        case Kind.CHOICES:
            return [part.strip() for part in value.replace("，", ",").split(",") if part.strip()]
        case Kind.POSITION:
            return {"address": value}
    return value


def _number(text: str) -> Json:
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() else found
