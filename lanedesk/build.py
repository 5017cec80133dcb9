"""Builds the desk from its settings: the one place where all parts meet."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from desk.application import Desk
from desk.audit.witness import AuditWitness
from desk.calendars.building import provider
from desk.forms import Form, FormSchemaError
from desk.rules.operations import noted, positions
from desk.settings import Settings, SettingsError
from desk.storage import open_storage
from desk.web.live import Live
from engine.database import Database
from engine.operators import Operators
from engine.runtime import Engine
from engine.timestamps import utc_now
from lanedesk import models  # noqa: F401 - no part is built before all tables are known
from lanedesk.redis_client import connect_redis
from lanedesk.rooms import rooms
from lanedesk.telling import teller, trouble_teller
from lanedesk.wakes import Wakes


def all_operators() -> Operators:
    """What diagrams may call: the `operators` of every subject and channel."""
    operators = Operators()
    for module in rooms("operators"):
        operators.include(module.operators)
    return operators


def all_records() -> dict[str, Callable[..., Any]]:
    """What expressions may read: the `RECORDS` of every subject, by name (`ticket`, `contact` …)."""
    return {name: loader for module in rooms("records") for name, loader in module.RECORDS.items()}


def facts(settings: Settings) -> dict[str, Any]:
    """What expressions may read of the settings: `desk.reopen_days` …; never a secret."""
    return {
        "company": settings.company,
        "reopen_days": settings.ticket_reopen_days,
        "timezone": settings.timezone,
        "locale": settings.locale,
    }


def build_desk(settings: Settings) -> Desk:
    """The desk for these settings; nothing is connected yet.

    Raises SettingsError or DatabaseUnreachable, each in one readable line.
    """
    database = Database(settings.database)
    try:
        storage = open_storage(settings)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    rooms("works")  # declares the kinds of background work
    redis = connect_redis(settings.redis_url)
    desk = Desk(
        settings=settings,
        database=database,
        engine=None,
        storage=storage,
        live=Live(redis),
        redis=redis,
    )
    desk.engine = Engine(
        operators=all_operators(),
        records=all_records() | {"desk": lambda _session, _data: facts(settings)},
        services=desk,
        clock=utc_now,
        wake=Wakes(redis).wake,
        stepped=teller(desk.live),
        gave_up=trouble_teller(desk.live),
        zone=settings.timezone,
        calendars=provider(settings.timezone),
        check_form=form_problems,
        start_order=positions,
        deployed=noted,
        witness=AuditWitness(),
    )
    return desk


def form_problems(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """What the desk's renderer cannot show of a form."""
    try:
        Form.from_schema(dict(schema))
    except FormSchemaError as error:
        for problem in error.problems:
            yield problem.component or "form", {"en": problem.en, "zh": problem.zh}
