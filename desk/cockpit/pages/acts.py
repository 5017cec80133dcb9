"""What operators do to one instance; each act needs a reason."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import Desk, current_desk
from desk.cockpit import instances, operations, variables
from desk.cockpit.pages import blueprint
from desk.cockpit.pages.instance import show_instance
from desk.cockpit.refusals import REFUSALS, refusal
from desk.people.access import current_actor, current_user, requires
from engine.inspection import look


class Missing(Exception):
    """The form lacks what the act needs."""


def _move(session: Session, desk: Desk, instance_id: UUID, **who: Any) -> None:
    token, to = _uuid("token"), request.form.get("to", "")
    if token is None or not to:
        raise Missing
    operations.move_token(session, desk, instance_id, token, to, **who)


def _add(session: Session, desk: Desk, instance_id: UUID, **who: Any) -> None:
    if not request.form.get("to"):
        raise Missing
    operations.add_token(session, desk, instance_id, request.form["to"], **who)


def _migrate(session: Session, desk: Desk, instance_id: UUID, **who: Any) -> None:
    target = _uuid("version")
    if target is None:
        raise Missing
    operations.migrate(
        session, desk, instance_id, desk.engine.library.version(session, target), **who
    )


ACTS: dict[str, tuple[Callable[..., None], Any]] = {
    "suspend": (operations.suspend, _l("The instance is suspended.")),
    "resume": (operations.resume, _l("The instance goes on.")),
    "cancel": (operations.cancel, _l("The instance was cancelled.")),
    "move": (_move, _l("The token was moved.")),
    "add": (_add, _l("A token was added.")),
    "migrate": (_migrate, _l("The instance runs in the other version now.")),
    "revert": (operations.revert, _l("The migration was undone.")),
}


@blueprint.post("/cockpit/instances/<uuid:instance_id>/<string:act>")
@requires("process.operate")
def act(instance_id: UUID, act: str) -> Any:
    """Suspend, resume, cancel, move or add a token, migrate, revert."""
    desk, reason = current_desk(), request.form.get("reason", "").strip()
    back = redirect(url_for("cockpit.instance_page", instance_id=instance_id), 303)
    if not reason:
        flash(_("Say why: the reason is kept in the history."), "error")
        return back
    if act not in ACTS:
        abort(404)
    do, said = ACTS[act]
    try:
        with desk.database.transaction() as session:
            _must_see(session, instance_id)
            do(session, desk, instance_id, actor=current_actor(), reason=reason)
    except Missing:
        flash(_("Choose from where and to where."), "error")
    except REFUSALS as error:
        flash(refusal(error), "error")
    else:
        flash(said, "success")
    return back


@blueprint.post("/cockpit/instances/<uuid:instance_id>/variables")
@requires("process.operate")
def edit_variables(instance_id: UUID) -> Any:
    """Set variables of the process; what cannot be read comes back with words at the field."""
    desk, reason = current_desk(), request.form.get("reason", "").strip()
    with desk.reading() as session:
        _must_see(session, instance_id)
        seen = look(desk.engine, session, instance_id)
        own = next((room.variables for room in seen.rooms if room.element is None), {})
        wanted, errors = variables.changes(request.form, own)
        if not reason:
            errors["reason"] = _("Say why: the reason is kept in the history.")
        if errors:
            return show_instance(session, desk, instance_id, errors), 422
    back = redirect(url_for("cockpit.instance_page", instance_id=instance_id), 303)
    if not wanted:
        flash(_("Nothing was changed."))
        return back
    try:
        with desk.database.transaction() as session:
            operations.set_variables(
                session, desk, instance_id, wanted, actor=current_actor(), reason=reason
            )
    except REFUSALS as error:
        flash(refusal(error), "error")
    else:
        flash(_("The variables were changed."), "success")
    return back


def _must_see(session: Session, instance_id: UUID) -> None:
    if instances.find_instance(session, current_user(), instance_id) is None:
        abort(404)


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        return None
