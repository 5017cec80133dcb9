"""A process as it really went: its variants, and where it left what is drawn."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from sqlalchemy.orm import Session

from desk.application import current_desk
from desk.cockpit import instances as cockpit
from desk.cockpit import queries
from desk.cockpit.filters import InstanceFilter
from desk.cockpit.pages import addresses as filters
from desk.insight.conformance import KINDS, conformance
from desk.insight.pages import addresses, blueprint
from desk.insight.periods import LastDays, bounds
from desk.insight.variants import SHOWN, Variant, instances_of, named, variants
from desk.insight.words import said
from desk.people.access import current_user, requires
from desk.web.durations import duration
from desk.web.localisation import words
from engine.timestamps import utc_now

MOST_INSTANCES = 200


@blueprint.get("/insight/processes")
@requires("process.read")
def processes() -> str:
    """All processes, each leading to its variants."""
    with current_desk().reading() as session:
        found = queries.definitions(session, current_user())
    return render_template("insight/processes.html", definitions=found)


@blueprint.get("/insight/processes/<string:key>")
@requires("process.read")
def process(key: str) -> str:
    """Variants with share and duration, and conformance, of the instances that began in the period."""
    desk, user, locale = current_desk(), current_user(), addresses.locale()
    chosen, wanted = _wanted(key)
    with desk.reading() as session:
        rows = _known(session, key)
        found = variants(session, user, wanted, collapse="loops" in request.args)
        plain = found if "loops" not in request.args else None
        checked = conformance(desk.engine, session, user, wanted, locale=locale, found=plain)
        lines = [_line(session, one, locale) for one in found[:SHOWN]]
        offered = filters.choices(session)
        until = queries.worked_out_until(session)
    return render_template(
        "insight/process.html",
        key=key,
        name=rows[0][0].name,
        lines=lines,
        total=len(found),
        checked=checked,
        share=said(checked.share, "share", locale),
        kinds=[(words(KINDS[kind]), count) for kind, count in sorted(checked.kinds.items())],
        kind_names=KINDS,
        address=chosen.address,
        query=request.args.to_dict(),
        version_choices=[(row.id, f"v{row.version}") for row, _counts in rows],
        offered=offered,
        statuses=filters.STATUS_NAMES,
        days=request.args.get("days", "30"),
        periods=addresses.DAYS.items(),
        loops="loops" in request.args,
        until=until,
    )


@blueprint.get("/insight/processes/<string:key>/variants/<uuid:variant_id>")
@requires("process.read")
def variant(key: str, variant_id: UUID) -> str:
    """The newest instances that took one variant, with their tickets."""
    user = current_user()
    _chosen, wanted = _wanted(key)
    with current_desk().reading() as session:
        rows = _known(session, key)
        found = variants(session, user, wanted, collapse="loops" in request.args)
        one = next((one for one in found if one.key == variant_id), None)
        if one is None:
            abort(404)
        ids = instances_of(session, user, wanted, one, MOST_INSTANCES)
        lines, _next = cockpit.list_instances(
            session, user, InstanceFilter(ids=tuple(ids)), limit=MOST_INSTANCES
        )
        line = _line(session, one, addresses.locale())
    return render_template(
        "insight/variant.html",
        key=key,
        name=rows[0][0].name,
        line=line,
        rows=lines,
        most=MOST_INSTANCES,
        query=request.args.to_dict(),
        statuses=filters.STATUS_NAMES,
        tones=filters.STATUS_TONES,
    )


def _wanted(key: str) -> tuple[filters.Chosen, InstanceFilter]:
    """The filter of the address; of the last 30 days where it names no period."""
    chosen = filters.chosen(process=key)
    days = request.args.get("days", "30")
    if days not in addresses.DAYS or chosen.wanted.started_from is not None:
        return chosen, chosen.wanted
    since, _until = bounds(LastDays(int(days)), utc_now(), addresses.zone())
    return chosen, replace(chosen.wanted, started_from=since)


def _known(session: Session, key: str) -> list[tuple[Any, dict[str, int]]]:
    rows = queries.versions(session, current_user(), key)
    if not rows:
        abort(404)
    return rows


def _line(session: Session, one: Variant, locale: str) -> dict[str, Any]:
    """A variant for the page."""
    return {
        "key": one.key,
        "names": named(one.names(session, locale), one.elements),
        "count": one.count,
        "share": one.share,
        "share_said": said(one.share, "share", locale),
        "median": duration(one.median, locale) if one.median is not None else "",
    }
