"""The page of one instance: where it stands, how it came there, what it waits for, what may be done to it."""

from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from desk.application import Desk, current_desk
from desk.audit.personal import revealed
from desk.cockpit import instances, queries, variables
from desk.cockpit import words as saying
from desk.cockpit.pages import addresses, blueprint
from desk.cockpit.pages.batches import KIND_NAMES
from desk.people.access import current_user, requires
from desk.people.log import actor_name
from desk.people.permissions import can
from desk.tickets.tasks import names_of
from desk.web.localisation import select_locale, words
from engine.bpmn.program import Program
from engine.inspection import Look, look, waits_at

JOB_NAMES = {
    "waiting": _l("waits for a worker"),
    "running": _l("a worker is at it"),
    "done": _l("done"),
    "failed": _l("given up"),
    "cancelled": _l("not needed any more"),
    "held": _l("waits with the instance"),
}
MOVABLE_TARGETS = 400  # elements offered as targets; more would be no list any more


@blueprint.get("/cockpit/instances/<uuid:instance_id>")
@requires("process.read")
def instance_page(instance_id: UUID) -> str:
    """One instance."""
    desk = current_desk()
    with desk.reading() as session:
        return show_instance(session, desk, instance_id)


@blueprint.get("/cockpit/instances/<uuid:instance_id>/state.json")
@requires("process.read")
def instance_state(instance_id: UUID) -> dict[str, Any]:
    """Tokens and path for the viewer; `?seq=`: as it was after that row of the history."""
    desk = current_desk()
    seq = request.args.get("seq", type=int)
    with desk.reading() as session:
        row = _found(session, instance_id)
        seen = look(desk.engine, session, instance_id)
        passed = instances.passed(session, instance_id, seq)
        waits = instances.waits(session, instance_id)
        names = names_of(session, [task.assignee for task in waits.tasks])
        at_work = waits_at(session, instance_id) if seen.unreadable else []
    if seq is not None:
        last = [passed[-1].element_id] if passed else []
        return {"active": [{"element": e} for e in last], "done": _path(passed, seen), "failed": []}
    who = {task.element_id: names.get(task.assignee or "") for task in waits.tasks}
    standing = sorted({t.at for t in seen.tokens if not t.beside and not t.hosts}) or at_work
    return {
        "active": [{"element": e, "who": who.get(e)} for e in standing],
        "done": _path(passed, seen),
        "failed": [
            {"element": i.element_id, "text": i.message}
            for i in waits.incidents
            if i.resolved_at is None and i.element_id
        ],
        "status": row.status,
    }


@blueprint.get("/cockpit/instances/<uuid:instance_id>/timeline")
@requires("process.read")
def instance_timeline(instance_id: UUID) -> str:
    """Earlier rows of the history, below those that are shown."""
    desk = current_desk()
    with desk.reading() as session:
        _found(session, instance_id)
        seen = look(desk.engine, session, instance_id)
        before = request.args.get("before", type=int)
        return render_template(
            "cockpit/_timeline.html",
            **_timeline(session, instance_id, seen.version.program, before),
            instance_id=instance_id,
            refresh=before is None,
        )


@blueprint.get("/cockpit/instances/<uuid:instance_id>/variables")
@requires("process.read")
def instance_variables(instance_id: UUID) -> str:
    """The variables as they were after a row of the history."""
    with current_desk().reading() as session:
        _found(session, instance_id)
        seq = request.args.get("seq", type=int)
        found = instances.variables_at(session, instance_id, seq)
    return render_template(
        "cockpit/_variables.html", seq=seq, then=sorted(found.items()), short=variables.short
    )


def show_instance(
    session: Session, desk: Desk, instance_id: UUID, errors: dict[str, str] | None = None
) -> str:
    """The whole page; with `errors`, the form of the variables as it was sent."""
    user = current_user()
    row = _found(session, instance_id)
    seen = look(desk.engine, session, instance_id)
    program = seen.version.program
    waits = instances.waits(session, instance_id)
    parents, children = instances.family(session, row)
    own = next((room for room in seen.rooms if room.element is None), None)
    versions = queries.versions(session, user, row.key)
    return render_template(
        "cockpit/instance.html",
        row=row,
        ticket=instances.ticket_of(session, instance_id),
        seen=seen,
        tokens=[t for t in seen.tokens if not t.beside and not t.hosts],
        inner_rooms=[room for room in seen.rooms if room.element is not None and room.variables],
        variables=dict(own.variables) if own else instances.variables_at(session, instance_id, None),
        targets=_targets(program),
        waits=waits,
        names=names_of(session, [task.assignee for task in waits.tasks]),
        parents=parents,
        children=children,
        migrations=instances.migrations_of(session, instance_id),
        batches=instances.batches_of(session, instance_id),
        versions=[(v.id, v.version) for v, _counts in versions if v.id != row.version_id],
        name=lambda element: saying.name_of(element, program),
        statuses=addresses.STATUS_NAMES,
        tones=addresses.STATUS_TONES,
        job_names=JOB_NAMES,
        batch_names=KIND_NAMES,
        written=variables.written,
        short=variables.short,
        form=request.form,
        errors=errors or {},
        may_operate=can(user, "process.operate"),
        running=row.status in ("active", "suspended") and not seen.unreadable,
        instance_id=instance_id,
        **_timeline(session, instance_id, program, None),
    )  # fmt: skip


def _found(session: Session, instance_id: UUID) -> Any:
    row = instances.find_instance(session, current_user(), instance_id)
    if row is None:
        abort(404)
    return row


def _timeline(
    session: Session, instance_id: UUID, program: Program, before: int | None
) -> dict[str, Any]:
    rows, more = instances.timeline(session, instance_id, before=before)
    locale = select_locale()
    # Names of customers and values that are personal are kept sealed; who may look here may read them.
    told = [
        (row, revealed(session, row.actor, locale), revealed(session, row.data, locale))
        for row in rows
    ]
    return {
        "lines": [
            {
                "seq": row.seq,
                "at": row.at,
                "who": actor_name(actor, locale),
                "event": row.event,
                "text": saying.sentence(row.event, row.element_id, data, program),
                "reason": data.get("reason"),
                "changed": saying.changed(data),
            }
            for row, actor, data in told
        ],
        "more": more,
    }


def _path(passed: list[Any], seen: Look) -> list[str]:
    """Elements that were passed, and the flows by which."""
    found: dict[str, None] = {}
    nodes = seen.version.program.nodes
    gone = {row.element_id.partition("#")[0] for row in passed}
    standing = {t.element for t in seen.tokens}
    for row in passed:
        element = row.element_id.partition("#")[0]
        found[element] = None
        node = nodes.get(element)
        if node is None:
            continue
        chosen = row.data.get("flows") or [flow.id for flow in node.outgoing]
        for flow in node.outgoing:
            if flow.id in chosen and (flow.target in gone or flow.target in standing):
                found[flow.id] = None
    return list(found)


def _targets(program: Program) -> list[tuple[str, str]]:
    """Where a token can be put: id and words, in the order of the file."""
    found = [
        (node.id, words(node.name) or node.id)
        for scope in program.scope_list
        if not scope.name.endswith(("#body", "#undo"))
        for node in scope.model.nodes.values()
        if node.tag not in ("boundaryEvent", "startEvent")
        and not (node.scope and node.scope.triggered_by_event)
    ]
    return list(dict.fromkeys(found))[:MOVABLE_TARGETS]
