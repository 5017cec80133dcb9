"""Working calendars: what they count, what is refused, and what diagrams and forms get of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from desk.application import Desk
from desk.audit.models import AuditEntry
from desk.calendars import operations
from desk.calendars.building import OFFICE_WEEK, office, provider
from desk.calendars.models import Calendar
from desk.calendars.public import public_days
from desk.forms.expressions import Expression, Scope
from desk.people.errors import PeopleError
from desk.people.models import RotaEntry, Shift, Team, User
from engine.actors import SYSTEM
from tests.desk.web.fixtures import Browser, MakeUser

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)


def make(desk: Desk, **changes: object) -> Calendar:
    given = {
        "key": "hotline", "title": "热线", "zone": "Asia/Shanghai", "week": OFFICE_WEEK,
        "public": "cn", "actor": SYSTEM, **changes,
    }  # fmt: skip
    with desk.database.transaction() as session:
        return operations.create(session, **given)


def test_the_desks_default_knows_the_holidays_and_make_up_days_of_its_country() -> None:
    calendar = office("Asia/Shanghai")
    friday = datetime(
        2026, 2, 13, 17, tzinfo=SHANGHAI
    )  # Saturday the 14th is worked, then the Spring Festival
    assert calendar.add(friday, 2 * HOUR) == datetime(2026, 2, 14, 10, tzinfo=SHANGHAI)
    assert calendar.add(friday, 10 * HOUR) == datetime(2026, 2, 24, 10, tzinfo=SHANGHAI)
    berlin = office("Europe/Berlin")
    assert not berlin.works_at(datetime(2026, 2, 14, 10, tzinfo=ZoneInfo("Europe/Berlin")))
    assert berlin.works_at(datetime(2026, 2, 17, 10, tzinfo=ZoneInfo("Europe/Berlin")))


def test_every_public_day_of_the_mainland_is_counted_as_announced() -> None:
    calendar, known = office("Asia/Shanghai"), public_days("cn")
    noon = datetime(2026, 1, 1, 10, tzinfo=SHANGHAI)
    for day in known.holidays:
        assert not calendar.works_at(noon.replace(day.year, day.month, day.day)), day
    for day in known.make_up_days:
        assert calendar.works_at(noon.replace(day.year, day.month, day.day)), day


def test_a_calendar_of_that_name_takes_the_place_of_the_built_in_one(desk: Desk) -> None:
    provide = provider("Asia/Shanghai")
    sunday = datetime(2026, 3, 8, 3, tzinfo=UTC)
    with desk.reading() as session:
        found = provide(session, "default")
        assert found is not None
        assert not found.works_at(sunday)
        assert provide(session, "hotline") is None
    make(desk, key="default", week=("00:00-24:00",) * 7, public=None)
    with desk.reading() as session:
        found = provide(session, "default")
        assert found is not None
        assert found.works_at(sunday)


def test_days_of_its_own_come_before_the_week_and_the_public_holidays(desk: Desk) -> None:
    row = make(desk)
    with desk.database.transaction() as session:
        kept = session.get_one(Calendar, row.id)
        operations.set_days(
            session, kept, first=date(2026, 2, 16), last=date(2026, 2, 17), hours="10:00－16:00",
            title="春节值班", actor=SYSTEM,
        )  # fmt: skip
        operations.set_days(
            session, kept, first=date(2026, 3, 9), last=date(2026, 3, 9), actor=SYSTEM
        )
    with desk.reading() as session:
        found = provider("UTC")(session, "hotline")
        assert found is not None
        new_year = datetime(2026, 2, 16, 15, tzinfo=SHANGHAI)
        assert found.add(new_year, 2 * HOUR) == datetime(2026, 2, 17, 11, tzinfo=SHANGHAI)
        assert not found.works_at(datetime(2026, 3, 9, 10, tzinfo=SHANGHAI))
        actions = session.scalars(
            select(AuditEntry.action).where(AuditEntry.subject == f"calendar:{row.id}")
        )
        assert list(actions) == ["calendar_created", "calendar_changed", "calendar_changed"]


def test_shifts_of_a_team_count_as_working_time(
    desk: Desk, make_user: MakeUser, make_team: Callable[..., Team]
) -> None:
    user = make_user("li")
    team = make_team("夜班", [user])
    make(desk, week=("",) * 7, public=None, team_id=team.id)
    with desk.database.transaction() as session:
        night = Shift(name="夜班", hours="22:00-06:00", zone="Asia/Shanghai")
        session.add(night)
        session.flush()
        session.add(RotaEntry(user_id=user.id, day=date(2026, 11, 23), shift_id=night.id))
    with desk.reading() as session:
        found = provider("UTC")(session, "hotline")
        assert found is not None
        evening = datetime(2026, 11, 23, 20, tzinfo=SHANGHAI)
        assert found.add(evening, HOUR) == evening.replace(hour=23)
        assert found.between(evening, evening + timedelta(days=2)) == 8 * HOUR
    with desk.database.transaction() as session:
        session.get_one(User, user.id).active = False
    with (
        desk.reading() as session
    ):  # nobody is left on the rota: an answer, and no search without end
        found = provider("UTC")(session, "hotline")
        assert found is not None
        assert found.empty
        assert found.add(evening, HOUR) is None


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("week", {"week": ("",) * 7, "public": None}),
        ("week", {"week": ("",) * 7, "public": "cn"}),
        ("week-2", {"week": ("", "", "nine to five", "", "", "", "")}),
        ("week-0", {"week": ("18:00-18:60", *OFFICE_WEEK[1:])}),
        ("zone", {"zone": "Mars/Olympus"}),
        ("key", {"key": "Früh!"}),
        ("title", {"title": "  "}),
        ("public", {"public": "atlantis"}),
        ("team_id", {"team_id": 4711}),
    ],
)
def test_what_makes_no_calendar_is_refused_in_words(desk: Desk, field: str, changes: dict) -> None:
    with pytest.raises(PeopleError) as refused:
        make(desk, **changes)
    assert refused.value.field == field
    assert str(refused.value)
    with desk.reading() as session:
        assert session.scalars(select(Calendar)).all() == []


def test_the_last_working_time_cannot_be_taken_away(desk: Desk) -> None:
    row = make(desk, week=("",) * 6 + ("09:00-10:00",), public=None)
    with desk.database.transaction() as session:
        kept = session.get_one(Calendar, row.id)
        with pytest.raises(PeopleError, match="no working time"):
            operations.change(
                session, kept, title="x", zone="UTC", week=("",) * 7, public=None, team_id=None,
                active=True, actor=SYSTEM,
            )  # fmt: skip
        session.rollback()


def test_forms_count_by_the_desks_calendars(desk: Desk, app: Flask) -> None:
    make(desk, key="default", zone="UTC", week=("08:00-20:00",) * 7, public=None)
    asked = Expression.compile(
        'add business duration(date and time("2026-03-08T08:00:00Z"), "PT2H")'
    )
    scope = Scope.root({}, datetime(2026, 3, 8, tzinfo=SHANGHAI))
    with app.app_context():
        assert str(asked.evaluate(scope)).startswith("2026-03-08T10:00:00")
    outside = Scope.root({}, datetime(2026, 3, 8, tzinfo=SHANGHAI))
    assert "2026-03-09T11:00:00" in str(asked.evaluate(outside))


@pytest.fixture
def root(make_user: MakeUser, browser: Browser) -> User:
    user = make_user("root", roles=["administrator"])
    browser.sign_in("root")
    return user


@pytest.mark.usefixtures("root")
def test_a_calendar_is_drawn_up_changed_and_tried_out(browser: Browser, desk: Desk) -> None:
    page = browser.get("/settings/calendars")
    assert "Built in" in page.text
    assert "Mainland China" in page.text
    form = {f"week-{n}": hours for n, hours in enumerate(OFFICE_WEEK)}
    form |= {"title": "Hotline", "key": "hotline", "zone": "Asia/Shanghai", "public": "cn"}
    browser.get("/settings/calendars/new?from=six")
    answer = browser.post("/settings/calendars/new", form)
    assert answer.status_code == 303
    path = answer.location
    page = browser.get(f"{path}?month=2026-02&from=2026-02-13T17:00&length=2h").text
    assert "2026-02-14 10:00" in page
    assert 'title="Spring Festival"' in page
    version = page.split('name="version" value="')[1].split('"')[0]
    browser.post(f"{path}/days", {"first": "2026-03-02", "last": "2026-03-03", "day_title": "Move"})
    assert "Move" in browser.get(path).text
    refused = browser.post(path, {**form, "version": version, "active": "1", "title": "Late"})
    assert refused.status_code == 422
    assert "Somebody changed this calendar" in refused.text
    assert 'value="Late"' in refused.text
    with desk.reading() as session:
        row = session.scalars(select(Calendar)).one()
        assert [str(day.day) for day in row.days] == ["2026-03-02", "2026-03-03"]
        day = row.days[0].id
    assert browser.post(f"{path}/days/{day}/remove").status_code == 303
    wrong = browser.post(f"{path}/days", {"first": "2026-13-40"})
    assert (wrong.status_code, "Give a day" in wrong.text) == (422, True)
    assert browser.get(f"{path}?month=nonsense&length=P9999Y&from=x").status_code == 200
    assert browser.get("/settings/calendars/4711").status_code == 404


def test_who_may_not_change_calendars_reads_them(
    browser: Browser, make_user: MakeUser, desk: Desk
) -> None:
    make(desk)
    make_user("audit", roles=["auditor"])
    browser.sign_in("audit")
    assert "New calendar" not in browser.get("/settings/calendars").text
    assert browser.get("/settings/calendars/new").status_code == 403
    assert browser.post("/settings/calendars/1", {"title": "x"}).status_code == 403


def test_programs_draw_up_and_ask_calendars(
    app: Flask, make_user: MakeUser, bearer: Callable[[User], dict[str, str]]
) -> None:
    api = app.test_client()
    api.environ_base["HTTP_AUTHORIZATION"] = bearer(make_user("root", roles=["administrator"]))[
        "Authorization"
    ]
    given = {"key": "hotline", "title": "H", "zone": "Asia/Shanghai", "week": list(OFFICE_WEEK)}
    made = api.post("/api/v1/calendars", json=given)
    assert made.status_code == 201
    path = f"/api/v1/calendars/{made.get_json()['id']}"
    changed = api.patch(path, json={"public": "cn"}).get_json()
    assert (changed["public"], changed["revision"]) == ("cn", 2)
    days = api.post(f"{path}/days", json={"first": "2026-03-02", "title": "x"}).get_json()["days"]
    assert days[0]["day"] == "2026-03-02"
    asked = {
        "start": "2026-02-13T17:00:00+08:00",
        "seconds": 7200,
        "end": "2026-02-14T12:00:00+08:00",
    }
    told = api.post("/api/v1/calendars/hotline/calculate", json=asked).get_json()
    assert datetime.fromisoformat(told["due"]) == datetime(2026, 2, 14, 10, tzinfo=SHANGHAI)
    assert told["seconds"] == 4 * 3600
    assert api.delete(f"{path}/days/{days[0]['id']}").get_json()["days"] == []
    nobody = api.patch(path, json={"week": [""] * 7, "public": None})
    assert nobody.status_code == 422
    assert "no working time" in nobody.get_json()["detail"]
    assert api.post("/api/v1/calendars/nowhere/calculate", json=asked).status_code == 404
    assert [c["key"] for c in api.get("/api/v1/calendars").get_json()["items"]] == ["hotline"]
