"""The desk of the cockpit's tests: whole, with two small processes."""

from tests.desk.cockpit.conftest import desk, floor, line  # noqa: F401
from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    chinese,
    make_team,
    make_user,
    quick_hashes,
)
