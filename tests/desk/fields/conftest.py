"""A desk with the basic ticket deployed, and fields of every kind."""

from collections.abc import Callable
from typing import Any

import pytest

from desk.application import Desk
from desk.fields.models import Dictionary, Field, Kind
from desk.fields.operations import (
    FieldSettings,
    create_dictionary,
    create_entry,
    create_field,
)
from engine.actors import SYSTEM
from tests.desk.tickets.conftest import (  # noqa: F401
    bearer,
    chinese,
    crew,
    mailed,
    make_team,
    make_user,
    quick_hashes,
    visit,
)

MakeField = Callable[..., Field]


@pytest.fixture
def faults(desk: Desk) -> Dictionary:
    """Hardware / Printer, Hardware / Screen, Software."""
    with desk.database.transaction() as session:
        made = create_dictionary(session, "faults", {"zh": "故障", "en": "Faults"}, actor=SYSTEM)
        hardware = create_entry(session, made, "hw", {"zh": "硬件", "en": "Hardware"}, actor=SYSTEM)
        for key, zh, en in (("printer", "打印机", "Printer"), ("screen", "屏幕", "Screen")):
            create_entry(
                session, made, key, {"zh": zh, "en": en}, parent=hardware, actor=SYSTEM
            )
        create_entry(session, made, "sw", {"zh": "软件", "en": "Software"}, actor=SYSTEM)
    return made


@pytest.fixture
def make_field(desk: Desk) -> MakeField:
    """`make_field("urgency", Kind.LINE, required=True)`."""

    def make(key: str, kind: Kind = Kind.LINE, **more: Any) -> Field:
        label = more.pop("label", {"zh": f"字段{key}", "en": f"Field {key}"})
        with desk.database.transaction() as session:
            return create_field(
                session, key, FieldSettings(label=label, kind=kind, **more), actor=SYSTEM
            )

    return make
