"""Fixtures of the calendars' tests: those of the web application, with the calendars' pages."""

from tests.desk.web.fixtures import (  # noqa: F401
    bearer,
    browser,
    chinese,
    desk,
    make_team,
    make_user,
    quick_hashes,
)
