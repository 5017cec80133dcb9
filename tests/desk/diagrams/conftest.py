"""Tickets whose flow is drawn."""

from tests.desk.tickets.conftest import crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import make_team, make_user, quick_hashes  # noqa: F401
