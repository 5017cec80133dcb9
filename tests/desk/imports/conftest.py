"""A desk with its crew, and workbooks as people make them."""

import io
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook

from desk.application import Desk
from desk.tickets.types import ensure_types
from tests.desk.tickets.conftest import crew as a_crew  # noqa: F401
from tests.desk.tickets.conftest import visit  # noqa: F401
from tests.desk.web.fixtures import bearer, make_team, make_user, quick_hashes  # noqa: F401


@pytest.fixture
def crew(desk: Desk, a_crew: SimpleNamespace) -> SimpleNamespace:  # noqa: F811
    """The crew, and the types of tickets that ship."""
    with desk.database.transaction() as session:
        ensure_types(session)
    return a_crew


@pytest.fixture
def workbook() -> Callable[..., io.BytesIO]:
    """`workbook(row, row, merge="A2:A3")`: the bytes of an .xlsx file."""

    def make(*rows: Sequence[Any], merge: str = "") -> io.BytesIO:
        book = Workbook()
        for row in rows:
            book.active.append(row)
        if merge:
            book.active.merge_cells(merge)
        out = io.BytesIO()
        book.save(out)
        out.seek(0)
        return out

    return make
