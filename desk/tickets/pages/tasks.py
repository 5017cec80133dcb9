"""My tasks, and doing them: claim, release, complete."""

from dataclasses import replace
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.fields.values import keep_answers
from desk.forms import Form, Submission
from desk.people.access import current_actor, current_user, requires
from desk.people.models import User
from desk.people.permissions import candidates_of
from desk.rules import at_work, macros
from desk.storage import UploadRefused
from desk.tickets.models import Ticket
from desk.tickets.needs import form_for, unmet
from desk.tickets.pages import blueprint
from desk.tickets.pages.task_mode import go_on
from desk.tickets.pages.uploads import refused_words, store_form_files
from desk.tickets.pages.view import Typed, show_ticket, step_view
from desk.tickets.steps import (
    GoneStep,
    NotOffered,
    form_of,
    form_options,
    gone_step,
    may_read,
    outcome_of,
    require_offer,
)
from desk.tickets.task_mode import operations as task_mode
from desk.tickets.tasks import TaskRow, count_my_tasks, due_group, my_tasks, names_of
from desk.web import navigation
from desk.web.localisation import words
from engine.errors import DiagramError, InstanceGone, TaskGone, TaskTaken, UnknownOutcome
from engine.human_tasks import OpenTask
from engine.operators import OperatorError
from engine.timestamps import utc_now

DUE_TITLES: dict[str, Any] = {
    "late": _l("Late"),
    "today": _l("Today"),
    "tomorrow": _l("Tomorrow"),
    "week": _l("Within a week"),
    "later": _l("Later"),
    "none": _l("Without a due time"),
}
GROUPINGS: dict[str, Any] = {
    "due": _l("By due time"),
    "flow": _l("By flow"),
    "customer": _l("By customer"),
}


def _count(session: Session, user: User) -> int:
    return count_my_tasks(session, candidates=candidates_of(user), me=f"user:{user.id}")


navigation.register(
    navigation.Entry(
        key="tasks",
        label=_l("My tasks"),
        endpoint="tickets.task_list",
        icon="checklist",
        permission="ticket.read",
        count=_count,
        order=10,
    )
)


@blueprint.get("/tasks")
@requires("ticket.read")
def task_list() -> str:
    """The open steps that wait for me; `?by=` groups them, `?part=list` is the list alone."""
    user = current_user()
    grouping = request.args.get("by", "due")
    if grouping not in GROUPINGS:
        grouping = "due"
    with current_desk().reading() as session:
        found = my_tasks(session, candidates=candidates_of(user), me=f"user:{user.id}")
        names = names_of(session, [task.assignee for task in found])
        runs = task_mode.runs_of(session, user)
    context = {
        "groups": _groups(found, grouping, names),
        "runs": runs,
        "grouping": grouping,
        "tabs": [
            {"key": key, "label": label, "href": url_for("tickets.task_list", by=key)}
            for key, label in GROUPINGS.items()
        ],
        "live_topics": candidates_of(user),
        "trigger": ", ".join(
            f"live:{topic} from:body delay:200ms" for topic in candidates_of(user)
        ),
        "refresh_url": url_for("tickets.task_list", by=grouping, part="list"),
    }
    if request.args.get("part") == "list":
        return render_template("tickets/_tasks.html", **context)
    return render_template("tickets/tasks.html", **context)


@blueprint.get("/tasks/<uuid:task_id>")
@requires("ticket.read")
def task_page(task_id: UUID) -> Any:
    """A step on a page of its own: for processes that have no ticket, such as a review."""
    desk = current_desk()
    try:
        with desk.reading() as session:
            require_offer(session, task_id, current_user())
            task = desk.engine.task(session, task_id)
            if _ticket_of(session, task.instance_id) is not None:
                return redirect(_ticket_url(task.instance_id), 303)
    except NotOffered as refused:
        return _not_for_you(refused)
    except TaskGone as gone:
        return _somebody_was_faster(gone)
    except TaskTaken as taken:
        flash(_taken_words(taken), "warning")
        return redirect(url_for("tickets.task_list"), 303)
    return _show_task(task, None)


@blueprint.post("/tasks/<uuid:task_id>/claim")
@requires("ticket.read")
def claim_task(task_id: UUID) -> Any:
    """Take a free task for oneself."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            require_offer(session, task_id, current_user())
            desk.engine.claim(session, task_id, actor=current_actor())
            task = desk.engine.task(session, task_id)
    except NotOffered as refused:
        return _not_for_you(refused)
    except TaskGone as gone:
        return _somebody_was_faster(gone)
    except TaskTaken as taken:
        flash(_taken_words(taken), "warning")
        return redirect(url_for("tickets.task_list"), 303)
    flash(_("“%(step)s” is yours now.", step=words(task.name)), "success")
    return redirect(_ticket_url(task.instance_id), 303)


@blueprint.post("/tasks/<uuid:task_id>/release")
@requires("ticket.read")
def release_task(task_id: UUID) -> Any:
    """Give a task back to those it was offered to."""
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            require_offer(session, task_id, current_user())
            desk.engine.release(session, task_id, actor=current_actor())
    except NotOffered as refused:
        return _not_for_you(refused)
    except TaskGone as gone:
        return _somebody_was_faster(gone)
    except TaskTaken as taken:
        flash(_taken_words(taken), "warning")
    return redirect(url_for("tickets.task_list"), 303)


@blueprint.post("/tasks/<uuid:task_id>/complete")
@requires("ticket.read")
def complete_task(task_id: UUID) -> Any:
    """Do the step: its form and the outcome chosen go to the process.

    422 shows the form again as it was filled; 409 says who was faster and keeps what was typed.
    """
    desk = current_desk()
    outcome, onward = request.form.get("outcome") or None, None
    try:
        with desk.reading() as session:
            require_offer(session, task_id, current_user())
            task = desk.engine.task(session, task_id)
            ticket = _ticket_of(session, task.instance_id)
            task = _as_shown(session, ticket, task)
            submission = _read(session, task, outcome)
            said = _macros_on(session, ticket, task, submission, outcome)
        if submission is not None and not submission.complete:
            return _again(task, submission, 422 if submission.errors else 200)
        if said.messages:
            return _again(task, submission, 422, " ".join(said.messages))
        values = (store_form_files(submission) if submission else {}) | said.values
        with desk.database.transaction() as session:
            require_offer(session, task_id, current_user())
            if ticket is not None:
                its = session.get_one(Ticket, ticket.id)
                keep_answers(session, desk, its, values, actor=current_actor())
            desk.engine.complete(session, task_id, values, outcome=outcome, actor=current_actor())
            if ticket is not None:
                macros.run(
                    session, desk.engine, said.ran, ticket_id=ticket.id, actor=current_actor(),
                    page=at_work.page_of(session, current_user(), ticket, task),
                )  # fmt: skip
                onward = task_mode.finished(session, current_user(), ticket.id)
    except NotOffered as refused:
        return _not_for_you(refused)
    except TaskGone as gone:
        return _somebody_was_faster(gone)
    except TaskTaken as taken:
        return _somebody_has_it(taken)
    except InstanceGone:
        return _again(task, submission, 409, _("This process has ended meanwhile."))
    except UploadRefused as refused:
        return _again(task, submission, 422, refused_words(refused))
    except UnknownOutcome:
        return _again(task, submission, 422, _("Choose one of the buttons below the form."))
    except (OperatorError, DiagramError) as error:
        if ticket is not None:
            with desk.database.transaction() as session:
                task_mode.note_result(session, current_user(), ticket.id, "failed")
        return _again(task, submission, 422, _refusal_words(error))
    flash(_done_words(task, outcome), "success")
    if onward is not None:
        return go_on(onward)
    return redirect(_ticket_url(task.instance_id), 303)


def _as_shown(session: Session, ticket: Ticket | None, task: OpenTask) -> OpenTask:
    """The step as macros let it be shown: what they hide is not asked for."""
    if ticket is None or task.form is None:
        return task
    form = {name: request.form.get(name) for name in request.form}
    engine = current_desk().engine
    return at_work.shown(session, engine, current_user(), ticket, task, form=form).task


def _macros_on(
    session: Session,
    ticket: Ticket | None,
    task: OpenTask,
    submission: Submission | None,
    outcome: str | None,
) -> macros.Effects:
    """What macros say to this submit; nothing to one that is not complete anyway."""
    if ticket is None or (submission is not None and not submission.complete):
        return macros.Effects()
    return at_work.submitted(
        session,
        current_desk().engine,
        current_user(),
        ticket,
        task,
        form=submission.values if submission else {},
        outcome=outcome,
    )


def _read(session: Session, task: OpenTask, outcome: str | None) -> Submission | None:
    form, chosen = form_of(task), outcome_of(task, outcome)
    if form is None:
        return None
    submission = form_for(form, chosen).parse(
        request.form,
        request.files,
        data=task.data,
        locale=str(get_locale()),
        options=form_options(session, form, task),
        zone=ZoneInfo(current_desk().settings.timezone),
    )
    if submission.action is not None:
        return submission
    missing = unmet(form, chosen, submission)
    return replace(submission, errors={**missing, **submission.errors})


def _again(
    task: OpenTask, submission: Submission | None, status: int, problem: str | None = None
) -> Any:
    """The ticket's page with the form as it was filled."""
    with current_desk().reading() as session:
        ticket = _ticket_of(session, task.instance_id)
        if ticket is not None:
            return show_ticket(
                session,
                ticket,
                status=status,
                submitted={task.id: submission},
                problems=[problem] if problem else [],
            )
    return _show_task(task, submission, status=status, problem=problem)


def _show_task(
    task: OpenTask,
    submission: Submission | None,
    *,
    status: int = 200,
    problem: str | None = None,
) -> Any:
    """The page of a step without a ticket; what it is about is linked where its data says so."""
    with current_desk().reading() as session:
        step = step_view(session, at_work.Shown(task, macros.Effects()), submission, {})
        number = task.data.get("ticket_id")
        about = session.get(Ticket, int(number)) if number is not None else None
    html = render_template(
        "tickets/task.html", step=step, problem=problem, about=about, data=task.data
    )
    return html, status


def _not_for_you(refused: NotOffered) -> Any:
    """Whoever may not do a step for a reason of their own is told it; everybody else reads what any stranger does."""
    if refused.words is None:
        abort(403)
    flash(refused.words, "warning")
    return redirect(url_for("tickets.task_list"), 303)


def _somebody_was_faster(gone: TaskGone) -> Any:
    """The ticket as it stands now, who did the step, and what was typed, under its labels."""
    desk = current_desk()
    with desk.reading() as session:
        step = gone_step(session, desk.engine, gone)
        ticket = _ticket_of(session, step.instance_id) if step else None
        if step is None or not may_read(session, gone.task_id, step.instance_id, current_user()):
            abort(404)
        if ticket is None:
            flash(_gone_words(step), "warning")
            return redirect(url_for("tickets.task_list"), 303)
        return show_ticket(
            session, ticket, status=409, faster=_gone_words(step), typed=_typed(step.form)
        )


def _somebody_has_it(taken: TaskTaken) -> Any:
    """The same, when the step is not done yet but somebody else's by now."""
    desk = current_desk()
    with desk.reading() as session:
        try:
            task = desk.engine.task(session, taken.task_id)
        except TaskGone as gone:
            return _somebody_was_faster(gone)
        ticket = _ticket_of(session, task.instance_id)
        if ticket is None or not may_read(session, task.id, task.instance_id, current_user()):
            abort(404)
        return show_ticket(
            session, ticket, status=409, faster=_taken_words(taken), typed=_typed(form_of(task))
        )


def _typed(form: Form | None) -> Typed:
    """What stands in the request for the fields of a form."""
    names = form.keys if form else frozenset()
    texts = {name: ", ".join(filter(None, request.form.getlist(name))) for name in request.form}
    return Typed(form, {k: text for k, text in texts.items() if text and k.split(".")[0] in names})


def _gone_words(gone: GoneStep) -> str:
    step, outcome = words(gone.name), words(gone.outcome)
    if gone.who is None:
        return str(_("“%(step)s” is no longer open: the process went on without it.", step=step))
    if not outcome:
        return str(_("%(name)s was faster and has completed “%(step)s”.", name=gone.who, step=step))
    said = _(
        "%(name)s was faster and has completed “%(step)s”: %(outcome)s.",
        name=gone.who,
        step=step,
        outcome=outcome,
    )
    return str(said)


def _groups(tasks: list[TaskRow], grouping: str, names: dict[str, str]) -> list[dict[str, Any]]:
    now, zone = utc_now(), ZoneInfo(current_desk().settings.timezone)
    me = f"user:{current_user().id}"

    def heading(task: TaskRow) -> tuple[Any, ...]:
        if grouping == "due":
            key = due_group(task.due_at, now, zone)
            return (list(DUE_TITLES).index(key), str(DUE_TITLES[key]))
        if grouping == "flow":
            return (0, words(task.flow))
        return (task.customer is None, task.customer or _("Without a customer"))

    ordered = sorted(tasks, key=heading)
    return [
        {"title": key[1], "tasks": [_row(task, me, names) for task in group]}
        for key, group in groupby(ordered, key=heading)
    ]


def _row(task: TaskRow, me: str, names: dict[str, str]) -> dict[str, Any]:
    """A task as macros/tasks.html shows it."""
    return {
        "id": task.id,
        "href": url_for("tickets.ticket_page", ticket_id=task.ticket_id)
        if task.ticket_id
        else url_for("tickets.task_page", task_id=task.id),
        "priority": task.ticket_priority or "normal",
        "due_at": task.due_at,
        "ticket_number": task.ticket_number or "",
        "title": task.title or task.subject or words(task.flow),
        "customer": task.customer,
        "step_name": words(task.name),
        "since": task.created_at,
        "accept_url": None
        if task.assignee == me
        else url_for("tickets.claim_task", task_id=task.id),
        "assignee": names.get(task.assignee or ""),
        "flow_name": words(task.flow),
        "returned": task.ticket_state == "returned",
    }


def _ticket_of(session: Session, instance_id: UUID) -> Ticket | None:
    return session.scalars(select(Ticket).where(Ticket.instance_id == instance_id)).first()


def _ticket_url(instance_id: UUID) -> str:
    with current_desk().reading() as session:
        ticket = _ticket_of(session, instance_id)
    if ticket is None:
        return url_for("tickets.task_list")
    return url_for("tickets.ticket_page", ticket_id=ticket.id)


def _taken_words(taken: TaskTaken) -> str:
    with current_desk().reading() as session:
        name = names_of(session, [taken.assignee]).get(taken.assignee, _("somebody else"))
    return str(_("%(name)s has taken this step. Nothing was changed.", name=name))


def _done_words(task: OpenTask, outcome: str | None) -> str:
    label = next((words(o.label) for o in task.outcomes if o.id == outcome), "")
    step = words(task.name)
    if not label:
        return str(_("“%(step)s” is done.", step=step))
    return str(_("“%(step)s” is done: %(outcome)s.", step=step, outcome=label))


def _refusal_words(error: Exception) -> str:
    said = getattr(error, "words", None)
    if said is not None:
        return words(said)
    return str(_("The process could not go on: %(reason)s", reason=str(error)))
