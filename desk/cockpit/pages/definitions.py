"""Definitions: all processes with counts; one process with its heat, bottlenecks, rework and versions."""

from typing import Any
from uuid import UUID

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _

from desk.application import current_desk
from desk.cockpit import findings, queries
from desk.cockpit.pages import addresses, blueprint
from desk.cockpit.pages.addresses import DAYS, Chosen
from desk.people.access import current_user, requires
from desk.web.durations import duration
from desk.web.localisation import select_locale, words
from engine.bpmn.language import in_language
from engine.bpmn.program import Program

MODES = ("live", "passes", "durations")
LEVELS = 5  # shades of the heat


@blueprint.get("/cockpit")
@requires("process.read")
def index() -> str:
    """All processes with what runs of them."""
    with current_desk().reading() as session:
        found = queries.definitions(session, current_user())
    return render_template("cockpit/index.html", definitions=found)


@blueprint.get("/cockpit/processes/<string:key>")
@requires("process.read")
def definition(key: str) -> str:
    """One process: its diagram with heat, what takes long, what comes back, its versions."""
    desk, user = current_desk(), current_user()
    chosen = addresses.chosen(process=key)
    with desk.reading() as session:
        rows = queries.versions(session, user, key)
        if not rows:
            abort(404)
        shown, version_ids = _meant(rows, chosen)
        program = desk.engine.library.version(session, shown.id).program
        heat = queries.passes(session, user, version_ids, chosen.wanted, addresses.period())
        waiting = findings.standing(
            program, queries.live(session, user, version_ids, chosen.wanted)
        )
        failing = queries.failing(session, user, version_ids, chosen.wanted)
        offered = addresses.choices(session)
        until = queries.worked_out_until(session)
    mode = request.args.get("mode", "live")
    days = request.args.get("days", "")
    address = {k: v for k, v in chosen.address.items() if k != "process"}
    more = {"days": days} if days in DAYS else {}
    return render_template(
        "cockpit/definition.html",
        key=key,
        shown=shown,
        versions=rows,
        version_choices=[(row.id, _("Version %(n)s", n=row.version)) for row, _counts in rows],
        mode=mode if mode in MODES else "live",
        modes=MODES,
        days=days if days in DAYS else "",
        periods=DAYS,
        address=address,
        query={**address, **more},
        offered=offered,
        statuses=addresses.STATUS_NAMES,
        until=until,
        steps=_table(program, heat, waiting, failing),
        bottlenecks=findings.bottlenecks(program, heat, waiting),
        rework=findings.rework(program, heat),
        name=_namer(program),
        duration=_duration,
        heat_url=url_for("cockpit.heat", key=key, **{**address, **more, "mode": mode}),
    )


@blueprint.get("/cockpit/processes/<string:key>/heat.json")
@requires("process.read")
def heat(key: str) -> dict[str, Any]:
    """The heat for the viewer: what each element and flow shows and how hot it is (level 1 to 5)."""
    desk, user = current_desk(), current_user()
    chosen = addresses.chosen(process=key)
    mode = request.args.get("mode", "live")
    with desk.reading() as session:
        rows = queries.versions(session, user, key)
        if not rows:
            abort(404)
        shown, version_ids = _meant(rows, chosen)
        failing = queries.failing(session, user, version_ids, chosen.wanted)
        if mode == "live":
            program = desk.engine.library.version(session, shown.id).program
            waiting = queries.live(session, user, version_ids, chosen.wanted)
            values: dict[str, float] = dict(findings.standing(program, waiting))
            texts = {element: f"{value:,.0f}" for element, value in values.items()}
        else:
            found = queries.passes(session, user, version_ids, chosen.wanted, addresses.period())
            if mode == "durations":
                found = {element: one for element, one in found.items() if one.total}
                values = {element: one.median for element, one in found.items()}
                texts = {element: _duration(value) for element, value in values.items()}
            else:
                values = {element: float(one.count) for element, one in found.items()}
                texts = {element: f"{value:,.0f}" for element, value in values.items()}
    return {
        "active": [],
        "done": [],
        "failed": [{"element": e, "text": str(n)} for e, n in failing.items()] if mode == "live" else [],
        "heat": [
            {"element": element, "text": texts[element], "level": level}
            for element, level in _levels(values).items()
        ],
    }  # fmt: skip


@blueprint.get("/cockpit/versions/<uuid:version_id>.bpmn")
@requires("process.read")
def version_diagram(version_id: UUID) -> Response:
    """The diagram of a version for looking at, in the reader's language."""
    with current_desk().reading() as session:
        content = queries.diagram(session, version_id)
    if content is None:
        abort(404)
    return Response(in_language(content, select_locale()[:2]), mimetype="application/xml")


def _meant(rows: list[Any], chosen: Chosen) -> tuple[Any, list[UUID]]:
    """The version whose diagram is shown, and those whose figures are: one, or all."""
    own = [row for row, _counts in rows]
    one = [row for row in own if row.id == chosen.wanted.version]
    return (one or own)[0], [row.id for row in one or own]


def _duration(milliseconds: float) -> str:
    return duration(milliseconds / 1000, select_locale())


def _levels(values: dict[str, float]) -> dict[str, int]:
    """1 to 5 by size, so that the hottest is 5 and differences show also where one dwarfs the others."""
    most = max(values.values(), default=0)
    if most <= 0:
        return {}
    return {
        element: max(1, min(LEVELS, round((value / most) ** 0.5 * LEVELS)))
        for element, value in values.items()
    }


def _namer(program: Program) -> Any:
    """The words of an element or flow of this diagram, for templates."""
    flows = {f.id: f for scope in program.scope_list for f in scope.model.flows.values()}

    def name(element: str) -> str:
        node = program.nodes.get(element)
        if node is not None:
            return words(node.name) or element
        flow = flows.get(element)
        return flow.name if flow is not None and flow.name else element

    return name


def _table(
    program: Program, heat: dict[str, Any], waiting: dict[str, int], failing: dict[str, int]
) -> list[dict[str, Any]]:
    """The steps for the list below the diagram: those that were passed or where something waits, longest first."""
    ids = {e for e in (*heat, *waiting, *failing) if e in program.nodes}
    kept = [e for e in ids if not program.nodes[e].is_gateway]
    lines = [
        {
            "element": e,
            "waiting": waiting.get(e, 0),
            "failing": failing.get(e, 0),
            "figures": heat.get(e),
        }
        for e in kept
    ]
    return sorted(
        lines,
        key=lambda line: (-(line["figures"].total if line["figures"] else 0), line["element"]),
    )
