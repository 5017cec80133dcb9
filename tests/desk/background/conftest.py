"""Fixtures of background work: those of the web application, with the pages of background work."""

from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    desk,
    make_team,
    make_user,
    quick_hashes,
)
