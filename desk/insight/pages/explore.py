"""One figure by any field, and the tickets behind a row of it."""

from flask import abort, render_template

from desk.application import current_desk
from desk.insight import boards
from desk.insight.measures import MEASURES
from desk.insight.pages import addresses, blueprint
from desk.insight.queries import MOST_TICKETS, CannotAsk, tickets_behind
from desk.insight.views import CHARTS, NONE, Looks, address, by_words, view
from desk.insight.words import period_words, said
from desk.people.access import current_user, requires
from desk.people.permissions import can
from desk.web.localisation import words


@blueprint.get("/insight/explore")
@requires("ticket.read")
def explore() -> str:
    """A measure by a field or over time, as a chart and a table; all of the question is in the address."""
    given = addresses.given()
    asked, user = addresses.question(given), current_user()
    with current_desk().reading() as session:
        shown = view(
            addresses.setting(session), user, asked, addresses.zone(),
            locale=addresses.locale(), link=addresses.behind,
            looks=Looks(given.get("chart", ""), "wide"),
        )  # fmt: skip
        offered = addresses.choices(session)
        kept_on = boards.boards(session, user) if can(user, "report.edit") else ()
    return render_template(
        "insight/explore.html",
        view=shown,
        asked=asked,
        address={key: str(value) for key, value in address(asked).items()},
        offered=offered,
        period=addresses.period_fields(asked.period),
        charts=[(key, words(text)) for key, text in CHARTS.items()],
        chart=given.get("chart", ""),
        boards=[one for one in kept_on if boards.may_change(user, one)],
    )


@blueprint.get("/insight/tickets")
@requires("ticket.read")
def tickets() -> str:
    """The tickets behind a figure, or behind one row of it (`?key=`)."""
    given = addresses.given()
    asked = addresses.question(given)
    key = given.get("key")
    chosen = "" if key == NONE else key
    with current_desk().reading() as session:
        setting = addresses.setting(session)
        try:
            rows = tickets_behind(setting, current_user(), asked, addresses.zone(), chosen)
        except CannotAsk:
            abort(404)
    measure = MEASURES[asked.measure]
    return render_template(
        "insight/tickets.html",
        rows=[(row, said(row.value, measure.unit, addresses.locale())) for row in rows],
        measure=measure,
        by=by_words(asked.by).in_(addresses.locale()) if asked.by else "",
        back=address(asked),
        period=words(period_words(asked.period)),
        most=MOST_TICKETS,
    )
