"""Surveys, offered to diagrams."""

from typing import Annotated, Any

from desk.portal.tracking import tracking_url
from desk.surveys.models import Survey
from desk.surveys.operations import ask, close
from desk.tickets.parameters import TicketParam, ticket_of
from engine.operators import OperatorError, Operators, Param, Step, Text

operators = Operators()


@operators.inline(
    "survey.ask",
    title=Text("Prepare a survey", "生成满意度调查"),
    help=Text(
        "Makes a survey for the ticket's customer. Send them “survey_url”, then wait for "
        "survey.answered with the key “survey”, or for the time to be over.",
        "为工单客户生成一份满意度调查。请将 survey_url 发给客户，"
        "然后以 survey 为关联键等待 survey.answered，或等待超时。",
    ),
    icon="mood-smile",
)
def ask_customer(step: Step, *, ticket_id: TicketParam) -> dict[str, Any]:
    """Returns {"survey_id", "survey": "survey:<id>", "survey_url"}."""
    ticket = ticket_of(step.session, ticket_id)
    survey = ask(step.session, ticket, at=step.now)
    url = f"{tracking_url(step.services.settings, ticket.id)}/survey"
    return {"survey_id": survey.id, "survey": f"survey:{survey.id}", "survey_url": url}


@operators.inline(
    "survey.close",
    title=Text("Close a survey", "关闭满意度调查"),
    help=Text(
        "Nobody answered in time: no answer is taken any more.",
        "客户未在期限内作答，不再接受答复。",
    ),
    icon="mood-off",
)
def close_survey(
    step: Step, *, survey_id: Annotated[int, Param(Text("Survey", "满意度调查"))]
) -> dict[str, Any]:
    """Returns {"survey_closed"}: false when it was answered."""
    survey = step.session.get(Survey, int(survey_id))
    if survey is None:
        raise OperatorError(f"there is no survey with id {survey_id}")
    return {"survey_closed": close(step.session, survey)}
