"""Macros where somebody works on a ticket: what they do to the step that is shown, and to a submit of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from desk.forms import Form
from desk.people.models import User
from desk.rules import macros
from desk.rules.macros import Effects
from desk.rules.models import RuleRow
from desk.tickets.models import Ticket
from desk.tickets.relations.watching import only_looks
from desk.tickets.steps import form_of
from desk.tickets.task_mode.operations import run_at
from desk.web.localisation import words
from engine.bpmn.tokens import DiagramError
from engine.feel.errors import FeelError
from engine.human_tasks import OpenTask
from engine.runtime import Engine

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Shown:
    """A step as macros let it be shown: the form shaped and filled, what else they want, what went wrong with them.

    `offered` are those that somebody may choose here.
    """

    task: OpenTask
    effects: Effects
    problems: tuple[str, ...] = ()
    offered: tuple[RuleRow, ...] = ()


def shown(
    session: Session,
    engine: Engine,
    user: User,
    ticket: Ticket,
    task: OpenTask,
    *,
    form: Mapping[str, Any] | None = None,
) -> Shown:
    """The step after the macros of page load; with `form`, what the page holds now, also those of a field change.

    A macro that cannot go on spoils no page: it is left out, and said.
    """
    page = page_of(session, user, ticket, task)
    effects, problems = Effects(), []
    for timing in ("load",) if form is None else ("load", "change"):
        try:
            macros.apply(
                session, engine, user, timing, ticket_id=ticket.id,
                form=form if form is not None else task.data, page=page, into=effects,
            )  # fmt: skip
        except (DiagramError, FeelError) as error:
            log.warning("macro.failed", timing=timing, ticket=ticket.id, error=str(error))
            problems.append(_("A macro could not run: %(reason)s", reason=str(error)))
    as_shown = macros.with_form(task, effects)
    known = form_of(as_shown)
    offered = tuple(
        row
        for row in macros.macros_for(session, user, "user")
        if row.key not in effects.hidden_macros
        and _has_use(session, engine, user, ticket, row.key, page, as_shown.data, known)
    )
    return Shown(as_shown, effects, tuple(problems), offered)


def _has_use(
    session: Session,
    engine: Engine,
    user: User,
    ticket: Ticket,
    key: str,
    page: Mapping[str, Any],
    data: Mapping[str, Any],
    form: Form | None,
) -> bool:
    """Whether choosing the macro here would do anything. One that cannot go on is offered: choosing it says why."""
    try:
        effects = macros.apply(
            session, engine, user, "user", ticket_id=ticket.id, form=data, page=page, only=key
        )
    except (DiagramError, FeelError):
        return True
    return macros.has_use(effects, form.keys if form else ())


def submitted(
    session: Session,
    engine: Engine,
    user: User,
    ticket: Ticket,
    task: OpenTask,
    *,
    form: Mapping[str, Any],
    outcome: str | None,
) -> Effects:
    """What the macros of a submit say to it: `messages` are why it may not be sent. Raises DiagramError, FeelError."""
    page = {**page_of(session, user, ticket, task), "outcome": outcome}
    return macros.apply(
        session, engine, user, "submit", ticket_id=ticket.id, form={**task.data, **form}, page=page
    )


def page_of(session: Session, user: User, ticket: Ticket, task: OpenTask | None) -> dict[str, Any]:
    """What conditions on the page read: the step, whether the reader only looks on, and whether in task mode."""
    run = run_at(session, user, ticket.id)
    return {
        "place": "step",
        "mode": "task" if run is not None else "normal",
        "last_result": run.last_result if run is not None else None,
        "step": task.element_id if task else None,
        "copied": "yes" if only_looks(session, ticket, user) else "no",
    }


def dressed(session: Session, user: User, shown_: Shown, html: Markup | None) -> Markup | None:
    """The step's form with what macros add: their buttons, a number to call; and where a changed field is told."""
    task, effects = shown_.task, shown_.effects
    offered = shown_.offered
    changes = macros.macros_for(session, user, "change")
    if not offered and not changes and effects.dial is None:
        return html
    parts = [html or Markup("")]
    if effects.dial is not None:
        number = effects.dial or ""
        parts.append(
            Markup('<p><a class="btn" href="tel:{0}">{1} {0}</a></p>').format(number, _("Call"))
        )
    if offered:
        buttons = Markup("").join(
            Markup(
                '<button class="btn btn-sm" type="submit" formaction="{}" formnovalidate>{}</button>'
            ).format(url_for("rules.run_macro", task_id=task.id, key=row.key), _title(row))
            for row in offered
        )
        parts.append(
            Markup('<div class="ld-macro-buttons" role="group" aria-label="{}">{}</div>').format(
                _("Macros"), buttons
            )
        )
    address = url_for("rules.field_changed", task_id=task.id) if changes else ""
    return Markup('<div class="ld-macros" data-macros="{}">{}</div>').format(
        escape(address), Markup("").join(parts)
    )


def _title(row: Any) -> str:
    return words({"zh": row.title, "en": row.title_en or row.title})
