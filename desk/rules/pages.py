"""The pages of rules: lists in their order, the if–then form, the dry run against a ticket."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from desk.application import current_desk
from desk.events import EVENTS
from desk.fields.values import active_fields
from desk.forms import Submission
from desk.people.access import current_actor, current_user, requires
from desk.rules import at_work, forms, macros, operations
from desk.rules.actions import ACTIONS, ActionRefused, choices_of, says
from desk.rules.conditions import (
    ConditionRefused,
    operators_for,
)
from desk.rules.fields import (
    FIELDS,
    PAGE_FIELDS,
    Custom,
    custom_fields,
    field_of,
    people,
    teams,
)
from desk.rules.models import RuleRow
from desk.rules.publishing import editor_address
from desk.rules.reading import Outgrown, read
from desk.rules.rule import EVERY, KINDS, TIMINGS, Kind, Rule
from desk.rules.trying import Tried, try_rule
from desk.tickets.models import Ticket
from desk.tickets.pages.view import show_ticket
from desk.tickets.queries import ticket_by_number
from desk.tickets.steps import NotOffered, form_of, require_offer
from desk.tickets.task_mode import operations as task_mode
from desk.web import navigation
from desk.web.localisation import words
from engine.bpmn.tokens import DiagramError
from engine.errors import DeployRefused, TaskGone, TaskTaken
from engine.operators import OperatorError, Text
from engine.rehearsal import Effect

blueprint = Blueprint("rules", "desk.rules", template_folder="templates")
EDIT = "process.deploy"

navigation.register(
    navigation.Entry(
        key="rules", label=_l("Rules"), endpoint="rules.index", icon="bolt",
        permission="process.read", order=62,
    )
)  # fmt: skip


@blueprint.get("/rules")
@requires("process.read")
def index() -> str:
    """The rules of a kind (`?kind=`), in the order in which they act."""
    kind = _kind(request.args.get("kind", "trigger"))
    with current_desk().reading() as session:
        found = operations.rules(session, kind)
        custom = custom_fields(session)
        rows = [{"row": row, "plain": _plain(session, row, custom)} for row in found]
    return render_template(
        "rules/index.html", kind=kind, kinds=KINDS, rows=rows, timings=TIMINGS, tabs=_tabs(kind)
    )


@blueprint.route("/rules/new/<string:kind>", methods=["GET", "POST"])
@requires(EDIT)
def new(kind: str) -> Any:
    """A new rule."""
    wanted = _kind(kind)
    if request.method == "GET":
        return _show(forms.empty(wanted))
    with current_desk().reading() as session:
        custom = custom_fields(session)
    return _filled(forms.rule_of(request.form, wanted, "", custom))


@blueprint.get("/rules/<string:key>")
@requires("process.read")
def show(key: str) -> Any:
    """A rule in its form, or what its diagram says that the form cannot."""
    with current_desk().reading() as session:
        row = _row(session, key)
        try:
            rule, gate = read(
                operations.files_of(session, row.version_id), key, custom_fields(session)
            )
        except Outgrown as outgrown:
            return _outgrown(session, row, outgrown.words)
    warning = None
    if not gate:
        warning = _(
            "The start event of the diagram asks something else than the table. Saving here makes it ask the same."
        )
    return _show(rule, row=row, warning=warning)


@blueprint.post("/rules/<string:key>")
@requires(EDIT)
def change(key: str) -> Any:
    """Save the form, or add and remove its rows."""
    with current_desk().reading() as session:
        row, custom = _row(session, key), custom_fields(session)
    return _filled(forms.rule_of(request.form, _kind(row.kind), key, custom), row)


@blueprint.post("/rules/<string:key>/act")
@requires(EDIT)
def act(key: str) -> Response:
    """Switch on or off, move, delete."""
    desk, do = current_desk(), request.form.get("do", "")
    with desk.database.transaction() as session:
        row = _row(session, key)
        kind, title = row.kind, row.title
        if do in ("on", "off"):
            operations.switch(session, desk.engine, key, active=do == "on", actor=current_actor())
        elif do in ("up", "down"):
            operations.move(session, desk.engine, key, up=do == "up", actor=current_actor())
        elif do == "delete":
            operations.delete(session, desk.engine, key, actor=current_actor())
    if do == "delete":
        flash(_("“%(title)s” is deleted.", title=title), "success")
    return redirect(url_for("rules.index", kind=kind), 303)


def _filled(rule: Rule, row: RuleRow | None = None) -> Any:
    """What the pressed button wants of the form."""
    do = request.form.get("do", "redraw")
    if do == "try":
        return _try(rule, row)
    if do != "save":
        return _show(forms.done(rule, do), row=row)
    desk = current_desk()
    try:
        with desk.database.transaction() as session:
            kept = operations.save(session, desk.engine, rule, actor=current_actor())
    except operations.RuleRefused as refused:
        return _show(rule, row=row, problems=refused.problems, status=422)
    except DeployRefused as refused:
        said = {"title": Text(*(refused.problems[0].message[lang] for lang in ("en", "zh")))}
        return _show(rule, row=row, problems=said, status=422)
    flash(_("Saved. The rule acts from now on."), "success")
    return redirect(url_for("rules.show", key=kept.key), 303)


def _try(rule: Rule, row: RuleRow | None) -> Any:
    desk, number = current_desk(), request.form.get("ticket", "").strip()
    with desk.reading() as session:
        ticket = ticket_by_number(session, number) if number else None
        if ticket is None:
            said = {"ticket": Text("There is no ticket with this number.", "没有该编号的工单。")}
            return _show(rule, row=row, problems=said, status=422)
        try:
            checked = operations.check(session, rule if rule.key else _keyed(rule))
            tried = try_rule(session, desk.engine, checked, ticket.id)
        except operations.RuleRefused as refused:
            return _show(rule, row=row, problems=refused.problems, status=422)
        except (DiagramError, ConditionRefused, ActionRefused) as error:
            said = {"ticket": Text(str(error), str(error))}
            return _show(rule, row=row, problems=said, status=422)
    return _show(rule, row=row, tried=tried)


def _keyed(rule: Rule) -> Rule:
    return Rule(**{**rule.__dict__, "key": "new-rule", "title": rule.title or "-"})


def _show(
    rule: Rule,
    *,
    row: RuleRow | None = None,
    problems: dict[str, Text] | None = None,
    tried: Tried | None = None,
    warning: str | None = None,
    status: int = 200,
) -> Any:
    with current_desk().reading() as session:
        custom = custom_fields(session)
        html = render_template(
            "rules/edit.html",
            rule=rule,
            row=row,
            problems=problems or {},
            tried=tried,
            warning=warning,
            kinds=KINDS,
            tabs=_tabs(rule.kind),
            events=[e for e in EVENTS.values() if e.kind == "told" and e.name != "macro.run"],
            every=EVERY,
            timings=TIMINGS,
            scopes=_scopes(session),
            groups=[(name, [forms.condition_row(session, name, n, c, custom) for n, c in enumerate(getattr(rule, name), 1)]) for name in ("all", "any")],
            steps=[(name, [_action_row(session, name, n, a) for n, a in enumerate(getattr(rule, name), 1)]) for name in ("then", "otherwise")],
            fields=_fields(session, rule, custom),
            action_kinds=[(k.key, k.title) for k in ACTIONS.values() if rule.kind in k.kinds],
            says=lambda effect: _effect(session, rule, effect),
            asks=lambda condition: _asks(session, condition, custom),
            ticket_number=request.form.get("ticket", ""),
            editor=editor_address(session, rule.key) if rule.key else None,
            locale=str(get_locale()),
        )  # fmt: skip
    return html, status


def _action_row(session: Session, prefix: str, number: int, action: Any) -> dict[str, Any]:
    kind = ACTIONS.get(action.kind)
    inputs = [
        {"input": one, "value": action.value(one.name), "choices": choices_of(session, one, action)}
        for one in (kind.inputs if kind else ())
    ]
    return {"name": f"{prefix}-{number}", "kind": action.kind, "inputs": inputs}


def _fields(session: Session, rule: Rule, custom: Custom) -> list[tuple[str, Text]]:
    """What can be asked about; of the desk's own fields those in use, and those that the rule asks about already."""
    used = {condition.field for condition in rule.conditions}
    offered = {f"fields.{field.key}" for field in active_fields(session)}
    own = [one for one in custom.values() if one.changes in offered or one.path in used]
    found = [(field.path, field.title) for field in (*FIELDS.values(), *own)]
    if rule.kind == "macro":
        found += [(field.path, field.title) for field in PAGE_FIELDS.values()]
        found.append(("form.", Text("Field on the page…", "页面字段…")))
    return [*found, ("ticket.form.", Text("Answer of the form…", "表单字段…"))]


def _scopes(session: Session) -> list[tuple[str, str]]:
    return [
        *((f"team:{key}", words(title)) for key, title in teams(session)),
        *((f"user:{key}", words(title)) for key, title in people(session)),
    ]


def _asks(session: Session, condition: Any, custom: Custom) -> str:
    """A condition in words."""
    field = field_of(condition.field, custom)
    if field is None:
        return str(condition.field)
    operator = operators_for(field).get(condition.operator)
    choices = dict(field.choices(session)) if field.choices else {}
    values = ", ".join(words(choices.get(value, value)) for value in condition.values)
    return " ".join(filter(None, [words(field.title), words(operator), values]))


def _effect(session: Session, rule: Rule, effect: Effect) -> str:
    """What an action of the rule would do, and the words that it would write."""
    branch, _, number = effect.element.partition("_")
    action = (rule.then if branch == "then" else rule.otherwise)[int(number) - 1]
    written = [
        str(effect.parameters.get(one.target, ""))
        for one in ACTIONS[action.kind].inputs
        if one.kind == "words"
    ]
    return " · ".join(filter(None, [says(action, str(get_locale()), session), *written]))


def _outgrown(session: Session, row: RuleRow, why: Text) -> Any:
    return render_template(
        "rules/outgrown.html", row=row, why=why, kinds=KINDS, tabs=_tabs(row.kind),
        editor=editor_address(session, row.key),
    )  # fmt: skip


def _plain(session: Session, row: RuleRow, custom: Custom) -> str | None:
    """What the rule does, in one line; None when the form cannot say it."""
    try:
        rule, _gate = read(operations.files_of(session, row.version_id), row.key, custom)
    except Outgrown:
        return None
    return ", ".join(says(action, str(get_locale()), session) for action in rule.then)


def _tabs(kind: str) -> list[dict[str, str]]:
    return [
        {"key": key, "label": words(title), "href": url_for("rules.index", kind=key)}
        for key, title in KINDS.items()
    ]


def _kind(raw: str) -> Kind:
    if raw not in KINDS:
        abort(404)
    return raw  # type: ignore[return-value]


def _row(session: Session, key: str) -> RuleRow:
    row = operations.row_of(session, key)
    if row is None or row.deleted:
        abort(404)
    return row


# Macros at a ticket's page ------------------------------------------------------------------------------------------


@blueprint.post("/tasks/<uuid:task_id>/macros")
@requires("ticket.read")
def field_changed(task_id: UUID) -> dict[str, Any]:
    """What macros make of the page's form as it is now: for the page's script."""
    desk = current_desk()
    with desk.reading() as session:
        task, ticket = _open(session, task_id)
        form = {name: request.form.get(name) for name in request.form}
        found = at_work.shown(session, desk.engine, current_user(), ticket, task, form=form)
    return found.effects.as_json()


@blueprint.post("/tasks/<uuid:task_id>/macros/<string:key>")
@requires("ticket.read")
def run_macro(task_id: UUID, key: str) -> Any:
    """An agent chose a macro: the form is filled as it says and shown again; what else it does is done now."""
    desk, user = current_desk(), current_user()
    try:
        with desk.database.transaction() as session:
            task, ticket = _open(session, task_id)
            ticket_id = ticket.id
            task = at_work.shown(session, desk.engine, user, ticket, task).task
            if key not in {row.key for row in macros.macros_for(session, user, "user")}:
                abort(404)
            form = {name: request.form.get(name) for name in request.form}
            page = at_work.page_of(session, user, ticket, task)
            effects = macros.apply(
                session, desk.engine, user, "user", ticket_id=ticket_id, form=form, only=key,
                page=page,
            )  # fmt: skip
            macros.run(
                session, desk.engine, effects.ran, ticket_id=ticket_id, actor=current_actor(),
                page=page,
            )  # fmt: skip
            task_mode.note_result(session, user, ticket_id, "done")
    except (DiagramError, OperatorError) as error:
        with desk.database.transaction() as session:
            task_mode.note_result(session, user, ticket_id, "failed")
        flash(_("A macro could not run: %(reason)s", reason=str(error)), "error")
        return redirect(url_for("tickets.ticket_page", ticket_id=ticket_id), 303)
    with desk.reading() as session:
        kept = session.get_one(Ticket, ticket_id)
        known = form_of(task)
        names = known.keys if known else frozenset()
        values: dict[str, Any] = {k: v for k, v in form.items() if k.split(".")[0] in names}
        filled = Submission({**values, **effects.values})
        return show_ticket(session, kept, submitted={task.id: filled}, problems=effects.messages)


def _open(session: Session, task_id: UUID) -> tuple[Any, Ticket]:
    """The step and its ticket, for who may do it; else 403, 404 or 409."""
    try:
        require_offer(session, task_id, current_user())
        task = current_desk().engine.task(session, task_id)
    except NotOffered:
        abort(403)
    except (TaskGone, TaskTaken):
        abort(409)
    ticket = session.scalars(select(Ticket).where(Ticket.instance_id == task.instance_id)).first()
    if ticket is None:
        abort(404)
    return task, ticket
