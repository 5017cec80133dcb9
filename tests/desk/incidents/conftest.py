"""The desk of the cockpit's tests: with processes that fail."""

from tests.desk.cockpit.conftest import as_role, desk, floor, line  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)
