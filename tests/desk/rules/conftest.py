"""A desk with people and tickets on the real diagram, built as in production."""

from tests.conftest import desk  # noqa: F401 - the one with an engine
from tests.desk.tickets.conftest import crew, mailed, visit  # noqa: F401
from tests.desk.web.fixtures import make_team, make_user, quick_hashes  # noqa: F401
