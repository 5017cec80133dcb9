"""Instances, their figures and batches, as programs see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask_smorest import abort
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from desk.application import current_desk
from desk.audit.personal import revealed
from desk.cockpit import findings, instances, operations, queries
from desk.cockpit.cursors import BadCursor
from desk.cockpit.durations import Durations
from desk.cockpit.filters import InstanceFilter
from desk.cockpit.filters import instances as ids_query
from desk.cockpit.refusals import REFUSALS
from desk.cockpit.schemas import (
    BatchIn,
    BatchSchema,
    HeatQuery,
    HeatSchema,
    HistoryList,
    InstanceDetail,
    InstancePage,
    InstanceQuery,
    ItemList,
    ItemQuery,
    Migration,
    Reason,
    TokenMove,
    Variables,
)
from desk.people.access import current_actor, current_user, requires
from desk.people.permissions import can
from desk.web.api import ApiBlueprint
from desk.web.api.changing import changing
from engine import batches, inspection
from engine.history import plain

blueprint = ApiBlueprint("instances", description="What runs: instances, figures, batches")

OF_INCIDENTS = ("retry_incident", "resolve_incident")


@contextmanager
def _acting(instance_id: UUID) -> Iterator[Session]:
    """A transaction on an instance that this person may see; what the engine refuses becomes 409."""
    with changing(*REFUSALS) as session:
        _found(session, instance_id)
        yield session


def _found(session: Session, instance_id: UUID) -> Any:
    row = instances.find_instance(session, current_user(), instance_id)
    if row is None:
        abort(404, message="There is no such instance.")
    return row


@blueprint.route("/instances")
@requires("process.read")
@blueprint.arguments(InstanceQuery, location="query")
@blueprint.response(200, InstancePage)
def list_instances(query: dict[str, Any]) -> dict[str, Any]:
    """Instances, newest first."""
    limit, after = query.pop("limit"), query.pop("after")
    try:
        with current_desk().reading() as session:
            lines, following = instances.list_instances(
                session, current_user(), InstanceFilter(**query), after=after, limit=limit
            )
    except BadCursor:
        abort(422, message="`after` is not a cursor of this list.")
    return {"items": [line.row for line in lines], "next": following}


@blueprint.route("/instances/<uuid:instance_id>")
@requires("process.read")
@blueprint.response(200, InstanceDetail)
def get_instance(instance_id: UUID) -> dict[str, Any]:
    """One instance: where its tokens stand, what it waits for, its variables."""
    desk = current_desk()
    with desk.reading() as session:
        row = _found(session, instance_id)
        seen = inspection.look(desk.engine, session, instance_id)
        own = next((room.variables for room in seen.rooms if room.element is None), None)
        if own is None:
            own = instances.variables_at(session, instance_id, None)
        return {
            **row._mapping,
            **inspection.progress(desk.engine, session, instance_id),
            "awaits": sorted(inspection.awaited(session, instance_id)),
            "tasks": desk.engine.open_tasks(session, instance_id),
            "tokens": seen.tokens,
            "variables": plain(own),
            "unreadable": seen.unreadable,
        }


@blueprint.route("/instances/<uuid:instance_id>/history")
@requires("history.read")
@blueprint.response(200, HistoryList)
def get_history(instance_id: UUID) -> dict[str, Any]:
    """The history of an instance, oldest first."""
    desk = current_desk()
    with desk.reading() as session:
        _found(session, instance_id)
        rows = inspection.history_of(session, instance_id)
        return {"items": [row | _opened(session, row) for row in rows]}


def _opened(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """The parts of a row that may be sealed, readable."""
    return {name: revealed(session, row[name]) for name in ("actor", "data")}


@blueprint.route("/instances/<uuid:instance_id>/cancel", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(Reason)
@blueprint.response(204)
def cancel_instance(values: dict[str, Any], instance_id: UUID) -> None:
    """End an instance before its time."""
    with _acting(instance_id) as session:
        operations.cancel(session, current_desk(), instance_id, **_who(values))


@blueprint.route("/instances/<uuid:instance_id>/suspend", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(Reason)
@blueprint.response(204)
def suspend_instance(values: dict[str, Any], instance_id: UUID) -> None:
    """Stop an instance where it stands."""
    with _acting(instance_id) as session:
        operations.suspend(session, current_desk(), instance_id, **_who(values))


@blueprint.route("/instances/<uuid:instance_id>/resume", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(Reason)
@blueprint.response(204)
def resume_instance(values: dict[str, Any], instance_id: UUID) -> None:
    """Let a suspended instance go on."""
    with _acting(instance_id) as session:
        operations.resume(session, current_desk(), instance_id, **_who(values))


@blueprint.route("/instances/<uuid:instance_id>/variables", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(Variables)
@blueprint.response(204)
def set_variables(values: dict[str, Any], instance_id: UUID) -> None:
    """Set variables of the process; old and new are in the history."""
    with _acting(instance_id) as session:
        operations.set_variables(
            session, current_desk(), instance_id, values["variables"], **_who(values)
        )


@blueprint.route("/instances/<uuid:instance_id>/tokens", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(TokenMove)
@blueprint.response(204)
def move_token(values: dict[str, Any], instance_id: UUID) -> None:
    """Move a token, or add one."""
    desk = current_desk()
    with _acting(instance_id) as session:
        if values["token"] is None:
            operations.add_token(session, desk, instance_id, values["to"], **_who(values))
        else:
            operations.move_token(
                session, desk, instance_id, values["token"], values["to"], **_who(values)
            )


@blueprint.route("/instances/<uuid:instance_id>/migrate", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(Migration)
@blueprint.response(204)
def migrate_instance(values: dict[str, Any], instance_id: UUID) -> None:
    """Bring an instance to another version of its process."""
    desk = current_desk()
    with _acting(instance_id) as session:
        row = queries.version(session, values["version"])
        if row is None or row.key != _found(session, instance_id).key:
            abort(422, message="There is no such version of this process.")
        target = desk.engine.library.version(session, row.id)
        operations.migrate(session, desk, instance_id, target, **_who(values))


@blueprint.route("/processes/<string:key>/heat")
@requires("process.read")
@blueprint.arguments(HeatQuery, location="query")
@blueprint.response(200, HeatSchema)
def get_heat(query: dict[str, Any], key: str) -> dict[str, Any]:
    """Tokens, passes and durations by element and flow; whole days count where no record is asked for."""
    user = current_user()
    period = queries.Period(query.pop("since"), query.pop("until"))
    wanted = InstanceFilter(**{**query, "process": key})
    with current_desk().reading() as session:
        rows = queries.versions(session, user, key)
        if not rows:
            abort(404, message=f"No process {key!r} is deployed.")
        ids = [row.id for row, _counts in rows if wanted.version in (None, row.id)]
        passes = queries.passes(session, user, ids, wanted, period)
        program = current_desk().engine.library.version(session, rows[0][0].id).program
        waiting = findings.standing(program, queries.live(session, user, ids, wanted))
        failing = queries.failing(session, user, ids, wanted)
        until = queries.worked_out_until(session)
    none = Durations(0, 0, 0, 0, {})
    return {
        "items": [
            {
                "element": element,
                "waiting": waiting.get(element, 0),
                "incidents": failing.get(element, 0),
                "passes": found.count,
                "again": found.again,
                "mean": found.mean,
                "median": found.median,
                "p90": found.p90,
                "longest": found.longest,
            }
            for element in sorted({*passes, *waiting, *failing})
            for found in (passes.get(element, none),)
        ],
        "until": until,
    }


@blueprint.route("/batches", methods=["POST"])
@requires("process.operate")
@blueprint.arguments(BatchIn)
@blueprint.response(202, BatchSchema)
def create_batch(values: dict[str, Any]) -> Any:
    """Do one act to many instances or incidents, in the background."""
    desk, user = current_desk(), current_user()
    if (values["ids"] is None) == (values["filter"] is None):
        abort(422, message="Say either ids or a filter.")
    if values["kind"] in OF_INCIDENTS:
        if values["ids"] is None:
            abort(422, message="Incidents are named by their ids.")
        if not can(user, "incident.resolve"):
            abort(403)
    try:
        with desk.database.transaction() as session:
            ids = values["ids"]
            if ids is None:
                wanted = InstanceFilter(**values["filter"])
                ids = list(session.scalars(ids_query(wanted, user).limit(operations.MOST)))
            batch_id = operations.act_on_many(
                session, desk, values["kind"], values["parameters"], ids, **_who(values)
            )
            return batches.progress(session, batch_id)
    except ValueError as error:
        return abort(422, message=str(error))


@blueprint.route("/batches/<uuid:batch_id>")
@requires("process.operate")
@blueprint.response(200, BatchSchema)
def get_batch(batch_id: UUID) -> Any:
    """How far a batch is."""
    with current_desk().reading() as session:
        return _batch(session, batch_id)


@blueprint.route("/batches/<uuid:batch_id>/items")
@requires("process.operate")
@blueprint.arguments(ItemQuery, location="query")
@blueprint.response(200, ItemList)
def list_items(query: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """The items of a batch, with the reasons of those that failed."""
    with current_desk().reading() as session:
        _batch(session, batch_id)
        return {"items": batches.items(session, batch_id, **query)}


@blueprint.route("/batches/<uuid:batch_id>/stop", methods=["POST"])
@requires("process.operate")
@blueprint.response(200, BatchSchema)
def stop_batch(batch_id: UUID) -> Any:
    """Leave undone what is not done yet. 409 when it had ended."""
    desk = current_desk()
    with desk.database.transaction() as session:
        _batch(session, batch_id)
        if not operations.stop_batch(session, desk, batch_id, actor=current_actor()):
            abort(409, message="It had ended before.")
        return _batch(session, batch_id)


def _batch(session: Session, batch_id: UUID) -> batches.Progress:
    found = batches.progress(session, batch_id)
    if found is None:
        raise NotFound("There is no such batch.")
    return found


def _who(values: dict[str, Any]) -> dict[str, Any]:
    return {"actor": current_actor(), "reason": values["reason"]}
